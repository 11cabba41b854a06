"""What every kind of data set can say about itself before any of it is used."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from app.core.errors import FieldError
from app.datasets.records import Dataset
from models.taxonomy.own import OwnTask

FROM_THE_IMAGE = frozenset({"autoencoding", "denoising", "colorization", "inpainting", "jigsaw", "random"})
"""Tasks of the dictionary that need nothing but images."""


class DatasetRejected(Exception):
    """A location or options describe no usable data set.

    Attributes:
        errors: one per field at fault, with pointers into the request.
    """

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__("; ".join(f"{error.pointer}: {error.detail}" for error in errors))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether a task can be trained on a data set.

    Attributes:
        available: every array that the task needs is there.
        views: labelled views of the task, over all splits.
        detail: why not, if not; or where the labels come from, if that needs saying.
    """

    available: bool
    views: int
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file that is there and is not used."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Views of a split that lack labels: an atlas of one of the tasks leaves them out.

    Attributes:
        split: which.
        tasks: available ones that cannot use the views.
        views: how many there are that serve all other tasks, and none of these.
    """

    split: str
    tasks: tuple[str, ...]
    views: int


@dataclass(frozen=True, slots=True)
class ClassExamples:
    """A class of a data set whose examples have one class each.

    Attributes:
        name: as its user calls it.
        examples: by part, `train` and `test`; None where they are made when first used.
    """

    name: str
    examples: Mapping[str, int] | None


@dataclass(frozen=True, slots=True)
class Report:
    """What the validation of a data set found.

    Attributes:
        image_size: height and width of its images, in pixels; None where they differ.
        splits: views by split.
        tasks: by name, of the dictionary and of `own`.
        skipped: every file left out, with the reason; the first of them, where they are many.
        skipped_total: how many there are; None where `skipped` holds all.
        gaps: views that do not serve every available task.
        own: tasks that its user declared.
        classes: in label order, where every example has one class; None where adaptations cannot use the data set.
        features: numbers of an example that is a pre-extracted vector; None where examples are images.
    """

    image_size: int | None
    splits: Mapping[str, int]
    tasks: Mapping[str, Availability]
    skipped: tuple[SkippedFile, ...] = field(default=())
    skipped_total: int | None = None
    gaps: tuple[Gap, ...] = field(default=())
    own: tuple[OwnTask, ...] = field(default=())
    classes: tuple[ClassExamples, ...] | None = None
    features: int | None = None


@dataclass(frozen=True, slots=True)
class Inspection:
    """A data set that was found usable.

    Attributes:
        options: as given, with the defaults filled in.
        fingerprint: names the data: equal fingerprints, equal arrays.
        report: what is in it.
    """

    options: Mapping[str, Any]
    fingerprint: str
    report: Report


class DatasetKind(Protocol):
    """One kind of data set."""

    @property
    def name(self) -> str:
        """As in `kind` of the API."""
        ...

    @property
    def needs_location(self) -> bool:
        """Whether it reads files."""
        ...

    @property
    def fixed_splits(self) -> bool:
        """Whether its views belong to splits by nature, so that an atlas can only take fewer of each."""
        ...

    def inspect(self, location: Path | None, options: Mapping[str, Any]) -> Inspection:
        """Validate a data set and report what it holds.

        Args:
            location: a path that exists below an allowed root, if one was given.
            options: of this kind, by name.

        Raises:
            DatasetRejected: naming each option, array or class at fault.
        """
        ...


@runtime_checkable
class DerivedKind(Protocol):
    """A kind whose data can be made from a data set that is registered already.

    What it needs to know of that data set is kept with its own: it may be forgotten afterwards.
    """

    @property
    def source_option(self) -> str:
        """The option that may name such a data set."""
        ...

    def source_id(self, options: Mapping[str, Any]) -> str | None:
        """Id of the data set that the options name; None where they name none."""
        ...

    def of_source(self, source: Dataset, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """The options that make the same of the source's location.

        Raises:
            DatasetRejected: nothing can be made of that data set.
        """
        ...
