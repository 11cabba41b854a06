import numpy as np
import pytest

from models.multitask.library import DRAWING
from models.multitask.library_memory import MEMORIES
from models.multitask.methods import METHODS
from models.multitask.results import Trained
from models.multitask.training import train
from models.training.progress import NullContext, Stopped
from tests.unit.models.multitask.tiny import CONFIG, TinyViews
from tests.unit.models.transfer.small import Recorder

CARRYING = sorted({*MEMORIES, *DRAWING, "IMTLL", "PBI"})
"""Methods that carry anything from step to step beside the network, or take a preference."""


@pytest.fixture(scope="module")
def views() -> TinyViews:
    return TinyViews()


def trained(views: TinyViews, method: str, context: NullContext) -> Trained:
    preference = (0.5, 0.3, 0.2) if METHODS[method].by_preference else None
    return train(CONFIG, method, 0, preference, views, context)


@pytest.mark.parametrize("method", CARRYING)
def test_a_training_that_was_stopped_and_taken_up_gives_the_same_numbers(
    views: TinyViews, method: str
) -> None:
    unbroken = trained(views, method, NullContext())
    first = Recorder(stop_after=5)
    with pytest.raises(Stopped):
        trained(views, method, first)
    resumed = trained(views, method, Recorder(first.checkpoint))
    assert resumed.weights == unbroken.weights
    np.testing.assert_array_equal(resumed.history.losses, unbroken.history.losses)
    np.testing.assert_array_equal(resumed.history.weights, unbroken.history.weights)
    assert np.isfinite(unbroken.history.losses).all()
    assert np.isfinite(unbroken.history.weights).all() == (method != "GradDrop")
