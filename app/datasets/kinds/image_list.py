"""`image_list`: images that a list names with their classes."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.core.cores import available_cores
from app.datasets.kinds.classes import ClassKind, ClassName
from models.data.classes.found import ClassData
from models.data.classes.image_list import ListOptions, open_image_list

_Names = list[ClassName]
_Path = Annotated[str, StringConstraints(min_length=1, max_length=1000)]


class ImageListOptions(BaseModel):
    """Options of the kind `image_list`."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    list: Annotated[_Path, Field(description="file below the location, a path and a class on each line")]
    test_list: Annotated[_Path | None, Field(description="list of what is kept apart")] = None
    root: Annotated[_Path, Field(description="folder of the images, below the location")] = "."
    strip: Annotated[
        str | None,
        Field(
            max_length=1000, description="start of the lists' paths to take off; else the longest end counts"
        ),
    ] = None
    classes: Annotated[
        _Names | _Path | None,
        Field(description="names in label order, or a file below the location with one a line"),
    ] = None
    class_map: Annotated[
        str | None, Field(max_length=100, description="`office-31`, `imagenet-1k` or `caltech-256`")
    ] = None
    seed: Annotated[int, Field(ge=0, lt=2**53, description="deals examples out, without test_list")] = 0
    test_fraction: Annotated[
        float, Field(ge=0, lt=1, description="share of each class that is kept apart, without test_list")
    ] = 0.0


def _open(location: Path, options: ImageListOptions, memo: Path | None) -> ClassData:
    names = tuple(options.classes) if isinstance(options.classes, list) else options.classes
    read = ListOptions(**options.model_dump(exclude={"classes"}), classes=names)
    return open_image_list(location, read, workers=available_cores(), memo=memo)


IMAGE_LIST = ClassKind("image_list", ImageListOptions, _open)
