"""How well estimators of transferability rank sources, and how long they take, against transfers that are trained.

Run `python bench/estimators.py [--preset quick] [--seed 0]` to train networks and all first-order transfers of a preset
in this process, or `python bench/estimators.py --api http://127.0.0.1:8000 --atlas ID [--key KEY]` to read an atlas
that a service has built. Both write docs/results/estimators.md (`--out`). Time is process time here, which other work
on the machine does not change, and from start to end of the jobs there.
"""

import argparse
import platform
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from taskatlas_client import Job, TaskAtlas

from models.data.rooms.config import RoomsConfig
from models.data.views import RoomsViews
from models.taxonomy.affinity import ahp, win_matrix
from models.taxonomy.agreement import Agreement, agreement
from models.taxonomy.table import SELF
from models.training.progress import NullContext
from models.transfer.config import AtlasConfig
from models.transfer.estimators.methods import METHODS, Estimate, Method
from models.transfer.estimators.ranking import estimate_transfers
from models.transfer.presets import PRESETS, atlas_config
from models.transfer.results import TaskNetwork
from models.transfer.selection import first_order_sets
from models.transfer.task_specific import required_labels, train_task_network
from models.transfer.transfer import train_transfers

TITLES: dict[Method, str] = {
    "logme": "LogME",
    "leep": "LEEP",
    "hscore": "H-score",
    "transrate": "TransRate",
}
TOP = 3

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Measured:
    """Estimates and affinities of one atlas.

    Attributes:
        what: the atlas, for people.
        targets: names of the rows.
        sources: names of the columns.
        affinities: (targets, sources), NaN = not measured.
        estimates: by method, (targets, sources), NaN = not defined.
        clock: what seconds are of.
        seconds: of a ranking by one method alone; empty where they were only timed together.
        together: seconds of a ranking by all four.
        training: what the time of training is of, and its seconds.
    """

    what: str
    targets: Sequence[str]
    sources: Sequence[str]
    affinities: Matrix
    estimates: dict[Method, Matrix]
    clock: str
    seconds: dict[Method, float]
    together: float
    training: tuple[str, float]


def built_here(config: AtlasConfig) -> Measured:
    with tempfile.TemporaryDirectory() as cache:
        views = RoomsViews(RoomsConfig(seed=config.seed, size=config.image_size), config.splits, Path(cache))
        views.prepare(required_labels(config, views), NullContext())
        networks: dict[str, TaskNetwork] = {}
        for source in config.sources:
            print(f"training the network of {source}", flush=True)
            networks[source] = train_task_network(config, source, views, NullContext())
        started = time.process_time()
        everything = estimate_transfers(config, networks, views, NullContext())
        together = time.process_time() - started
        seconds: dict[Method, float] = {}
        for method in METHODS:
            started = time.process_time()
            estimate_transfers(config, networks, views, NullContext(), (method,))
            seconds[method] = time.process_time() - started
        started, rows = time.process_time(), []
        for target in config.targets:
            print(f"training the transfers to {target}", flush=True)
            rows.append(affinities_to(config, target, networks, views))
        training = time.process_time() - started
    what = f"preset `{config.preset}`, seed {config.seed}, rendered rooms, in one process; order 1 alone"
    return Measured(
        what=what,
        targets=config.targets,
        sources=config.sources,
        affinities=np.array(rows),
        estimates={method: matrix_of(config, everything, method) for method in METHODS},
        clock="process time of one program, labels and features read anew for every estimator",
        seconds=seconds,
        together=together,
        training=("all first-order transfers and their tournaments", training),
    )


def affinities_to(
    config: AtlasConfig, target: str, networks: dict[str, TaskNetwork], views: RoomsViews
) -> list[float]:
    """Affinities of all sources of a target, in the atlas's order; NaN of the target itself."""
    trained = train_transfers(
        config,
        target,
        first_order_sets(config, target),
        target_network=networks[target].weights,
        representations={name: network.representations for name, network in networks.items()},
        views=views,
        context=NullContext(),
    )
    losses = [networks[target].test_losses, *(result.test_losses for result in trained)]
    found = ahp(win_matrix(np.stack(losses)))
    by_source = dict(zip((result.sources[0] for result in trained), found[1:].tolist(), strict=True))
    return [by_source.get(source, np.nan) for source in config.sources]


def matrix_of(config: AtlasConfig, estimates: Sequence[Estimate], method: Method) -> Matrix:
    values = {(each.target, each.source): each.value for each in estimates if each.method == method}
    rows = [[values.get((target, source)) for source in config.sources] for target in config.targets]
    return np.array(rows, dtype=np.float64)


def built_there(api: str, atlas_id: str, key: str | None) -> Measured:
    with TaskAtlas(api, key) as client:
        atlas = client.atlases.get(atlas_id)
        affinity = client.atlases.affinity(atlas_id)
        found = {method: client.atlases.estimates(atlas_id, method=method) for method in METHODS}
        jobs = list(jobs_of(client, atlas.job_id))
    columns = [name for name in affinity.sources if name != SELF]
    estimates = {}
    for method, each in found.items():
        values = {
            (target, source): each.to_numpy()[row, column]
            for row, target in enumerate(each.targets)
            for column, source in enumerate(each.sources)
        }
        estimates[method] = np.array(
            [[values.get((target, source), np.nan) for source in columns] for target in affinity.targets]
        )
    preset = (atlas.config or {}).get("preset")
    return Measured(
        what=f"atlas `{atlas.name}` of a service, preset `{preset}`; orders {atlas.orders} in its tournaments",
        targets=affinity.targets,
        sources=columns,
        affinities=affinity.to_numpy()[:, [affinity.sources.index(name) for name in columns]],
        estimates=estimates,
        clock="from start to end of the jobs, added up",
        seconds={},
        together=seconds_of(jobs, "atlas.estimates"),
        training=("the jobs that train transfers of all orders", seconds_of(jobs, "atlas.transfers")),
    )


def jobs_of(client: TaskAtlas, group: str | None) -> Iterator[Job]:
    cursor = None
    while group is not None:
        page = client.jobs.list(parent=group, limit=200, cursor=cursor)
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return


def seconds_of(jobs: Sequence[Job], kind: str) -> float:
    """Worker seconds of a kind of jobs, from start to end; NaN where the atlas was not built by this service."""
    chosen = [job for job in jobs if job.kind == kind and job.started_at and job.finished_at]
    if not chosen:
        return float("nan")
    return sum((job.finished_at - job.started_at).total_seconds() for job in chosen)


def hits(estimates: Matrix, affinities: Matrix, first: int) -> str:
    """On how many targets the best measured source is among the `first` of the estimates."""
    found, compared = 0, 0
    for own, measured in zip(estimates, affinities, strict=True):
        both = ~(np.isnan(own) | np.isnan(measured))
        if both.sum() > first:
            compared += 1
            found += int(measured[both].argmax() in np.argsort(-own[both], kind="stable")[:first])
    return f"{found} of {compared}"


def number(value: float | None, form: str = "+.2f") -> str:
    return "" if value is None or np.isnan(value) else f"{value:{form}}"


def report(measured: Measured, command: str) -> str:
    agreements: dict[Method, Agreement] = {
        method: agreement(measured.targets, values, measured.affinities)
        for method, values in measured.estimates.items()
    }
    label, training = measured.training
    lines = [
        "# Transferability without training",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, NumPy {np.__version__}, "
        f"{platform.machine()}. Command: `{command}`. {measured.what}: {len(measured.targets)} targets, "
        f"{len(measured.sources)} sources, `random` among them; `self` is left out.",
        "",
        "Rank correlation of estimates with measured first-order affinities: the mean over targets, and of all pairs "
        "pooled by their rank among the sources of their target. The last columns: on how many targets the source of "
        f"the highest affinity is the estimator's first, or among its first {TOP}. LEEP compares sources with classes "
        "alone, so that few targets have three to rank.",
        "",
        f"| estimator | targets | Spearman | pooled | weighted Kendall | pooled | best is first | among {TOP} "
        "| seconds |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for method, found in agreements.items():
        values = measured.estimates[method]
        cells = [
            TITLES[method],
            str(sum(each.spearman is not None for each in found.targets)),
            number(found.spearman),
            number(found.pooled_spearman),
            number(found.weighted_kendall),
            number(found.pooled_weighted_kendall),
            hits(values, measured.affinities, 1),
            hits(values, measured.affinities, TOP),
            number(measured.seconds.get(method), ".2f"),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        f"Seconds ({measured.clock}): {number(measured.together, '.1f')} for a ranking by all four, "
        f"{number(training, '.1f')} for {label}, {number(training / measured.together, '.0f')} times as many.",
        "",
        "## Spearman by target",
        "",
        f"| target | {' | '.join(TITLES[method] for method in agreements)} |",
        f"| --- |{' ---: |' * len(agreements)}",
    ]
    for row, target in enumerate(measured.targets):
        cells = [number(found.targets[row].spearman) for found in agreements.values()]
        lines.append(f"| {target} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--preset", choices=tuple(PRESETS), default="quick")
    parser.add_argument("--seed", type=int, default=0, help="of the rooms, of weights and of batches")
    parser.add_argument("--api", help="address of a service that has built an atlas")
    parser.add_argument("--atlas", help="id of that atlas")
    parser.add_argument("--key", help="API key with the scope `read`")
    parser.add_argument("--out", type=Path, default=Path("docs/results/estimators.md"))
    chosen = parser.parse_args()
    if (chosen.api is None) != (chosen.atlas is None):
        parser.error("--api and --atlas go together")
    if chosen.api is None:
        measured = built_here(atlas_config(chosen.preset, seed=chosen.seed))
        command = f"python bench/estimators.py --preset {chosen.preset} --seed {chosen.seed}"
    else:
        measured = built_there(chosen.api, chosen.atlas, chosen.key)
        command = "python bench/estimators.py --api ADDRESS --atlas ID"
    text = report(measured, command)
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    chosen.out.write_text(text, encoding="utf-8")
    print(text)
    print(f"wrote {chosen.out}")


if __name__ == "__main__":
    main()
