"""Class names of published protocols of partial adaptation, by the numbers in their list files.

In these protocols the lists of source and target use one numbering, the source's: the target's classes are some of its
numbers. ImageNet-1K -> Caltech-84 calls a picture of a photocopier in Caltech-256 by ImageNet's 713, and
Caltech-256 -> ImageNet-84 calls pictures of ImageNet by Caltech's numbers, from 0. Where a map holds no names, a class
is called by its number; so source and target meet by name.

Reference: Cao et al. 2018 (SAN), Cao et al. 2018 (PADA), and the lists that the authors published with them.
"""

from collections.abc import Mapping
from types import MappingProxyType

OFFICE_31 = (
    "back_pack",
    "bike",
    "bike_helmet",
    "bookcase",
    "bottle",
    "calculator",
    "desk_chair",
    "desk_lamp",
    "desktop_computer",
    "file_cabinet",
    "headphones",
    "keyboard",
    "laptop_computer",
    "letter_tray",
    "mobile_phone",
    "monitor",
    "mouse",
    "mug",
    "paper_notebook",
    "pen",
    "phone",
    "printer",
    "projector",
    "punchers",
    "ring_binder",
    "ruler",
    "scissors",
    "speaker",
    "stapler",
    "tape_dispenser",
    "trash_can",
)
"""The classes of Office-31 (Saenko et al. 2010), in the order of their folders' names."""

OFFICE_10 = tuple(OFFICE_31[number] for number in (0, 1, 5, 10, 11, 12, 15, 16, 17, 22))
"""Those that Caltech-256 has too: the target of the protocol 31 -> 10."""


def _numbers(count: int) -> tuple[str, ...]:
    return tuple(map(str, range(count)))


CLASS_MAPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"office-31": OFFICE_31, "imagenet-1k": _numbers(1000), "caltech-256": _numbers(256)}
)
"""By the name of the source, its classes in label order."""
