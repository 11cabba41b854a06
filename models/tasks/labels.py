"""What a data set says about its labels. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class LabelInfo:
    """Class names of a data set, given to definitions so that they serve any data set.

    Attributes:
        scene_classes: Names of the values of `scene_class`.
        object_classes: Names of the entries of `object_class`.
        semantic_classes: Names of the values of `semantic_segmentation`.
        semantic_ignored: Values of `semantic_segmentation` that mean "not known": masked in loss and metrics.
    """

    scene_classes: tuple[str, ...] = ()
    object_classes: tuple[str, ...] = ()
    semantic_classes: tuple[str, ...] = ()
    semantic_ignored: tuple[int, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The names as JSON-able values."""
        return {
            "scene_classes": list(self.scene_classes),
            "object_classes": list(self.object_classes),
            "semantic_classes": list(self.semantic_classes),
            "semantic_ignored": list(self.semantic_ignored),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The names that `to_json` wrote."""
        return cls(**{name: tuple(value) for name, value in data.items()})
