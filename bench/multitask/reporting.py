"""The page of figures of the multi-task methods, from runs that are kept."""

import json
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bench.multitask.settings import RATES, TUNING_SEED, VARIANTS
from bench.multitask.studies import STUDIES
from bench.multitask.tuning import change, judged_by, tuned
from models.multitask.front import dominated
from models.multitask.pictures import Axis, Mark, draw_front
from models.multitask.summary import main_values, mean_ranks

Row = Mapping[str, Any]
PAGE = "multitask.md"
_LISTED_TASKS = 4  # beyond, a study is summed up over its tasks


class _Results:
    """The final runs of one study."""

    def __init__(self, study: str, kept: Path, epochs: int) -> None:
        self.study, self.rates = study, tuned(study, kept)
        self.metric = judged_by(study)
        self.higher = [info.higher_is_better for info in self.metric.values()]
        rows = [json.loads(path.read_text()) for path in sorted(kept.glob(f"{study}_*.json"))]
        chosen = {name: min(found, key=found.__getitem__) for name, found in self.rates.items()}
        names = [each.name for each in VARIANTS[study]]
        self.lengths = {row["epochs"] for row in rows if row["seed"] != TUNING_SEED}
        self.rows: dict[str, list[Row]] = {}
        for name in names:
            found = [
                row
                for row in rows
                if row["name"] == name
                and row["seed"] != TUNING_SEED
                and row["epochs"] == epochs
                and row["rate"] == chosen.get(name)
            ]
            if found:
                self.rows[name] = sorted(found, key=lambda row: row["seed"])
        self.chosen = chosen

    def values(self, name: str) -> np.ndarray:
        """(seeds, tasks) main metrics on test images."""
        return np.array([list(main_values(row["metrics"], self.metric).values()) for row in self.rows[name]])

    def delta(self, name: str) -> np.ndarray:
        """(seeds,) delta-m against the single-task networks of the same seed."""
        single = {row["seed"]: row for row in self.rows["single"]}
        found = [
            change(self.study, row["metrics"], single[row["seed"]]["metrics"]).percent
            for row in self.rows[name]
            if row["seed"] in single
        ]
        return np.array([each for each in found if each is not None])


def report(kept: Path, out: Path) -> None:
    """Write the page, and a plot of each study that ran."""
    lines = [
        "# One network for many tasks: MGDA and what it is compared with",
        "",
        "Script: `python -m bench.multitask_methods tune|run STUDY`, then `report`. "
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.processor() or platform.machine()}, two threads of one core, "
        f"torch {torch.__version__.split('+')[0]}; no GPU was used.",
        "",
        "Every variant of a study begins with the same weights for a seed, sees the same images in the same "
        f"order and trains as long. Its learning rate is the better of {' and '.join(map(str, RATES))} "
        "(Adam) by delta-m on validation images in one shorter run with a seed of its own; nothing else was "
        "tuned. `mgda-ub l2`, `loss` and `loss+` normalise gradients and count as variants of their own. "
        "Delta-m is the mean relative change of the tasks' main metrics against single-task networks of the "
        "same seed, in percent: **negative is better**. ± is the standard deviation over seeds. Bold: no "
        "other row is as good in every task and better in one, by means over seeds, single tasks aside. "
        "Stationarity is the norm of the min-norm point of the tasks' gradients by all shared parameters at "
        "the end, on training images. Cost is processor time against uniform scaling's, on a machine with "
        "other work.",
    ]
    for study in STUDIES:
        if any(kept.glob(f"{study}_single_*.json")):
            epochs = STUDIES[study].config.epochs
            found = _Results(study, kept, epochs)
            if "single" in found.rows:
                lines += ["", f"## {STUDIES[study].title}", "", *_section(found, out)]
                for longer in sorted(each for each in found.lengths if each > epochs):
                    lines += [
                        "",
                        f"The same for {longer} epochs:",
                        "",
                        *_table(_Results(study, kept, longer)),
                    ]
    (out / PAGE).write_text("\n".join(lines) + "\n")
    print(out / PAGE)


def _section(found: _Results, out: Path) -> list[str]:
    config = STUDIES[found.study].config
    views = f"{len(config.tasks)} tasks, `{config.architecture}`, {config.network.image_size} pixels, "
    lines = [
        f"{views}{config.epochs} epochs of batches of {config.batch_size}; tuning "
        f"epochs: {STUDIES[found.study].tuning_epochs}.",
        "",
    ]
    if len(config.tasks) <= _LISTED_TASKS:
        lines += _table(found)
        (out / f"multitask_{found.study}.svg").write_text(_drawn(found))
        lines += ["", f"![Every seed of every variant, by pairs of tasks](multitask_{found.study}.svg)"]
    else:
        lines += _summed_table(found)
    return [*lines, "", *_weights(found), "", *_tuning(found)]


def _others(found: _Results) -> list[str]:
    return [name for name in found.rows if name != "single"]


def _best(found: _Results) -> set[str]:
    """Variants that no other one dominates, by means over seeds."""
    names = _others(found)
    beaten = dominated([found.values(name).mean(0) for name in names], found.higher)
    return {name for name, each in zip(names, beaten, strict=True) if not each}


def _table(found: _Results) -> list[str]:
    heads = [f"{task}: {info.name}, {info.unit}" for task, info in found.metric.items()]
    lines = [
        f"| variant | {' | '.join(heads)} | delta-m | mean rank | stationarity | cost | seeds |",
        "| --- " * (len(heads) + 6) + "|",
    ]
    best, ranks = _best(found), _ranks(found)
    for name in sorted(found.rows, key=lambda each: (each != "single", found.delta(each).mean())):
        cells = [
            _spread(column, info)
            for column, info in zip(found.values(name).T, found.metric.values(), strict=True)
        ]
        shown = f"**{name}**" if name in best else name
        lines.append(f"| {shown} | {' | '.join(cells)} | {' | '.join(_common(found, name, ranks))} |")
    return lines


def _summed_table(found: _Results) -> list[str]:
    lines = [
        "| variant | mean error, % | worst task's error, % | tasks better than single | delta-m | mean rank | "
        "stationarity | cost | seeds |",
        "| --- " * 9 + "|",
    ]
    ranks, single = _ranks(found), found.values("single")
    for name in sorted(found.rows, key=lambda each: -found.values(each).mean()):
        values = found.values(name)
        errors = 100 * (1 - values)
        better = int((values.mean(0) > single.mean(0)).sum())
        cells = [
            _mean(errors.mean(1), ".2f"),
            f"{errors.mean(0).max():.1f}",
            "" if name == "single" else f"{better} of {values.shape[1]}",
        ]
        lines.append(f"| {name} | {' | '.join(cells)} | {' | '.join(_common(found, name, ranks))} |")
    return lines


def _common(found: _Results, name: str, ranks: Mapping[str, float]) -> list[str]:
    delta, rows = found.delta(name), found.rows[name]
    last = np.array([row["stationarity"][-1] for row in rows], dtype=float)
    cost = np.mean([row["seconds"] for row in rows]) / np.mean(
        [row["seconds"] for row in found.rows["uniform"]]
    )
    return [
        "" if name == "single" else _mean(delta, "+.1f"),
        f"{ranks[name]:.1f}",
        "" if np.isnan(last).all() else f"{np.nanmean(last):.3f}",
        f"{cost:.2f}x",
        str(len(rows)),
    ]


def _ranks(found: _Results) -> dict[str, float]:
    names = list(found.rows)
    ranks = mean_ranks([found.values(name).mean(0) for name in names], found.higher)
    return dict(zip(names, ranks.tolist(), strict=True))


def _spread(values: np.ndarray, info: Any) -> str:
    percent = info.unit == "share"
    scale, digits = (100, 2) if percent else (1, 3)
    return _mean(scale * values, f".{digits}f") + (" %" if percent else "")


def _mean(values: np.ndarray, form: str) -> str:
    """A mean over seeds with their sample deviation, where there are several."""
    spread = f" ± {values.std(ddof=1):{form.lstrip('+')}}" if len(values) > 1 else ""
    return f"{values.mean():{form}}{spread}"


def _weights(found: _Results) -> list[str]:
    tasks = STUDIES[found.study].config.tasks
    if len(tasks) > _LISTED_TASKS:
        return []
    lines = [f"Mean weights of {', '.join(tasks)} over the last stretch of training:", ""]
    for name in _others(found):
        weights = np.array([row["weights"][-1] for row in found.rows[name]], dtype=float).mean(0)
        if np.isfinite(weights).all() and name not in {"uniform"} and not name.startswith("grid"):
            lines.append(f"- {name}: {', '.join(f'{weight:.2f}' for weight in weights)}")
    return lines


def _tuning(found: _Results) -> list[str]:
    lines = [
        "Tuning runs, delta-m on validation images against single tasks at the first rate:",
        "",
        f"| variant | {' | '.join(f'{rate:g}' for rate in RATES)} |",
        "| --- " * (len(RATES) + 1) + "|",
    ]
    for name, by_rate in found.rates.items():
        if name in found.rows:
            lines.append(f"| {name} | {' | '.join(f'{by_rate.get(rate, np.nan):+.1f}' for rate in RATES)} |")
    return lines


def _drawn(found: _Results) -> str:
    axes = [Axis(task, info.name, info.unit, info.higher_is_better) for task, info in found.metric.items()]
    marks = [
        Mark(name, f"{name}, seed {row['seed']}", tuple(values.tolist()))
        for name in _others(found)
        for row, values in zip(found.rows[name], found.values(name), strict=True)
    ]
    return draw_front(axes, marks, single=found.values("single").mean(0).tolist())
