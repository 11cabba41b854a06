"""Where the files of a Taskonomy or Omnidata folder lie, in both arrangements."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from models.data.taskonomy_folder.domains import DOMAINS, RGB

COMPONENT = "taskonomy"
"""The folder between domain and building in Omnidata's arrangement."""

_FOLDERS = frozenset(folder for domain in DOMAINS.values() for folder in domain.folders)
_IMAGE = re.compile(
    r"point_(\d{1,9})_view_(\d{1,9})_domain_(?:" + "|".join(DOMAINS[RGB].tokens) + r")\.png\Z"
)


class FolderError(ValueError):
    """A folder is no usable data set of this layout.

    Attributes:
        problems: by option at fault, empty for the folder itself, one sentence.
    """

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(text for _, text in problems))
        self.problems = tuple(problems)


class ViewId(NamedTuple):
    """Names a view: every point of a building is seen by one view or more."""

    building: str
    point: int
    view: int


class Skipped(NamedTuple):
    """A file or folder that is not used, relative to the root, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Layout:
    """A folder whose arrangement was recognised.

    Attributes:
        root: where it lies.
        arrangement: `building`: `<root>/<building>/<domain>/`; `domain`: `<root>/<domain>/taskonomy/<building>/`.
        views: the images that there are, by building, each ascending.
        strangers: folders and images that this layout does not know.
    """

    root: Path
    arrangement: Literal["building", "domain"]
    views: Mapping[str, tuple[ViewId, ...]]
    strangers: tuple[Skipped, ...]

    def folder(self, building: str, domain: str) -> Path | None:
        """The folder of a domain's files of a building, if it is there."""
        for name in DOMAINS[domain].folders:
            path = self._path(building, name)
            if path.is_dir():
                return path
        return None

    def usual_folder(self, building: str, domain: str) -> Path:
        """Where that folder is or would be."""
        return self.folder(building, domain) or self._path(building, DOMAINS[domain].folders[0])

    def relative(self, path: Path) -> str:
        """A path as reports show it."""
        return path.relative_to(self.root).as_posix()

    def _path(self, building: str, folder: str) -> Path:
        if self.arrangement == "building":
            return self.root / building / folder
        return self.root / folder / COMPONENT / building


def read_layout(root: Path) -> Layout:
    """Recognise the arrangement of a folder and list its images.

    Raises:
        FolderError: it holds no images in this layout.
        OSError: it cannot be read.
    """
    if not root.is_dir():
        raise FolderError([("", "must be a folder")])
    children = _folders(root)
    images = [name for name in DOMAINS[RGB].folders if (root / name / COMPONENT).is_dir()]
    if images:
        buildings = sorted({path.name for name in images for path in _folders(root / name / COMPONENT)})
        layout = Layout(root, "domain", {}, ())
        strange = [path for path in children if path.name not in _FOLDERS]
        strange = [path for path in strange if (path / COMPONENT).is_dir()]
    else:
        buildings = [
            path.name for path in children if any((path / name).is_dir() for name in DOMAINS[RGB].folders)
        ]
        layout = Layout(root, "building", {}, ())
        strange = [
            path for building in buildings for path in _folders(root / building) if path.name not in _FOLDERS
        ]
    views, odd = _images(layout, buildings)
    if not any(views.values()):
        raise FolderError(
            [
                (
                    "",
                    "holds no images as <building>/rgb/point_P_view_V_domain_rgb.png or "
                    f"rgb/{COMPONENT}/<building>/point_P_view_V_domain_rgb.png",
                )
            ]
        )
    unread = [Skipped(f"{layout.relative(path)}/", "no domain that this kind reads") for path in strange]
    return Layout(root, layout.arrangement, views, (*unread, *odd))


def _images(
    layout: Layout, buildings: Sequence[str]
) -> tuple[dict[str, tuple[ViewId, ...]], tuple[Skipped, ...]]:
    views: dict[str, tuple[ViewId, ...]] = {}
    odd: list[Skipped] = []
    for building in buildings:
        found: set[ViewId] = set()
        folder = layout.usual_folder(building, RGB)
        for path in sorted(folder.iterdir()):
            if match := _IMAGE.match(path.name):
                found.add(ViewId(building, int(match[1]), int(match[2])))
            else:
                odd.append(Skipped(layout.relative(path), "is not named as an image of this layout"))
        views[building] = tuple(sorted(found))
    return views, tuple(odd)


def _folders(path: Path) -> list[Path]:
    return sorted(child for child in path.iterdir() if child.is_dir() and not child.name.startswith("."))
