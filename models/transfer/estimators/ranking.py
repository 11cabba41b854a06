"""A first ranking of an atlas's transfers, from networks alone, before any transfer trains."""

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np

from models.data.views import Views
from models.training.progress import Part, RunContext, Stopped
from models.transfer.config import AtlasConfig
from models.transfer.estimators.arrays import EstimatorError, Numbers
from models.transfer.estimators.features import class_network, class_probabilities, features
from models.transfer.estimators.h_score import h_score
from models.transfer.estimators.leep import leep
from models.transfer.estimators.log_me import log_me
from models.transfer.estimators.methods import METHODS, Estimate, Method
from models.transfer.estimators.samples import SPLIT, Sample, draw_sample
from models.transfer.estimators.trans_rate import trans_rate
from models.transfer.representations import Representation
from models.transfer.saved import SavedTask
from models.transfer.task_specific import required_labels


class FrozenNetwork(Protocol):
    """What estimators need of a `TaskNetwork`, freshly trained or read back."""

    @property
    def weights(self) -> bytes:
        """Safetensors of the network."""
        ...

    @property
    def representations(self) -> Mapping[str, Representation]:
        """`"<inputs>/<split>"` -> (n, views * channels, h, w) float16."""
        ...


def estimate_transfers(
    config: AtlasConfig, networks: Mapping[str, FrozenNetwork], views: Views, context: RunContext
) -> list[Estimate]:
    """Every estimator's value for every first-order transfer of an atlas.

    Labels are those of the split `transfer`. The estimators that know classes alone (LEEP, H-score, TransRate) see
    the numbers of a regression in five bins of equal size, and take the mean over its columns.

    Args:
        config: of the atlas.
        networks: of every source, `random` included.
        views: the data set.
        context: hears of progress, and may stop it.

    Returns:
        One estimate per method, target and source other than the target, in this order of nesting; a value is None
        where the method is not defined: LEEP on sources without classes, all on targets without labels that mean the
        same in every image.

    Raises:
        Stopped: the context asked for it.
        KeyError: a network or representation is missing.
    """
    views.prepare(required_labels(config, views), Part(context, 0.0, 0.1))
    samples: list[Sample] = []
    for position, target in enumerate(config.targets):
        _go_on(context, 0.1 + 0.4 * position / len(config.targets), f"reading the labels of {target}")
        sample = draw_sample(config, target, networks[target].weights, views)
        if sample is not None:
            samples.append(sample)
    found: dict[tuple[Method, str, str], float | None] = {}
    for position, source in enumerate(config.sources):
        _go_on(context, 0.5 + 0.5 * position / len(config.sources), f"estimating transfers from {source}")
        classes = class_network(networks[source].weights)
        representations = networks[source].representations
        for sample in samples:
            if sample.target != source:
                seen = representations[f"{sample.representations}/{SPLIT}"]
                for method, value in _values(sample, seen, classes).items():
                    found[method, sample.target, source] = value
    return [
        Estimate(method, source, target, found.get((method, target, source)))
        for method in METHODS
        for target in config.targets
        for source in config.sources
        if source != target
    ]


def _values(sample: Sample, seen: Representation, classes: SavedTask | None) -> dict[Method, float | None]:
    rows = features(seen, sample)
    outputs = None if classes is None else class_probabilities(classes, seen, sample)
    return {
        "logme": _defined(lambda: log_me(rows - rows.mean(axis=0), sample.columns)),
        "leep": None if outputs is None else _mean(leep, outputs, sample),
        "hscore": _mean(h_score, rows, sample),
        "transrate": _mean(trans_rate, rows, sample),
    }


def _mean(estimator: Callable[..., float], rows: Numbers, sample: Sample) -> float | None:
    return _defined(lambda: float(np.mean([estimator(rows, labels) for labels in sample.labels])))


def _defined(estimate: Callable[[], float]) -> float | None:
    try:
        value = estimate()
    except (EstimatorError, np.linalg.LinAlgError):
        return None  # such as a source whose encoder answers the same for every image
    return value if np.isfinite(value) else None


def _go_on(context: RunContext, fraction: float, step: str) -> None:
    if context.should_stop():
        raise Stopped(step)
    context.progress(fraction, step)
