"""JSON shapes of data sets."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.datasets.records import Dataset
from app.tasks.schemas import TaskOut

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class DatasetIn(BaseModel):
    """A data set to register."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    kind: Annotated[
        str,
        Field(
            max_length=40,
            description="`rooms`: rendered indoor views with exact labels; `nyu_npz`: photographs with depth, "
            "normals and classes per pixel in one file; `taskonomy_folder`: a folder of Taskonomy or Omnidata; "
            "`image_folder`: a folder of images with tasks of your own, or with a folder for each class. With "
            "one class per example, for adaptations: `images_npz` and `features_npz`: arrays of one file; `idx`: a "
            "folder with the files of MNIST; `image_list`: images that a list names with their classes. With tasks of "
            "their own, for multi-task training: `multimnist`: pairs of overlapping digits; `celeba`: a folder of "
            "CelebA, a task for each attribute; `cityscapes`: a folder of Cityscapes",
        ),
    ]
    location: Annotated[
        str | None,
        Field(
            max_length=2000,
            description="path below TASKATLAS_DATASET_ROOTS; rooms need none, multimnist may have one",
        ),
    ] = None
    options: Annotated[
        dict[str, Any],
        Field(
            description="of the kind; rooms take `seed`, `views`, `size`, `style` (a or b), `objects` (whether "
            "adaptations may use the objects in them), `attributes` and `instances` (whether 40 attributes of the "
            "views and offsets to the centres of objects are tasks), nyu_npz takes none, taskonomy_folder takes "
            "`size`, `splits` (a released split file), `seed` and `views`, image_folder takes `tasks` (the "
            "declaration's name), `size` and `seed`; images_npz and features_npz name the arrays `x`, `y`, `classes`, "
            "`x_test` and `y_test`, idx takes `classes` (names), image_list takes `list`, `test_list`, `root`, "
            "`strip`, `classes` (names, or a file of them) and `class_map`; all four take `seed` and `test_fraction`, "
            "the share of a class that is kept apart; multimnist takes `digits` (`bundled`, the id of a data set of "
            "the kind idx or images_npz, or `kind` and `options` by which the location is read), `seed` and `size`, "
            "celeba and cityscapes take `size` and `seed`",
        ),
    ] = {}


class AvailabilityOut(BaseModel):
    """Whether a task can be trained on a data set."""

    available: bool
    views: int = Field(description="labelled views, over all splits")
    detail: str | None = Field(
        default=None, description="why not, if not; or where the labels come from, if that needs saying"
    )


class SkippedFileOut(BaseModel):
    """A file that is there and is not used."""

    path: str
    reason: str


class GapOut(BaseModel):
    """Views of a split that lack labels: an atlas of one of the tasks leaves them out."""

    split: str
    tasks: list[str] = Field(description="available ones that cannot use the views")
    views: int = Field(description="how many serve all other tasks, and none of these")


class ClassOut(BaseModel):
    """A class of a data set whose examples have one class each."""

    name: str
    examples: dict[str, int] | None = Field(
        description="by part, `train` and `test`; null where they are made when first used"
    )


class ReportOut(BaseModel):
    """What validation found."""

    image_size: int | None = Field(description="height and width in pixels; null where they differ")
    splits: dict[str, int] = Field(description="views by split")
    tasks: dict[str, AvailabilityOut]
    skipped: list[SkippedFileOut] = Field(description="the first of them, where they are many")
    skipped_total: int | None = Field(default=None, description="null where `skipped` holds all")
    gaps: list[GapOut] = Field(default=[], description="views that do not serve every available task")
    classes: list[ClassOut] | None = Field(
        default=None,
        description="in label order, where every example has one class; null where adaptations cannot use the set",
    )
    features: int | None = Field(
        default=None,
        description="numbers of an example that is a pre-extracted vector; null where examples are images",
    )
    own_tasks: list[TaskOut] = Field(description="tasks that its user declared, beside the dictionary's")


class DatasetOut(BaseModel):
    """A registered data set with its validation report."""

    id: str
    name: str
    kind: str
    location: str | None
    options: dict[str, Any]
    fingerprint: str = Field(description="equal fingerprints, equal data")
    report: ReportOut
    created_at: datetime

    @classmethod
    def of(cls, dataset: Dataset) -> Self:
        """The JSON shape of a data set."""
        return cls(
            id=dataset.id,
            name=dataset.name,
            kind=dataset.kind,
            location=dataset.location,
            options=dict(dataset.options),
            fingerprint=dataset.fingerprint,
            report=ReportOut.model_validate(
                {**dataset.report, "own_tasks": [TaskOut.of(task.entry) for task in dataset.own]}
            ),
            created_at=dataset.created_at,
        )
