"""`rooms`: rendered indoor views, a pure function of a seed and an index; nothing is stored."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.core.errors import FieldError
from app.datasets.kinds.base import (
    FROM_THE_IMAGE,
    Availability,
    ClassExamples,
    DatasetRejected,
    Inspection,
    Report,
)
from models.data.rooms.labels import FREQUENT_OBJECTS, LABELS
from models.data.rooms.own_tasks import own_tasks
from models.data.splits import SPLITS, SplitError, SplitSizes
from models.taxonomy.dictionary import TASKS

PROPORTIONS = SplitSizes(train=4096, transfer=1024, validation=256, test=1024)
"""How views are shared out among the splits unless an atlas asks for other numbers."""

_LATER = ("objects", "attributes", "instances")


class RoomsOptions(BaseModel):
    """Options of the kind `rooms`."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    seed: Annotated[int, Field(ge=0, lt=2**53, description="views of different seeds are independent")] = 0
    views: Annotated[int, Field(ge=16, le=10_000_000, description="over all splits")] = PROPORTIONS.total
    size: Annotated[int, Field(ge=16, le=1024, multiple_of=8, description="height and width, pixels")] = 64
    style: Annotated[Literal["a", "b"], Field(description="the same rooms in two looks")] = "a"
    objects: Annotated[
        bool,
        Field(description="adaptations may use the objects seen in the views: pictures with one class each"),
    ] = False
    attributes: Annotated[
        bool, Field(description="40 yes-or-no attributes of the views are tasks, for multi-task training")
    ] = False
    instances: Annotated[
        bool, Field(description="instance segmentation is a task: offsets to the centres of objects")
    ] = False


class Rooms:
    """The renderer as a kind of data set."""

    name = "rooms"
    needs_location = False
    fixed_splits = False

    def inspect(self, location: Path | None, options: Mapping[str, Any]) -> Inspection:  # noqa: ARG002 - reads no files
        """Check the options; every task can be trained on rooms."""
        checked = rooms_options(options)
        try:
            splits = PROPORTIONS.scaled_to(checked.views)
        except SplitError as error:
            raise DatasetRejected([FieldError("/options/views", str(error))]) from error
        # Without later options the rest, and so the fingerprint, are those of before there were any.
        values = checked.model_dump(exclude={name for name in _LATER if not getattr(checked, name)})
        own = own_tasks(attributes=checked.attributes, instances=checked.instances)
        identity = json.dumps({"kind": self.name, **values}, sort_keys=True)
        return Inspection(
            options=values,
            fingerprint=hashlib.sha256(identity.encode()).hexdigest(),
            report=Report(
                image_size=checked.size,
                splits={name: splits.size(name) for name in SPLITS},
                tasks={name: _availability(name, checked.views) for name in TASKS}
                | {task.name: Availability(available=True, views=checked.views) for task in own},
                own=own,
                classes=tuple(ClassExamples(name, None) for name in FREQUENT_OBJECTS)
                if checked.objects
                else None,
            ),
        )


def rooms_options(options: Mapping[str, Any]) -> RoomsOptions:
    """Read the options of the kind `rooms`.

    Raises:
        DatasetRejected: naming each option at fault.
    """
    try:
        return RoomsOptions.model_validate(dict(options))
    except ValidationError as error:
        known = ", ".join(RoomsOptions.model_fields)
        raise DatasetRejected(
            [
                FieldError(
                    "/options/" + "/".join(str(part) for part in problem["loc"]),
                    f"no such option; rooms have {known}"
                    if problem["type"] == "extra_forbidden"
                    else problem["msg"],
                )
                for problem in error.errors()
            ]
        ) from error


def _availability(task: str, views: int) -> Availability:
    if task in LABELS or task in FROM_THE_IMAGE:
        return Availability(available=True, views=views)
    return Availability(available=False, views=0, detail=f"rooms have no label {task}")
