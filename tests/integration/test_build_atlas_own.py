"""An atlas of a user's own tasks: a folder with one declaration, from its registration to a prediction."""

import json
from pathlib import Path

import numpy as np
import pytest

from app.jobs.states import JobState
from tests.asserts import assert_problem
from tests.integration.inference_atlas import engine
from tests.integration.worker_process import job_of, until
from tests.own_folder import COLOURS, TOML, own_folder

API = "/api/v1"
OWN = ["colour", "heat", "motion", "parts"]
TASKS = ["edges_2d", "depth", "colour", "heat", "motion"]
FEW_STEPS = {
    f"{part}_training.{name}": 8
    for part in ("task", "transfer", "scratch")
    for name in ("steps", "batch_size")
}


def register(api, path, **fields):
    body = {"name": "plates", "kind": "image_folder", "location": str(path), "options": {"size": 32}}
    return api.post(f"{API}/datasets", json=body | fields)


@pytest.fixture
def dataset(api, tmp_path):
    response = register(api, own_folder(tmp_path / "plates"))
    assert response.status_code == 201, response.text
    return response.json()


def test_a_registered_folder_reports_its_own_tasks(api, dataset):
    report = dataset["report"]
    assert (report["image_size"], sum(report["splits"].values()), report["skipped"]) == (32, 60, [])
    assert dataset["options"] == {"tasks": None, "size": 32, "seed": 0}
    assert [task["name"] for task in report["own_tasks"]] == OWN
    motion = report["own_tasks"][2]
    assert (motion["group"], motion["inputs"], motion["loss"]) == ("own", 2, "l2")
    assert motion["output"] == {"kind": "vector", "shape": [2], "unit": "pixels"}
    available = {name for name, task in report["tasks"].items() if task["available"]}
    assert available == {
        *("autoencoding", "denoising", "colorization", "inpainting", "jigsaw", "random"),
        *("edges_2d", "keypoints_2d", "segmentation_2d", "depth", *OWN),
    }
    assert report["tasks"]["normals"]["detail"] == "tasks.toml declares no labels for normals"
    assert api.get(f"{API}/datasets/{dataset['id']}").json() == dataset


@pytest.mark.parametrize(
    ("toml", "named"),
    [
        (TOML + "\n[tasks.heat]\n", "(at line"),
        (
            TOML + '\n[tasks.self]\nkind = "image"\nfiles = "{stem}"',
            "tasks.toml: tasks.self: 'self' is taken",
        ),
        (
            TOML.replace("scale", "scales"),
            "tasks.toml: tasks.heat.scales: no such key; there are kind, title",
        ),
        (
            TOML.replace('column = "colour"', 'column = "color"'),
            "plates.csv has no column 'color'; it has before",
        ),
    ],
)
def test_a_wrong_declaration_is_422_with_key_and_reason(api, tmp_path, toml, named):
    response = register(api, own_folder(tmp_path / "plates", toml=toml))
    problem = assert_problem(response, 422, pointer="/options/tasks")
    assert named in problem["errors"][0]["detail"]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"options": {"sizes": 32}}, "/options/sizes"),
        ({"options": {"size": 33}}, "/options/size"),
        ({"options": {"tasks": "none.toml"}}, "/options/tasks"),
        ({"options": {"tasks": "../plates/tasks.toml/../../x"}}, "/options/tasks"),
    ],
)
def test_what_is_wrong_with_a_request_is_named(api, tmp_path, fields, pointer):
    assert_problem(register(api, own_folder(tmp_path / "plates"), **fields), 422, pointer=pointer)


def test_a_file_is_no_folder(api, tmp_path):
    folder = own_folder(tmp_path / "plates")
    assert_problem(register(api, folder / "plates.csv"), 422, pointer="/location", detail="must be a folder")


def test_an_atlas_knows_the_tasks_of_its_data_set(api, dataset):
    body = {"name": "plates", "preset": "tiny", "dataset": dataset["id"], "overrides": FEW_STEPS}
    unknown = api.post(f"{API}/atlases", json=body | {"tasks": ["colour", "colours"]})
    assert_problem(unknown, 422, pointer="/tasks/1", detail="the data set declares colour, heat")
    assert_problem(
        api.post(f"{API}/atlases", json={"name": "r", "tasks": ["depth", "colour"]}), 422, pointer="/tasks/1"
    )
    started = api.post(f"{API}/atlases", json=body)
    assert started.status_code == 202, started.text
    atlas = api.get(f"{API}/atlases/{started.json()['resource']['id']}").json()
    assert atlas["tasks"] == ["autoencoding", "depth", *OWN], "what the preset has labels for, and the own"
    assert [task["name"] for task in atlas["config"]["own"]] == OWN


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_an_atlas_of_own_tasks_is_built_and_answers(api, dataset, platform, start_worker):
    body = {
        "name": "plates",
        "preset": "tiny",
        "dataset": dataset["id"],
        "tasks": TASKS,
        "orders": [1],
        "overrides": FEW_STEPS,
    }
    job = api.post(f"{API}/atlases", json=body).json()
    worker = start_worker(platform)
    until(lambda: job_of(platform, job["id"]).state in {JobState.SUCCEEDED, JobState.FAILED}, [worker], 500)
    assert job_of(platform, job["id"]).state == JobState.SUCCEEDED, worker.said()[-3000:]
    atlas = f"{API}/atlases/{job['resource']['id']}"
    matrix = api.get(f"{atlas}/affinity").json()
    assert matrix["targets"] == TASKS
    values = np.array(matrix["values"], dtype=float)
    assert np.isnan(values).sum() == len(TASKS), "but for a target from itself, everything was measured"
    taxonomy = api.get(f"{atlas}/taxonomy", params={"budget": 2}).json()
    assert taxonomy["optimal"]
    assert {transfer["target"] for transfer in taxonomy["transfers"]} == set(TASKS)
    networks = {each["task"]: each for each in api.get(atlas).json()["networks"]}
    assert set(networks["heat"]["metrics"]) == {"mean_absolute_error", "rmse"}
    with engine(platform.settings):
        _ask(api, atlas, dataset)


def _ask(api, atlas, dataset):
    photos = Path(dataset["location"]) / "photos"
    pictures = [(photos / f"0_{moment}.png").read_bytes() for moment in (0, 1)]
    files = [("image", (f"{place}.png", data, "image/png")) for place, data in enumerate(pictures)]
    one = api.post(f"{atlas}/infer", files=files[:1], data={"tasks": "all"}).json()
    answers = {each["task"]: each for each in one["predictions"]}
    assert answers.keys() == set(TASKS) - {"motion"}
    assert answers["colour"]["value"]["class"] in COLOURS
    assert (answers["heat"]["kind"], answers["heat"]["value"]) == ("map", None)
    assert answers["heat"]["png"]
    assert [each["task"] for each in one["left_out"]] == ["motion"]
    two = api.post(f"{atlas}/infer", files=files, data={"tasks": "motion"}).json()
    (answer,) = two["predictions"]
    assert answer["value"].keys() == {"right", "down"}
    assert json.dumps(answer["value"], allow_nan=False)
    transfers = api.get(f"{atlas}/transfers", params={"limit": 200}).json()["items"]
    to_motion = next(each for each in transfers if each["target"] == "motion" and each["sources"] == ["heat"])
    through = api.post(f"{atlas}/infer", files=files, data={"transfers": to_motion["id"]}).json()
    assert through["predictions"][0]["value"].keys() == {"right", "down"}
    assert_problem(
        api.post(f"{atlas}/infer", files=files[:1], data={"tasks": "motion"}), 422, pointer="/tasks"
    )
