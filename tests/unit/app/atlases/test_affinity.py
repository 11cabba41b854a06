import csv
import io
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.atlases.affinity import affinity_matrix, encode_csv, encode_json, encode_npy, in_dictionary_order
from app.atlases.importing import read_affinities
from app.transfers.records import StoredTransfer
from models.taxonomy.dictionary import TASKS

NAMES = ["depth", "normals", "edges_2d", "own_task", "random"]
SHARES = st.none() | st.floats(0, 1)


def stored(sources, target, affinity=None, win_rate=None, gain=None, quality=None):
    return StoredTransfer(
        id="trf_1",
        atlas_id="atl_1",
        sources=tuple(sources),
        target=target,
        affinity=affinity,
        win_rate=win_rate,
        win_rate_vs_scratch=gain,
        win_rate_vs_full=quality,
    )


@st.composite
def tables(draw):
    pairs = draw(
        st.lists(
            st.tuples(
                st.sets(st.sampled_from(NAMES), min_size=1, max_size=3).map(sorted),
                st.sampled_from(["depth", "normals"]),
            ),
            unique_by=lambda pair: (tuple(pair[0]), pair[1]),
            min_size=1,
        )
    )
    return [stored(*pair, draw(SHARES), draw(SHARES), draw(SHARES), draw(SHARES)) for pair in pairs]


def test_names_go_as_the_dictionary_has_them_in_either_spelling():
    names = ["self", "zebra", "random", "rgb2depth", "autoencoder", "ant", "depth", "self"]
    ordered = in_dictionary_order(names)
    assert ordered[0] == "autoencoder"
    assert ordered[-4:] == ["ant", "zebra", "random", "self"]
    assert in_dictionary_order(reversed(list(TASKS))) == list(TASKS)


@given(tables(), st.booleans())
def test_every_transfer_is_in_its_cell_and_every_other_cell_is_empty(table, normalized):
    targets = ["depth", "normals"]
    for order in {transfer.order for transfer in table}:
        matrix = affinity_matrix(table, targets, order=order, normalized=normalized)
        chosen = [transfer for transfer in table if transfer.order == order]
        assert set(matrix.sources) == {"+".join(transfer.sources) for transfer in chosen}
        found = {
            (source, target): matrix.values[row, column]
            for row, target in enumerate(matrix.targets)
            for column, source in enumerate(matrix.sources)
            if not np.isnan(matrix.values[row, column])
        }
        values = {
            ("+".join(each.sources), each.target): each.affinity if normalized else each.win_rate
            for each in chosen
        }
        assert found == {pair: value for pair, value in values.items() if value is not None}


@given(tables())
def test_the_encodings_agree(table):
    order = table[0].order
    matrix = affinity_matrix(table, ["depth", "normals"], order=order, normalized=True)
    document = json.loads(encode_json(matrix))
    assert document["lower_is_better"] is False
    np.testing.assert_array_equal(np.array(document["values"], dtype=np.float64), matrix.values)
    np.testing.assert_array_equal(np.load(io.BytesIO(encode_npy(matrix)), allow_pickle=False), matrix.values)


@given(tables())
def test_csv_reads_back_unchanged(table):
    order = table[0].order
    again = read_affinities("table.csv", encode_csv(table, order=order, normalized=True)).transfers
    assert [
        (each.sources, each.target, each.affinity, each.win_rate_vs_scratch, each.win_rate_vs_full)
        for each in again
    ] == [
        (each.sources, each.target, each.affinity, each.win_rate_vs_scratch, each.win_rate_vs_full)
        for each in table
        if each.order == order
    ]


def test_csv_without_normalisation_tells_the_win_rates_too():
    table = [stored(["depth"], "normals", affinity=0.5, win_rate=0.625, gain=0.75)]
    rows = list(csv.reader(io.StringIO(encode_csv(table, order=1, normalized=False).decode())))
    assert rows[0][-1] == "win_rate"
    assert rows[1] == ["depth", "normals", "0.5", "0.75", "", "0.625"]


@pytest.mark.parametrize(
    ("filename", "content", "format_"),
    [
        ("a.csv", b"sources,target,affinity,win_rate_vs_scratch,win_rate_vs_full\na,b,1,,\n", "csv"),
        ("a", b"sources,target,affinity,win_rate_vs_scratch,win_rate_vs_full\na,b,1,,\n", "csv"),
        ("a.csv", b"\x80\x02}X\x04\x00\x00\x00a__bG?\xf0\x00\x00\x00\x00\x00\x00s.", "pickle"),
    ],
)
def test_the_content_says_which_format_a_file_has(filename, content, format_):
    file = read_affinities(filename, content)
    assert file.format == format_
    assert [(each.sources, each.target, each.affinity) for each in file.transfers] == [(("a",), "b", 1.0)]
