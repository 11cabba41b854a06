"""A first ranking of an atlas's transfers, from networks alone, before any transfer trains."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Protocol

import numpy as np

from models.data.views import Views
from models.training.progress import Part, RunContext, Stopped
from models.transfer.config import AtlasConfig
from models.transfer.estimators.arrays import EstimatorError, Labels, Numbers
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
    config: AtlasConfig,
    networks: Mapping[str, FrozenNetwork],
    views: Views,
    context: RunContext,
    methods: Sequence[Method] = METHODS,
) -> list[Estimate]:
    """Every estimator's value for every first-order transfer of an atlas.

    Labels are those of the split `transfer`. The estimators that know classes alone (LEEP, H-score, TransRate) see
    the numbers of a regression in five bins of equal size, and take the mean over its columns.

    Args:
        config: of the atlas.
        networks: of every source, `random` included.
        views: the data set.
        context: hears of progress, and may stop it.
        methods: which estimators.

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
        classes = class_network(networks[source].weights) if "leep" in methods else None
        representations = networks[source].representations
        for sample in samples:
            if sample.target != source:
                seen = _Seen(representations[f"{sample.representations}/{SPLIT}"], sample, classes)
                for method in methods:
                    found[method, sample.target, source] = _defined(seen.estimate, method)
    return [
        Estimate(method, source, target, found.get((method, target, source)))
        for method in methods
        for target in config.targets
        for source in config.sources
        if source != target
    ]


class _Seen:
    """One source on the rows of one target; features are made when they are first asked for."""

    def __init__(self, representation: Representation, sample: Sample, classes: SavedTask | None) -> None:
        self._representation, self._sample, self._classes = representation, sample, classes

    @cached_property
    def _features(self) -> Numbers:
        return features(self._representation, self._sample)

    def estimate(self, method: Method) -> float | None:
        """What a method says; None where it is not defined for this source.

        Raises:
            EstimatorError: it is not defined on these numbers.
        """
        if method == "leep":
            if self._classes is None:
                return None
            outputs = class_probabilities(self._classes, self._representation, self._sample)
            return None if outputs is None else self._mean(leep, outputs)
        if method == "logme":
            return log_me(self._features - self._features.mean(axis=0), self._sample.columns)
        return self._mean(h_score if method == "hscore" else trans_rate, self._features)

    def _mean(self, estimator: Callable[[Numbers, Labels], float], rows: Numbers) -> float:
        return float(np.mean([estimator(rows, labels) for labels in self._sample.labels]))


def _defined(estimate: Callable[[Method], float | None], method: Method) -> float | None:
    try:
        value = estimate(method)
    except (EstimatorError, np.linalg.LinAlgError):
        return None  # such as of a source whose encoder answers the same for every image
    return value if value is not None and np.isfinite(value) else None


def _go_on(context: RunContext, fraction: float, step: str) -> None:
    if context.should_stop():
        raise Stopped(step)
    context.progress(fraction, step)
