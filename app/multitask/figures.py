"""What the runs of a multi-task training say together: against single-task networks, and against each other.

Figures are of test images; whatever chooses a model looks at validation images alone.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import overload

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from app.multitask.records import MultitaskRun, Preference
from models.multitask.front import nearest
from models.multitask.methods import SINGLE
from models.multitask.results import Metrics
from models.multitask.summary import DeltaM, MetricInfo, delta_m, main_values, mean_ranks
from models.training.summary import Summary, summarise


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFigures:
    """A run that has ended, against the others.

    Attributes:
        delta_m: against single-task networks of the same training: of the same seed where there is one, else their
            mean; None without any.
        mean_rank: mean over the tasks of its rank among all runs that have ended, 1 the best; None of one that lacks
            a task's value.
    """

    delta_m: DeltaM | None
    mean_rank: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodFigures:
    """A method, with one preference if it was given some, over its seeds.

    Attributes:
        method: which.
        preference: that steers it.
        n: runs that ended as they should; the others are in none of the numbers.
        diverged: runs that did not.
        metrics: the main metric of each task.
        delta_m: of the runs' delta-m, percent.
        mean_rank: among the methods and preferences of the training, by the means of `metrics`; None before it has any.
    """

    method: str
    preference: Preference | None
    n: int
    diverged: int
    metrics: Mapping[str, Summary]
    delta_m: Summary
    mean_rank: float | None = None


class Runs(Sequence[MultitaskRun]):
    """The runs of one training, ended or not, in the order they were asked for.

    Args:
        judged_by: the main metric of each task.
        runs: of the training.
    """

    def __init__(self, judged_by: Mapping[str, MetricInfo], runs: Iterable[MultitaskRun]) -> None:
        self.judged_by = judged_by
        self._runs = tuple(sorted(runs, key=lambda run: run.position))
        self._baselines = self._single_values()

    def __len__(self) -> int:
        return len(self._runs)

    @overload
    def __getitem__(self, index: int) -> MultitaskRun: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[MultitaskRun, ...]: ...
    @override
    def __getitem__(self, index: int | slice) -> MultitaskRun | tuple[MultitaskRun, ...]:
        return self._runs[index]

    def model(self, model_id: str) -> MultitaskRun | None:
        """The run whose model has that id."""
        return next((run for run in self._runs if run.model_id == model_id), None)

    @property
    def ended(self) -> list[MultitaskRun]:
        """Runs that came to a model."""
        return [run for run in self._runs if run.status == "succeeded"]

    @property
    def figures(self) -> dict[str, RunFigures]:
        """By run, of those that came to a model."""
        ended = self.ended
        ranks = self._ranks([main_values(run.outcome.metrics or {}, self.judged_by) for run in ended])
        return {
            run.id: RunFigures(delta_m=self._delta(run), mean_rank=rank)
            for run, rank in zip(ended, ranks, strict=True)
        }

    @property
    def summary(self) -> list[MethodFigures]:
        """Every method with every preference over its seeds."""
        groups: dict[tuple[str, Preference | None], list[MultitaskRun]] = {}
        for run in self._runs:
            groups.setdefault((run.method, run.preference), []).append(run)
        found = [self._over_seeds(*key, runs) for key, runs in groups.items()]
        means = [
            {name: math.nan if each.mean is None else each.mean for name, each in one.metrics.items()}
            for one in found
        ]
        return [replace(one, mean_rank=rank) for one, rank in zip(found, self._ranks(means), strict=True)]

    def nearest(self, preference: Sequence[float] | None) -> MultitaskRun | None:
        """The model that fits a preference best on the validation images.

        Networks that share nothing are taken only where there are no others: they cost as many passes as there are
        tasks, and no preference steers them.

        Args:
            preference: weights of the tasks, in order; None = all alike.
        """
        candidates = [run for run in self.ended if run.shares] or self.ended
        candidates = [run for run in candidates if all_known(run.outcome.validation_metrics, self.judged_by)]
        if not candidates:
            return None
        values = [self._values(run.outcome.validation_metrics) for run in candidates]
        weights = np.ones(len(self.judged_by)) if preference is None else preference
        return candidates[nearest(values, self._higher, weights).index]

    @property
    def _higher(self) -> NDArray[np.bool_]:
        return np.array([info.higher_is_better for info in self.judged_by.values()])

    def _values(self, metrics: Metrics | None) -> list[float]:
        return list(main_values(metrics or {}, self.judged_by).values())

    def _delta(self, run: MultitaskRun) -> DeltaM | None:
        baselines = self._baselines
        if not baselines:
            return None
        if run.seed in baselines:
            baseline = baselines[run.seed]
        else:
            baseline = {
                name: float(np.mean([values[name] for values in baselines.values()]))
                for name in self.judged_by
            }
        higher = {name: info.higher_is_better for name, info in self.judged_by.items()}
        return delta_m(main_values(run.outcome.metrics or {}, self.judged_by), baseline, higher)

    def _single_values(self) -> dict[int, dict[str, float]]:
        """Main metrics of the single-task networks, by seed."""
        return {
            run.seed: main_values(run.outcome.metrics or {}, self.judged_by)
            for run in self.ended
            if run.method == SINGLE
        }

    def _ranks(self, values: Sequence[Mapping[str, float]]) -> list[float | None]:
        if not values:
            return []
        found = mean_ranks([list(each.values()) for each in values], self._higher)
        return [None if math.isnan(rank) else float(rank) for rank in found]

    def _over_seeds(
        self, method: str, preference: Preference | None, runs: Sequence[MultitaskRun]
    ) -> MethodFigures:
        ended = [run for run in runs if run.status == "succeeded"]
        values = [main_values(run.outcome.metrics or {}, self.judged_by) for run in ended]
        deltas = [self._delta(run) for run in ended]
        return MethodFigures(
            method=method,
            preference=preference,
            n=len(ended),
            diverged=sum(run.status == "diverged" for run in runs),
            metrics={name: summarise(each[name] for each in values) for name in self.judged_by},
            delta_m=summarise(None if each is None else each.percent for each in deltas),
        )


def all_known(metrics: Metrics | None, judged_by: Mapping[str, MetricInfo]) -> bool:
    """Whether the main metric of every one of some tasks was measured."""
    return all(math.isfinite(value) for value in main_values(metrics or {}, judged_by).values())
