"""`images_npz` and `features_npz`: arrays of one file, with one class per example."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.datasets.kinds.classes import ClassKind
from models.data.classes.arrays import ArrayNames, open_features_npz, open_images_npz
from models.data.classes.found import ClassData

_Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class NpzOptions(BaseModel):
    """Options of the kinds `images_npz` and `features_npz`."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    x: Annotated[_Name, Field(description="array of the examples")]
    y: Annotated[_Name | None, Field(description="array of their classes; none where they are not known")] = (
        None
    )
    classes: Annotated[
        _Name | None, Field(description="array of the names; else a class is called by its number")
    ] = None
    x_test: Annotated[_Name | None, Field(description="array of examples that are kept apart")] = None
    y_test: Annotated[_Name | None, Field(description="array of their classes")] = None
    seed: Annotated[
        int, Field(ge=0, lt=2**53, description="deals examples out, where x_test is not named")
    ] = 0
    test_fraction: Annotated[
        float, Field(ge=0, lt=1, description="share of each class that is kept apart, without x_test")
    ] = 0.0

    def names(self) -> ArrayNames:
        """The options as the science knows them."""
        return ArrayNames(**self.model_dump())


def _images(location: Path, options: NpzOptions, memo: Path | None) -> ClassData:  # noqa: ARG001 - quick to read
    return open_images_npz(location, options.names())


def _features(location: Path, options: NpzOptions, memo: Path | None) -> ClassData:  # noqa: ARG001 - quick to read
    return open_features_npz(location, options.names())


IMAGES_NPZ = ClassKind("images_npz", NpzOptions, _images)
FEATURES_NPZ = ClassKind("features_npz", NpzOptions, _features)
