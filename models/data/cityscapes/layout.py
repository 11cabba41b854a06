"""Where the files of a Cityscapes folder lie: by kind of file, part and city."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal, get_args

from models.data.classes.found import Skipped

Part = Literal["train", "val"]
PARTS: tuple[Part, ...] = get_args(Part)

IMAGES = "leftImg8bit"


@dataclass(frozen=True, slots=True)
class FileKind:
    """One kind of file.

    Attributes:
        folder: below the root; the parts lie in it.
        suffix: of the file's name, after the name of the frame.
        modes: of Pillow that it may have.
        described: the same for people.
    """

    folder: str
    suffix: str
    modes: frozenset[str]
    described: str


_GREY_16 = (frozenset({"I", "I;16"}), "grey of 16 bits")
FILE_KINDS: Mapping[str, FileKind] = MappingProxyType(
    {
        "rgb": FileKind(IMAGES, f"_{IMAGES}.png", frozenset({"RGB"}), "colour of 8 bits"),
        "semantic_segmentation": FileKind(
            "gtFine", "_gtFine_labelIds.png", frozenset({"L"}), "grey of 8 bits"
        ),
        "instance_offsets": FileKind("gtFine", "_gtFine_instanceIds.png", *_GREY_16),
        "disparity": FileKind("disparity", "_disparity.png", *_GREY_16),
    }
)
"""By label, the files that it is read from."""

_UNUSED = {
    f"{IMAGES}/test": "labels of this part are not public: `val` is the split test",
    f"{IMAGES}/train_extra": "has coarse labels only, which are not read",
    "gtCoarse": "coarse labels are not read",
}


class CityscapesError(ValueError):
    """A folder is no usable data set of this layout.

    Attributes:
        problems: one sentence each.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Frame:
    """One image with its labels.

    Attributes:
        part: of the released data.
        city: where it was taken.
        name: of the frame, as in every file's.
        files: by label, paths relative to the root.
    """

    part: Part
    city: str
    name: str
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Layout:
    """A folder that was listed.

    Attributes:
        root: where it lies, links resolved.
        frames: with every label of `labels`, ordered by part, city and name.
        labels: of which the folder has files for any frame, `rgb` among them.
        skipped: what is not used.
    """

    root: Path
    frames: tuple[Frame, ...]
    labels: frozenset[str]
    skipped: tuple[Skipped, ...]


def read_layout(root: Path) -> Layout:
    """List a folder by its names alone; a frame that lacks a file that others have is left out.

    Raises:
        CityscapesError: it has no images in this layout.
        OSError: it cannot be read.
    """
    root = root.resolve()
    if not root.is_dir():
        raise CityscapesError(["must be a folder"])
    found, odd = _frames(root)
    if not found:
        text = f"holds no images as {IMAGES}/train/CITY/CITY_..._{IMAGES}.png"
        raise CityscapesError([text])
    labels = frozenset(label for frame in found for label in frame.files)
    frames: list[Frame] = []
    for frame in found:
        if lost := sorted(labels - frame.files.keys()):
            missing = ", ".join(_path(label, frame.part, frame.city, frame.name) for label in lost)
            odd.append(Skipped(frame.files["rgb"], f"is left out: there is no {missing}"))
        else:
            frames.append(frame)
    unused = [Skipped(f"{path}/", reason) for path, reason in _UNUSED.items() if (root / path).is_dir()]
    return Layout(root, tuple(frames), labels, (*unused, *odd))


def _frames(root: Path) -> tuple[list[Frame], list[Skipped]]:
    """Images by part, city and name, with the files of theirs that there are; and strange names among them."""
    frames: list[Frame] = []
    odd: list[Skipped] = []
    suffix = FILE_KINDS["rgb"].suffix
    for part in PARTS:
        folder = root / IMAGES / part
        for city in _children(folder):
            if not city.is_dir():
                odd.append(Skipped(city.relative_to(root).as_posix(), "is no folder of a city"))
                continue
            for image in _children(city):
                name = image.name.removesuffix(suffix)
                if name == image.name:
                    relative = image.relative_to(root).as_posix()
                    odd.append(Skipped(relative, "is not named as an image of this layout"))
                    continue
                paths = {label: _path(label, part, city.name, name) for label in FILE_KINDS}
                there = {label: path for label, path in paths.items() if (root / path).is_file()}
                frames.append(Frame(part, city.name, name, there))
    return frames, odd


def _path(label: str, part: Part, city: str, name: str) -> str:
    kind = FILE_KINDS[label]
    return f"{kind.folder}/{part}/{city}/{name}{kind.suffix}"


def _children(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(child for child in folder.iterdir() if not child.name.startswith("."))
