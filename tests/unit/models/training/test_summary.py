import numpy as np
import pytest

from models.training.summary import Summary, summarise


def test_a_summary_has_the_sample_deviation_and_leaves_out_what_is_not_known() -> None:
    found = summarise([0.5, np.nan, 0.7, None, 0.9])
    assert found.mean == pytest.approx(0.7)
    assert found.deviation == pytest.approx(0.2)
    assert found.n == 3
    assert found.standard_error == pytest.approx(0.2 / 3**0.5)


def test_one_seed_has_no_deviation_and_none_no_mean() -> None:
    assert summarise([0.5]) == Summary(mean=0.5, deviation=None, n=1)
    assert summarise([0.5]).standard_error is None
    assert summarise([np.nan]) == Summary(mean=None, deviation=None, n=0)
