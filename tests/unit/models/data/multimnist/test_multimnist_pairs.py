import numpy as np
from PIL import Image

from models.data.multimnist.pairs import overlapped, partners
from models.data.multimnist.splits import digit_splits


def digits(count, seed):
    return np.random.default_rng(seed).integers(0, 256, (count, 28, 28, 1), dtype=np.uint8)


def test_an_image_is_that_of_the_paper_s_loader():
    left, right = digits(3, 0), digits(3, 1)
    for each, (first, second) in zip(overlapped(left, right, 28), zip(left, right, strict=True), strict=True):
        canvas = np.zeros((36, 36), dtype=np.uint8)
        canvas[:28, :28] = first[..., 0]
        canvas[6:34, 6:34] = second[..., 0]
        canvas[6:28, 6:28] = np.maximum(first[6:28, 6:28, 0], second[:22, :22, 0])
        expected = Image.fromarray(canvas).resize((28, 28), Image.Resampling.NEAREST)
        assert np.array_equal(each[..., 0], expected)


def test_at_the_size_of_the_canvas_both_digits_are_whole_but_for_the_overlap():
    left, right = digits(2, 0), digits(2, 1)
    found = overlapped(left, right, 36)
    assert np.array_equal(found[:, :6, :28], left[:, :6])
    assert np.array_equal(found[:, 28:34, 6:34], right[:, 22:])
    assert not found[:, 34:].any()


def test_partners_are_of_the_same_split_and_a_function_of_the_seed():
    splits = digit_splits(400, 100, seed=3)
    found = partners(splits, seed=3)
    for ids in splits.values():
        assert np.isin(found[ids], ids).all()
        assert len(set(found[ids].tolist())) > len(ids) / 2, "drawn from all of them"
    assert np.array_equal(found, partners(splits, seed=3))
    assert not np.array_equal(found, partners(splits, seed=4))
