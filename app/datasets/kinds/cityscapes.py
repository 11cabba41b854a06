"""`cityscapes`: a folder of Cityscapes, with the archives for images, fine labels and disparity unpacked in it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from app.core.cores import available_cores
from app.core.errors import FieldError
from app.datasets.kinds.base import DatasetRejected, Inspection
from app.datasets.kinds.classes import checked_options
from app.datasets.kinds.declared import declared_report
from models.data.cityscapes.layout import FILE_KINDS, CityscapesError, read_layout
from models.data.cityscapes.source import Cityscapes, Plan, cityscapes, file_problems, plan


class CityscapesOptions(BaseModel):
    """Options of the kind `cityscapes`."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    size: Annotated[int, Field(ge=16, le=1024, multiple_of=8, description="height and width, pixels")] = 128
    seed: Annotated[int, Field(ge=0, lt=2**53, description="deals cities out to the splits")] = 0


class CityscapesFolder:
    """A folder of street scenes as a kind of data set."""

    name = "cityscapes"
    needs_location = True
    fixed_splits = True

    def inspect(self, location: Path | None, options: Mapping[str, Any]) -> Inspection:
        """Choose frames by the names of files, and read every byte of theirs once."""
        checked = cityscapes_options(options)
        if location is None:
            raise DatasetRejected([FieldError("/location", "is needed: this kind reads files")])
        try:
            planned = cityscapes_plan(location, checked)
            found = cityscapes(planned, file_problems(planned, available_cores()))
        except CityscapesError as error:
            raise DatasetRejected([FieldError("/location", problem) for problem in error.problems]) from error
        except OSError as error:
            detail = f"cannot be read: {error.filename}: {error.strerror}"
            raise DatasetRejected([FieldError("/location", detail)]) from error
        return Inspection(
            options=checked.model_dump(),
            fingerprint=found.content,
            report=declared_report(self.name, found, found.layout.skipped, _lacking(found)),
        )


def cityscapes_options(options: Mapping[str, Any]) -> CityscapesOptions:
    """Read the options of the kind `cityscapes`.

    Raises:
        DatasetRejected: naming each option at fault.
    """
    return checked_options(CityscapesFolder.name, CityscapesOptions, options)


def cityscapes_plan(location: Path, options: CityscapesOptions) -> Plan:
    """The files of a folder that its views are read from.

    Raises:
        CityscapesError: it has no images in this layout.
        OSError: it cannot be read.
    """
    return plan(read_layout(location), size=options.size, seed=options.seed)


def _lacking(found: Cityscapes) -> dict[str, str]:
    """By label that the folder has no files for, what they would be."""
    return {
        label: f"the folder has no {kind.folder}/PART/CITY/CITY_...{kind.suffix}"
        for label, kind in FILE_KINDS.items()
        if label not in found.labels
    }
