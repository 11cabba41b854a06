"""Measured numbers as JSON."""

import json

import numpy as np

from app.core.numbers import from_plain, number, plain, rounded


def test_numbers_are_sent_to_six_digits_and_what_is_none_as_null():
    assert number(np.float32(1 / 3)) == 0.333333
    assert number(np.float32(12345678)) == 12345700
    assert number(np.inf) is None
    assert rounded(None) is None
    assert rounded(1 / 3) == 0.333333


def test_arrays_survive_as_lists_with_null_for_nan():
    values = np.array([[0.5, np.nan], [0.25, 2]], dtype=np.float32)
    document = json.loads(json.dumps(plain(values), allow_nan=False))
    assert document == [[0.5, None], [0.25, 2.0]]
    np.testing.assert_array_equal(from_plain(document), values)
