import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.data.splits import SPLITS, SplitError, SplitSizes

PAPER = SplitSizes(train=120_000, transfer=16_000, validation=4_000, test=17_000)


def test_total_counts_every_split() -> None:
    assert PAPER.total == 157_000 == sum(PAPER.size(split) for split in SPLITS)


@given(total=st.integers(min_value=200, max_value=2_000_000))
def test_scaled_sizes_sum_to_what_was_asked_in_the_same_proportions(total: int) -> None:
    scaled = PAPER.scaled_to(total)
    assert scaled.total == total
    for split in SPLITS:
        assert scaled.size(split) == pytest.approx(PAPER.size(split) * total / PAPER.total, abs=4)


@pytest.mark.parametrize("split", SPLITS)
def test_a_split_of_less_than_two_images_is_refused(split: str) -> None:
    sizes = {"train": 9, "transfer": 9, "validation": 9, "test": 9, split: 1}
    with pytest.raises(SplitError, match=split):
        SplitSizes(**sizes)


def test_a_total_too_small_to_split_is_refused() -> None:
    with pytest.raises(SplitError, match="train"):
        PAPER.scaled_to(6)
