"""`image_folder`: a folder of images, with the tasks that its user declares in one TOML file."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.core.cores import available_cores
from app.core.errors import FieldError
from app.datasets.kinds.base import (
    FROM_THE_IMAGE,
    Availability,
    DatasetRejected,
    Inspection,
    Report,
    SkippedFile,
)
from app.datasets.kinds.classes import class_examples
from models.data.classes.own_folder import classes_of
from models.data.own.arrays import COMPUTED
from models.data.own.declaration import DeclarationError
from models.data.own.folder import OwnFolder, open_folder
from models.data.own.listing import TASKS_FILE
from models.taxonomy.dictionary import TASKS


class ImageFolderOptions(BaseModel):
    """Options of the kind `image_folder`."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    tasks: Annotated[
        str | None,
        Field(min_length=1, max_length=1000, description="name of the declaration in the folder"),
    ] = None
    size: Annotated[int, Field(ge=16, le=1024, multiple_of=8, description="height and width, pixels")] = 64
    seed: Annotated[int, Field(ge=0, lt=2**53, description="deals examples out to splits")] = 0


class ImageFolder:
    """A user's folder as a kind of data set."""

    name = "image_folder"
    needs_location = True
    fixed_splits = True

    def inspect(self, location: Path | None, options: Mapping[str, Any]) -> Inspection:
        """Decode every file once; those of no use are reported, and what is declared wrongly is refused."""
        checked = folder_options(options)
        if location is None:
            raise DatasetRejected([FieldError("/location", "is needed: this kind reads files")])
        if not location.is_dir():
            raise DatasetRejected([FieldError("/location", "must be a folder")])
        try:
            folder = open_image_folder(location, checked)
        except DeclarationError as error:
            raise DatasetRejected(_errors(checked, error)) from error
        except OSError as error:
            raise DatasetRejected([FieldError("/location", f"cannot be read: {error.strerror}")]) from error
        of_classes = classes_of(folder)
        return Inspection(
            options=checked.model_dump(),
            fingerprint=fingerprint(folder),
            report=Report(
                image_size=folder.size,
                splits={split: len(places) for split, places in folder.splits.items()},
                tasks=_tasks(folder, checked.tasks or TASKS_FILE),
                skipped=tuple(SkippedFile(each.path, each.reason) for each in folder.skipped),
                own=folder.label_info.own,
                classes=None if of_classes is None else class_examples(of_classes),
            ),
        )


def folder_options(options: Mapping[str, Any]) -> ImageFolderOptions:
    """Read the options of the kind `image_folder`.

    Raises:
        DatasetRejected: naming each option at fault.
    """
    try:
        return ImageFolderOptions.model_validate(dict(options))
    except ValidationError as error:
        known = ", ".join(ImageFolderOptions.model_fields)
        raise DatasetRejected(
            [
                FieldError(
                    "/options/" + "/".join(str(part) for part in problem["loc"]),
                    f"no such option; image_folder has {known}"
                    if problem["type"] == "extra_forbidden"
                    else problem["msg"],
                )
                for problem in error.errors()
            ]
        ) from error


def open_image_folder(location: Path, options: ImageFolderOptions, memo: Path | None = None) -> OwnFolder:
    """The folder of a data set.

    Raises:
        DeclarationError: naming what is wrong with it.
        OSError: it cannot be read.
    """
    return open_folder(
        location,
        size=options.size,
        seed=options.seed,
        tasks_file=options.tasks,
        workers=available_cores(),
        memo=memo,
    )


def fingerprint(folder: OwnFolder) -> str:
    """Names the data of a folder."""
    splits = {split: places.tolist() for split, places in folder.splits.items()}
    identity = json.dumps(
        {"kind": ImageFolder.name, "content": folder.content, "splits": splits}, sort_keys=True
    )
    return hashlib.sha256(identity.encode()).hexdigest()


def _errors(options: ImageFolderOptions, error: DeclarationError) -> list[FieldError]:
    name = options.tasks or TASKS_FILE
    return [
        FieldError("/options/tasks", problem if problem.startswith(name) else f"{name}: {problem}")
        for problem in error.problems
    ]


def _tasks(folder: OwnFolder, declaration: str) -> dict[str, Availability]:
    views = len(folder.views)
    labelled = {*FROM_THE_IMAGE, *COMPUTED, *(task.name for task in folder.tasks)}
    names = dict.fromkeys([*TASKS, *(task.name for task in folder.tasks)])
    return {
        name: Availability(available=True, views=views)
        if name in labelled
        else Availability(available=False, views=0, detail=f"{declaration} declares no labels for {name}")
        for name in names
    }
