"""What a data set says about its labels. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from models.taxonomy.own import OwnTask


@dataclass(frozen=True, slots=True)
class LabelInfo:
    """Class names of a data set and tasks that its user declared: with them definitions serve any data set.

    Attributes:
        scene_classes: Names of the values of `scene_class`.
        object_classes: Names of the entries of `object_class`.
        semantic_classes: Names of the values of `semantic_segmentation`.
        semantic_ignored: Values of `semantic_segmentation` that mean "not known": masked in loss and metrics.
        own: Tasks outside the dictionary.
    """

    scene_classes: tuple[str, ...] = ()
    object_classes: tuple[str, ...] = ()
    semantic_classes: tuple[str, ...] = ()
    semantic_ignored: tuple[int, ...] = ()
    own: tuple[OwnTask, ...] = ()

    def own_task(self, name: str) -> OwnTask | None:
        """The declared task of that name, if there is one."""
        return next((task for task in self.own if task.name == name), None)

    def to_json(self) -> dict[str, Any]:
        """The names as JSON-able values."""
        return {
            "scene_classes": list(self.scene_classes),
            "object_classes": list(self.object_classes),
            "semantic_classes": list(self.semantic_classes),
            "semantic_ignored": list(self.semantic_ignored),
            "own": [task.to_json() for task in self.own],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The names that `to_json` wrote; what an older version did not write is empty."""
        names = {name: tuple(value) for name, value in data.items() if name != "own"}
        return cls(**names, own=tuple(OwnTask.from_json(task) for task in data.get("own", [])))
