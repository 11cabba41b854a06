"""What a declaration lists: examples with the places of their images and labels, nothing decoded yet."""

import csv
import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from models.data.own.declaration import (
    CLASS_FOLDERS,
    CLASS_FOLDERS_IN_PARTS,
    Declaration,
    DeclarationError,
    Images,
    Labels,
    read_declaration,
)
from models.data.own.files import UnusableFile, inside, read_bytes
from models.data.splits import SPLITS, Split
from models.taxonomy.own import OwnTaskError

TASKS_FILE = "tasks.toml"
KEPT_APART = frozenset({"test", "val", "valid", "validation"})
"""Folders beside `train` that hold a folder of images for each class too."""
MAX_DECLARATION_BYTES = 1 << 20
MAX_TABLE_BYTES = 1 << 28

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file, or a line of the table, that is not used."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class View:
    """One example.

    Attributes:
        images: paths of its images, in order.
        numbers: labels that are numbers, by task: the number of a class, its shares, or a vector.
        files: paths of label files, by task.
        split: that its user put it into.
    """

    images: tuple[str, ...]
    numbers: Mapping[str, tuple[float, ...]]
    files: Mapping[str, str]
    split: Split | None

    @property
    def paths(self) -> tuple[str, ...]:
        """Every file that it needs."""
        return (*self.images, *self.files.values())


@dataclass(frozen=True, slots=True)
class Listing:
    """All that a folder lists.

    Attributes:
        tasks: with labels; their classes are known now.
        views: examples, in the order of the table or of the paths.
        skipped: what was no example.
        read: files that were read to know this.
        has_splits: whether the user said which example is in which split.
    """

    tasks: tuple[Labels, ...]
    views: tuple[View, ...]
    skipped: tuple[Skipped, ...]
    read: tuple[str, ...]
    has_splits: bool


def list_folder(root: Path, tasks_file: str | None = None) -> Listing:
    """Read the declaration of a folder, and its table if it has one.

    Args:
        root: the folder, resolved.
        tasks_file: name of the declaration; by default `tasks.toml`, and without such a file every folder of images
            is a class, be it in `root` itself, or in `train` and perhaps folders of `KEPT_APART` there.

    Raises:
        DeclarationError: naming what is wrong.
    """
    name = tasks_file or TASKS_FILE
    if tasks_file is None and not (root / name).exists():
        try:
            return _listing(root, CLASS_FOLDERS_IN_PARTS if _in_parts(root) else CLASS_FOLDERS, ())
        except DeclarationError as error:
            message = f"{name} is not there, and without it every class needs a folder of images"
            raise DeclarationError([f"{message}: {problem}" for problem in error.problems]) from error
    declaration = read_declaration(_text(root, name, MAX_DECLARATION_BYTES))
    return _listing(root, declaration, (name,))


def _in_parts(root: Path) -> bool:
    """Whether the folders of the classes lie in `train`, and in what is kept apart."""
    folders = {path.name for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")}
    train = root / "train"
    return "train" in folders <= {"train", *KEPT_APART} and any(path.is_dir() for path in train.iterdir())


def _listing(root: Path, declaration: Declaration, read: tuple[str, ...]) -> Listing:
    images, skipped, views = declaration.images, list[Skipped](), list[View]()
    rows = _table_rows(root, declaration) if images.table else _glob_rows(root, images.files, skipped)
    listed = list(rows)
    if not listed:
        raise _no_image(images, skipped)
    tasks = [_with_classes(task, images, listed) for task in declaration.tasks]
    for where, row in listed:
        try:
            views.append(_view(declaration, tasks, row))
        except UnusableFile as error:
            skipped.append(Skipped(error.path or where, error.reason))
    if not views:
        raise _no_image(images, skipped)
    if images.table:
        read = (*read, images.table)
    return Listing(tuple(tasks), tuple(views), tuple(skipped), read, has_splits=bool(images.split))


def _no_image(images: Images, skipped: Sequence[Skipped]) -> DeclarationError:
    found = f"{images.table} lists" if images.table else f"`{images.files}` finds"
    more = "".join(f"; {each.path} {each.reason}" for each in skipped[:3])
    return DeclarationError([f"images: {found} no image that can be used{more}"])


_PATH = "\0path"  # key of the path in a row that comes from a glob: no column has such a name


def _glob_rows(root: Path, pattern: str, skipped: list[Skipped]) -> Iterator[tuple[str, Row]]:
    try:
        paths = sorted(path.relative_to(root).as_posix() for path in root.glob(pattern) if not path.is_dir())
    except (ValueError, OSError, NotImplementedError) as error:
        raise DeclarationError([f"images.files: no glob: {error}"]) from error
    for path in paths:
        try:
            inside(root, path)
        except UnusableFile as error:
            skipped.append(Skipped(error.path, error.reason))
        else:
            yield path, {_PATH: path}


def _table_rows(root: Path, declaration: Declaration) -> Iterator[tuple[str, Row]]:
    name = declaration.images.table
    reader = csv.reader(io.StringIO(_text(root, name, MAX_TABLE_BYTES), newline=""), strict=True)
    try:
        header = next(reader, [])
        _check_header(declaration, header)
        for cells in reader:
            if not cells:
                continue
            if len(cells) != len(header):
                detail = f"images.table: {name} line {reader.line_num} has {len(cells)} cells, {len(header)} columns"
                raise DeclarationError([detail])
            yield f"{name} line {reader.line_num}", dict(zip(header, map(str.strip, cells), strict=True))
    except csv.Error as error:
        raise DeclarationError([f"images.table: {name} line {reader.line_num}: {error}"]) from error


def _check_header(declaration: Declaration, header: Sequence[str]) -> None:
    images = declaration.images
    keys = ("image", "second", "third")
    wanted = [(f"images.{key}", column) for key, column in zip(keys, images.columns, strict=False)]
    wanted += [("images.split", images.split)] if images.split else []
    for task in declaration.tasks:
        wanted += [(f"tasks.{task.name}.column", task.column)] if task.column else []
        wanted += [(f"tasks.{task.name}.columns", column) for column in task.columns]
    has = ", ".join(header) or "none"
    problems = [
        f"{key}: {images.table} has no column {column!r}; it has {has}"
        for key, column in wanted
        if column not in header
    ]
    if len(set(header)) < len(header):
        problems.append(f"images.table: {images.table} names a column twice: {has}")
    if problems:
        raise DeclarationError(problems)


def _text(root: Path, name: str, limit: int) -> str:
    try:
        if inside(root, name).stat().st_size > limit:
            raise DeclarationError([f"{name} is larger than {limit >> 20} MB"])
        return read_bytes(root, name).decode("utf-8-sig")
    except UnusableFile as error:
        raise DeclarationError([f"{error.path} {error.reason}"]) from error
    except UnicodeDecodeError as error:
        raise DeclarationError([f"{name} is no UTF-8: {error}"]) from error


def _with_classes(task: Labels, images: Images, rows: Sequence[tuple[str, Row]]) -> Labels:
    """The labels with the classes that occur, sorted, where none were named."""
    if task.kind != "class" or task.classes:
        return task
    path = images.columns[0] if images.table else _PATH
    found = {row[task.column] if task.column else _folder(row[path]) for _, row in rows}
    classes = tuple(sorted(found - {""}))
    if task.task is None:
        if len(classes) < 2:
            raise DeclarationError([f"tasks.{task.name}: {len(classes)} classes occur, 2 are needed"])
        return replace(task, classes=classes)
    try:
        return replace(task, classes=classes, task=replace(task.task, classes=classes))
    except OwnTaskError as error:
        raise DeclarationError([f"tasks.{task.name}.{error.field}: {error.detail}"]) from error


def _folder(path: str) -> str:
    return PurePosixPath(path).parent.name


def _view(declaration: Declaration, tasks: Sequence[Labels], row: Row) -> View:
    images = declaration.images
    if images.table:
        paths = tuple(_cell(row, column) for column in images.columns[: declaration.inputs])
    else:
        paths = (row[_PATH],)
    split = _cell(row, images.split) if images.split else None
    if split is not None and split not in SPLITS:
        raise UnusableFile("", f"is of no split: {split!r} is none of {', '.join(SPLITS)}")
    numbers, files = dict[str, tuple[float, ...]](), dict[str, str]()
    for task in tasks:
        if task.kind == "class":
            numbers[task.name] = _class(task, row, paths[0])
        elif task.kind == "vector":
            numbers[task.name] = tuple(_number(row, column) for column in task.columns)
        else:
            files[task.name] = _cell(row, task.column) if task.column else _label_path(task.files, paths[0])
    return View(paths, numbers, files, split)


def _class(task: Labels, row: Row, image: str) -> tuple[float, ...]:
    if task.columns:
        shares = tuple(_number(row, column) for column in task.columns)
        if min(shares) < 0 or sum(shares) <= 0:
            raise UnusableFile("", f"has shares of {task.name} that are negative or all 0")
        return shares
    value = _folder(image) if task.folder else _cell(row, task.column)
    if task.numbers:
        number = _number(row, task.column)
        if number not in range(len(task.classes)):
            raise UnusableFile("", f"has {task.name} {value}; classes are 0 to {len(task.classes) - 1}")
        return (number,)
    if value not in task.classes:
        raise UnusableFile("", f"has {task.name} {value!r}, which is none of its classes")
    return (float(task.classes.index(value)),)


def _cell(row: Row, column: str) -> str:
    if not row[column]:
        raise UnusableFile("", f"has nothing in the column {column}")
    return row[column]


def _number(row: Row, column: str) -> float:
    try:
        value = float(_cell(row, column))
    except ValueError as error:
        if isinstance(error, UnusableFile):
            raise
        raise UnusableFile("", f"has {row[column]!r} in the column {column}, which is no number") from error
    if not math.isfinite(value):
        raise UnusableFile("", f"has {row[column]} in the column {column}, which is not finite")
    return value


def _label_path(pattern: str, image: str) -> str:
    path = PurePosixPath(image)
    parts = {"{stem}": path.stem, "{name}": path.name, "{folder}": path.parent.as_posix()}
    return re.sub("|".join(map(re.escape, parts)), lambda mark: parts[mark[0]], pattern)
