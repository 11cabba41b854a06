"""Runs of variants in studies, in parallel, each kept as soon as it is done."""

import json
import multiprocessing
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from bench.multitask.settings import Variant
from bench.multitask.studies import STUDIES, Places
from bench.one_program import one_thread
from models.data.views import Views
from models.multitask.training import train
from models.training.progress import NullContext


@dataclass(frozen=True, slots=True)
class Wanted:
    """One run.

    Attributes:
        study: a name of `STUDIES`.
        variant: of a method.
        rate: learning rate.
        seed: of everything random.
        epochs: of the training.
    """

    study: str
    variant: Variant
    rate: float
    seed: int
    epochs: int

    @property
    def file(self) -> str:
        """That the run is kept in."""
        return (
            f"{self.study}_{self.variant.name.replace(' ', '_')}_{self.rate:g}_{self.seed}_{self.epochs}.json"
        )


@cache
def _views(study: str, places: Places) -> Views:
    return STUDIES[study].views(places)


def run(wanted: Wanted, places: Places) -> dict[str, Any]:
    """Train, and say what came of it in numbers that JSON holds."""
    variant = wanted.variant
    config = replace(
        STUDIES[wanted.study].config,
        learning_rate=wanted.rate,
        epochs=wanted.epochs,
        normalization=variant.normalization,
    )
    views = _views(wanted.study, places)
    started = time.process_time()
    trained = train(config, variant.method, wanted.seed, variant.preference, views, NullContext())
    history = trained.history
    return {
        **asdict(wanted),
        "name": variant.name,
        "metrics": trained.metrics,
        "validation": trained.validation_metrics,
        "steps": history.steps.tolist(),
        "weights": history.weights.tolist(),
        "stationarity": history.stationarity.tolist(),
        "validation_losses": history.validation.tolist(),
        "seconds": time.process_time() - started,
    }


def run_all(wanted: Iterable[Wanted], places: Places, kept: Path, workers: int) -> list[dict[str, Any]]:
    """Every run, from the folder where it is kept already."""
    kept.mkdir(parents=True, exist_ok=True)
    everything = list(dict.fromkeys(wanted))
    missing = [each for each in everything if not (kept / each.file).exists()]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=one_thread) as pool:
        running = {pool.submit(run, each, places): each for each in missing}
        for number, future in enumerate(as_completed(running), 1):
            each, found = running[future], future.result()
            scratch = kept / f"{each.file}.part"
            scratch.write_text(json.dumps(found))
            scratch.replace(kept / each.file)
            print(f"{number} of {len(missing)}: {each.file} in {found['seconds']:.0f} s", flush=True)
    return [json.loads((kept / each.file).read_text()) for each in everything]


def prepare(study: str, places: Places) -> None:
    """Make every array of a study once, before several processes ask for it."""
    from models.multitask.examples import required_labels  # noqa: PLC0415 - torch

    views = _views(study, places)
    views.prepare(required_labels(STUDIES[study].config.tasks, views), NullContext())
