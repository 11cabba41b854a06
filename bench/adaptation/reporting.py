"""The page of figures, from runs that are kept."""

import json
import platform
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bench.adaptation.runs import COMMON
from bench.adaptation.settings import CHOSEN, GRID, TUNED, TUNING_SEEDS, VARIANTS, Variant, weight_of
from bench.adaptation.tasks import SHARES
from models.adaptation.config import SELECTORS
from models.adaptation.evidence import Evidence
from models.adaptation.guard import judge_with_labels, judge_without_labels
from models.training.summary import summarise

Row = dict[str, Any]
Runs = dict[tuple[str, Variant], list[Row]]
PLOT = "partial_adaptation_rooms.svg"

_GROUPS = {
    "MNIST and USPS": ("mnist-usps", "usps-mnist"),
    "PACS photo and cartoon, trained from scratch": ("photo-cartoon", "cartoon-photo"),
    "Objects of rendered rooms, style a to style b": tuple(f"rooms-{share}" for share in SHARES),
}


def report(kept: Path, out: Path) -> None:
    """Write `partial_adaptation.md`, and the plot of the rooms where they ran."""
    rows = [json.loads(path.read_text()) for path in sorted(kept.glob("*.json"))]
    tuning: dict[tuple[Variant, float], list[Row]] = defaultdict(list)
    runs: Runs = defaultdict(list)
    for row in rows:
        variant = (row["method"], row["mode"])
        if row["task"] == "development":
            tuning[variant, row["weight"]].append(row)
        elif row["weight"] == weight_of(*variant):
            runs[row["task"], variant].append(row)
    lines = [*_opening(), *_tuning(tuning)]
    for title, tasks in _GROUPS.items():
        if there := [task for task in tasks if any(name == task for name, _ in runs)]:
            lines += ["", f"## {title}", *_group(runs, there)]
            if there[0].startswith("rooms"):
                _plot(runs, there, out / PLOT)
                lines += ["", f"![Accuracy against the share of classes that the target has]({PLOT})"]
    lines += [
        "",
        "## Outlier classes",
        *_weights(runs),
        "",
        "## Is negative transfer seen without labels?",
        *_guard(runs),
    ]
    lines += ["", "## Choosing the step without labels", *_selectors(runs)]
    path = out / "partial_adaptation.md"
    path.write_text("\n".join(lines) + "\n")
    print(f"wrote {path}")


def _opening() -> list[str]:
    common = ", ".join(f"{name} {value}" for name, value in COMMON.items())
    return [
        "# Partial adaptation: every method, its baselines and its ablations",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, PyTorch {torch.__version__}, "
        f"{platform.machine()}, one thread a run. Commands: `python -m bench.partial_adaptation tune`, "
        "`digits`, `pacs`, "
        "`rooms`, `report`.",
        "",
        "The source has all classes and labels, the target some of the classes and no labels. Target labels are "
        "used for "
        "the figures alone. Accuracy on the target in percent, mean ± deviation over seeds, at three steps: *last*; "
        f"*chosen*, by the label-free score `{CHOSEN}`; *oracle*, the best of all evaluations by target labels, "
        "which "
        "nobody without labels can have and published tables of this field report. As published, the target "
        "images that "
        "are adapted to are the ones that are classified.",
        "",
        f"All methods share the network (`small`, from random weights), the views of images, and: {common}. Of "
        "one seed "
        "they begin with the same weights and see the same images in the same order.",
    ]


def _tuning(tuning: dict[tuple[Variant, float], list[Row]]) -> list[str]:
    lines = [
        "",
        "## Tuning",
        "",
        f"One setting, the weight of the adversarial loss, over {', '.join(f'{each:g}' for each in GRID)}, with "
        "the same "
        f"budget for every method: {len(TUNING_SEEDS)} seeds ({', '.join(map(str, TUNING_SEEDS))}, in no table "
        "below) of a "
        "task that is in no table either, MNIST (10) -> USPS (5 to 9). The best mean accuracy at the last step "
        "is taken, "
        "for all tasks below. This uses labels of the development target, and of no target below.",
        "",
        "| method | " + " | ".join(f"{each:g}" for each in GRID) + " | taken |",
        "| --- |" + " ---: |" * (len(GRID) + 1),
    ]
    for variant in VARIANTS:
        if variant in TUNED:
            cells = [_cell(row["last"] for row in tuning.get((variant, each), [])) for each in GRID]
            lines.append(f"| {_name(variant)} | {' | '.join(cells)} | {weight_of(*variant):g} |")
    plain = _cell(row["last"] for row in tuning.get((VARIANTS[0], 1.0), []))
    return [*lines, f"| source-only, for comparison | {plain} |" + " |" * len(GRID)]


def _group(runs: Runs, tasks: Sequence[str]) -> list[str]:
    lines: list[str] = []
    for task in tasks:
        found = {variant: runs[task, variant] for variant in VARIANTS if runs.get((task, variant))}
        first = next(iter(found.values()))
        plain = {row["seed"]: row for row in found.get(VARIANTS[0], [])}
        lines += [
            "",
            f"### {first[0]['title']}",
            "",
            f"{first[0]['source']} source and {first[0]['target']} target images, {len(first)} seeds.",
            "",
            "| method | last | chosen | oracle | last, against source-only |",
            "| --- | ---: | ---: | ---: | ---: |",
        ]
        for variant, rows in found.items():
            gaps = [row["last"] - plain[row["seed"]]["last"] for row in rows if row["seed"] in plain]
            lines.append(
                f"| {_name(variant)} | {_cell(row['last'] for row in rows)} | "
                f"{_cell(row['selected'][CHOSEN] for row in rows)} | {_cell(row['oracle'] for row in rows)} | "
                f"{_gap(gaps) if variant != VARIANTS[0] else ''} |"
            )
    return lines


def _weights(runs: Runs) -> list[str]:
    lines = [
        "",
        "Mean class weight at the last step, of classes that the target has and of those that it has not, and "
        "the ratio of "
        "the means; the aim is a ratio below 0.1. Weights have mean 1 over all classes.",
        "",
        "| task | method | shared | outlier | ratio |",
        "| --- | --- | ---: | ---: | ---: |",
    ]
    for (task, variant), rows in sorted(runs.items()):
        weighed = [row for row in rows if row["outlier_weight"] is not None]
        if weighed and variant[0] not in {"dann", "san-entropy"}:
            shared, outlier = (
                float(np.mean([row[f"{of}_weight"] for row in weighed])) for of in ("shared", "outlier")
            )
            lines.append(
                f"| {task} | {_name(variant)} | {shared:.2f} | {outlier:.3f} | {outlier / shared:.3f} |"
            )
    return lines


def _guard(runs: Runs) -> list[str]:
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for (task, variant), rows in runs.items():
        plain = runs.get((task, VARIANTS[0]))
        if plain and variant != VARIANTS[0]:
            before, after = ([_evidence(row) for row in each] for each in (plain, rows))
            truth = judge_with_labels(before, after).verdict
            counts[truth, judge_without_labels(before, after).verdict] += 1
    verdicts = ("worse", "not worse", "unclear")
    return [
        "",
        "Every method of every task against source-only, over all seeds: the verdict by labels (a paired test) "
        "against the "
        "verdict of the guard, which sees no target label.",
        "",
        "| by labels | " + " | ".join(f"guard: {each}" for each in verdicts) + " |",
        "| --- | ---: | ---: | ---: |",
        *(
            f"| {truth} | " + " | ".join(str(counts[truth, each]) for each in verdicts) + " |"
            for truth in verdicts
        ),
    ]


def _selectors(runs: Runs) -> list[str]:
    lines = [
        "",
        "Points of accuracy below the oracle's step, mean over all runs with more than one method and step.",
        "",
        "| method | last | " + " | ".join(SELECTORS) + " |",
        "| --- |" + " ---: |" * (len(SELECTORS) + 1),
    ]
    for variant in VARIANTS:
        rows = [row for (_, of), found in runs.items() if of == variant for row in found]
        if rows:
            losses = [np.mean([row["oracle"] - row["last"] for row in rows])]
            losses += [np.mean([row["oracle"] - row["selected"][name] for row in rows]) for name in SELECTORS]
            lines.append(f"| {_name(variant)} | " + " | ".join(f"{100 * loss:.1f}" for loss in losses) + " |")
    return lines


def _plot(runs: Runs, tasks: Sequence[str], path: Path) -> None:
    from matplotlib.figure import Figure  # noqa: PLC0415 - of the development tools

    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    shares = [int(task.rsplit("-", 1)[1]) for task in tasks]
    for number, variant in enumerate(each for each in VARIANTS if runs.get((tasks[0], each))):
        found = [summarise(row["last"] for row in runs[task, variant]) for task in tasks]
        means = [100 * (each.mean or 0) for each in found]
        errors = [100 * (each.deviation or 0) for each in found]
        style = "k--" if variant == VARIANTS[0] else f"C{number}-"
        axes.errorbar(shares, means, errors, fmt=style, marker="o", capsize=2, label=_name(variant))
    axes.set(
        xlabel="classes of the source that the target has, %",
        ylabel="accuracy on the target, %",
        xticks=shares,
    )
    axes.legend(fontsize="small")
    figure.savefig(path, metadata={"Date": None})


def _evidence(row: Row) -> Evidence:
    at = row["chosen_at"]
    return Evidence(
        seed=row["seed"],
        source_accuracy=row["source_curve"][at],
        scores={name: values[at] for name, values in row["scores"].items()},
        target_accuracy=row["curve"][at],
        labelled=row["target"],
        predictions=np.array(row["predictions"]),
        confidence=np.array(row["confidence"], np.float32),
        classes=row["classes"],
    )


def _name(variant: Variant) -> str:
    method, mode = variant
    return f"{method} ({mode})" if method in {"san", "san-selective"} else method


def _cell(values: Iterable[float]) -> str:
    found = summarise(values)
    if found.mean is None:
        return ""
    return f"{100 * found.mean:.1f}" + ("" if found.deviation is None else f" ± {100 * found.deviation:.1f}")


def _gap(values: Sequence[float]) -> str:
    found = summarise(values)
    if found.mean is None:
        return ""
    error = "" if found.standard_error is None else f" ± {100 * found.standard_error:.1f}"
    return f"{100 * found.mean:+.1f}{error}"
