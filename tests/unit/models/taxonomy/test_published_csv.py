import csv

import pytest

from models.taxonomy import published
from models.taxonomy.published import PublishedFileError, read_csv
from models.taxonomy.table import Transfer
from tests.unit.models.taxonomy.brute_force import published_table

HEADER = "sources,target,affinity,win_rate_vs_scratch,win_rate_vs_full\n"


def test_rows_become_transfers_and_what_is_empty_was_not_measured() -> None:
    text = 'target,sources,affinity,win_rate_vs_scratch,win_rate_vs_full,note\nt,a+b,0.25,,1e-1,"x, y"\na,self,,.5,1,\n'
    assert read_csv(text.encode()) == [
        Transfer(("a", "b"), "t", 0.25, None, 0.1, {"note": "x, y"}),
        Transfer(("self",), "a", None, 0.5, 1.0, {"note": ""}),
    ]


def test_byte_order_mark_windows_lines_and_blank_lines_are_read() -> None:
    content = b"\xef\xbb\xbf" + (HEADER + "\na,t,1,0,0\n\n").replace("\n", "\r\n").encode()
    assert read_csv(content) == [Transfer(("a",), "t", 1.0, 0.0, 0.0)]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("a,t,x,0,0", "not a number"),
        ("a,t,1_0,0,0", "not a number"),
        ("a,t,٣,0,0", "not a number"),
        ("a,t,-0.1,0,0", "negative"),
        ("a,t,nan,0,0", "not finite"),
        ("a,t,-inf,0,0", "not finite"),
        ("a,t,1e999,0,0", "not finite"),
        ("a,t,0,1.5,0", "at most 1"),
        ("a,t,0,0,-1", "negative"),
        ("c,t,0,0", "4 cells"),
        ("c,t,0,0,0,0", "6 cells"),
        (",t,0,0,0", "empty"),
        ("c,,0,0,0", "empty"),
        ("c+,t,0,0,0", "empty"),
        (" c,t,0,0,0", "no proper name"),
        ("c\0,t,0,0,0", "no proper name"),
        ("c+c,t,0,0,0", "twice"),
        ("self+c,t,0,0,0", "joins no other"),
        ("c,self,0,0,0", "reserved"),
        ("b+a,t,0,0,0", "same transfer as in line 2"),
        (f"{'c' * 101},t,0,0,0", "100 characters"),
        ('"c,t,0,0,0', "not CSV"),
        ('"c"d,t,0,0,0', "not CSV"),
    ],
)
def test_bad_row_rejects_the_file_and_is_named(row: str, words: str) -> None:
    content = f"{HEADER}a+b,t,0.5,0,0\n{row}\nz,t,0.5,0,0\n".encode()
    with pytest.raises(PublishedFileError) as caught:
        read_csv(content)
    assert words in caught.value.detail
    assert caught.value.line == 3


@pytest.mark.parametrize(
    "header",
    [
        "sources,target,affinity,win_rate_vs_scratch",
        "sources,target,affinity,win_rate_vs_scratch,win_rate_vs_full,note,note",
        "sources,target,affinity,win_rate_vs_scratch,win_rate_vs_full,",
        "",
    ],
)
def test_header_without_a_column_or_with_two_alike_is_refused(header: str) -> None:
    with pytest.raises(PublishedFileError) as caught:
        read_csv(f"{header}\na,t,0,0,0\n".encode())
    assert caught.value.line == 1


def test_empty_file_is_refused() -> None:
    with pytest.raises(PublishedFileError):
        read_csv(b"")


def test_other_encodings_are_refused_with_their_line() -> None:
    with pytest.raises(PublishedFileError) as caught:
        read_csv((HEADER + "é,t,0,0,0\n").encode("latin-1"))
    assert caught.value.line == 2


def test_line_is_counted_in_the_file_where_a_cell_spans_several() -> None:
    content = (HEADER.strip() + ',note\na,t,0,0,0,"one\ntwo"\nb,t,x,0,0,\n').encode()
    with pytest.raises(PublishedFileError) as caught:
        read_csv(content)
    assert caught.value.line == 4


def test_too_many_transfers_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(published, "MAX_TRANSFERS", 2)
    rows = "".join(f"{name},t,0,0,0\n" for name in "abc")
    with pytest.raises(PublishedFileError, match="more than 2"):
        read_csv((HEADER + rows).encode())


def test_huge_cell_is_refused() -> None:
    with pytest.raises(PublishedFileError):
        read_csv((HEADER + "x" * (csv.field_size_limit() + 1) + ",t,0,0,0\n").encode())


@pytest.mark.science
def test_released_affinities_are_read_whole_and_sum_to_one_per_target() -> None:
    table = published_table()
    assert len(table) == 1762
    assert sum(row.affinity is None for row in table) == 4
    assert {row.order for row in table} == set(range(1, 25))
    targets = {row.target for row in table}
    assert len(targets) == 22
    for target in targets:
        assert sum(row.affinity or 0 for row in table if row.target == target) == pytest.approx(1.0)


@pytest.mark.science
@pytest.mark.parametrize(
    ("order", "quality", "gain"), [(1, 0.243, 0.682), (2, 0.286, 0.808), (3, 0.298, 0.821), (4, 0.304, 0.833)]
)
def test_best_transfers_of_the_released_file_have_the_known_quality_and_gain(
    order: int, quality: float, gain: float
) -> None:
    usable = [
        row
        for row in published_table()
        if row.order <= order
        and row.sources != ("self",)
        and row.target not in row.sources
        and row.quality is not None
        and row.gain is not None
    ]
    best = [
        max((row for row in usable if row.target == target), key=lambda row: row.quality)
        for target in {row.target for row in usable}
    ]
    assert sum(row.quality for row in best) / 22 == pytest.approx(quality, abs=0.0006)
    assert sum(row.gain for row in best) / 22 == pytest.approx(gain, abs=0.0006)
