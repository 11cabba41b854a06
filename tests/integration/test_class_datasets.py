"""Data sets of examples with one class each, from their registration to the arrays that an adaptation reads."""

import numpy as np
import pytest

from app.datasets.service import DatasetsService
from jobs.labelled import NoClasses, open_labelled
from jobs.views import DataChanged
from models.adaptation.shared import shared_domains
from models.data.classes.found import ClassesError
from tests.asserts import assert_problem
from tests.class_files import CLASSES, class_folders, class_npz, examples, idx_folder, image_list

URL = "/api/v1/datasets"
ARRAYS = {"x": "x", "y": "y", "classes": "classes"}


def registered(api, kind, location=None, **options):
    body = {"name": kind, "kind": kind, "options": options}
    response = api.post(URL, json=body | ({} if location is None else {"location": str(location)}))
    assert response.status_code == 201, response.text
    return response.json()


def opened(platform, dataset):
    with platform.database.session() as session:
        stored = DatasetsService(session, platform).get(dataset["id"])
    return open_labelled(stored, platform.settings.datasets.cache)


def test_every_kind_gives_the_same_examples(api, platform, tmp_path):
    folders = class_folders(tmp_path / "plates")
    image_list(folders / "list.txt", {f"/else/{CLASSES[n % 3]}/frame_{n:04}.png": n % 3 for n in range(30)})
    x, y = examples()
    sets = [
        registered(api, "images_npz", class_npz(tmp_path / "a.npz"), **ARRAYS),
        registered(api, "image_list", folders, list="list.txt", classes=list(CLASSES)),
    ]
    for dataset in sets:
        found = opened(platform, dataset).load("train", 12)
        assert np.array_equal(found.inputs, x)
        assert np.array_equal(found.labels, y)
    (folders / "list.txt").unlink()
    folder = opened(platform, registered(api, "image_folder", folders, size=16))
    assert folder.classes == CLASSES
    assert {image.tobytes() for image in folder.load("train", 12).inputs} == {image.tobytes() for image in x}
    digits = opened(platform, registered(api, "idx", idx_folder(tmp_path / "idx"), classes=list(CLASSES)))
    assert np.array_equal(digits.load("train", 12).inputs[..., 0], x[..., 0])


def test_two_registered_sets_become_the_domains_of_an_adaptation(api, platform, tmp_path):
    source = registered(api, "images_npz", class_npz(tmp_path / "a.npz"), **ARRAYS)
    target = registered(api, "idx", idx_folder(tmp_path / "idx"), classes=["sky", "apple", "moon"])
    domains = shared_domains(
        opened(platform, source), opened(platform, target), target_classes=["sky"], image_size=8
    )
    assert [len(domain) for domain in domains] == [30, 10]
    assert set(domains[1].labels.tolist()) == {CLASSES.index("sky")}


def test_rooms_serve_atlases_and_adaptations(api, platform):
    rooms = registered(api, "rooms", views=32, seed=1, objects=True)
    assert rooms["report"]["classes"][0] == {"name": "window", "examples": None}
    found = opened(platform, rooms)
    train = found.load("train", 32)
    assert train.inputs.shape == (found.size("train"), 32, 32, 3)
    plain = registered(api, "rooms", views=32, seed=1)
    assert plain["report"]["classes"] is None
    with pytest.raises(NoClasses, match="have no class each"):
        opened(platform, plain)


@pytest.mark.parametrize("tasks", [None, ["autoencoding", "edges_2d"]])
def test_an_atlas_on_a_set_of_classes_is_refused_with_the_reason(api, tmp_path, tasks):
    images = registered(api, "images_npz", class_npz(tmp_path / "a.npz"), **ARRAYS)
    vectors = registered(api, "features_npz", class_npz(tmp_path / "b.npz", x=np.ones((30, 4))), **ARRAYS)
    for dataset in (images, vectors):
        body = {"name": "atlas", "preset": "tiny", "dataset": dataset["id"], "tasks": tasks}
        problem = assert_problem(api.post("/api/v1/atlases", json=body), 422, pointer="/dataset")
        assert f"{dataset['kind']} holds one class per example" in problem["errors"][0]["detail"]


def test_files_that_were_changed_after_the_registration_are_not_used(api, platform, tmp_path):
    path, folders = class_npz(tmp_path / "a.npz"), class_folders(tmp_path / "plates")
    sets = [
        registered(api, "images_npz", path, **ARRAYS),
        registered(api, "image_folder", folders, size=16),
    ]
    class_npz(path, x=examples()[0] // 2)
    (folders / "apple/frame_0000.png").unlink()
    for dataset in sets:
        with pytest.raises(DataChanged, match="register it again"):
            opened(platform, dataset)
    path.write_bytes(b"nothing")
    with pytest.raises(ClassesError):
        opened(platform, sets[0])


def test_what_is_wrong_is_a_problem_that_names_it(api, tmp_path):
    body = {"name": "a", "kind": "images_npz", "location": str(class_npz(tmp_path / "a.npz"))}
    problem = assert_problem(
        api.post(URL, json=body | {"options": {"x": "photo_x"}}), 422, pointer="/options/x"
    )
    assert "photo_x" in problem["errors"][0]["detail"]
    assert_problem(api.post(URL, json=body), 422, pointer="/options/x")
