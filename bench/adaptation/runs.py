"""Runs of methods on tasks, in parallel, each kept as soon as it is done."""

import json
import multiprocessing
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.adaptation.settings import CHOSEN
from bench.adaptation.tasks import TASKS, Places
from bench.one_program import one_thread
from models.adaptation.config import SELECTORS, AdaptationConfig, Method, Mode
from models.adaptation.evaluation import shared_classes
from models.adaptation.training import adapt
from models.training.progress import NullContext

COMMON: dict[str, Any] = {"steps": 600, "batch_size": 32, "evaluations": 8, "learning_rate": 0.02}
"""What every method trains with."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One run.

    Attributes:
        task: a name of `TASKS`.
        method: of adaptation.
        mode: of SAN; others have none.
        seed: of everything random.
        weight: of the adversarial loss.
    """

    task: str
    method: Method
    mode: Mode
    seed: int
    weight: float

    @property
    def name(self) -> str:
        """Of the file that the run is kept in."""
        return f"{self.task}_{self.method}_{self.mode}_{self.seed}_{self.weight:g}.json"


def run(wanted: Wanted, places: Places) -> dict[str, Any]:
    """Train, and say what came of it in numbers that JSON holds."""
    started = time.process_time()
    task = TASKS[wanted.task](places)
    config = AdaptationConfig(
        classes=task.classes,
        image_size=task.source.inputs.shape[1],
        augmentation=task.augmentation,
        mode=wanted.mode,
        selector=CHOSEN,
        adversarial_weight=wanted.weight,
        **COMMON,
    )
    adapted = adapt(config, wanted.method, wanted.seed, task.source, task.target, NullContext())
    history = adapted.history
    shared = shared_classes(task.target.labels, len(task.classes))
    weights = history.class_weights
    oracle = history.oracle()
    return {
        **asdict(wanted),
        "title": task.title,
        "classes": len(task.classes),
        "chosen_at": history.chosen(config.selector),
        "source": len(task.source),
        "target": len(task.target),
        "last": float(history.target_accuracy[-1]),
        "oracle": None if oracle is None else float(history.target_accuracy[oracle]),
        "selected": {name: float(history.target_accuracy[history.chosen(name)]) for name in SELECTORS},
        "source_accuracy": float(history.source_accuracy[-1]),
        "curve": history.target_accuracy.tolist(),
        "steps": history.steps.tolist(),
        "scores": {name: values.tolist() for name, values in history.scores.items()},
        "source_curve": history.source_accuracy.tolist(),
        "shared_weight": None if weights is None else float(weights[-1][shared].mean()),
        "outlier_weight": None if weights is None or shared.all() else float(weights[-1][~shared].mean()),
        "predictions": adapted.predictions.tolist(),
        "confidence": np.round(adapted.confidence, 3).tolist(),
        "seconds": time.process_time() - started,
    }


def run_all(wanted: Iterable[Wanted], places: Places, kept: Path, workers: int) -> list[dict[str, Any]]:
    """Every run, from the folder where it is kept already."""
    kept.mkdir(parents=True, exist_ok=True)
    everything = list(dict.fromkeys(wanted))
    missing = [each for each in everything if not (kept / each.name).exists()]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=one_thread) as pool:
        running = {pool.submit(run, each, places): each for each in missing}
        for number, future in enumerate(as_completed(running), 1):
            each, found = running[future], future.result()
            scratch = kept / f"{each.name}.part"
            scratch.write_text(json.dumps(found))
            scratch.replace(kept / each.name)
            print(
                f"{number} of {len(missing)}: {each.task} {each.method} {each.mode} seed {each.seed}, "
                f"weight {each.weight:g}: {100 * found['last']:.1f} % in {found['seconds']:.0f} s",
                flush=True,
            )
    return [json.loads((kept / each.name).read_text()) for each in everything]
