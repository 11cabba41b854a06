"""Data sets and what was found in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from taskatlas_client._types.tasks import Task


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether a task can be trained on a data set: labelled views, and why not or what to know of them."""

    available: bool
    views: int
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file of a data set that is there and is not used."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Views of a split that lack labels: an atlas of one of the tasks leaves them out."""

    split: str
    tasks: list[str]
    views: int


@dataclass(frozen=True, slots=True)
class ClassExamples:
    """A class of a data set whose examples have one class each: by part; None where made when first used."""

    name: str
    examples: dict[str, int] | None


@dataclass(frozen=True, slots=True)
class DatasetReport:
    """What the validation of a data set found: views by split, and what each task can be trained on.

    `classes` is None where adaptations cannot use the set; `features` counts the numbers of a pre-extracted vector and
    is None of images.
    """

    image_size: int | None
    splits: dict[str, int]
    tasks: dict[str, Availability]
    skipped: list[SkippedFile]
    skipped_total: int | None = None
    gaps: list[Gap] = field(default_factory=list[Gap])
    classes: list[ClassExamples] | None = None
    features: int | None = None
    own_tasks: list[Task] = field(default_factory=list[Task])


@dataclass(frozen=True, slots=True)
class Dataset:
    """A registered data set with its validation report."""

    id: str
    name: str
    kind: str
    created_at: datetime
    location: str | None = None
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    fingerprint: str | None = None
    report: DatasetReport | None = None
