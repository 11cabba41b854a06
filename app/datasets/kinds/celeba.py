"""`celeba`: faces with binary attributes, in the files of CelebA."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from app.core.cores import available_cores
from app.core.errors import FieldError
from app.datasets.kinds.base import DatasetRejected, Inspection
from app.datasets.kinds.classes import checked_options
from app.datasets.kinds.declared import declared_report
from models.data.celeba.lists import CelebaError
from models.data.celeba.source import Celeba, open_celeba


class CelebaOptions(BaseModel):
    """Options of the kind `celeba`."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    size: Annotated[int, Field(ge=16, le=1024, multiple_of=8, description="height and width, pixels")] = 64
    seed: Annotated[int, Field(ge=0, lt=2**53, description="deals images to train on out to two splits")] = 0


class CelebaKind:
    """A folder of CelebA as a kind of data set."""

    name = "celeba"
    needs_location = True
    fixed_splits = True

    def inspect(self, location: Path | None, options: Mapping[str, Any]) -> Inspection:
        """Decode every image once; those of no use are reported, and lists that are broken are refused."""
        checked = celeba_options(options)
        if location is None:
            raise DatasetRejected([FieldError("/location", "is needed: this kind reads files")])
        if not location.is_dir():
            raise DatasetRejected([FieldError("/location", "must be a folder")])
        try:
            found = open_celeba_folder(location, checked)
        except CelebaError as error:
            raise DatasetRejected([FieldError("/location", str(error))]) from error
        except OSError as error:
            raise DatasetRejected([FieldError("/location", f"cannot be read: {error.strerror}")]) from error
        return Inspection(
            options=checked.model_dump(),
            fingerprint=found.content,
            report=declared_report(self.name, found, found.skipped),
        )


def celeba_options(options: Mapping[str, Any]) -> CelebaOptions:
    """Read the options of the kind `celeba`.

    Raises:
        DatasetRejected: naming each option at fault.
    """
    return checked_options(CelebaKind.name, CelebaOptions, options)


def open_celeba_folder(location: Path, options: CelebaOptions, memo: Path | None = None) -> Celeba:
    """The images of a data set; what was found may be kept in a file.

    Raises:
        CelebaError: naming the file at fault.
        OSError: it cannot be read.
    """
    return open_celeba(location, size=options.size, seed=options.seed, workers=available_cores(), memo=memo)
