import numpy as np
import pytest

from models.data.npz import NpzError, blocks
from models.data.nyu.file import NyuError, labelled_views, open_nyu
from models.data.nyu.splits import nyu_splits
from models.data.splits import SPLITS
from tests.nyu_file import STRETCH, nyu_arrays, nyu_file


def test_what_a_file_holds_is_told(tmp_path):
    file = open_nyu(nyu_file(tmp_path / "a.npz", notes=np.zeros(3), without=("seg",)))
    assert (file.image_size, file.unused, file.arrays) == (32, ("notes",), {"rgb", "depth", "normal"})
    assert labelled_views(file) == {"depth": 96, "normals": 96}


def test_every_view_is_in_one_split_and_test_is_the_official_one():
    is_test = np.asarray(nyu_arrays()["is_test"])
    splits = nyu_splits(is_test)
    assert sorted(np.concatenate([splits[split] for split in SPLITS]).tolist()) == list(range(len(is_test)))
    assert np.array_equal(splits["test"], np.flatnonzero(is_test))


def test_neighbours_without_a_test_view_between_them_share_their_split():
    rng = np.random.default_rng(1)
    is_test = np.repeat(rng.random(300) < 0.5, rng.integers(1, 6, 300))
    splits = nyu_splits(is_test)
    split_of = {int(view): split for split, ids in splits.items() for view in ids}
    for view in np.flatnonzero(~is_test[:-1] & ~is_test[1:]).tolist():
        assert split_of[view] == split_of[view + 1]
    shares = [len(splits[split]) / (~is_test).sum() for split in ("train", "transfer", "validation")]
    assert shares == pytest.approx([0.7, 0.2, 0.1], abs=0.03)


def test_a_file_without_gaps_is_cut_into_stretches():
    splits = nyu_splits(np.arange(400) >= 300)
    assert [len(splits[split]) for split in SPLITS] == pytest.approx([210, 60, 30, 100], abs=20)


@pytest.mark.parametrize(
    ("without", "changed", "named"),
    [
        (("rgb", "is_test"), {}, "array rgb is missing; the file has depth, normal, seg; array is_test"),
        ((), {"depth": np.zeros((96, 32, 32), np.float32)}, "array depth must be uint8 of shape"),
        ((), {"normal": np.zeros((96, 32, 32), np.uint8)}, "array normal must be"),
        ((), {"seg": np.zeros((95, 32, 32), np.uint8)}, r"array seg must be .*, is uint8 of shape \(95"),
        ((), {"is_test": np.zeros(96, np.uint8)}, "array is_test must be bool"),
        ((), {"is_test": np.zeros(96, bool)}, "array is_test leaves fewer than 2 views for the split test"),
        ((), {"rgb": np.zeros((96, 32, 48, 3), np.uint8)}, "array rgb must be"),
        ((), {"rgb": np.zeros((96, 20, 20, 3), np.uint8)}, "multiple of 8"),
        ((), {"rgb": np.asfortranarray(nyu_arrays()["rgb"])}, "ascontiguousarray"),
    ],
)
def test_an_array_that_does_not_fit_is_named(tmp_path, without, changed, named):
    with pytest.raises(NyuError, match=named):
        open_nyu(nyu_file(tmp_path / "a.npz", without=without, **changed))


def test_a_class_that_there_is_not_is_named_with_its_view(tmp_path):
    seg = np.array(nyu_arrays()["seg"])
    seg[70, 3, 4] = 40
    with pytest.raises(NyuError, match="seg holds 40 in view 70"):
        labelled_views(open_nyu(nyu_file(tmp_path / "a.npz", seg=seg)))


def test_pickled_objects_are_never_read(tmp_path):
    np.savez(tmp_path / "a.npz", rgb=np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(NyuError, match="array rgb holds Python objects"):
        open_nyu(tmp_path / "a.npz")


@pytest.mark.parametrize("kept", [0.0, 0.5])
def test_a_file_that_is_cut_short_is_no_npz(tmp_path, kept):
    path = nyu_file(tmp_path / "a.npz")
    path.write_bytes(path.read_bytes()[: int(kept * path.stat().st_size)])
    with pytest.raises(NyuError, match="no readable npz"):
        open_nyu(path)


def test_a_flipped_byte_within_an_array_is_found(tmp_path):
    path = nyu_file(tmp_path / "a.npz")
    data = bytearray(path.read_bytes())
    data[20_000] ^= 255  # in the compressed pixels of rgb, the first array
    path.write_bytes(data)
    with pytest.raises(NyuError, match="array rgb is damaged"):
        labelled_views(open_nyu(path))


@pytest.mark.parametrize("rows", [1, 7, 96, 1000])
def test_blocks_are_the_array(tmp_path, rows):
    path = nyu_file(tmp_path / "a.npz")
    parts = list(blocks(path, "normal", rows))
    assert {len(part) for part in parts[:-1]} <= {rows}
    assert np.array_equal(np.concatenate(parts), nyu_arrays()["normal"])


def test_an_array_that_is_not_there_is_named(tmp_path):
    with pytest.raises(NpzError, match="array smell"):
        next(blocks(nyu_file(tmp_path / "a.npz"), "smell", STRETCH))
