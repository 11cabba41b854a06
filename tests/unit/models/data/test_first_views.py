import numpy as np
import pytest

from models.data.first_views import FirstViews, first_views
from models.data.rooms.config import RoomsConfig
from models.data.splits import SPLITS, SplitSizes
from models.data.views import INDEX, RoomsViews
from models.training.progress import NullContext

SIZES = SplitSizes(train=3, transfer=6, validation=2, test=4)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> RoomsViews:
    return RoomsViews(RoomsConfig(seed=1, size=16), SIZES, tmp_path_factory.mktemp("rooms"), workers=1)


def test_only_the_one_split_ends_early(whole: RoomsViews) -> None:
    few = first_views(whole, "transfer", 4)
    few.prepare(("depth",), NullContext())
    assert {split: few.size(split) for split in SPLITS} == {
        "train": 3,
        "transfer": 4,
        "validation": 2,
        "test": 4,
    }
    for split in SPLITS:
        arrays, all_arrays = few.load(split, ("depth",)), whole.load(split, ("depth",))
        assert set(arrays) == {"depth", INDEX}
        for name, array in arrays.items():
            assert np.array_equal(array, all_arrays[name][: few.size(split)])
    assert (few.image_size, few.labels, few.label_info) == (whole.image_size, whole.labels, whole.label_info)


def test_other_views_have_another_fingerprint(whole: RoomsViews) -> None:
    found = [first_views(whole, "transfer", count).fingerprint for count in (4, 5, 6)]
    assert len({*found, FirstViews(whole, "test", 4).fingerprint}) == 4
    assert first_views(whole, "transfer", 6) is whole


@pytest.mark.parametrize("count", [0, 7])
def test_more_views_than_there_are_cannot_be_kept(whole: RoomsViews, count: int) -> None:
    with pytest.raises(ValueError, match="transfer has 6 views"):
        first_views(whole, "transfer", count)
