import json

import pytest

from app.datasets.kinds.base import DatasetRejected
from app.datasets.kinds.celeba import CelebaKind
from models.taxonomy.dictionary import TASKS
from tests.celeba_files import celeba_folder

KIND = CelebaKind()


def test_the_report_has_a_task_for_every_attribute(tmp_path):
    report = KIND.inspect(celeba_folder(tmp_path / "celeba"), {}).report
    assert report.splits == {"train": 18, "transfer": 2, "validation": 4, "test": 6}
    assert [task.name for task in report.own] == ["has_5_o_clock_shadow", "bright", "male"]
    assert set(report.tasks) == {*TASKS, *(task.name for task in report.own)}
    assert report.tasks["male"].available
    assert report.tasks["edges_2d"].views == 30
    assert report.tasks["depth"].detail == "celeba has no labels for depth"
    assert report.image_size == 64


def test_many_skipped_files_are_counted(tmp_path):
    root = celeba_folder(tmp_path / "celeba")
    partitions = root / "list_eval_partition.txt"
    lines = [f"extra{number}.jpg 0\n" for number in range(150)]
    partitions.write_text(partitions.read_text() + "".join(lines))
    report = KIND.inspect(root, {}).report
    assert (len(report.skipped), report.skipped_total) == (100, 150)


def test_stored_options_open_the_same_data(tmp_path):
    root = celeba_folder(tmp_path / "celeba")
    found = KIND.inspect(root, {"size": 32})
    assert found.options == {"size": 32, "seed": 0}
    assert KIND.inspect(root, json.loads(json.dumps(dict(found.options)))) == found


@pytest.mark.parametrize(
    ("options", "pointer", "named"),
    [
        ({"size": 30}, "/options/size", "multiple of 8"),
        ({"views": 3}, "/options/views", "celeba has size, seed"),
        ({}, "/location", "list_attr_celeba.txt line 1 says '7', where 30 images follow"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, options, pointer, named):
    root = celeba_folder(tmp_path / "celeba")
    attributes = root / "list_attr_celeba.txt"
    attributes.write_text(attributes.read_text().replace("30", "7", 1))
    with pytest.raises(DatasetRejected) as caught:
        KIND.inspect(root, options)
    assert any(error.pointer == pointer and named in error.detail for error in caught.value.errors)


def test_a_location_that_is_no_folder_is_refused(tmp_path):
    (tmp_path / "file").touch()
    for location in (None, tmp_path / "file", tmp_path / "none"):
        with pytest.raises(DatasetRejected, match="/location"):
            KIND.inspect(location, {})
