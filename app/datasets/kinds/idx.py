"""`idx`: a folder with the files of MNIST."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.datasets.kinds.classes import ClassKind, ClassName
from models.data.classes.found import ClassData
from models.data.classes.idx import open_idx


class IdxOptions(BaseModel):
    """Options of the kind `idx`."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    classes: Annotated[
        list[ClassName] | None,
        Field(max_length=256, description="names by label; else a class is its number"),
    ] = None
    seed: Annotated[int, Field(ge=0, lt=2**53, description="deals examples out, without files of t10k")] = 0
    test_fraction: Annotated[
        float, Field(ge=0, lt=1, description="share of each class that is kept apart, without files of t10k")
    ] = 0.0


def _open(location: Path, options: IdxOptions, memo: Path | None) -> ClassData:  # noqa: ARG001 - quick to read
    return open_idx(location, classes=options.classes, seed=options.seed, test_fraction=options.test_fraction)


IDX = ClassKind("idx", IdxOptions, _open)
