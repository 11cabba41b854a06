import numpy as np
import pytest

from models.training.curves import curve


def test_a_curve_keeps_the_mean_of_every_stretch() -> None:
    short = curve(np.arange(100, dtype=np.float32))
    assert len(short.steps) == 50
    assert short.steps[-1] == 100
    assert short.losses[:2] == pytest.approx((0.5, 2.5))


def test_a_short_training_keeps_every_step() -> None:
    assert curve(np.array([3.0, 1.0])).losses == (3.0, 1.0)
