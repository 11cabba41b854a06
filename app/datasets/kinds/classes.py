"""Data sets of examples with one class each, as kinds of the service: what all their formats share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, StringConstraints, ValidationError

from app.core.errors import FieldError
from app.datasets.kinds.base import (
    Availability,
    ClassExamples,
    DatasetRejected,
    Inspection,
    Report,
    SkippedFile,
)
from models.data.classes.found import PARTS, ClassData, ClassesError
from models.taxonomy.dictionary import TASKS

_LISTED = 100  # skipped files in a report
Options = TypeVar("Options", bound=BaseModel)
ClassName = Annotated[str, StringConstraints(min_length=1, max_length=200)]


@dataclass(frozen=True, slots=True)
class ClassKind(Generic[Options]):
    """A format of examples with one class each.

    Attributes:
        name: as in `kind` of the API.
        options: its options, with their defaults.
        opener: finds the examples at a location; it may keep what it found in a file, and take it from there while
            the examples are as they were.
    """

    name: str
    options: type[Options]
    opener: Callable[[Path, Options, Path | None], ClassData]

    @property
    def needs_location(self) -> bool:
        """True: it reads files."""
        return True

    @property
    def fixed_splits(self) -> bool:
        """True: an example belongs to its part."""
        return True

    def open(self, location: Path, options: Mapping[str, Any], memo: Path | None = None) -> ClassData:
        """The examples of a data set.

        Raises:
            DatasetRejected: naming each option at fault.
            ClassesError: the files are at fault.
            OSError: the files cannot be read.
        """
        return self.opener(location, checked_options(self.name, self.options, options), memo)

    def inspect(self, location: Path | None, options: Mapping[str, Any]) -> Inspection:
        """Read every example once; those of no use are reported, and what is declared wrongly is refused."""
        checked = checked_options(self.name, self.options, options)
        if location is None:
            raise DatasetRejected([FieldError("/location", "is needed: this kind reads files")])
        try:
            found = self.opener(location, checked, None)
        except ClassesError as error:
            raise DatasetRejected(class_errors(error)) from error
        except OSError as error:
            raise DatasetRejected([FieldError("/location", f"cannot be read: {error.strerror}")]) from error
        detail = f"{self.name} holds one class per example: adaptations take it, atlases cannot"
        return Inspection(
            options=checked.model_dump(mode="json"),
            fingerprint=found.fingerprint,
            report=Report(
                image_size=found.image_size,
                splits={part: len(found.labels[part]) for part in PARTS},
                tasks={task: Availability(available=False, views=0, detail=detail) for task in TASKS},
                skipped=tuple(SkippedFile(each.path, each.reason) for each in found.skipped[:_LISTED]),
                skipped_total=len(found.skipped) if len(found.skipped) > _LISTED else None,
                classes=class_examples(found),
                features=found.features,
            ),
        )


def checked_options(kind: str, model: type[Options], options: Mapping[str, Any]) -> Options:
    """Read the options of a kind.

    Raises:
        DatasetRejected: naming each option at fault.
    """
    try:
        return model.model_validate(dict(options))
    except ValidationError as error:
        known = ", ".join(model.model_fields)
        raise DatasetRejected(
            [
                FieldError(
                    f"/options/{problem['loc'][0]}",
                    f"no such option; {kind} has {known}"
                    if problem["type"] == "extra_forbidden"
                    else problem["msg"],
                )
                for problem in error.errors()
            ]
        ) from error


def class_errors(error: ClassesError) -> list[FieldError]:
    """What is wrong with a data set of classes, by field of the request."""
    return [
        FieldError(f"/options/{option}" if option else "/location", text) for option, text in error.problems
    ]


def class_examples(found: ClassData) -> tuple[ClassExamples, ...]:
    """Examples by class and part, in label order."""
    counts = {part: found.counts(part) for part in PARTS}
    return tuple(ClassExamples(name, {part: counts[part][name] for part in PARTS}) for name in found.classes)
