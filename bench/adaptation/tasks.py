"""The partial tasks that methods are compared on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.adaptation.config import Augmentation
from models.adaptation.domains import Domain
from models.data.classes.arrays import ArrayNames, open_images_npz
from models.data.classes.found import ClassData
from models.data.classes.room_objects import RoomObjects
from models.data.rooms.config import RoomsConfig
from models.data.splits import SplitSizes

MNIST_IMAGES = 6000  # of the 60,000, drawn by seed 0: as many as USPS has, about
ROOM_VIEWS = 2000
ROOM_CLASSES = 12  # of 26: those with the most pictures in the source
SHARES = (25, 50, 75, 100)


@dataclass(frozen=True, slots=True)
class Task:
    """A labelled source, and a target that holds some of its classes.

    Attributes:
        title: for tables.
        source: labelled examples.
        target: its labels serve figures alone.
        classes: names of the source's classes.
        shared: how many of them the target has.
        augmentation: digits are not mirrored.
    """

    title: str
    source: Domain
    target: Domain
    classes: tuple[str, ...]
    shared: int
    augmentation: Augmentation


@dataclass(frozen=True, slots=True)
class Places:
    """Where the data are."""

    data: Path
    cache: Path


def _domain(data: ClassData, size: int, most: int | None = None) -> Domain:
    inputs = np.concatenate(list(data.read("train", size)))
    labels = data.labels["train"]
    rows = np.arange(len(labels))
    if most is not None:
        rows = np.sort(np.random.default_rng(0).permutation(len(labels))[:most])
    return Domain(inputs[rows], labels[rows])


def _only(domain: Domain, classes: list[int]) -> Domain:
    return domain.take(np.flatnonzero(np.isin(domain.labels, classes)))


@cache
def _digits(data: Path) -> tuple[Domain, Domain]:
    names = ArrayNames(x="x_train", y="y_train")
    mnist = _domain(open_images_npz(data / "mnist.npz", names), 28, MNIST_IMAGES)
    return mnist, _domain(open_images_npz(data / "usps.npz", names), 28)


def _digit_task(places: Places, title: str, *, back: bool, classes: list[int]) -> Task:
    mnist, usps = _digits(places.data)
    source, target = (usps, mnist) if back else (mnist, usps)
    return Task(title, source, _only(target, classes), tuple("0123456789"), len(classes), "crop")


@cache
def _pacs(data: Path) -> tuple[Domain, Domain, tuple[str, ...]]:
    opened = [
        open_images_npz(
            data / "pacs_photo_cartoon_64.npz", ArrayNames(x=f"{name}_x", y=f"{name}_y", classes="classes")
        )
        for name in ("photo", "cartoon")
    ]
    photo, cartoon = (_domain(each, 32) for each in opened)
    return photo, cartoon, opened[0].classes


def _pacs_task(places: Places, title: str, *, back: bool) -> Task:
    photo, cartoon, classes = _pacs(places.data)
    source, target = (cartoon, photo) if back else (photo, cartoon)
    return Task(title, source, _only(target, [0, 1, 2, 3]), classes, 4, "crop-flip")


@cache
def _rooms(folder: Path) -> tuple[Domain, Domain, tuple[str, ...]]:
    sizes = SplitSizes(train=ROOM_VIEWS - 100, transfer=50, validation=50, test=2)
    sides = [
        RoomObjects(RoomsConfig(seed=seed, size=64, style=style), sizes, folder)
        for seed, style in ((1, "a"), (2, "b"))
    ]
    loaded = [side.load("train", 32) for side in sides]
    counts = np.bincount(loaded[0].labels, minlength=len(sides[0].classes))
    kept = np.sort(np.argsort(-counts, kind="stable")[:ROOM_CLASSES])
    source, target = (_renumbered(Domain(np.asarray(part.inputs), part.labels), kept) for part in loaded)
    return source, target, tuple(sides[0].classes[each] for each in kept)


def _renumbered(domain: Domain, kept: NDArray[np.int64]) -> Domain:
    some = _only(domain, kept.tolist())
    return Domain(some.inputs, np.searchsorted(kept, some.labels))


def _rooms_task(places: Places, share: int) -> Task:
    source, target, classes = _rooms(places.cache)
    count = round(len(classes) * share / 100)
    kept = np.random.default_rng(0).permutation(len(classes))[:count]
    return Task(
        f"rooms, style a -> b, {share} % of the classes",
        source,
        _only(target, kept.tolist()),
        classes,
        count,
        "crop-flip",
    )


TASKS: Mapping[str, Callable[[Places], Task]] = {
    "mnist-usps": lambda places: _digit_task(
        places, "MNIST (10) -> USPS (0 to 4)", back=False, classes=[0, 1, 2, 3, 4]
    ),
    "usps-mnist": lambda places: _digit_task(
        places, "USPS (10) -> MNIST (0 to 4)", back=True, classes=[0, 1, 2, 3, 4]
    ),
    "photo-cartoon": lambda places: _pacs_task(places, "PACS photo (7) -> cartoon (4)", back=False),
    "cartoon-photo": lambda places: _pacs_task(places, "PACS cartoon (7) -> photo (4)", back=True),
    **{f"rooms-{share}": lambda places, share=share: _rooms_task(places, share) for share in SHARES},
    "development": lambda places: _digit_task(
        places, "MNIST (10) -> USPS (5 to 9)", back=False, classes=[5, 6, 7, 8, 9]
    ),
}
"""By name. `development` is for settings alone and in no table: its target classes are in no other digit task."""
