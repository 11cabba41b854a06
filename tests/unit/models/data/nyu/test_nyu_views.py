import numpy as np
import pytest

from models.data.labels_2d import edges_2d
from models.data.nyu.file import open_nyu
from models.data.nyu.views import NyuViews
from models.data.splits import SPLITS, SplitSizes
from models.data.views import INDEX, UnknownLabel
from models.tasks.registry import definition
from models.training.progress import NullContext, Stopped
from tests.nyu_file import nyu_arrays, nyu_file

SIZES = SplitSizes(train=30, transfer=8, validation=4, test=20)


@pytest.fixture
def views(tmp_path):
    return NyuViews(open_nyu(nyu_file(tmp_path / "a.npz")), SIZES, tmp_path / "cache")


def test_labels_are_those_of_the_views_that_the_index_names(views):
    arrays = nyu_arrays()
    for split in SPLITS:
        found = {name: np.asarray(values) for name, values in views.load(split, views.labels).items()}
        ids = found[INDEX]
        assert len(set(ids.tolist())) == SIZES.size(split)
        assert set(arrays["is_test"][ids]) == {split == "test"}
        assert np.array_equal(found["rgb"], arrays["rgb"][ids])
        assert found["depth"] == pytest.approx(arrays["depth"][ids] / 25.5)
        assert np.array_equal(found["semantic_segmentation"], arrays["seg"][ids])
        assert np.array_equal(found["edges_2d"], edges_2d(arrays["rgb"][ids]))
        assert np.linalg.norm(found["normals"], axis=-1) == pytest.approx(1)
        floor = arrays["seg"][ids] == 1
        assert found["normals"][floor][:, 1].max() < -0.99, "a floor faces up, against y"
        assert found["normals"][~floor][:, 2].max() < -0.99, "a wall faces the camera, against z"
        assert found["valid"].all()


def test_a_pixel_without_depth_or_normal_is_not_valid(tmp_path):
    depth, normal = np.array(nyu_arrays()["depth"]), np.array(nyu_arrays()["normal"])
    depth[:, 0, 0], normal[:, 0, 1] = 0, 127
    file = open_nyu(nyu_file(tmp_path / "a.npz", depth=depth, normal=normal))
    valid = np.asarray(NyuViews(file, SIZES, tmp_path / "cache").load("train", ("valid",))["valid"])
    assert not valid[:, 0, :2].any()
    assert valid[:, 0, 2:].all()
    assert valid[:, 1:].all()


def test_class_39_counts_as_unknown(views):
    task = definition("semantic_segmentation", image_size=32, label_info=views.label_info)
    assert task.label_info.semantic_ignored == (39,)
    assert task.label_info.semantic_classes[39] == "otherprop"


def test_fewer_views_are_taken_from_all_over_the_split(tmp_path):
    file = open_nyu(nyu_file(tmp_path / "a.npz"))
    few = SplitSizes(train=4, transfer=2, validation=2, test=4)
    ids = np.asarray(NyuViews(file, few, tmp_path / "cache").load("test", ())[INDEX])
    assert np.diff(ids).min() > 6, "neighbours are one scene"
    with pytest.raises(ValueError, match="split test"):
        NyuViews(file, SplitSizes(train=4, transfer=2, validation=2, test=60), tmp_path)


def test_labels_whose_arrays_are_missing_are_not_offered(tmp_path):
    file = open_nyu(nyu_file(tmp_path / "a.npz", without=("depth", "normal")))
    views = NyuViews(file, SIZES, tmp_path / "cache")
    assert views.labels == {"rgb", "semantic_segmentation", "edges_2d", "keypoints_2d", "segmentation_2d"}
    with pytest.raises(UnknownLabel, match="depth"):
        views.load("train", ("depth",))


def test_prepared_views_are_not_worked_out_again(views):
    class Stopper(NullContext):
        def should_stop(self):
            return True

    with pytest.raises(Stopped):
        views.prepare(views.labels, Stopper())
    views.prepare(views.labels, NullContext())
    views.prepare(views.labels, Stopper())


def test_other_content_or_sizes_have_another_fingerprint(views, tmp_path):
    same = open_nyu(tmp_path / "a.npz")
    other = open_nyu(nyu_file(tmp_path / "b.npz", seg=np.zeros((96, 32, 32), np.uint8)))
    fewer = SplitSizes(train=29, transfer=8, validation=4, test=20)
    assert NyuViews(same, SIZES, tmp_path / "elsewhere").fingerprint == views.fingerprint
    assert (
        len(
            {
                views.fingerprint,
                *(NyuViews(*each, tmp_path).fingerprint for each in ((other, SIZES), (same, fewer))),
            }
        )
        == 3
    )
