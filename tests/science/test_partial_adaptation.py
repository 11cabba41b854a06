"""The behaviour that Cao et al. 2018 report, on scikit-learn's digits and a rendered change of their look.

A target holds half of the source's classes: aligning it with the whole source (DANN) does worse than selecting what
it is aligned with (SAN), which also finds out by itself which classes are not there.
"""

from functools import cache
from statistics import mean

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import grey_dilation
from sklearn.datasets import load_digits

from models.adaptation.config import AdaptationConfig, Method
from models.adaptation.domains import Domain
from models.adaptation.results import Adapted
from models.adaptation.training import adapt
from models.training.progress import NullContext

SEEDS = (0, 1, 2)
CONFIG = AdaptationConfig(
    classes=tuple("0123456789"), image_size=16, steps=400, batch_size=32, evaluations=4, learning_rate=0.02
)


def images(gray: np.ndarray) -> np.ndarray:
    large = [np.asarray(Image.fromarray(each).resize((16, 16), Image.Resampling.BILINEAR)) for each in gray]
    return np.repeat(np.stack(large)[..., None], 3, axis=3)


@cache
def domains() -> tuple[Domain, Domain]:
    """Half of the digits as they are; of the other half those below 5, bold and pale."""
    digits = load_digits()
    gray, labels = (digits.images * 15.9).astype(np.uint8), digits.target.astype(np.int64)
    order = np.random.default_rng(0).permutation(len(gray))
    source, rest = order[: len(order) // 2], order[len(order) // 2 :]
    target = rest[labels[rest] < 5]
    bold = grey_dilation(gray[target], size=(1, 1, 2))
    look = 40 + bold.astype(np.float64) * 0.7 + np.random.default_rng(1).normal(0, 12, bold.shape)
    return (
        Domain(images(gray[source]), labels[source]),
        Domain(images(look.clip(0, 255).astype(np.uint8)), labels[target]),
    )


@cache
def runs(method: Method) -> tuple[Adapted, ...]:
    return tuple(adapt(CONFIG, method, seed, *domains(), NullContext()) for seed in SEEDS)


def accuracy(method: Method) -> float:
    return mean(float(run.history.target_accuracy[-1]) for run in runs(method))


@pytest.mark.science
@pytest.mark.timeout(600)
def test_selecting_what_is_aligned_does_better_than_aligning_everything_and_than_nothing() -> None:
    assert accuracy("san") > accuracy("dann") + 0.03
    assert accuracy("san") > accuracy("source-only")


@pytest.mark.science
@pytest.mark.timeout(600)
def test_selection_finds_the_classes_that_are_not_there() -> None:
    weights = np.stack(
        [run.history.class_weights[-1] for run in runs("san") if run.history.class_weights is not None]
    )
    assert weights[:, 5:].mean() < 0.5 * weights[:, :5].mean()
