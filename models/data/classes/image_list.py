"""Image files that a list names with their classes, as the protocols of partial adaptation publish them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from models.data.classes.class_maps import CLASS_MAPS
from models.data.classes.found import ClassData, ClassesError, Inputs, Skipped, digest
from models.data.classes.image_files import Examined, examine, read_images
from models.data.classes.naming import checked_names, named
from models.data.classes.parts import parted
from models.data.labelled import UNKNOWN, Part
from models.data.own.files import UnusableFile, inside, read_bytes

_MOST_BYTES = 1 << 28  # of a list


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOptions:
    """How lists are read.

    Attributes:
        list: file of the list, below the data set's folder.
        test_list: list of what is kept apart; None deals that out of `list`.
        root: folder of the images, below the data set's folder.
        strip: what is taken off the start of every path of the lists; None finds the longest end of a path that
            is there.
        classes: names in label order, or a file with one a line; None takes `class_map`.
        class_map: name of a published map; without it a class is called by its number.
        seed: of the deal.
        test_fraction: share of each class that is kept apart.
    """

    list: str
    test_list: str | None = None
    root: str = "."
    strip: str | None = None
    classes: tuple[str, ...] | str | None = None
    class_map: str | None = None
    seed: int = 0
    test_fraction: float = 0.0


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a list: the path as it stands there, and the number of its class."""

    listed: str
    number: int


@dataclass(frozen=True, slots=True)
class _Example:
    """An image that is there: its part, its path below the root, and the number of its class."""

    part: Part
    path: str
    number: int


def open_image_list(
    folder: Path, options: ListOptions, *, workers: int = 1, memo: Path | None = None
) -> ClassData:
    """Lists of images in a folder: lines of a path and a class, with white space between them.

    The class is a number from 0, a name of `classes`, or -1 where it is not known. Lists name paths of their author's
    machine; of such a path the longest end that is there below `root` counts, so that
    `/home/someone/office/amazon/images/mug/frame_0001.jpg` is found as `mug/frame_0001.jpg` below `amazon/images`.
    What is not found or cannot be decoded is skipped.

    Args:
        folder: of the lists and the images; none of them may lie outside.
        options: how to read them.
        workers: threads that decode.
        memo: file that keeps what was found, see `models.data.classes.image_files.examine`.

    Raises:
        ClassesError: naming the option or line at fault.
    """
    folder = folder.resolve()
    if not folder.is_dir():
        raise ClassesError([("", "must be a folder")])
    root = _root(folder, options.root)
    names = _names(folder, options)
    lists: dict[Part, str] = {"train": options.list}
    if options.test_list is not None:
        lists["test"] = options.test_list
    lines: dict[Part, list[_Line]] = {
        part: _lines(folder, name, _option(part), names) for part, name in lists.items()
    }
    missing = list[Skipped]()
    places = {part: _places(root, each, options, missing) for part, each in lines.items()}
    everything = [_Example(part, *place) for part in lists for place in places[part]]
    found = examine(root, [each.path for each in everything], workers=workers, memo=memo)
    used = [everything[place] for place in found.kept]
    if not used:
        raise ClassesError([("root", _nothing([*missing, *found.skipped], options))])
    paths = {part: [each.path for each in used if each.part == part] for part in lists}
    numbers: dict[Part, NDArray[np.int64]] = {
        part: np.array([each.number for each in used if each.part == part], dtype=np.int64) for part in lists
    }
    known = named(numbers, names, {part: _option(part) for part in lists})
    parts = parted(known.labels, seed=options.seed, test_fraction=options.test_fraction)

    def read(part: Part, image_size: int | None) -> Iterator[Inputs]:
        size = image_size or found.image_size
        if size is None:
            message = "images of several sizes: one must be asked for"
            raise ValueError(message)
        source = paths[parts.source[part]]
        yield from read_images(root, [source[row] for row in parts.rows[part].tolist()], size, workers)

    return ClassData(
        fingerprint=_fingerprint(found, used, known.classes, options),
        classes=known.classes,
        labels=parts.labels,
        features=None,
        image_size=found.image_size,
        read=read,
        skipped=(*missing, *found.skipped),
    )


def _option(part: Part) -> str:
    return "list" if part == "train" else "test_list"


def _root(folder: Path, relative: str) -> Path:
    root = (folder / relative).resolve()
    if not root.is_relative_to(folder) or not root.is_dir():
        raise ClassesError([("root", f"there is no folder {relative!r} below the location")])
    return root


def _text(folder: Path, relative: str, option: str) -> str:
    try:
        if inside(folder, relative).stat().st_size > _MOST_BYTES:
            raise ClassesError([(option, f"{relative} is larger than {_MOST_BYTES >> 20} MB")])
        return read_bytes(folder, relative).decode("utf-8-sig")
    except UnusableFile as error:
        raise ClassesError([(option, str(error))]) from error
    except UnicodeDecodeError as error:
        raise ClassesError([(option, f"{relative} is no UTF-8: {error}")]) from error


def _names(folder: Path, options: ListOptions) -> tuple[str, ...] | None:
    if options.classes is not None and options.class_map is not None:
        raise ClassesError([("class_map", "classes names them already: leave one of the two out")])
    if options.class_map is not None:
        if options.class_map not in CLASS_MAPS:
            text = f"unknown map {options.class_map!r}; there are {', '.join(sorted(CLASS_MAPS))}"
            raise ClassesError([("class_map", text)])
        return CLASS_MAPS[options.class_map]
    if isinstance(options.classes, str):
        text = _text(folder, options.classes, "classes")
        return checked_names([line.strip() for line in text.splitlines() if line.strip()], "classes")
    return None if options.classes is None else checked_names(options.classes, "classes")


def _lines(folder: Path, name: str, option: str, classes: Sequence[str] | None) -> list[_Line]:
    numbers = {text: number for number, text in enumerate(classes or ())}
    found: list[_Line] = []
    for place, line in enumerate(_text(folder, name, option).splitlines(), start=1):
        if not line.strip():
            continue
        where = f"{name} line {place}"
        # A path may hold spaces, a class does not.
        listed, *rest = line.strip().rsplit(maxsplit=1)
        if not rest:
            raise ClassesError([(option, f"{where}: wants a path and a class, is {listed!r}")])
        number = _number(rest[0], numbers, where, option)
        if classes is not None and number >= len(classes):
            raise ClassesError([(option, f"{where}: the class {number}; {len(classes)} are named, from 0")])
        found.append(_Line(listed, number))
    if not found:
        raise ClassesError([(option, f"{name} lists nothing")])
    return found


def _number(label: str, numbers: dict[str, int], where: str, option: str) -> int:
    try:
        number = int(label)
    except ValueError:
        if label in numbers:
            return numbers[label]
        raise ClassesError([(option, f"{where}: unknown class {label!r}")]) from None
    if number < UNKNOWN:
        raise ClassesError([(option, f"{where}: the class {label}; they start at 0, and -1 is not known")])
    return number


def _places(
    root: Path, lines: Sequence[_Line], options: ListOptions, missing: list[Skipped]
) -> list[tuple[str, int]]:
    """Path below the root and class of each line whose file is there."""
    found: list[tuple[str, int]] = []
    listed_as: dict[str, str] = {}
    for line in lines:
        try:
            path = _located(root, line.listed, options.strip)
        except UnusableFile as error:
            missing.append(Skipped(error.path, error.reason))
            continue
        other = listed_as.setdefault(path, line.listed)
        if other != line.listed:
            text = f"{other} and {line.listed} both end like {path}: say what to take off their start, or another root"
            raise ClassesError([("strip" if options.strip is None else "list", text)])
        found.append((path, line.number))
    return found


def _located(root: Path, listed: str, strip: str | None) -> str:
    """The path below the root of what a list names.

    Raises:
        UnusableFile: nothing is there.
    """
    if strip is not None:
        if not listed.startswith(strip):
            raise UnusableFile(listed, f"does not start with {strip}")
        relative = listed.removeprefix(strip).lstrip("/")
        inside(root, relative)
        return relative
    parts = [part for part in PurePosixPath(listed).parts if part != "/"]
    for start in range(len(parts)):
        relative = "/".join(parts[start:])
        try:
            inside(root, relative)
        except UnusableFile:
            continue
        return relative
    raise UnusableFile(listed, "is not there, nor is any end of this path below the root")


def _nothing(skipped: Sequence[Skipped], options: ListOptions) -> str:
    first = "; ".join(f"{each.path} {each.reason}" for each in skipped[:3])
    return f"none of the {len(skipped)} images can be used below {options.root!r}: {first}"


def _fingerprint(
    found: Examined, used: Sequence[_Example], classes: Sequence[str], options: ListOptions
) -> str:
    files = [[each.part, content, each.number] for each, content in zip(used, found.contents, strict=True)]
    return digest("image list", files, list(classes), options.seed, options.test_fraction)
