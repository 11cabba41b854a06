"""`taskonomy_folder`: a folder of Taskonomy or Omnidata, a file per view and domain."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from app.core.errors import FieldError
from app.datasets.kinds.base import Availability, DatasetRejected, Gap, Inspection, Report, SkippedFile
from models.data.splits import SPLITS
from models.data.taskonomy_folder.domains import task_labels
from models.data.taskonomy_folder.layout import FolderError
from models.data.taskonomy_folder.survey import FolderOptions, Survey, image_problems, plan, survey
from models.taxonomy.dictionary import TASKS

_LISTED = 100  # skipped files in a report


class TaskonomyFolderOptions(BaseModel):
    """Options of the kind `taskonomy_folder`."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    size: Annotated[int, Field(ge=16, le=1024, multiple_of=8, description="height and width, pixels")] = 64
    splits: Annotated[
        Annotated[str, StringConstraints(min_length=1, max_length=500)] | None,
        Field(
            description="path below the folder, or name (`tiny`), of a split file; else buildings are dealt out"
        ),
    ] = None
    seed: Annotated[int, Field(ge=0, lt=2**53, description="of what is drawn by chance")] = 0
    views: Annotated[int, Field(ge=16, le=10_000_000, description="over all splits, at most")] = 6400

    def of_folder(self) -> FolderOptions:
        """The options as the science knows them."""
        return FolderOptions(size=self.size, splits=self.splits, seed=self.seed, views=self.views)


class TaskonomyFolder:
    """A folder of images and labels as a kind of data set."""

    name = "taskonomy_folder"
    needs_location = True
    fixed_splits = True

    def inspect(self, location: Path | None, options: Mapping[str, Any]) -> Inspection:
        """Choose views by the names of files, and read every byte of theirs once."""
        checked = taskonomy_folder_options(options)
        if location is None:
            raise DatasetRejected([FieldError("/location", "is needed: this kind reads files")])
        try:
            found = plan(location, checked.of_folder())
            seen = survey(found, image_problems(found))
        except FolderError as error:
            raise DatasetRejected(
                [
                    FieldError(f"/options/{option}" if option else "/location", text)
                    for option, text in error.problems
                ]
            ) from error
        except OSError as error:
            detail = f"cannot be read: {error.filename}: {error.strerror}"
            raise DatasetRejected([FieldError("/location", detail)]) from error
        return Inspection(options=checked.model_dump(), fingerprint=seen.fingerprint, report=_report(seen))


def taskonomy_folder_options(options: Mapping[str, Any]) -> TaskonomyFolderOptions:
    """Read the options of the kind `taskonomy_folder`.

    Raises:
        DatasetRejected: naming each option at fault.
    """
    try:
        return TaskonomyFolderOptions.model_validate(dict(options))
    except ValidationError as error:
        known = ", ".join(TaskonomyFolderOptions.model_fields)
        raise DatasetRejected(
            [
                FieldError(
                    "/options/" + "/".join(str(part) for part in problem["loc"]),
                    f"no such option; taskonomy_folder has {known}"
                    if problem["type"] == "extra_forbidden"
                    else problem["msg"],
                )
                for problem in error.errors()
            ]
        ) from error


def _report(seen: Survey) -> Report:
    tasks = {task: _availability(task, seen) for task in TASKS}
    available = [task for task, found in tasks.items() if found.available]
    gaps = Counter(
        (split, lost)
        for split in SPLITS
        for view in seen.views[split]
        if (lost := tuple(task for task in available if view.lacks(task)))
    )
    return Report(
        image_size=seen.options.size,
        splits={split: len(seen.views[split]) for split in SPLITS},
        tasks=tasks,
        skipped=tuple(SkippedFile(path, reason) for path, reason in seen.skipped[:_LISTED]),
        skipped_total=len(seen.skipped),
        gaps=tuple(Gap(split, lost, views) for (split, lost), views in gaps.items()),
    )


def _availability(task: str, seen: Survey) -> Availability:
    for label in task_labels(task):
        if label in seen.lacking:
            return Availability(available=False, views=0, detail=seen.lacking[label])
    views = sum(len(seen.complete(split, [task])) for split in SPLITS)
    detail = "computed from the images: the folder has no files for it" if task in seen.computed else None
    return Availability(available=True, views=views, detail=detail)
