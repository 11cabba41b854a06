"""Tasks that a user declares: what is predicted, from how many images, under which loss."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, Literal, get_args

from models.taxonomy.dictionary import TASKS, Output, Task, UnknownTask
from models.taxonomy.table import RESERVED

OwnKind = Literal["class", "vector", "map", "classes", "image"]
OwnLoss = Literal["cross-entropy", "l1", "l2"]
KINDS: tuple[OwnKind, ...] = get_args(OwnKind)
LOSSES: Mapping[OwnKind, tuple[OwnLoss, ...]] = MappingProxyType(
    {
        "class": ("cross-entropy",),
        "vector": ("l2", "l1"),
        "map": ("l1", "l2"),
        "classes": ("cross-entropy",),
        "image": ("l1",),
    }
)
"""Losses of each kind of output, the default first."""

MAX_INPUTS = 3
MAX_CLASSES = 1000
MAX_ENTRIES = 64
NAME_RULE = "lower-case letters, digits and underscores, a letter first, 40 at most"

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_MAX_TEXT = 200
_ARRAYS = frozenset({"rgb", "valid", "index"})  # arrays of every data set that belong to no task
_IMAGES = "_images"  # ends the name of the array that holds the images of a task that looks at several
_TAKEN = frozenset(
    {*RESERVED, "all", *_ARRAYS, *(name for task in TASKS.values() for name in (task.name, task.paper_name))}
)
_METRICS: Mapping[OwnKind, str] = MappingProxyType(
    {
        "class": "top_1",
        "vector": "mean_absolute_error",
        "map": "mean_absolute_error",
        "classes": "mean_iou",
        "image": "mean_absolute_error",
    }
)


class OwnTaskError(ValueError):
    """A declaration describes no task.

    Attributes:
        field: at fault.
        detail: what is wrong with it.
    """

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"{field}: {detail}")
        self.field = field
        self.detail = detail


@dataclass(frozen=True, slots=True)
class OwnTask:
    """One task as its user declared it.

    Attributes:
        name: as in every call; none of the dictionary's.
        kind: of the output: `class` (one of named classes, or shares of them), `vector` (named numbers), `map`
            (numbers per pixel), `classes` (a class per pixel) or `image` (colours).
        title: for people.
        description: what is predicted, in a sentence.
        inputs: images that one prediction needs, 1 to 3.
        loss: of training.
        classes: names of the classes, by their number; of `class` and `classes` only.
        ignored: of `classes`: numbers in a label that mean "not known" and are masked; they may lie beyond the classes.
        names: of the entries of a `vector`, or of the channels of a `map`.
        unit: of the numbers of a `vector` or `map`; empty for plain numbers.

    Raises:
        OwnTaskError: naming the field at fault.
    """

    name: str
    kind: OwnKind
    title: str
    description: str
    inputs: int
    loss: OwnLoss
    classes: tuple[str, ...] = ()
    ignored: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    unit: str = ""

    def __post_init__(self) -> None:
        if (problem := name_problem(self.name)) is not None:
            raise OwnTaskError("name", problem)
        if self.kind not in KINDS:
            raise OwnTaskError("kind", f"unknown kind {self.kind!r}; there are {', '.join(KINDS)}")
        if self.loss not in LOSSES[self.kind]:
            choice = " or ".join(LOSSES[self.kind])
            raise OwnTaskError("loss", f"a {self.kind} is trained with {choice}, not {self.loss!r}")
        if type(self.inputs) is not int or not 1 <= self.inputs <= MAX_INPUTS:
            raise OwnTaskError("inputs", f"a prediction needs 1, 2 or 3 images, not {self.inputs!r}")
        for field in ("title", "description", "unit"):
            if len(getattr(self, field)) > _MAX_TEXT:
                raise OwnTaskError(field, f"is longer than {_MAX_TEXT} characters")
        self._check_classes()
        self._check_names()

    def _check_classes(self) -> None:
        if self.kind not in {"class", "classes"}:
            if self.classes or self.ignored:
                field = "classes" if self.classes else "ignored"
                raise OwnTaskError(field, f"a {self.kind} has none")
            return
        if not 2 <= len(self.classes) <= MAX_CLASSES:
            count = len(self.classes)
            raise OwnTaskError("classes", f"2 to {MAX_CLASSES} classes must be named, {count} are")
        _require_distinct("classes", self.classes)
        if self.ignored and self.kind == "class":
            raise OwnTaskError("ignored", "a class has none: an example without a label is left out")
        if set(self.ignored) >= set(range(len(self.classes))):
            raise OwnTaskError("ignored", "leaves no class to predict")

    def _check_names(self) -> None:
        if self.kind not in {"vector", "map"}:
            if self.names or self.unit:
                raise OwnTaskError("names" if self.names else "unit", f"a {self.kind} has none")
            return
        if not 1 <= len(self.names) <= MAX_ENTRIES:
            what = "entries" if self.kind == "vector" else "channels"
            raise OwnTaskError("names", f"1 to {MAX_ENTRIES} {what} must be named, {len(self.names)} are")
        _require_distinct("names", self.names)

    @property
    def entry(self) -> Task:
        """The task as an entry of the dictionary, of the group `own`."""
        return Task(
            name=self.name,
            title=self.title,
            description=self.description,
            group="own",
            inputs=self.inputs,
            output=Output(self.kind, self._shape, self._unit),
            loss=f"rebalanced {self.loss}" if self.kind == "classes" else self.loss,
            metric=_METRICS[self.kind],
            source_only=False,
            paper_name=self.name,
        )

    @property
    def _shape(self) -> tuple[int | None, ...]:
        match self.kind:
            case "class":
                return (len(self.classes),)
            case "vector":
                return (len(self.names),)
            case "classes":
                return (None, None)
            case "image":
                return (None, None, 3)
            case "map":
                return (None, None) if len(self.names) == 1 else (None, None, len(self.names))

    @property
    def _unit(self) -> str:
        return {"class": "probability", "image": "grey levels of 255"}.get(self.kind, self.unit)

    def to_json(self) -> dict[str, Any]:
        """The declaration as JSON-able values."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "OwnTask":
        """The declaration that `to_json` wrote.

        Raises:
            OwnTaskError: a value is of no use.
            TypeError: a value is missing or unknown.
        """
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in data.items()
        }
        return cls(**values)


def own_task(
    name: str,
    kind: OwnKind,
    *,
    title: str = "",
    description: str = "",
    inputs: int = 1,
    loss: OwnLoss | None = None,
    classes: Sequence[str] = (),
    ignored: Sequence[int] = (),
    names: Sequence[str] = (),
    unit: str = "",
) -> OwnTask:
    """A declared task with what was not said filled in: title, description, the first loss of `LOSSES`.

    Args:
        name: as in every call.
        kind: of the output.
        title: for people; made from the name by default.
        description: what is predicted, in a sentence.
        inputs: images that one prediction needs.
        loss: one of `LOSSES[kind]`.
        classes: names of the classes, of `class` and `classes`.
        ignored: numbers that mean "not known", of `classes`.
        names: of the entries of a `vector`, which needs them, or of the channels of a `map`: one by default.
        unit: of the numbers of a `vector` or `map`.

    Raises:
        OwnTaskError: naming the field at fault.
    """
    if kind == "map" and not names:
        names = (name,)
    return OwnTask(
        name=name,
        kind=kind,
        title=title or name.replace("_", " ").capitalize(),
        description=description or "Declared by its user.",
        inputs=inputs,
        loss=loss or LOSSES.get(kind, ("l1",))[0],
        classes=tuple(classes),
        ignored=tuple(ignored),
        names=tuple(names),
        unit=unit,
    )


def name_problem(name: str) -> str | None:
    """Why a task cannot have this name; None if it can."""
    if not _NAME.fullmatch(name):
        return f"{name!r} is no name for a task: {NAME_RULE}"
    if name in _TAKEN:
        return f"{name!r} is taken: it stands for something else in every atlas"
    if name.endswith(_IMAGES):
        return f"{name!r} ends with {_IMAGES}, as the images of a task do"
    return None


def entry_of(name: str, own: Iterable[OwnTask] = ()) -> Task:
    """The entry of a task of the dictionary or of those declared.

    Raises:
        UnknownTask: there is none of that name.
    """
    if name in TASKS:
        return TASKS[name]
    for task in own:
        if task.name == name:
            return task.entry
    raise UnknownTask(name)


def _require_distinct(field: str, names: Sequence[str]) -> None:
    for place, name in enumerate(names):
        if not name.strip() or len(name) > _MAX_TEXT:
            raise OwnTaskError(field, f"a name needs 1 to {_MAX_TEXT} characters, number {place} has not")
        if name in names[:place]:
            raise OwnTaskError(field, f"{name!r} is named twice")
