"""The TOML file in which a user declares images and tasks; read strictly, so that a slip is named and not ignored."""

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any, cast

from models.taxonomy.dictionary import TASKS
from models.taxonomy.own import KINDS, OwnKind, OwnTask, OwnTaskError, own_task

MAX_TASKS = 100

FIXED_CLASSES: Mapping[str, tuple[str, ...]] = MappingProxyType({"point_matching": ("different", "same")})
"""Classes of the dictionary's tasks that are the same in every data set."""

_NEED_NO_LABELS = frozenset(
    {"autoencoding", "denoising", "colorization", "inpainting", "jigsaw", "random"}
    | {"edges_2d", "keypoints_2d", "segmentation_2d"}
)
DICTIONARY: Mapping[str, OwnKind] = MappingProxyType(
    {
        task.name: task.output.kind
        for task in TASKS.values()
        if task.output.kind in KINDS and task.name not in _NEED_NO_LABELS
    }
)
"""Tasks of the dictionary whose labels a folder can hold, with the kind of these."""

_SHARED = "object_class"  # the one task of the dictionary whose label is shares of classes
_IMAGE_KEYS = ("files", "table", "image", "second", "third", "split")
_MEANING = ("kind", "title", "description", "inputs", "loss", "names", "unit")
_PLACES: Mapping[OwnKind, tuple[str, ...]] = MappingProxyType(
    {
        "class": ("column", "columns", "folder"),
        "vector": ("columns",),
        "map": ("files", "column"),
        "classes": ("files", "column"),
        "image": ("files", "column"),
    }
)
_READING: Mapping[OwnKind, tuple[str, ...]] = MappingProxyType(
    {
        "class": ("classes", "numbers"),
        "vector": ("names", "unit"),
        "map": ("names", "unit", "scale", "offset", "invalid"),
        "classes": ("classes", "ignored"),
        "image": (),
    }
)
_COMMON = ("kind", "title", "description", "inputs", "loss")
_MARKS = ("{stem}", "{name}", "{folder}")


class DeclarationError(ValueError):
    """The declaration is of no use.

    Attributes:
        problems: a sentence each, which begins with the key at fault.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Images:
    """Which images there are.

    Attributes:
        files: glob below the folder; empty where a table lists them.
        table: CSV file with a header, a line per example; empty where a glob finds the images.
        columns: of the table with the first, second and third image of an example.
        split: column of the table with the split; empty where the seed deals examples out.
    """

    files: str = ""
    table: str = ""
    columns: tuple[str, ...] = ("image",)
    split: str = ""


@dataclass(frozen=True, slots=True)
class Labels:
    """Where the labels of a task lie and how they are read.

    Attributes:
        name: of the task.
        kind: of its output.
        task: what its user declared; None of a task of the dictionary. Classes that were not named are `CLASS_PENDING`.
        inputs: images of an example that it looks at.
        column: of the table: a class, or the path of a file.
        columns: of the table: shares of classes, or numbers.
        folder: whether the class is the name of the image's folder.
        files: path of the label file, with `{stem}`, `{name}` and `{folder}` of the image.
        classes: names; empty where those that occur are taken.
        numbers: whether classes are given by number.
        ignored: numbers per pixel that mean "not known".
        channels: numbers per pixel, or entries of a vector.
        scale: what numbers per pixel are multiplied with, before `offset` is added.
        offset: see `scale`.
        invalid: numbers per pixel, as stored, that mean "not known".
    """

    name: str
    kind: OwnKind
    task: OwnTask | None
    inputs: int
    column: str = ""
    columns: tuple[str, ...] = ()
    folder: bool = False
    files: str = ""
    classes: tuple[str, ...] = ()
    numbers: bool = False
    ignored: tuple[int, ...] = ()
    channels: int = 1
    scale: float = 1.0
    offset: float = 0.0
    invalid: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a user says of a folder.

    Attributes:
        images: which there are.
        tasks: that have labels.
    """

    images: Images
    tasks: tuple[Labels, ...]

    @property
    def inputs(self) -> int:
        """Images of an example that some task looks at."""
        return max((task.inputs for task in self.tasks), default=1)


CLASS_PENDING = ("a class", "another class")
"""Stands for the classes of a task until the labels were seen."""

CLASS_FOLDERS = Declaration(
    Images(files="*/*"),
    (Labels("class", "class", own_task("class", "class", classes=CLASS_PENDING), inputs=1, folder=True),),
)
"""The classical layout: a folder of images for each class."""

CLASS_FOLDERS_IN_PARTS = replace(CLASS_FOLDERS, images=Images(files="*/*/*"))
"""The same inside of `train`, with what is kept apart inside of other folders."""


def read_declaration(text: str) -> Declaration:
    """Read a declaration.

    Raises:
        DeclarationError: naming every key at fault, or the line where it is no TOML.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DeclarationError([f"is no TOML: {error}"]) from error
    problems: list[str] = []
    top = _Table("", document, problems)
    images = _images(top.table("images", needed=True))
    declared = top.table("tasks", needed=False)
    top.close(("images", "tasks"))
    if len(declared.values) > MAX_TASKS:
        problems.append(f"tasks: at most {MAX_TASKS}, {len(declared.values)} are declared")
    tasks = [_labels(declared.table(name, needed=True), name, images) for name in declared.values]
    if problems:
        raise DeclarationError(problems)
    return Declaration(images, tuple(task for task in tasks if task is not None))


@dataclass(frozen=True, slots=True)
class _Table:
    """A table whose keys are read one by one; `close` finds those that nobody knows."""

    where: str
    values: Mapping[str, Any]
    problems: list[str] = field(default_factory=list[str])

    def key(self, name: str) -> str:
        return f"{self.where}.{name}" if self.where else name

    def wrong(self, name: str, detail: str) -> None:
        self.problems.append(f"{self.key(name)}: {detail}")

    def table(self, name: str, *, needed: bool) -> "_Table":
        value = self.values.get(name, {})
        if not isinstance(value, dict):
            self.wrong(name, "must be a table")
            value = {}
        elif needed and name not in self.values:
            self.wrong(name, "is needed")
        return _Table(self.key(name), cast("dict[str, Any]", value), self.problems)

    def text(self, name: str, default: str = "") -> str:
        value = self.values.get(name, default)
        if isinstance(value, str) and (value.strip() or name not in self.values):
            return value
        self.wrong(name, "must be a text that is not empty")
        return default

    def texts(self, name: str) -> tuple[str, ...]:
        value = self.values.get(name, [])
        if isinstance(value, list) and all(isinstance(item, str) and item for item in value):
            return tuple(value)
        self.wrong(name, "must be a list of texts")
        return ()

    def integers(self, name: str) -> tuple[int, ...]:
        value = self.values.get(name, [])
        if isinstance(value, list) and all(type(item) is int for item in value):
            return tuple(value)
        self.wrong(name, "must be a list of whole numbers")
        return ()

    def numbers(self, name: str) -> tuple[float, ...]:
        """One number or a list of them."""
        value = self.values.get(name, [])
        items = value if isinstance(value, list) else [value]
        if all(type(item) in {int, float} for item in items):
            return tuple(float(item) for item in items)
        self.wrong(name, "must be a number or a list of numbers")
        return ()

    def number(self, name: str, default: float) -> float:
        value = self.values.get(name, default)
        if type(value) in {int, float} and abs(value) < float("inf"):
            return float(value)
        self.wrong(name, "must be a number")
        return default

    def integer(self, name: str, default: int) -> int:
        value = self.values.get(name, default)
        if type(value) is int:
            return value
        self.wrong(name, "must be a whole number")
        return default

    def flag(self, name: str) -> bool:
        value = self.values.get(name, False)
        if isinstance(value, bool):
            return value
        self.wrong(name, "must be true or false")
        return False

    def close(self, known: Collection[str], why: str = "") -> None:
        for name in self.values:
            if name not in known:
                self.wrong(name, f"no such key{why}; there are {', '.join(known)}")


def _images(table: _Table) -> Images:
    table.close(_IMAGE_KEYS)
    found = Images(
        files=_inside(table, "files"),
        table=_inside(table, "table"),
        columns=(table.text("image", "image"),),
        split=table.text("split"),
    )
    if bool(found.files) == bool(found.table) and table.values:
        table.wrong("files", "give either `files`, a glob, or `table`, a CSV file")
    if not found.table:
        for name in ("image", "second", "third", "split"):
            if name in table.values:
                table.wrong(name, "names a column, and there is no `table`")
    if "third" in table.values and "second" not in table.values:
        table.wrong("third", "needs a `second`")
    more = tuple(table.text(name) for name in ("second", "third") if name in table.values)
    return Images(found.files, found.table, (*found.columns, *more), found.split)


def _inside(table: _Table, name: str) -> str:
    """A path or pattern that cannot lead out of the folder by what it says."""
    value = table.text(name)
    if PurePosixPath(value).is_absolute() or ".." in PurePosixPath(value).parts:
        table.wrong(name, "must lie in the folder: no absolute path and no `..`")
        return ""
    return value


def _labels(table: _Table, name: str, images: Images) -> Labels | None:
    own = name not in TASKS
    if not own and name not in DICTIONARY:
        detail = (
            "is worked out from the images and needs no labels"
            if name in _NEED_NO_LABELS
            else "is a task of the dictionary whose labels a folder cannot hold"
        )
        table.problems.append(f"{table.where}: {detail}")
        return None
    kind = cast("OwnKind", table.text("kind") if own else DICTIONARY[name])
    if kind not in KINDS:
        table.wrong("kind", f"must be one of {', '.join(KINDS)}")
        return None
    known = [*_COMMON, *_PLACES[kind], *_READING[kind]]
    if not own:
        known = [
            key for key in known if key not in _MEANING and not (key == "classes" and name in FIXED_CLASSES)
        ]
    table.close(known, "" if own else f": {name} is a task of the dictionary, which says what it means")
    before = len(table.problems)
    labels = _read_labels(table, name, kind, own=own)
    _check_place(table, labels, images)
    return labels if len(table.problems) == before else None


def _read_labels(table: _Table, name: str, kind: OwnKind, *, own: bool) -> Labels:
    columns = table.texts("columns")
    classes = FIXED_CLASSES.get(name, table.texts("classes"))
    if kind == "class" and columns and not classes:
        classes = columns
    names = table.texts("names") or (columns if kind == "vector" else ())
    ignored = table.integers("ignored")
    task = _declared(table, name, kind, classes, ignored, names) if own else None
    shape = () if own else TASKS[name].output.shape
    channels = len(task.names) if task is not None else _channels(kind, shape)
    return Labels(
        name=name,
        kind=kind,
        task=task,
        inputs=task.inputs if task is not None else 1 if own else TASKS[name].inputs,
        column=table.text("column"),
        columns=columns,
        folder=table.flag("folder"),
        files=_inside(table, "files"),
        classes=classes,
        numbers=table.flag("numbers"),
        ignored=ignored,
        channels=channels,
        scale=table.number("scale", 1.0),
        offset=table.number("offset", 0.0),
        invalid=table.numbers("invalid"),
    )


def _channels(kind: OwnKind, shape: tuple[int | None, ...]) -> int:
    if kind == "vector":
        return (shape[0] or 1) if shape else 1
    return (shape[2] or 1) if kind == "map" and len(shape) == 3 else 1


def _declared(
    table: _Table,
    name: str,
    kind: OwnKind,
    classes: tuple[str, ...],
    ignored: tuple[int, ...],
    names: tuple[str, ...],
) -> OwnTask | None:
    if kind == "class" and not classes:
        classes = CLASS_PENDING
    try:
        return own_task(
            name,
            kind,
            title=table.text("title"),
            description=table.text("description"),
            inputs=table.integer("inputs", 1),
            loss=cast("Any", table.text("loss") or None),
            classes=classes,
            ignored=ignored,
            names=names,
            unit=table.text("unit"),
        )
    except OwnTaskError as error:
        if error.field == "name":
            table.problems.append(f"{table.where}: {error.detail}")
        else:
            table.wrong(error.field, error.detail)
        return None


def _check_place(table: _Table, labels: Labels, images: Images) -> None:
    places = [key for key in _PLACES[labels.kind] if table.values.get(key)]
    if len(places) != 1:
        table.problems.append(f"{table.where}: say where the labels lie: {' or '.join(_PLACES[labels.kind])}")
        return
    if places[0] in {"column", "columns"} and not images.table:
        table.wrong(places[0], "needs a table: images.table")
    if labels.columns and labels.task is None and labels.kind == "class" and labels.name != _SHARED:
        table.wrong("columns", f"{labels.name} is one class: give its `column`; shares are for {_SHARED}")
    if labels.inputs > len(images.columns):
        table.wrong(
            "inputs", f"{labels.name} looks at {labels.inputs} images: name their columns in `images`"
        )
    if labels.files and not any(mark in labels.files for mark in _MARKS):
        table.wrong("files", f"must hold one of {', '.join(_MARKS)} of the image")
    if labels.kind == "classes" and not labels.classes:
        table.wrong("classes", "is needed: the names of the classes by their number")
    if labels.numbers and (not labels.classes or not labels.column):
        table.wrong("numbers", "goes with `column` and `classes`: the names by number")
    counted = labels.channels if labels.kind == "vector" else len(labels.classes)
    if labels.columns and len(labels.columns) != counted:
        table.wrong("columns", f"{len(labels.columns)} are named for {counted} numbers")
