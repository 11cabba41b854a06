"""The Pareto front of a training's models, in some of its tasks: as numbers and as a picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from app.multitask.figures import Runs, all_known
from app.multitask.records import MultitaskRun
from models.multitask.front import Hypervolume, dominated, hypervolume, reference_point
from models.multitask.methods import METHODS
from models.multitask.pictures import Axis, Mark, draw_front
from models.multitask.results import Metrics
from models.multitask.summary import MetricInfo, main_values

Part = Literal["test", "validation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """Models in the plane or space of some tasks' main metrics; what follows from that is made only when asked for.

    Attributes:
        axes: the main metric of each task.
        part: of the data set that the values are of.
        models: that were measured in every axis.
        values: of each model, in the order of the axes and their units.
    """

    axes: Mapping[str, MetricInfo]
    part: Part
    models: tuple[MultitaskRun, ...]
    values: tuple[tuple[float, ...], ...]

    def dominated(self) -> list[bool]:
        """Of each model: whether another is at least as good in every axis and better in one."""
        return dominated(self.values, self._higher).tolist()

    def reference(self) -> list[float] | None:
        """Where the volume is measured from, in the axes' units; None without models."""
        return reference_point(self.values, self._higher).tolist() if self.models else None

    def volume(self) -> Hypervolume | None:
        """What the models dominate, up to the reference point; None without models."""
        reference = self.reference()
        return None if reference is None else hypervolume(self.values, self._higher, reference)

    @property
    def _higher(self) -> list[bool]:
        return [info.higher_is_better for info in self.axes.values()]


def front_of(runs: Runs, tasks: Sequence[str], part: Part) -> Front:
    """The front of all models that a training has so far.

    Args:
        runs: of the training.
        tasks: the axes, at least one.
        part: of the data set, whose values are looked at.
    """
    axes = {name: runs.judged_by[name] for name in tasks}
    models = tuple(run for run in runs.ended if all_known(metrics_of(run, part), axes))
    values = tuple(tuple(main_values(metrics_of(run, part) or {}, axes).values()) for run in models)
    return Front(axes=axes, part=part, models=models, values=values)


def front_picture(front: Front) -> bytes:
    """The front as an SVG document: a panel for each pair of axes, dashed lines for single-task networks.

    Raises:
        ValueError: one axis, or too many.
    """
    alone = [values for run, values in zip(front.models, front.values, strict=True) if not run.shares]
    drawn = draw_front(
        [Axis(task, each.name, each.unit, each.higher_is_better) for task, each in front.axes.items()],
        [
            Mark(METHODS[run.method].title, run.title, values)
            for run, values in zip(front.models, front.values, strict=True)
        ],
        single=np.mean(alone, axis=0).tolist() if alone else (),
    )
    return drawn.encode()


def metrics_of(run: MultitaskRun, part: Part) -> Metrics | None:
    """What a run was measured by on a part of the data set, once it has ended."""
    return run.outcome.metrics if part == "test" else run.outcome.validation_metrics
