"""MultiMNIST from its registration to the arrays that are trained on."""

import numpy as np
import pytest

from app.datasets.service import DatasetsService
from jobs.views import DataChanged, open_views
from models.data.splits import SplitSizes
from tests.asserts import assert_problem
from tests.class_files import CLASSES, class_npz, examples, idx_folder
from tests.integration.test_class_datasets import ARRAYS, URL, registered

SIZES = SplitSizes(train=8, transfer=2, validation=2, test=4)


def opened(platform, dataset):
    with platform.database.session() as session:
        stored = DatasetsService(session, platform).get(dataset["id"])
    return open_views(stored, SIZES, platform.settings.datasets.cache)


def test_the_bundled_digits_need_nothing(api, platform):
    dataset = registered(api, "multimnist")
    assert dataset["location"] is None
    assert dataset["report"]["image_size"] == 28
    assert [task["name"] for task in dataset["report"]["own_tasks"]] == ["left", "right"]
    assert api.get(f"{URL}/{dataset['id']}").json() == dataset
    found = opened(platform, dataset).load("train", ["rgb", "left", "right"])
    assert found["rgb"].shape == (8, 28, 28, 3)


def test_a_registered_digit_data_set_may_be_forgotten_afterwards(api, platform, tmp_path):
    for kind, location, options in (
        ("images_npz", class_npz(tmp_path / "a.npz"), ARRAYS),
        ("idx", idx_folder(tmp_path / "idx"), {"classes": list(CLASSES)}),
    ):
        digits = registered(api, kind, location, **options)
        dataset = registered(api, "multimnist", digits=digits["id"], seed=2)
        assert dataset["location"] == digits["location"]
        assert dataset["options"]["digits"] == {"kind": kind, "options": digits["options"]}
        assert api.delete(f"{URL}/{digits['id']}").status_code == 204
        found = opened(platform, dataset).load("test", ["left"])
        assert np.array_equal(found["left"], examples()[1][found["index"]])


def test_digits_that_cannot_be_taken_are_named_by_their_option(api, tmp_path):
    rooms = registered(api, "rooms", views=16)
    digits = registered(api, "images_npz", class_npz(tmp_path / "a.npz"), **ARRAYS)
    gone = registered(api, "images_npz", class_npz(tmp_path / "b.npz"), **ARRAYS)
    (tmp_path / "b.npz").unlink()
    unlabelled = registered(api, "images_npz", tmp_path / "a.npz", x="x")
    for body, named in (
        ({"options": {"digits": "dat_none"}}, "there is no data set 'dat_none'"),
        ({"options": {"digits": rooms["id"]}}, "is of the kind rooms"),
        ({"options": {"digits": gone["id"]}}, "No such file"),
        ({"options": {"digits": unlabelled["id"]}}, "no class"),
        ({"options": {"digits": digits["id"]}, "location": str(tmp_path)}, "leave one of the two out"),
    ):
        response = api.post(URL, json={"name": "pairs", "kind": "multimnist"} | body)
        problem = assert_problem(response, 422, pointer="/options/digits")
        assert any(named in error["detail"] for error in problem["errors"])


def test_digits_that_were_changed_are_noticed(api, platform, tmp_path):
    dataset = registered(api, "multimnist", idx_folder(tmp_path / "idx"))
    labels = tmp_path / "idx/train-labels-idx1-ubyte"
    labels.write_bytes(labels.read_bytes()[:-1] + b"\0")
    with pytest.raises(DataChanged, match="register it again"):
        opened(platform, dataset)
