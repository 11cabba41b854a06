import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from taskatlas_client import Affinity, MalformedResponseError
from taskatlas_client._decode import decode


@dataclass(frozen=True, slots=True)
class Leaf:
    count: int
    ratio: float | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    leaves: list[Leaf]
    by_name: dict[str, Leaf]
    state: Literal["on", "off"]
    at: datetime
    extra: dict[str, Any] | None = None


BRANCH = {
    "leaves": [{"count": 1, "ratio": 2}],
    "by_name": {"a": {"count": 3}},
    "state": "on",
    "at": "2026-01-02T03:04:05Z",
}


def test_nested_objects_become_dataclasses():
    branch = decode(Branch, BRANCH)
    assert branch.leaves == [Leaf(1, 2.0)]
    assert branch.by_name == {"a": Leaf(3)}
    assert branch.at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_fields_of_a_newer_server_are_ignored():
    assert decode(Leaf, {"count": 1, "colour": "red"}) == Leaf(1)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"leaves": [{"count": "1"}]}, r"\$\.leaves\[0\]\.count"),
        ({"leaves": [{}]}, r"\$\.leaves\[0\]\.count is missing"),
        ({"leaves": [{"count": True}]}, "count"),
        ({"state": "maybe"}, "state"),
        ({"at": "yesterday"}, "at"),
        ({"by_name": []}, "by_name"),
    ],
)
def test_a_wrong_field_is_named(change, path):
    with pytest.raises(MalformedResponseError, match=path):
        decode(Branch, BRANCH | change)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_json_is_decoded_or_refused_in_our_words(value):
    with contextlib.suppress(MalformedResponseError):
        decode(Branch, value)


def test_affinity_becomes_an_array_with_nan_where_not_trained():
    np = pytest.importorskip("numpy")
    array = Affinity(["t"], ["a", "b"], [[0.5, None]], lower_is_better=False, order=1).to_numpy()
    assert array.shape == (1, 2)
    np.testing.assert_array_equal(array, [[0.5, np.nan]])
