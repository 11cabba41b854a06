"""The binary program of a taxonomy, modelled with PuLP and solved by HiGHS within this process."""

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import highspy
import numpy as np
import pulp

from models.taxonomy.choices import Choices, members
from models.taxonomy.deadline import Deadline

SOLVER = f"HiGHS {version('highspy')}"

_TOLERANCE = 1e-9
"""Of rows, bounds and integrality; objective coefficients are at most 1."""
_GAP = 1e-7
"""A bound may be this far off the value it proves, by rounding."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run of the solver says.

    Attributes:
        chosen: the best set of sources found, the required ones included; None if none was found.
        bound: proven limit of what was optimised, None if there is none.
        proven: the set is a proven optimum, by the solver's status and by its bound.
        infeasible: there is proven to be no set.
    """

    chosen: int | None
    bound: float | None
    proven: bool
    infeasible: bool = False


class Model:
    """The program over the free sources (binary) and the useful transfers.

    Transfers need no integrality: with the sources fixed, a target takes the best of what they allow.
    A target's transfers share one row per source they use, which is tighter than a row per transfer.

    Args:
        choices: what may be chosen, at least one transfer.
        served: how many targets must be served; all of them take exactly one transfer where it is all.
        deadline: when to give up.

    Raises:
        OutOfTime: the deadline came while the model was being written down.
    """

    def __init__(self, choices: Choices, served: int, deadline: Deadline) -> None:
        self._choices = choices
        self._deadline = deadline
        self._counter = itertools.count()
        self._problem = pulp.LpProblem("taxonomy", pulp.LpMinimize)
        self._sources = {
            node: self._problem.add_variable(f"x{node}", 0, 1, cat=pulp.LpInteger) for node in choices.free
        }
        self.unit = max(edge.value for edges in choices.edges.values() for edge in edges) or 1.0
        """The objective is divided by it, so that its coefficients are at most 1."""
        values: list[tuple[Any, float]] = []
        for target in choices.edges:
            values += self._add_target(target, exactly=served == len(choices.edges))
        self.objective = pulp.LpAffineExpression(values)
        self.served = pulp.LpAffineExpression([(transfer, 1.0) for transfer, _ in values])
        if 0 < served < len(choices.edges):
            self._problem += self.at_least(self.served, served)
        left = choices.budget - choices.allowed.cost(choices.allowed.required)
        if left > 0:
            costs = [(source, choices.allowed.costs[node] / left) for node, source in self._sources.items()]
            self._problem += self.at_most(pulp.LpAffineExpression(costs), 1 + _TOLERANCE)

    def _add_target(self, target: str, *, exactly: bool) -> list[tuple[Any, float]]:
        self._deadline.check()
        values: list[tuple[Any, float]] = []
        users: dict[int, list[tuple[Any, float]]] = {}
        for edge in self._choices.edges[target]:
            transfer = self._problem.add_variable(f"y{next(self._counter)}", 0)
            values.append((transfer, edge.value / self.unit))
            for node in members(edge.needs):
                users.setdefault(node, []).append((transfer, 1.0))
        one = pulp.LpAffineExpression([(transfer, 1.0) for transfer, _ in values])
        sense = pulp.LpConstraintEQ if exactly else pulp.LpConstraintLE
        self._problem += pulp.LpConstraint(one, sense=sense, rhs=1)
        for node, transfers in users.items():
            row = pulp.LpAffineExpression([*transfers, (self._sources[node], -1.0)])
            self._problem += self.at_most(row, 0)
        return values

    @staticmethod
    def at_most(row: Any, limit: float) -> Any:
        """A constraint."""
        return pulp.LpConstraint(row, sense=pulp.LpConstraintLE, rhs=limit)

    @staticmethod
    def at_least(row: Any, limit: float) -> Any:
        """A constraint."""
        return pulp.LpConstraint(row, sense=pulp.LpConstraintGE, rhs=limit)

    def weighted(self, weights: Iterable[tuple[int, float]]) -> Any:
        """A weighted sum over free sources."""
        return pulp.LpAffineExpression([(self._sources[node], weight) for node, weight in weights])

    def not_all_of(self, chosen: int) -> Any:
        """The constraint that a set of sources is not wholly chosen."""
        free = [node for node in members(chosen) if node in self._sources]
        return self.at_most(self.weighted((node, 1.0) for node in free), len(free) - 1)

    def exclude(self, chosen: int) -> None:
        """Never find this set again, though subsets and supersets of it."""
        signs = [(node, 1.0 if chosen & (1 << node) else -1.0) for node in self._sources]
        inside = sum(sign > 0 for _, sign in signs)
        self._problem += self.at_most(self.weighted(signs), inside - 1)

    def fix(self, node: int, *, chosen: bool) -> Any:
        """The constraint that a source is chosen, or is not."""
        row = self.weighted([(node, 1.0)])
        return pulp.LpConstraint(row, sense=pulp.LpConstraintEQ, rhs=int(chosen))

    def maximize(self, goal: Any, under: Sequence[Any] = ()) -> Outcome:
        """Maximise a weighted sum under further constraints.

        Args:
            goal: of the sources or transfers of this model.
            under: constraints for this run alone.
        """
        while True:
            problem = self._problem.copy()
            for position, constraint in enumerate(under):
                problem.addConstraint(constraint, f"under{position}")
            problem.setObjective(-goal)
            outcome = self._run(problem)
            if outcome.chosen is None or self._choices.affordable(outcome.chosen):
                return outcome
            # Rounding let costs pass that exceed the budget: no set that holds all of these sources fits.
            self._problem += self.not_all_of(outcome.chosen)

    def _run(self, problem: Any) -> Outcome:
        seconds = self._deadline.left()
        if seconds <= 0:
            return Outcome(None, None, proven=False)
        problem.solve(_InProcess(seconds))
        if problem.sol_status == pulp.LpSolutionInfeasible:
            return Outcome(None, None, proven=True, infeasible=True)
        limit = -float(problem.solverModel.getInfo().mip_dual_bound)
        bound = limit if math.isfinite(limit) else None
        if problem.sol_status not in {pulp.LpSolutionOptimal, pulp.LpSolutionIntegerFeasible}:
            return Outcome(None, bound, proven=False)
        chosen = self._choices.allowed.required
        for node, source in self._sources.items():
            if (source.varValue or 0.0) > 0.5:
                chosen |= 1 << node
        # "Optimal" alone is not believed: a solver has been known to say so when its time was up.
        reached = -float(problem.solverModel.getInfo().objective_function_value)
        proven = (
            problem.sol_status == pulp.LpSolutionOptimal
            and bound is not None
            and bound - reached <= _GAP * max(1.0, abs(reached))
        )
        return Outcome(chosen, bound, proven=proven)


class _InProcess(pulp.HiGHS):
    """HiGHS on one thread, without tolerances on the optimum, handed the model in one piece.

    PuLP's own class passes it row by row, which takes longer than solving it.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(
            msg=False,
            threads=1,
            gapRel=0.0,
            gapAbs=0.0,
            timeLimit=seconds,
            log_to_console=False,
            random_seed=0,
            mip_feasibility_tolerance=_TOLERANCE,
            primal_feasibility_tolerance=_TOLERANCE,
            dual_feasibility_tolerance=_TOLERANCE,
        )

    def buildSolverModel(self, lp: Any) -> None:  # noqa: N802 - PuLP's name
        """Pass a problem of PuLP to HiGHS; every variable and constraint learns its index, as PuLP expects."""
        variables: list[Any] = lp.variables()
        for index, variable in enumerate(variables):
            variable.index = index
        starts, indices, values = [0], list[int](), list[float]()
        lower, upper = list[float](), list[float]()
        for index, constraint in enumerate(lp.constraints()):
            constraint.index = index
            for variable, coefficient in constraint.items():
                indices.append(variable.index)
                values.append(coefficient)
            starts.append(len(indices))
            lower.append(_or(constraint.getLb(), -highspy.kHighsInf))
            upper.append(_or(constraint.getUb(), highspy.kHighsInf))
        model = highspy.HighsLp()
        model.num_col_ = len(variables)
        model.num_row_ = len(lower)
        model.col_cost_ = np.array([lp.objective.get(variable, 0.0) for variable in variables])
        model.col_lower_ = np.array([_or(variable.lowBound, -highspy.kHighsInf) for variable in variables])
        model.col_upper_ = np.array([_or(variable.upBound, highspy.kHighsInf) for variable in variables])
        model.row_lower_ = np.array(lower)
        model.row_upper_ = np.array(upper)
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = np.array(starts)
        model.a_matrix_.index_ = np.array(indices)
        model.a_matrix_.value_ = np.array(values)
        integer, continuous = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
        model.integrality_ = [
            integer if variable.cat == pulp.LpInteger else continuous for variable in variables
        ]
        lp.solverModel.passModel(model)


def _or(number: float | None, default: float) -> float:
    return default if number is None else float(number)
