"""The behaviour that Sener & Koltun 2018 report of MultiMNIST (Sec. 5.1), on scikit-learn's digits.

Fixed weights trade one digit for the other; MGDA-UB finds a balance by itself that neither end of the grid beats, near
to what a network of its own reaches for each digit.
"""

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pytest

from models.data.cached_views import CachedViews, all_views
from models.data.multimnist.bundled import bundled_digits
from models.data.multimnist.source import multimnist
from models.data.pooled import PooledViews
from models.multitask.config import MultitaskConfig
from models.multitask.results import Trained
from models.multitask.training import train
from models.networks.config import NetworkConfig
from models.training.progress import NullContext

CONFIG = MultitaskConfig(
    tasks=("left", "right"),
    architecture="lenet",
    network=NetworkConfig(
        image_size=28, encoder_widths=(16, 32), encoder_blocks=(0, 0), decoder_widths=(16, 16)
    ),
    epochs=30,
    batch_size=64,
    learning_rate=3e-3,
    evaluations=5,
)


@cache
def pairs() -> PooledViews:
    source = multimnist(bundled_digits(), seed=0)
    return PooledViews(CachedViews(source, all_views(source), Path(mkdtemp())))


@cache
def trained(method: str, weights: tuple[float, float] | None = None) -> Trained:
    return train(CONFIG, method, 0, weights, pairs(), NullContext())


def accuracy(found: Trained) -> np.ndarray:
    return np.array([found.metrics[task]["top_1"] for task in CONFIG.tasks])


@pytest.mark.science
@pytest.mark.slow
class TestMultiMnist:
    def test_fixed_weights_trade_one_digit_for_the_other(self) -> None:
        left, right = (accuracy(trained("grid", weights)) for weights in ((0.9, 0.1), (0.1, 0.9)))
        assert left[0] > right[0] + 0.3
        assert right[1] > left[1] + 0.3

    def test_mgda_ub_balances_the_digits_by_itself(self) -> None:
        ends = [accuracy(trained("grid", weights)) for weights in ((0.9, 0.1), (0.1, 0.9))]
        found = accuracy(trained("mgda-ub"))
        assert found.min() > max(end.min() for end in ends) + 0.3
        assert not any((end >= found).all() for end in ends)

    def test_mgda_ub_comes_near_to_networks_of_one_digit_each(self) -> None:
        assert (accuracy(trained("mgda-ub")) > accuracy(trained("single")) - 0.1).all()
