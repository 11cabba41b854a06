"""Cursors lead from page to page, and nothing else is taken for one."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import InvalidInput
from app.core.pagination import cut, decode_cursor, encode_cursor


@given(st.lists(st.text(), min_size=1, max_size=3))
def test_a_cursor_holds_its_key(key):
    cursor = encode_cursor(key)
    assert decode_cursor(cursor, len(key)) == key
    assert cursor.isascii()
    assert not set(cursor) & set("+/= &?#")


def test_no_cursor_is_the_first_page():
    assert decode_cursor(None, 2) is None


def encoded(document):
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "nonsense",
        "äöü",
        "\x00",
        "a",
        "=",
        encoded({"a": 1}),
        encoded(["one"]),
        encoded(["one", "two", "three"]),
        encoded(["one", 2]),
        encoded(["one", None]),
        encoded(["one", "\ud800"]),
        base64.urlsafe_b64encode(b"[" * 50_000).decode(),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    ],
)
def test_whatever_is_no_cursor_of_the_list_is_refused(cursor):
    with pytest.raises(InvalidInput) as error:
        decode_cursor(cursor, 2)
    assert [each.pointer for each in error.value.errors] == ["cursor"]


@given(st.text(max_size=50))
def test_no_text_breaks_the_reader_of_cursors(text):
    try:
        key = decode_cursor(text, 2)
    except InvalidInput:
        return
    assert len(key) == 2


@pytest.mark.parametrize("count", range(8))
def test_pages_hold_every_row_once(count):
    rows, seen, cursor = list(range(count)), [], None
    while True:
        begin = 0 if cursor is None else int(decode_cursor(cursor, 1)[0]) + 1
        page, cursor = cut(rows[begin : begin + 3 + 1], 3, lambda row: [str(row)])
        assert len(page) <= 3
        seen += page
        if cursor is None:
            break
    assert seen == rows
