"""The demonstration atlas: built by the service itself, written as the bundled file, and held against a rebuilt one.

    python bench/demonstration_atlas.py build   [--preset demo] [--seed 0] [--orders 1 2 3 4 5] [--per-target 5]
    python bench/demonstration_atlas.py export  [--max-mb 40] [--out app/atlases/bundled/rooms.atlas.zip]
    python bench/demonstration_atlas.py report  [--archive FILE]
    python bench/demonstration_atlas.py compare FILE [--archive FILE]
    python bench/demonstration_atlas.py rebuild [--archive FILE]

`build` starts the whole service on a data folder of its own (`--data`) with a worker per core, and waits; it may be
stopped and started again, and goes on where it was. `export` writes the compact archive that comes with the code, with
its provenance. `report`, the default, writes docs/results/demonstration_atlas.md from an archive. `compare` says how
the numbers of another archive differ, and `rebuild` does all of it from the provenance of the bundled one.
"""

import argparse
import json
import os
import platform as machine
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr
from taskatlas_client import Job, TaskAtlas

from app.atlases.archive.exporting import export_of
from app.atlases.archive.manifest import Manifest
from app.atlases.archive.reading import Archive
from app.atlases.bundled.service import BUNDLED
from app.atlases.plan import AFFINITY, SCRATCH, TASK_NETWORK, TRANSFERS
from app.atlases.repository import AtlasesRepository
from app.core.cores import available_cores
from app.core.platform import Platform, build_platform
from app.core.settings import load_settings
from app.jobs.repository import JobRepository
from app.standalone import address_file
from models.taxonomy.clusters import NoClusters, clustering
from models.taxonomy.dictionary import TASKS
from models.taxonomy.options import Options
from models.taxonomy.program import Taxonomy, solve
from models.taxonomy.significance import significance
from models.taxonomy.similarity import similarity_tree
from models.taxonomy.table import RANDOM, SELF, Transfer

ROOT = Path(__file__).parents[1]
NAMES = {"demo": "Rooms, all 26 tasks"}
PARTS = {
    TASK_NETWORK: "task-specific networks, read-outs and rendering",
    SCRATCH: "baselines from scratch",
    TRANSFERS: "transfers",
    AFFINITY: "tournaments",
}
GAIN_BUDGET = 8
SIGNIFICANCE_BUDGETS = range(2, 11)
AIMS = {"constant": 90.0, "random": 85.0, "gain": 60.0, "percentile": 99.0, "p": 0.01}
STARTS_WITHIN_S = 300.0
ENDS_WITHIN_S = 60.0


# Build


def build(chosen: argparse.Namespace) -> str:
    """Build the atlas in the data folder, or go on with it; its id."""
    chosen.data.mkdir(parents=True, exist_ok=True)
    name = NAMES.get(chosen.preset, f"Rooms, preset {chosen.preset}")
    before, started = _children_seconds(), time.perf_counter()
    try:
        with service(chosen.data) as client:
            job_id, atlas_id = _job(client, name, chosen)
            print(f"job {job_id} builds atlas {atlas_id}", flush=True)
            said = [""]

            def say(job: Job) -> None:
                if job.step != said[0]:
                    said[0] = job.step
                    elapsed = time.perf_counter() - started
                    print(f"{elapsed:6.0f} s  {job.progress:6.1%}  {job.step}", flush=True)

            client.jobs.wait(job_id, on_progress=say)
    finally:
        _note_session(chosen.data, time.perf_counter() - started, _children_seconds() - before)
    print(f"atlas {atlas_id} is ready in {chosen.data}")
    return atlas_id


def _job(client: TaskAtlas, name: str, chosen: argparse.Namespace) -> tuple[str, str]:
    for atlas in client.atlases.list(limit=200).items:
        if atlas.name == name and atlas.origin == "built" and atlas.status in {"building", "ready"}:
            print(f"atlas {atlas.id} is {atlas.status} here already", flush=True)
            return str(atlas.job_id), atlas.id
    job = client.atlases.build(
        name, preset=chosen.preset, orders=chosen.orders, per_target=chosen.per_target, seed=chosen.seed
    )
    assert job.resource is not None
    return job.id, job.resource.id


@contextmanager
def service(data: Path) -> Iterator[TaskAtlas]:
    """The whole service on a data folder, ready, and ended in order."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TASKATLAS_")}
    environment |= {
        "TASKATLAS_DATA": str(data),
        "TASKATLAS_PORT": "0",
        "TASKATLAS_WORKERS": str(available_cores()),
        "TASKATLAS_WORKER_THREADS": "1",
    }
    process = subprocess.Popen([sys.executable, "-m", "app.cli", "up"], env=environment, cwd=ROOT)
    try:
        deadline = time.monotonic() + STARTS_WITHIN_S
        while not address_file(data).exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"the service did not start; see {data / 'logs'}")
            time.sleep(0.1)
        with TaskAtlas(address_file(data).read_text().strip()) as client:
            yield client
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=ENDS_WITHIN_S)


def _children_seconds() -> float:
    """CPU seconds of all processes below this one that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _note_session(data: Path, wall: float, cpu: float) -> None:
    """Remember how long each run of `build` took: process times cannot be had later."""
    path = data / "sessions.json"
    noted = json.loads(path.read_text()) if path.exists() else []
    noted.append(
        {"ended": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", "wall_s": round(wall), "process_s": round(cpu)}
    )
    path.write_text(json.dumps(noted))


# Export


def export(chosen: argparse.Namespace) -> Path:
    """Write the archive of the newest atlas that was built in the data folder."""
    platform = build_platform(load_settings({"TASKATLAS_DATA": str(chosen.data)}))
    try:
        with platform.database.session(read_only=True) as session:
            built = [
                atlas
                for atlas in AtlasesRepository(session).page(after=None, limit=200)
                if atlas.origin == "built" and atlas.status == "ready"
            ]
        if not built:
            raise SystemExit(f"no atlas was built in {chosen.data}: run `build` first")
        about = {"build": provenance(platform, chosen.data, built[0].job_id, built[0].transfer_count)}
        room = chosen.max_mb * 10**6
        bare = sum(map(len, _chunks(platform, built[0].id, 0, about)))
        if bare > room:
            raise SystemExit(f"{bare / 1e6:.1f} MB without a transfer's weights: more than --max-mb")
        left = int((room - bare) * 0.98)  # names and hashes of the weights take some room themselves
        chosen.out.parent.mkdir(parents=True, exist_ok=True)
        part = chosen.out.with_name(f".{chosen.out.name}.part")
        with part.open("wb") as file:
            file.writelines(_chunks(platform, built[0].id, left, about))
        assert part.stat().st_size <= room, "the archive is larger than --max-mb"
        part.replace(chosen.out)
    finally:
        platform.close()
    print(f"wrote {chosen.out}, {chosen.out.stat().st_size / 1e6:.1f} MB")
    return chosen.out


def _chunks(platform: Platform, atlas_id: str, room: int, about: dict[str, Any]) -> Iterator[bytes]:
    with platform.database.session(read_only=True) as session:
        ready = export_of(session, platform, atlas_id, compact=True, weights_bytes=room, provenance=about)
    return ready.chunks()


def provenance(platform: Platform, data: Path, job_id: str | None, transfers: int) -> dict[str, Any]:
    """What made the atlas, and how long it took."""
    assert job_id is not None
    with platform.database.session(read_only=True) as session:
        jobs = JobRepository(session)
        group, children = jobs.get(job_id), jobs.children(job_id)
        assert group is not None
        assert group.started_at is not None
        assert group.finished_at is not None
        wall = (group.finished_at - group.started_at).total_seconds()
        parts = {
            title: round(
                sum(
                    (job.finished_at - job.started_at).total_seconds()
                    for job in children
                    if job.kind == kind and job.started_at and job.finished_at
                )
            )
            for kind, title in PARTS.items()
        }
        day = f"{group.finished_at:%Y-%m-%d}"
    noted = data / "sessions.json"
    return {
        "script": "bench/demonstration_atlas.py",
        "commit": _commit(),
        "day": day,
        "machine": f"{machine.machine()}, {os.cpu_count()} cores",
        "python": machine.python_version(),
        "torch": version("torch"),
        "numpy": version("numpy"),
        "workers": available_cores(),
        "wall_s": round(wall),
        "worker_s_by_part": parts,
        "transfers_per_hour": round(3600 * transfers / wall),
        "sessions": json.loads(noted.read_text()) if noted.exists() else [],
    }


def _commit() -> str:
    """The commit of this working tree, and whether the science in it was changed since."""
    git = ["git", "-C", str(ROOT)]
    found = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    changed = subprocess.run(
        [*git, "status", "--porcelain", "models", "jobs"], capture_output=True, text=True, check=False
    )
    return (found.stdout.strip() or "unknown") + (" with changes" if changed.stdout.strip() else "")


# Report


def read(path: Path) -> Manifest:
    """The manifest of an archive."""
    with path.open("rb") as file:
        return Archive.open(file).manifest


def table_of(manifest: Manifest) -> list[Transfer]:
    """An atlas's transfers as the science wants them."""
    return [
        Transfer(
            sources=each.sources,
            target=each.target,
            affinity=each.affinity,
            gain=each.win_rate_vs_scratch,
            quality=each.win_rate_vs_full,
        )
        for each in manifest.transfers
    ]


def taxonomies(table: Sequence[Transfer]) -> list[Taxonomy]:
    """The optimal taxonomy of every budget."""
    sources = {name for transfer in table for name in transfer.sources} - {SELF, RANDOM}
    return [solve(table, Options(budget=budget, time_limit_s=60)) for budget in range(1, len(sources) + 1)]


def gain_of(taxonomy: Taxonomy) -> float | None:
    """Share of images on which a taxonomy's transfers beat scratch, mean over the targets that it transfers to."""
    gains = [
        each.gain for each in taxonomy.best.transfers if each.sources != (SELF,) and each.gain is not None
    ]
    return float(np.mean(gains)) if gains else None


def report(path: Path) -> str:
    """The figures of an archive as Markdown."""
    manifest = read(path)
    table = table_of(manifest)
    solved = taxonomies(table)
    return "\n".join(
        [
            *_head(manifest, path),
            *_networks(manifest),
            *_best(manifest, table),
            *_taxonomies(solved),
            *_evidence(table, len(solved)),
            "## Configuration",
            "",
            "```",
            *(f"{name}: {json.dumps(value)}" for name, value in manifest.config.items()),
            "```",
            "",
        ]
    )


def _head(manifest: Manifest, path: Path) -> list[str]:
    about = manifest.provenance.get("build", {})
    orders = {
        order: sum(len(each.sources) == order and each.sources != (SELF,) for each in manifest.transfers)
        for order in manifest.orders
    }
    held = sum(each.weights is not None for each in manifest.transfers)
    sessions = about.get("sessions", [])
    return [
        f"# {manifest.name}",
        "",
        f"{about.get('day')}, {about.get('machine')}, {about.get('workers')} workers of one thread, Python "
        f"{about.get('python')}, torch {about.get('torch')}, code {manifest.code_version} ({about.get('commit')}), "
        f"seed {manifest.config.get('seed')}. Made by `python {about.get('script')} build` and `export`, written by "
        "`report` from the archive.",
        "",
        f"{len(manifest.tasks)} tasks, {len(manifest.targets)} of them targets; "
        + ", ".join(f"{count} transfers of order {order}" for order, count in orders.items())
        + f". The archive has {path.stat().st_size / 1e6:.1f} MB and the weights of {held} transfers.",
        "",
        "| part | seconds of workers |",
        "| --- | ---: |",
        *(f"| {part} | {seconds} |" for part, seconds in about.get("worker_s_by_part", {}).items()),
        "",
        f"Wall time {about.get('wall_s')} s, {about.get('transfers_per_hour')} transfers per hour of the whole build "
        "(networks and rendering included). Process time of all processes, by run of `build`: "
        + (", ".join(f"{each['process_s']} s in {each['wall_s']} s" for each in sessions) or "not noted")
        + ".",
        "",
    ]


def _networks(manifest: Manifest) -> list[str]:
    found = {each.task: each for each in manifest.networks if each.kind == "task" and each.task != RANDOM}
    constant = [100 * (found[task].win_rate_vs_constant or 0.0) for task in manifest.tasks]
    against_random = [100 * (found[task].win_rate_vs_random or 0.0) for task in manifest.tasks]
    rows = []
    for task, one, other in zip(manifest.tasks, constant, against_random, strict=True):
        metric, value = next(iter(found[task].metrics.items()), ("", float("nan")))
        title = TASKS[task].title if task in TASKS else task
        rows.append(f"| {title} | {one:.1f} % | {other:.1f} % | {metric.replace('_', ' ')} {value:.3g} |")
    return [
        "## Task-specific networks",
        "",
        "Share of test images on which the network has a lower loss than the best constant guess, and than a decoder "
        "of the same size trained alike on a frozen random encoder. "
        f"Aims: means of at least {AIMS['constant']:g} % and {AIMS['random']:g} %.",
        "",
        "| task | beats the constant | beats the random encoder | main metric |",
        "| --- | ---: | ---: | --- |",
        *rows,
        f"| **mean** | **{np.mean(constant):.1f} %** | **{np.mean(against_random):.1f} %** | |",
        f"| **least** | **{min(constant):.1f} %** | **{min(against_random):.1f} %** | |",
        "",
    ]


def _best(manifest: Manifest, table: Sequence[Transfer]) -> list[str]:
    lines = [
        "## Best transfers",
        "",
        "The transfer of each order with the highest affinity; affinity, gain and quality in hundredths.",
        "",
        "| target | order | sources | affinity | gain | quality |",
        "| --- | ---: | --- | ---: | ---: | ---: |",
    ]
    best: dict[int, list[Transfer]] = {order: [] for order in manifest.orders}
    for target in manifest.targets:
        for order in manifest.orders:
            edges = [
                edge
                for edge in table
                if (edge.target, edge.order) == (target, order) and edge.sources != (SELF,)
            ]
            if edges:
                chosen = max(edges, key=lambda edge: (edge.affinity or 0.0, edge.sources))
                best[order].append(chosen)
                figures = " | ".join(_hundredths(x) for x in (chosen.affinity, chosen.gain, chosen.quality))
                lines.append(f"| {target} | {order} | {' + '.join(chosen.sources)} | {figures} |")
    for order, edges in best.items():
        figures = " | ".join(
            _mean([getattr(edge, x) for edge in edges]) for x in ("affinity", "gain", "quality")
        )
        lines.append(f"| **mean** | {order} | | {figures} |")
    return [*lines, ""]


def _taxonomies(solved: Sequence[Taxonomy]) -> list[str]:
    lines = [
        "## Optimal taxonomies",
        "",
        "Transfers of all orders allowed. *Gain*: share of images on which the chosen transfers beat scratch on the "
        "same labels, mean over the targets that are transferred to, in hundredths. Aim: more than "
        f"{AIMS['gain']:g} at budget {GAIN_BUDGET}.",
        "",
        "| budget | objective | proven | gain | sources |",
        "| ---: | ---: | --- | ---: | --- |",
    ]
    lines += [
        f"| {each.budget:g} | {each.best.objective:.6f} | {_yes(each.optimal)} "
        f"| {_hundredths(gain_of(each))} | {', '.join(each.best.sources)} |"
        for each in solved
    ]
    return [*lines, ""]


def _evidence(table: Sequence[Transfer], sources: int) -> list[str]:
    lines = [
        "## Could it be chance?",
        "",
        "Percentile of the optimum among 1,000 random feasible taxonomies (`bench/significance.py` says how they are "
        f"drawn). Aim: above {AIMS['percentile']:g} at every budget from 2 to 10.",
        "",
        "| budget | objective, randomly connected | objective, wired | gain, randomly connected |",
        "| ---: | ---: | ---: | ---: |",
    ]
    for budget in SIGNIFICANCE_BUDGETS:
        if budget <= sources:
            found = significance(table, Options(budget=budget, time_limit_s=60), samples=1000, seed=0)
            compared = (found.random.objective, found.wired.objective, found.random.gain)
            cells = ("" if each is None else f"{each.percentile:.1f}" for each in compared)
            lines.append(f"| {budget} | {' | '.join(cells)} |")
    try:
        tree = clustering(similarity_tree(table), permutations=99_999, seed=0)
    except NoClusters as error:
        return [*lines, "", f"Groups in the tree: {error}.", ""]
    return [
        *lines,
        "",
        f"Groups in the tree: mean cophenetic distance {tree.within:.3f} within, {tree.between:.3f} between them; "
        f"p = {tree.p_value:.2g} from {tree.permutations} permutations. Aim: below {AIMS['p']:g}.",
        "",
    ]


def _hundredths(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f}"


def _mean(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return _hundredths(float(np.mean(known))) if known else ""


def write_report(path: Path, out: Path) -> None:
    text = report(path)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8")
    print(text)
    print(f"wrote {out}")


# Compare


def compare(one: Path, other: Path) -> str:
    """How the numbers of two archives differ, as text."""
    first, second = read(one), read(other)
    tables = [
        {(each.target, each.sources): each for each in manifest.transfers} for manifest in (first, second)
    ]
    common = sorted(tables[0].keys() & tables[1].keys())
    lines = [
        f"{one.name}: {len(tables[0])} transfers; {other.name}: {len(tables[1])}; in both {len(common)}",
        f"equal configuration: {_yes(first.config == second.config)}",
        f"equal data: {_yes(_data(first) == _data(second))}",
    ]
    same = sum(tables[0][key].weights == tables[1][key].weights for key in common if _both(tables, key))
    both = sum(_both(tables, key) for key in common)
    lines.append(
        f"equal weights, to the last bit: {same} of {both} transfers that both hold, {_networks_alike(first, second)}"
    )
    for name, keys in (
        ("of order 1", [key for key in common if len(key[1]) == 1]),
        ("of all orders", common),
    ):
        values = np.array([[table[key].affinity or 0.0 for key in keys] for table in tables])
        if len(keys) > 2:
            rho = float(spearmanr(values[0], values[1]).statistic)
            lines.append(f"rank correlation of affinities {name}: {rho:.4f} ({len(keys)} transfers)")
    for field in ("affinity", "win_rate", "win_rate_vs_scratch", "win_rate_vs_full"):
        differences = {
            key: abs(getattr(tables[0][key], field) - getattr(tables[1][key], field))
            for key in common
            if None not in {getattr(tables[0][key], field), getattr(tables[1][key], field)}
        }
        if differences:
            worst = max(differences, key=lambda key: differences[key])
            lines.append(
                f"{field}: largest difference {differences[worst]:.4g}, {'+'.join(worst[1])} to {worst[0]}; "
                f"mean {np.mean(list(differences.values())):.4g}"
            )
    lines += _networks_differ(first, second)
    solved = [taxonomies(table_of(manifest)) for manifest in (first, second)]
    unlike = [
        f"{one_.budget:g}"
        for one_, other_ in zip(*solved, strict=False)
        if one_.best.sources != other_.best.sources
    ]
    lines.append(
        f"optimal taxonomies: {len(solved[0]) - len(unlike)} of {len(solved[0])} budgets choose the same sources"
        + (f"; others at {', '.join(unlike)}" if unlike else "")
    )
    return "\n".join(lines)


def _both(tables: Sequence[dict[Any, Any]], key: Any) -> bool:
    return all(table[key].weights is not None for table in tables)


def _networks_alike(first: Manifest, second: Manifest) -> str:
    weights = [
        {(each.kind, each.task): each.weights for each in manifest.networks} for manifest in (first, second)
    ]
    common = weights[0].keys() & weights[1].keys()
    return f"{sum(weights[0][key] == weights[1][key] for key in common)} of {len(common)} networks"


def _networks_differ(first: Manifest, second: Manifest) -> list[str]:
    lines = []
    for field in ("win_rate_vs_constant", "win_rate_vs_random"):
        rates = [
            {
                each.task: getattr(each, field)
                for each in manifest.networks
                if getattr(each, field) is not None
            }
            for manifest in (first, second)
        ]
        common = sorted(rates[0].keys() & rates[1].keys())
        if common:
            worst = max(common, key=lambda task: abs(rates[0][task] - rates[1][task]))
            means = [100 * float(np.mean([rate[task] for task in common])) for rate in rates]
            lines.append(
                f"networks, {field}: means {means[0]:.1f} % and {means[1]:.1f} %; largest difference "
                f"{100 * abs(rates[0][worst] - rates[1][worst]):.1f} points, {worst}"
            )
    return lines


def _data(manifest: Manifest) -> str | None:
    return None if manifest.dataset is None else manifest.dataset.fingerprint


def _yes(value: object) -> str:
    return "yes" if value else "no"


def rebuild(chosen: argparse.Namespace) -> str:
    """Build again what the bundled archive says that it was built from, and compare."""
    config = read(chosen.archive).config
    chosen.preset, chosen.seed = config["preset"], config["seed"]
    chosen.orders, chosen.per_target = config["orders"], config["per_target"]
    build(chosen)
    chosen.out = chosen.data / "rebuilt.atlas.zip"
    export(chosen)
    return compare(chosen.archive, chosen.out)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "command", nargs="?", default="report", choices=("build", "export", "report", "compare", "rebuild")
    )
    parser.add_argument("other", type=Path, nargs="?", help="of `compare`: the other archive")
    parser.add_argument("--data", type=Path, default=Path("data/demonstration"), help="folder of the build")
    parser.add_argument("--preset", default="demo")
    parser.add_argument("--seed", type=int, default=0, help="of the rooms, of weights and of batches")
    parser.add_argument("--orders", type=int, nargs="+", help="default: the preset's")
    parser.add_argument("--per-target", type=int, help="default: the preset's")
    parser.add_argument("--max-mb", type=float, default=40.0, help="of the archive, in millions of bytes")
    parser.add_argument("--archive", type=Path, default=BUNDLED)
    parser.add_argument("--out", type=Path, default=BUNDLED, help="of `export`: the archive")
    parser.add_argument("--results", type=Path, default=Path("docs/results/demonstration_atlas.md"))
    chosen = parser.parse_args()
    chosen.data = chosen.data.absolute()
    if chosen.command in {"report", "compare", "rebuild"} and not chosen.archive.exists():
        print(f"{chosen.archive} is not there: nothing measured; `build` and `export` make it")
        return
    if chosen.command == "build":
        build(chosen)
    elif chosen.command == "export":
        write_report(export(chosen), chosen.results)
    elif chosen.command == "report":
        write_report(chosen.archive, chosen.results)
    elif chosen.command == "rebuild":
        print(rebuild(chosen))
    elif chosen.other is None:
        parser.error("compare needs another archive")
    else:
        print(compare(chosen.archive, chosen.other))


if __name__ == "__main__":
    main()
