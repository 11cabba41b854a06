import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.training.sampling import Batches


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 1000))
def test_an_epoch_shows_no_example_twice(count: int, size: int, seed: int) -> None:
    size = min(size, count)
    batches = Batches(count, size, seed)
    epoch = np.concatenate([batches.indices(step) for step in range(count // size)])
    assert len(set(epoch.tolist())) == len(epoch)
    assert set(epoch.tolist()) <= set(range(count))


@given(st.integers(0, 200), st.integers(0, 50))
def test_a_batch_is_a_function_of_seed_and_step(step: int, seed: int) -> None:
    walked = Batches(37, 5, seed)
    for earlier in range(step):
        walked.indices(earlier)
    assert np.array_equal(walked.indices(step), Batches(37, 5, seed).indices(step))


def test_seeds_and_epochs_are_shuffled_apart() -> None:
    first, other = Batches(64, 64, 1), Batches(64, 64, 2)
    assert not np.array_equal(first.indices(0), other.indices(0))
    assert not np.array_equal(first.indices(0), first.indices(1))


@pytest.mark.parametrize("size", [0, 11])
def test_a_batch_must_fit_the_examples(size: int) -> None:
    with pytest.raises(ValueError, match="batch_size"):
        Batches(10, size, 0)
