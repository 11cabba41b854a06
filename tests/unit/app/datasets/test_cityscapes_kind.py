import pytest

from app.datasets.kinds.base import DatasetRejected
from app.datasets.kinds.cityscapes import CityscapesFolder
from models.taxonomy.dictionary import TASKS
from tests.cityscapes_layout import cityscapes_folder, file_of


def test_defaults_are_filled_in(tmp_path):
    found = CityscapesFolder().inspect(cityscapes_folder(tmp_path / "data"), {})
    assert found.options == {"size": 128, "seed": 0}
    assert found.report.image_size == 128


def test_the_report_counts_frames_by_split_and_task(tmp_path):
    report = CityscapesFolder().inspect(cityscapes_folder(tmp_path / "data"), {"size": 16}).report
    assert sum(report.splits.values()) == 23
    assert report.splits["test"] == 5
    assert set(report.tasks) == {*TASKS, "instance_offsets", "disparity"}
    available = {name for name, task in report.tasks.items() if task.available}
    assert available == {
        *("autoencoding", "denoising", "colorization", "inpainting", "jigsaw", "random"),
        *("edges_2d", "keypoints_2d", "segmentation_2d"),
        *("semantic_segmentation", "instance_offsets", "disparity"),
    }
    assert report.tasks["disparity"].views == 23
    assert report.tasks["depth"].detail == "cityscapes has no labels for depth"
    assert [task.name for task in report.own] == ["instance_offsets", "disparity"]


def test_the_report_says_what_a_folder_lacks(tmp_path):
    root = cityscapes_folder(tmp_path / "data", without=("disparity",))
    file_of(root, "train", "aachen", 0, "gtFine_labelIds").write_bytes(b"")
    report = CityscapesFolder().inspect(root, {"size": 16}).report
    assert report.tasks["disparity"].detail == "the folder has no disparity/PART/CITY/CITY_..._disparity.png"
    assert [task.name for task in report.own] == ["instance_offsets"]
    assert [each.reason for each in report.skipped] == ["is neither JPEG nor PNG"]


@pytest.mark.parametrize(
    ("options", "pointer"),
    [({"size": 20}, "/options/size"), ({"seed": -1}, "/options/seed"), ({"sizes": 16}, "/options/sizes")],
)
def test_wrong_options_are_named(tmp_path, options, pointer):
    with pytest.raises(DatasetRejected) as caught:
        CityscapesFolder().inspect(cityscapes_folder(tmp_path / "data"), options)
    assert [error.pointer for error in caught.value.errors] == [pointer]


def test_what_is_wrong_with_the_location_is_named(tmp_path):
    for location, named in ((None, "is needed"), (tmp_path, "holds no images")):
        with pytest.raises(DatasetRejected, match=named) as caught:
            CityscapesFolder().inspect(location, {})
        assert [error.pointer for error in caught.value.errors] == ["/location"]
