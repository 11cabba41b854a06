"""An atlas as a graph of jobs, and what each is expected to cost."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import comb
from typing import Any

from app.jobs.service import JobSpec
from models.transfer.config import AtlasConfig
from models.transfer.selection import beam_width

TASK_NETWORK = "atlas.task_network"
ESTIMATES = "atlas.estimates"
SCRATCH = "atlas.scratch"
TRANSFERS = "atlas.transfers"
AFFINITY = "atlas.affinity"

# Cost is counted in passes of one image through the whole network. Beside it:
_READOUT = 0.4  # a decoder alone, on cached representations
_TRANSFER = 0.25  # one of many stacked heads with its decoder, per joined source
_RENDERING = 1.5  # drawing one view with all its labels; the first job of an atlas does it for all
_FORWARD = 0.33  # a pass that learns nothing
_ESTIMATE = 10.0  # all estimators for one source and target, of as many examples as there may be


@dataclass(frozen=True, slots=True)
class PlannedJob:
    """One job of a build.

    Attributes:
        kind: name of its handler.
        title: for people.
        parameters: what the handler is told, beside what all jobs of the group are.
        cost: expected, relative to the other jobs.
        depends_on: positions of the jobs that must have succeeded.
    """

    kind: str
    title: str
    parameters: Mapping[str, Any]
    cost: float
    depends_on: tuple[int, ...] = field(default=())

    def spec(self, named: Mapping[str, Any]) -> JobSpec:
        """The job as it is submitted.

        Args:
            named: what every job of the group is told.
        """
        return JobSpec(
            kind=self.kind,
            title=self.title,
            config={**named, **self.parameters},
            weight=self.cost,
            depends_on=self.depends_on,
        )


def build_plan(config: AtlasConfig, *, with_networks: bool = True) -> list[PlannedJob]:
    """The jobs that build an atlas, each after those it depends on.

    One job trains each source's network, unless they are there already, and one estimates all transfers as soon as
    every network is trained. A target's baseline from scratch needs its own network alone, transfers of order 1 to it
    need them all; higher orders are chosen from that target's order 1 and need nothing else, so they run side by side.
    """
    trained = config.sources if with_networks else ()
    jobs = [_network_job(config, source, first=not position) for position, source in enumerate(trained)]
    networks = tuple(range(len(jobs)))
    jobs.append(_estimates_job(config, networks))
    for target in config.targets:
        own = (trained.index(target),) if with_networks else ()
        jobs.append(_scratch_job(config, target, own))
        first_order = len(jobs)
        for order in config.orders:
            needed = networks if order == 1 else (first_order,)
            jobs.append(_transfers_job(config, target, order, needed))
    measured = tuple(range(len(networks), len(jobs)))
    cost = 0.1 * len(config.targets) * config.splits.test
    return [*jobs, PlannedJob(AFFINITY, "Affinities", {}, cost, measured)]


def transfer_sets(config: AtlasConfig, order: int) -> int:
    """How many source sets are tried for one target in one order, at most."""
    if order == 1:
        return len(config.sources) - 1
    return min(config.per_target, comb(min(beam_width(order), len(config.tasks) - 1), order))


def expected_transfers(config: AtlasConfig) -> int:
    """How many transfers the atlas will hold, `self` of every target included."""
    per_target = 1 + sum(transfer_sets(config, order) for order in config.orders)
    return per_target * len(config.targets)


def _network_job(config: AtlasConfig, source: str, *, first: bool) -> PlannedJob:
    seen = config.splits.total * _FORWARD
    rendering = config.splits.total * _RENDERING if first else 0.0
    training = config.task_training.steps * config.task_training.batch_size
    cost = seen if source == config.sources[-1] else seen + training * (1 + _READOUT)
    title = f"Network: {config.entry(source).title}"
    parameters: dict[str, Any] = {"task": source}
    if first:
        parameters["rendering"] = round(rendering / (cost + rendering), 3)
    return PlannedJob(TASK_NETWORK, title, parameters, cost + rendering)


def _estimates_job(config: AtlasConfig, networks: tuple[int, ...]) -> PlannedJob:
    cost = _ESTIMATE * len(config.sources) * len(config.targets)
    return PlannedJob(ESTIMATES, "Estimates", {}, cost, networks)


def _scratch_job(config: AtlasConfig, target: str, needed: tuple[int, ...]) -> PlannedJob:
    cost = config.scratch_training.steps * config.scratch_training.batch_size
    title = f"{config.entry(target).title} from scratch"
    return PlannedJob(SCRATCH, title, {"target": target}, cost, needed)


def _transfers_job(config: AtlasConfig, target: str, order: int, needed: tuple[int, ...]) -> PlannedJob:
    plan = config.transfer_training
    cost = (
        transfer_sets(config, order) * order * _TRANSFER * (plan.steps * plan.batch_size + config.splits.test)
    )
    title = f"Transfers of order {order} to {config.entry(target).title}"
    return PlannedJob(TRANSFERS, title, {"target": target, "order": order}, cost, needed)
