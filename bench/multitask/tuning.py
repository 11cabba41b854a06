"""Which learning rate each variant trains with: the one whose tuning run did best on validation images."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.multitask.settings import RATES, TUNING_SEED
from bench.multitask.studies import STUDIES
from models.data.instances import INSTANCE_OFFSETS
from models.data.rooms.attributes import ATTRIBUTES
from models.multitask.summary import DeltaM, delta_m, main_metric, main_values
from models.taxonomy.own import entry_of, own_task

Row = Mapping[str, Any]

_OWN = (
    *(own_task(name, "class", classes=list("0123456789")) for name in ("left", "right")),
    INSTANCE_OFFSETS,
    *(each.task for each in ATTRIBUTES),
)
"""Every declared task of the studies."""


def judged_by(study: str) -> dict[str, Any]:
    """The main metric of each task of a study."""
    tasks = STUDIES[study].config.tasks
    return {name: main_metric(entry_of(name, _OWN)) for name in tasks}


def change(study: str, metrics: Row, baseline: Row) -> DeltaM:
    """Delta-m of some metrics against a baseline's."""
    metric = judged_by(study)
    higher = {name: info.higher_is_better for name, info in metric.items()}
    return delta_m(main_values(metrics, metric), main_values(baseline, metric), higher)


def tuning_rows(study: str, kept: Path) -> list[Row]:
    """The tuning runs of a study that are there."""
    rows = [json.loads(path.read_text()) for path in sorted(kept.glob(f"{study}_*_{TUNING_SEED}_*.json"))]
    return [row for row in rows if row["epochs"] == STUDIES[study].tuning_epochs]


def tuned(study: str, kept: Path) -> dict[str, dict[float, float]]:
    """By variant and rate, delta-m on validation images against single-task networks at the first rate."""
    rows = tuning_rows(study, kept)
    baseline = next(row for row in rows if row["name"] == "single" and row["rate"] == RATES[0])
    found: dict[str, dict[float, float]] = {}
    for row in rows:
        percent = change(study, row["validation"], baseline["validation"]).percent
        found.setdefault(row["name"], {})[row["rate"]] = float("inf") if percent is None else percent
    return found


def best_rates(study: str, kept: Path) -> dict[str, float]:
    """The learning rate of each variant that was tuned."""
    return {name: min(rates, key=rates.__getitem__) for name, rates in tuned(study, kept).items()}
