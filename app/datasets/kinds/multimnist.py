"""`multimnist`: images of two overlapping digits, made from any data set of digits."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.core.errors import FieldError
from app.datasets.kinds.base import DatasetRejected, Inspection
from app.datasets.kinds.classes import ClassKind, checked_options
from app.datasets.kinds.declared import declared_report
from app.datasets.kinds.idx import IDX
from app.datasets.kinds.npz import IMAGES_NPZ
from app.datasets.records import Dataset
from models.data.classes.found import ClassData, ClassesError
from models.data.multimnist.bundled import bundled_digits
from models.data.multimnist.pairs import DIGIT
from models.data.multimnist.source import MultiMnist, multimnist

BUNDLED = "bundled"

_POINTER = "/options/digits"
_ARRAYS = {"x": "x_train", "y": "y_train", "x_test": "x_test", "y_test": "y_test"}
_READERS: Mapping[str, ClassKind[Any]] = MappingProxyType({kind.name: kind for kind in (IDX, IMAGES_NPZ)})


class DigitsRead(BaseModel):
    """How the digits at a location are read."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    kind: Literal["idx", "images_npz"]
    options: Annotated[dict[str, Any], Field(description="of that kind")] = {}


class MultiMnistOptions(BaseModel):
    """Options of the kind `multimnist`."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    digits: Annotated[
        str | DigitsRead | None,
        Field(
            description="`bundled`, the id of a data set of the kind `idx` or `images_npz`, or how the digits at the "
            "location are read; null takes the location, or the bundled ones without one"
        ),
    ] = None
    seed: Annotated[int, Field(ge=0, lt=2**53, description="of pairs and splits")] = 0
    size: Annotated[int, Field(ge=16, le=64, description="height and width, pixels")] = DIGIT


class MultiMnistKind:
    """Pairs of digits as a kind of data set (`app.datasets.kinds.base.DerivedKind`)."""

    name = "multimnist"
    needs_location = False
    fixed_splits = True
    source_option = "digits"

    def inspect(self, location: Path | None, options: Mapping[str, Any]) -> Inspection:
        """Read every digit once, and choose the pairs."""
        checked = multimnist_options(options)
        pointer = "/location" if checked.digits is None else _POINTER
        try:
            found = open_multimnist(location, checked)
        except ClassesError as error:
            raise DatasetRejected(
                [
                    FieldError(f"{_POINTER}/options/{option}" if option and checked.digits else pointer, text)
                    for option, text in error.problems
                ]
            ) from error
        except OSError as error:
            raise DatasetRejected([FieldError(pointer, f"cannot be read: {error.strerror}")]) from error
        stored = checked.model_copy(update={"digits": _reading(location, checked)})
        return Inspection(
            options=stored.model_dump(mode="json"),
            fingerprint=found.content,
            report=declared_report(self.name, found, found.digits.skipped),
        )

    def source_id(self, options: Mapping[str, Any]) -> str | None:
        """Of the data set that holds the digits, if the options name one."""
        digits = options.get(self.source_option)
        return digits if isinstance(digits, str) and digits != BUNDLED else None

    def of_source(self, source: Dataset, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """The options with how the digits are read in place of the id of their data set.

        Raises:
            DatasetRejected: it holds no digits that can be read here.
        """
        if source.kind not in _READERS:
            detail = f"{source.name} is of the kind {source.kind}; digits are of {' or '.join(_READERS)}"
            raise DatasetRejected([FieldError(_POINTER, detail)])
        read = {"kind": source.kind, "options": dict(source.options)}
        return {**options, self.source_option: read}


def multimnist_options(options: Mapping[str, Any]) -> MultiMnistOptions:
    """Read the options of the kind `multimnist`.

    Raises:
        DatasetRejected: naming each option at fault.
    """
    return checked_options(MultiMnistKind.name, MultiMnistOptions, options)


def open_multimnist(location: Path | None, options: MultiMnistOptions) -> MultiMnist:
    """The images of a data set.

    Raises:
        DatasetRejected: options and location do not go together.
        ClassesError: the digits are of no use.
        OSError: their files cannot be read.
    """
    digits = _digits(location, _reading(location, options))
    return multimnist(digits, seed=options.seed, size=options.size)


def _reading(location: Path | None, options: MultiMnistOptions) -> DigitsRead | str:
    """How the digits are read, or that they are the bundled ones."""
    digits = options.digits
    if isinstance(digits, DigitsRead):
        if location is None:
            raise DatasetRejected(
                [FieldError("/location", "is needed: the option digits says how it is read")]
            )
        return digits
    if digits not in {None, BUNDLED}:
        detail = f"must be {BUNDLED!r}, the id of a data set or how the location is read, not {digits!r}"
        raise DatasetRejected([FieldError(_POINTER, detail)])
    if location is None:
        return BUNDLED
    if digits == BUNDLED:
        detail = "the bundled digits lie at no location: leave one of the two out"
        raise DatasetRejected([FieldError(_POINTER, detail)])
    if location.is_dir():
        return DigitsRead(kind="idx")
    return DigitsRead(kind="images_npz", options=_ARRAYS)


def _digits(location: Path | None, reading: DigitsRead | str) -> ClassData:
    if location is None or not isinstance(reading, DigitsRead):
        return bundled_digits()
    try:
        return _READERS[reading.kind].open(location, reading.options)
    except DatasetRejected as rejected:
        raise DatasetRejected(
            [FieldError(_POINTER + each.pointer, each.detail) for each in rejected.errors]
        ) from rejected
