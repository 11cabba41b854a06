import json

import numpy as np

from models.data.cache import GrowingArrays, keep_json


def test_arrays_grow_from_chunk_to_chunk(tmp_path):
    arrays = GrowingArrays(tmp_path, 5)
    arrays.add({"a": np.array([[1, 2], [3, 4]], np.uint8), "b": np.array([0.5, 1.5])})
    assert arrays.done == 0.4
    arrays.add({"a": np.array([[5, 6], [7, 8], [9, 10]], np.uint8), "b": np.array([2.5, 3.5, 4.5])})
    arrays.flush()
    assert arrays.done == 1
    assert np.load(tmp_path / "a.npy").tolist() == [[1, 2], [3, 4], [5, 6], [7, 8], [9, 10]]
    assert (np.load(tmp_path / "a.npy").dtype, np.load(tmp_path / "b.npy").tolist()) == (
        np.uint8,
        [0.5, 1.5, 2.5, 3.5, 4.5],
    )


def test_what_is_kept_appears_whole_in_a_folder_that_is_made(tmp_path):
    kept = tmp_path / "new" / "kept.json"
    keep_json(kept, {"a": [1]})
    keep_json(kept, {"a": [2]})
    assert json.loads(kept.read_text()) == {"a": [2]}
    assert list(kept.parent.iterdir()) == [kept]
