"""The figures of an archive as Markdown."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from app.atlases.archive.manifest import Manifest
from demonstration.archives import gain_of, read, table_of, taxonomies, yes_or_no
from models.taxonomy.clusters import NoClusters, clustering
from models.taxonomy.dictionary import TASKS
from models.taxonomy.options import Options
from models.taxonomy.program import Taxonomy
from models.taxonomy.significance import significance
from models.taxonomy.similarity import similarity_tree
from models.taxonomy.table import RANDOM, SELF, Transfer

GAIN_BUDGET = 8
SIGNIFICANCE_BUDGETS = range(2, 11)
AIMS = {"constant": 90.0, "random": 85.0, "gain": 60.0, "percentile": 99.0, "p": 0.01}


def write_report(path: Path, out: Path) -> None:
    text = report(path)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8")
    print(text)
    print(f"wrote {out}")


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
        f"| {each.budget:g} | {each.best.objective:.6f} | {yes_or_no(each.optimal)} "
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
