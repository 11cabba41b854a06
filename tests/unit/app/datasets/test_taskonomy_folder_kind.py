import subprocess
import sys

import pytest

from app.datasets.kinds.base import DatasetRejected
from app.datasets.kinds.taskonomy_folder import TaskonomyFolder
from models.taxonomy.dictionary import TASKS
from tests.taskonomy_layout import file_of, pattern_folder


def inspected(root, **options):
    return TaskonomyFolder().inspect(root, {"size": 32} | options)


def test_defaults_are_filled_in(tmp_path):
    found = TaskonomyFolder().inspect(pattern_folder(tmp_path / "data", only=["rgb"]), {})
    assert found.options == {"size": 64, "splits": None, "seed": 0, "views": 6400}
    assert found.report.image_size == 64


def test_the_report_counts_views_by_split_and_task(tmp_path):
    report = inspected(pattern_folder(tmp_path / "data")).report
    assert sum(report.splits.values()) == 48
    assert set(report.tasks) == set(TASKS)
    assert report.tasks["depth"].views == report.tasks["fixated_pose"].views == 48
    assert not report.tasks["egomotion"].available
    assert report.tasks["egomotion"].detail == "no point has three views"
    assert (report.skipped, report.skipped_total, report.gaps) == ((), 0, ())


def test_the_report_says_where_labels_come_from(tmp_path):
    report = inspected(pattern_folder(tmp_path / "data", only=["rgb"])).report
    assert report.tasks["edges_2d"].detail == "computed from the images: the folder has no files for it"
    assert report.tasks["depth"].detail == "the folder has no depth_zbuffer"


def test_gaps_count_the_views_that_a_task_cannot_use(tmp_path):
    root = pattern_folder(tmp_path / "data", only=["rgb", "depth_zbuffer", "normal", "segment_semantic"])
    for point in range(2):
        file_of(root, "house 0", point, 0, "normal").unlink()
    file_of(root, "house 0", 0, 0, "segment_semantic").write_bytes(b"")
    report = inspected(root).report
    assert report.tasks["normals"].views == 46
    assert report.tasks["depth"].views == 48
    assert {(gap.tasks, gap.views) for gap in report.gaps} == {
        (("normals",), 1), (("normals", "semantic_segmentation"), 1)
    }  # fmt: skip


def test_a_long_list_of_skipped_files_is_cut_and_counted(tmp_path):
    root = pattern_folder(tmp_path / "data", only=["rgb"])
    for number in range(120):
        (root / "house 1" / "rgb" / f"{number}.txt").touch()
    report = inspected(root).report
    assert (len(report.skipped), report.skipped_total) == (100, 120)


@pytest.mark.parametrize(
    ("options", "pointer", "named"),
    [
        ({"colour": 1}, "/options/colour", "size, splits, seed, views"),
        ({"size": 30}, "/options/size", "multiple of 8"),
        ({"views": 3}, "/options/views", "16"),
        ({"splits": "huge"}, "/options/splits", "no split file 'huge'"),
        ({"splits": 3}, "/options/splits", "string"),
    ],
)
def test_what_is_wrong_with_an_option_is_named(tmp_path, options, pointer, named):
    root = pattern_folder(tmp_path / "data", only=["rgb"])
    with pytest.raises(DatasetRejected) as caught:
        inspected(root, **options)
    (error,) = caught.value.errors
    assert error.pointer == pointer
    assert named in error.detail


def test_what_is_wrong_with_a_folder_is_named(tmp_path):
    with pytest.raises(DatasetRejected) as caught:
        inspected(tmp_path)
    assert caught.value.errors[0].pointer == "/location"


def test_a_folder_is_inspected_without_torch():
    code = "import sys, app.datasets.kinds.registry; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
