"""A folder of CelebA from its registration to the arrays that are trained on."""

import pytest

from app.datasets.service import DatasetsService
from jobs.views import DataChanged, open_views
from models.data.splits import SplitSizes
from tests.celeba_files import celeba_folder, marks
from tests.integration.test_class_datasets import registered

SIZES = SplitSizes(train=8, transfer=2, validation=2, test=6)


def opened(platform, dataset):
    with platform.database.session() as session:
        stored = DatasetsService(session, platform).get(dataset["id"])
    return open_views(stored, SIZES, platform.settings.datasets.cache)


def test_attributes_are_tasks_of_the_data_set(api, platform, tmp_path):
    dataset = registered(api, "celeba", celeba_folder(tmp_path / "celeba"), size=16)
    assert [task["name"] for task in dataset["report"]["own_tasks"]] == [
        "has_5_o_clock_shadow",
        "bright",
        "male",
    ]
    found = opened(platform, dataset).load("test", ["rgb", "male"])
    assert found["rgb"].shape == (6, 16, 16, 3)
    assert found["male"].tolist() == [int(has[2]) for has in marks()[24:]]


def test_attributes_that_were_changed_are_noticed(api, platform, tmp_path):
    root = celeba_folder(tmp_path / "celeba")
    dataset = registered(api, "celeba", root)
    opened(platform, dataset)
    attributes = root / "list_attr_celeba.txt"
    attributes.write_text(attributes.read_text().replace("000002.jpg -1", "000002.jpg  1"))
    with pytest.raises(DataChanged, match="register it again"):
        opened(platform, dataset)
