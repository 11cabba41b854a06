"""What the runs of a grouping say together: every grouping against single-task networks, and against its prediction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.groupings.records import GroupingRun, Setup, TaskGrouping
from models.multitask.grouping import (
    Assessment,
    Checked,
    Group,
    Grouping,
    all_in_one,
    all_separate,
    assess,
    grouping,
)
from models.multitask.methods import SINGLE
from models.multitask.results import Metrics
from models.multitask.summary import DeltaM, MetricInfo, delta_m, main_values


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """A prediction beside what training showed so far.

    Attributes:
        checked: the candidates, the best predicted first; then all-in-one and all-separate where they are not
            candidates.
        rank: by position in `checked`, the place of a candidate in the prediction, from 1; None of the others.
        assessment: of them all.
        judged_by: the main metric of each task.
        single: main metric of every task's own network on the test images; NaN until it is trained.
    """

    checked: tuple[Checked, ...]
    rank: tuple[int | None, ...]
    assessment: Assessment
    judged_by: Mapping[str, MetricInfo]
    single: Mapping[str, float]

    @property
    def recommended(self) -> Checked | None:
        """The best on the validation images that the budget pays for."""
        place = self.assessment.recommended
        return None if place is None else self.checked[place]


def figures(
    question: TaskGrouping, runs: Sequence[GroupingRun], judged_by: Mapping[str, MetricInfo]
) -> Figures:
    """Hold the groupings of a prediction against what was trained.

    Args:
        question: with its prediction.
        runs: of it, ended or not.
        judged_by: the main metric of each task.
    """
    setup, predicted = question.setup, question.predicted
    candidates = [grouping(predicted.sharing, groups, setup.costs) for groups in predicted.candidates]
    known = {each.groups for each in candidates}
    ends = (all_in_one(predicted.sharing, setup.costs), all_separate(predicted.sharing, setup.costs))
    shown = [*candidates, *(each for each in ends if each.groups not in known)]
    networks = _Networks(setup, runs, judged_by)
    checked = tuple(networks.checked(each) for each in shown)
    rank = tuple(place + 1 if place < len(candidates) else None for place in range(len(shown)))
    return Figures(checked, rank, assess(checked, setup.budget), judged_by, networks.single_test)


def run_of(group: Group, setup: Setup, runs: Sequence[GroupingRun]) -> GroupingRun:
    """The run that trains the network of a group."""
    if len(group) == 1:
        return next(run for run in runs if run.method == SINGLE and group[0] in run.tasks)
    return next(run for run in runs if run.method == setup.method and run.tasks == group)


class _Networks:
    """Every network that was trained, by its tasks."""

    def __init__(
        self, setup: Setup, runs: Sequence[GroupingRun], judged_by: Mapping[str, MetricInfo]
    ) -> None:
        self._setup, self._runs, self._judged_by = setup, runs, judged_by
        self._higher = {name: info.higher_is_better for name, info in judged_by.items()}
        single = tuple((name,) for name in judged_by)
        self.single_test = main_values(self._metrics(single, validation=False), judged_by)
        self._single_validation = main_values(self._metrics(single, validation=True), judged_by)

    def checked(self, found: Grouping) -> Checked:
        """A grouping with what it was measured by."""
        return Checked(found, self._delta(found, validation=True), self._delta(found, validation=False))

    def _delta(self, found: Grouping, *, validation: bool) -> DeltaM:
        values = main_values(self._metrics(found.groups, validation=validation), self._judged_by)
        return delta_m(values, self._single_validation if validation else self.single_test, self._higher)

    def _metrics(self, groups: Sequence[Group], *, validation: bool) -> Metrics:
        found: dict[str, Mapping[str, float]] = {}
        for group in groups:
            outcome = run_of(group, self._setup, self._runs).outcome
            measured = (outcome.validation_metrics if validation else outcome.metrics) or {}
            found.update({name: measured[name] for name in group if name in measured})
        return found
