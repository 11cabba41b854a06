"""Multi-task training over HTTP, as far as nothing need be trained: what is refused, shown, handed out and deleted."""

import numpy as np
import pytest

from app.core.security import Scope
from app.jobs.states import JobState
from app.multitask.building import MultitaskBuildingService
from app.multitask.configuring import MAX_RUNS
from app.multitask.repository import MultitaskRepository
from models.multitask.methods import METHODS
from tests.asserts import assert_problem
from tests.integration.api_multitask import (
    API,
    DIVERGED,
    TASKS,
    end,
    finish,
    history,
    rooms,
    runs_of,
    train,
)
from tests.integration.worker_process import job_of, jobs_of
from tests.own_folder import own_folder

PNG = ("a.png", b"\x89PNG\r\n\x1a\n", "image/png")


@pytest.fixture
def dataset(api):
    return rooms(api)


@pytest.fixture
def training(api, dataset):
    """Id of a training of three methods with one seed, of which no run has begun."""
    return train(api, dataset).json()["resource"]["id"]


def shown(api, multitask_id):
    response = api.get(f"{API}/multitask/{multitask_id}")
    assert response.status_code == 200, response.text
    return response.json()


def config_of(api, response):
    assert response.status_code == 202, response.text
    return shown(api, response.json()["resource"]["id"])["config"]


def test_a_training_is_one_job_per_run_and_a_summary_after_all(api, dataset, platform):
    response = train(api, dataset, methods=["single", "grid"], seeds=[3, 1])
    assert response.status_code == 202, response.text
    job = response.json()
    assert response.headers["Location"] == f"{API}/jobs/{job['id']}"
    assert job["resource"]["href"] == f"{API}/multitask/{job['resource']['id']}"
    children = jobs_of(platform, job["id"])
    assert [child.kind for child in children] == ["multitask.train"] * 8 + ["multitask.summary"]
    assert [child.title for child in children[:3]] == [
        "single, seed 3",
        "single, seed 1",
        "grid (0.25, 0.75), seed 3",
    ]
    assert children[0].rung_at is not None, "runs wait for nothing"
    assert children[-1].rung_at is None, "the summary waits for them"

    body = shown(api, job["resource"]["id"])
    assert (body["status"], body["job_id"], body["dataset"]) == ("training", job["id"], dataset)
    assert body["tasks"] == [
        {
            "task": "depth",
            "title": "Depth (z-buffer)",
            "kind": "map",
            "metric": "absolute_relative_error",
            "unit": "share",
            "higher_is_better": False,
        },
        {
            "task": "scene_class",
            "title": "Scene classification",
            "kind": "class",
            "metric": "top_1",
            "unit": "share",
            "higher_is_better": True,
        },
    ]
    assert (body["results"], body["preferred_model"]) == ([], None)
    assert [(run["method"], run["seed"], run["preference"]) for run in body["running"][:3]] == [
        ("single", 3, None),
        ("single", 1, None),
        ("grid", 3, [0.25, 0.75]),
    ]
    assert {run["status"] for run in body["running"]} == {"waiting"}
    assert [(each["method"], each["preference"], each["n"]) for each in body["summary"]] == [
        ("single", None, 0),
        *(("grid", weights, 0) for weights in ([0.25, 0.75], [0.5, 0.5], [0.75, 0.25])),
    ]
    listed = api.get(f"{API}/multitask").json()["items"]
    assert [each["id"] for each in listed] == [body["id"]]
    assert {name: body[name] for name in listed[0]} == listed[0]


def test_what_is_not_said_has_the_defaults_of_the_contract(api, dataset):
    body = {"name": "least", "dataset": dataset, "tasks": list(TASKS), "methods": ["uniform"]}
    found = shown(api, api.post(f"{API}/multitask", json=body).json()["resource"]["id"])
    assert (found["methods"], found["seeds"], found["preferences"]) == (["uniform"], [0], [])
    config = found["config"]
    assert (config["normalization"], config["heads"], config["architecture"]) == ("none", "own", "encoder")
    assert (config["epochs"], config["optimiser"], config["learning_rate"]) == (10, "adam", 0.003)
    assert config["network"]["image_size"] == 32
    assert config["batch_size"] == config["splits"]["train"] + config["splits"]["transfer"], "less than 256"


def test_settings_can_be_changed_one_by_one(api, dataset):
    fields = {
        "normalization": "loss+",
        "heads": "scaled",
        "optimiser": "sgd",
        "learning_rate": 1,
        "batch_size": 8,
        "image_size": 64,
        "preferences": [[1, 3], [2, 0]],
        "overrides": {"momentum": 0.5, "evaluations": 4},
    }
    config = config_of(api, train(api, dataset, methods=["mgda"], **fields))
    assert (config["normalization"], config["heads"], config["optimiser"]) == ("loss+", "scaled", "sgd")
    assert (config["learning_rate"], config["batch_size"], config["momentum"]) == (1.0, 8, 0.5)
    assert (config["network"]["image_size"], config["evaluations"]) == (64, 4)
    assert config["preferences"] == [[0.25, 0.75], [1.0, 0.0]]


def test_methods_have_the_names_of_the_list_however_they_are_written(api, dataset):
    listed = api.get(f"{API}/multitask/methods").json()["items"]
    assert [each["name"] for each in listed] == list(METHODS)
    mgda = next(each for each in listed if each["name"] == "mgda-ub")
    assert (mgda["reads"], mgda["by_preference"], mgda["library"]) == ("representation", True, None)
    assert (mgda["available"], mgda["detail"]) == (True, None)
    body = shown(api, train(api, dataset, methods=["MGDA_UB", "pcgrad"]).json()["resource"]["id"])
    assert body["methods"] == ["mgda-ub", "PCGrad"]


def test_digits_have_the_network_of_digits(api, dataset):
    classes = ["scene_class", "object_class"]
    assert config_of(api, train(api, dataset, tasks=classes))["architecture"] == "lenet"
    chosen = train(api, dataset, tasks=classes, architecture="encoder")
    assert config_of(api, chosen)["architecture"] == "encoder"
    larger = rooms(api, size=64)
    assert config_of(api, train(api, larger, tasks=classes))["architecture"] == "encoder"


@pytest.mark.parametrize(
    ("fields", "pointer", "words"),
    [
        ({"dataset": "dat_no"}, "/dataset", "no data set 'dat_no'"),
        ({"tasks": ["depth"]}, "/tasks", "at least 2"),
        ({"tasks": ["depth", "depth"]}, "/tasks/1", "a second time"),
        ({"tasks": ["depth", "weather"]}, "/tasks/1", "no task 'weather'; it has"),
        ({"tasks": ["denoising", "depth"]}, "/tasks/0", "something else than the plain image"),
        ({"tasks": ["depth", "egomotion"]}, "/tasks/1", "takes 3 images"),
        ({"methods": ["uniform", "magic"]}, "/methods/1", "no method 'magic'"),
        ({"methods": ["mgda-ub", "MGDA_UB"]}, "/methods/1", "names mgda-ub a second time"),
        ({"methods": []}, "/methods", "at least 1"),
        ({"seeds": [1, 1]}, "/seeds/1", "a second time"),
        ({"seeds": [-1]}, "/seeds/0", "greater than or equal to 0"),
        ({"normalization": "l1"}, "/normalization", "loss+"),
        ({"architecture": "lenet"}, "/architecture", "depth are maps"),
        ({"epochs": 0}, "/epochs", "greater than or equal to 1"),
        ({"batch_size": 1}, "/batch_size", "greater than or equal to 2"),
        ({"learning_rate": 0}, "/learning_rate", "greater than 0"),
        ({"image_size": 60}, "/image_size", "multiple of 8"),
        ({"methods": ["grid"], "preferences": [[1, 1, 1]]}, "/preferences/0", "2 weights"),
        ({"methods": ["grid"], "preferences": [[1, 1], [0, 0]]}, "/preferences/1", "one of them positive"),
        ({"methods": ["grid"], "preferences": [[1, -1]]}, "/preferences/0", "not negative"),
        ({"methods": ["grid"], "preferences": [[1, 1], [2, 2]]}, "/preferences/1", "a second time"),
        ({"methods": ["uniform"], "preferences": [[1, 1]]}, "/preferences", "steer none of these methods"),
        ({"overrides": {"epochs": 3}}, "/overrides/epochs", "no such setting"),
        ({"overrides": {"momentum": 1}}, "/overrides/momentum", "in [0, 1)"),
        ({"overrides": {"evaluations": 1.5}}, "/overrides/evaluations", "a whole number"),
        ({"preset": "tiny"}, "/preset", "Extra inputs"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_stored(api, dataset, fields, pointer, words):
    response = train(api, fields.pop("dataset", dataset), **fields)
    problem = assert_problem(response, 422, pointer=pointer)
    assert any(words in error["detail"] for error in problem["errors"]), problem
    assert api.get(f"{API}/multitask").json()["items"] == []


def test_tasks_that_a_data_set_declares_share_a_network_too(api, tmp_path):
    own_folder(tmp_path / "plates", 48)
    body = {"name": "plates", "kind": "image_folder", "location": str(tmp_path / "plates")}
    made = api.post(f"{API}/datasets", json=body | {"options": {"size": 32}})
    assert made.status_code == 201, made.text
    dataset = made.json()["id"]
    body = shown(api, train(api, dataset, tasks=["heat", "colour"]).json()["resource"]["id"])
    assert [(task["task"], task["kind"], task["unit"]) for task in body["tasks"]] == [
        ("heat", "map", "K"),
        ("colour", "class", "share"),
    ]
    assert body["config"]["splits"] == made.json()["report"]["splits"]
    pairs = train(api, dataset, tasks=["heat", "motion"])
    assert_problem(pairs, 422, pointer="/tasks/1", detail="takes 2 images")
    sized = train(api, dataset, tasks=["heat", "colour"], image_size=64)
    assert_problem(sized, 422, pointer="/image_size", detail="have 32 pixels")
    missing = train(api, dataset, tasks=["heat", "normals"])
    assert_problem(missing, 422, pointer="/tasks/1", detail="no labels for normals")


def test_there_is_a_most_of_runs(api, dataset):
    weights = [[1, 1 + each] for each in range(11)]
    asked = train(api, dataset, methods=["grid"], seeds=list(range(50)), preferences=weights)
    assert_problem(asked, 422, pointer="/methods", detail=f"550 runs; {MAX_RUNS} at most")


def test_a_run_is_seen_while_it_goes_on(api, training, platform):
    run = runs_of(platform, training)["uniform", 0, None]
    with platform.database.session() as session:
        MultitaskBuildingService(session, platform).measured(run.id, history())
    running = shown(api, training)["running"][1]
    assert (running["id"], running["status"]) == (run.id, "running")
    assert running["curves"]["steps"] == [10, 20]
    assert running["curves"]["losses"] == {"depth": [1.0, 0.5], "scene_class": [2.0, 1.0]}
    assert running["curves"]["validation"]["depth"] == [2.0, 1.0]
    assert running["curves"]["stationarity"] == [0.5, 0.25]
    assert running["weights"] == {"depth": 0.25, "scene_class": 0.75}
    assert shown(api, training)["results"] == []


def test_an_ended_run_has_its_metrics_against_single_tasks(api, training, platform):
    runs = runs_of(platform, training)
    alone = history(weights=(np.nan, np.nan), stationarity=np.nan)
    end(platform, runs["single", 0, None], (0.2, 0.5), course=alone)
    end(platform, runs["uniform", 0, None], (0.1, 0.6), (0.3, 0.4))
    body = shown(api, training)
    single, uniform = body["results"]
    assert list(uniform["metrics"]["depth"]) == ["absolute_relative_error", "rmse", "delta_1"], (
        "main ones first"
    )
    assert uniform["metrics"]["scene_class"]["top_1"] == 0.6
    assert uniform["validation_metrics"]["scene_class"]["top_1"] == 0.4
    assert (uniform["delta_m"], uniform["delta_m_reason"]) == (-35.0, None)
    assert uniform["delta_m_by_task"] == {"depth": -50.0, "scene_class": -20.0}
    assert (uniform["mean_rank"], single["mean_rank"]) == (1.0, 2.0)
    assert (uniform["stationarity"], single["stationarity"]) == (0.25, None)
    assert uniform["weights"] == {"depth": 0.25, "scene_class": 0.75}
    assert (single["weights"], single["curves"]["weights"], single["delta_m"]) == (None, None, 0.0)
    assert uniform["model_id"] == uniform["id"] == body["preferred_model"]
    of_uniform = body["summary"][1]
    assert (of_uniform["n"], of_uniform["diverged"], of_uniform["mean_rank"]) == (1, 0, 1.0)
    assert of_uniform["metrics"]["depth"] == {"mean": 0.1, "std": 0.0}
    assert of_uniform["delta_m"] == {"mean": -35.0, "std": 0.0}


def test_without_single_tasks_there_is_no_delta_m(api, training, platform):
    end(platform, runs_of(platform, training)["uniform", 0, None], (0.1, 0.6))
    body = shown(api, training)
    (result,) = body["results"]
    assert (result["delta_m"], result["delta_m_by_task"], result["delta_m_reason"]) == (None, None, None)
    assert body["summary"][1]["delta_m"] == {"mean": None, "std": None}


def test_a_run_that_diverged_keeps_its_curves_and_has_no_model(api, training, platform):
    end(platform, runs_of(platform, training)["uniform", 0, None], error=DIVERGED)
    body = shown(api, training)
    (result,) = body["results"]
    assert (result["status"], result["model_id"], result["metrics"]) == ("diverged", None, {})
    assert result["error"] == {"step": 7, "detail": "uniform: the loss is nan at step 7"}
    assert result["curves"]["steps"] == [10, 20]
    assert (body["summary"][1]["n"], body["summary"][1]["diverged"]) == (0, 1)


def test_a_finished_training_is_sent_once(api, training, platform):
    for run in runs_of(platform, training).values():
        end(platform, run, (0.1, 0.6))
    assert "ETag" not in api.get(f"{API}/multitask/{training}").headers
    finish(platform, training)
    response = api.get(f"{API}/multitask/{training}")
    assert (response.json()["status"], response.json()["running"]) == ("ready", [])
    known = {"If-None-Match": response.headers["ETag"]}
    assert api.get(f"{API}/multitask/{training}", headers=known).status_code == 304


def test_the_front_is_of_all_models_in_the_tasks_asked_for(api, training, platform):
    url = f"{API}/multitask/{training}/front"
    empty = api.get(url).json()
    assert (empty["points"], empty["hypervolume"], empty["reference_point"]) == ([], None, None)
    runs = runs_of(platform, training)
    end(platform, runs["single", 0, None], (0.2, 0.5))
    end(platform, runs["uniform", 0, None], (0.1, 0.6), (0.3, 0.4))
    response = api.get(url)
    front = response.json()
    assert front["axes"][0] == {
        "task": "depth",
        "metric": "absolute_relative_error",
        "unit": "share",
        "higher_is_better": False,
    }
    assert [(point["method"], point["values"], point["dominated"]) for point in front["points"]] == [
        ("single", [0.2, 0.5], True),
        ("uniform", [0.1, 0.6], False),
    ]
    assert [point["shared"] for point in front["points"]] == [False, True]
    assert front["reference_point"] == pytest.approx([0.21, 0.49])
    assert (front["hypervolume"], front["exact"]) == (pytest.approx(0.11 * 0.11), True)
    known = {"If-None-Match": response.headers["ETag"]}
    assert api.get(url, headers=known).status_code == 304
    one = api.get(url, params={"tasks": "scene_class", "split": "validation"}, headers=known).json()
    assert (one["split"], [point["values"] for point in one["points"]]) == ("validation", [[0.5], [0.4]])
    end(platform, runs["mgda-ub", 0, None], (0.3, 0.9))
    assert api.get(url, headers=known).status_code == 200, "there is one more"


def test_the_front_of_tasks_that_are_none_is_refused(api, training):
    url = f"{API}/multitask/{training}/front"
    assert_problem(
        api.get(url, params={"tasks": "depth,normals"}), 422, pointer="tasks", detail="no task 'normals'"
    )
    assert_problem(api.get(url, params={"tasks": "depth,depth"}), 422, pointer="tasks", detail="twice")
    assert_problem(api.get(url, params={"tasks": ","}), 422, pointer="tasks", detail="at least one")
    assert_problem(api.get(url, params={"split": "train"}), 422, pointer="split")
    assert_problem(api.get(f"{API}/multitask/mtk_no/front"), 404)


def test_the_front_is_drawn(api, training, platform):
    url = f"{API}/multitask/{training}/front.svg"
    runs = runs_of(platform, training)
    for run, test in zip(runs.values(), ((0.2, 0.5), (0.1, 0.6), (0.3, 0.9)), strict=True):
        end(platform, run, test)
    picture = api.get(url)
    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert "MGDA-UB" in picture.text
    assert api.get(url, headers={"If-None-Match": picture.headers["ETag"]}).status_code == 304
    assert_problem(api.get(url, params={"tasks": "depth"}), 422, pointer="tasks", detail="2 to 6 tasks")


def test_a_model_is_handed_out_as_it_was_stored(api, training, platform):
    run = runs_of(platform, training)["uniform", 0, None]
    url = f"{API}/multitask/{training}/models/{run.id}"
    assert_problem(api.get(url), 404, detail="has no model")
    end(platform, run, (0.1, 0.6), weights=b"the model")
    response = api.get(url)
    assert response.content == b"the model"
    assert f'filename="uniform-{run.id}.safetensors"' in response.headers["content-disposition"]
    assert api.get(url, headers={"If-None-Match": response.headers["ETag"]}).status_code == 304


def test_a_deleted_training_takes_its_job_and_models_with_it(api, training, platform):
    for run in runs_of(platform, training).values():
        end(platform, run, (0.1, 0.6))
    with platform.database.session(read_only=True) as session:
        artifacts = MultitaskRepository(session).artifacts(training)
    assert len(artifacts) == 3
    job_id = shown(api, training)["job_id"]
    assert api.delete(f"{API}/multitask/{training}").status_code == 204
    assert not any(platform.artifacts.exists(artifact) for artifact in artifacts)
    assert job_of(platform, job_id).state == JobState.CANCELLED
    assert_problem(api.get(f"{API}/multitask/{training}"), 404)
    assert_problem(api.delete(f"{API}/multitask/{training}"), 404)


def test_what_another_training_refers_to_stays(api, dataset, training, platform):
    other = train(api, dataset).json()["resource"]["id"]
    for each in (training, other):
        end(platform, runs_of(platform, each)["uniform", 0, None], (0.1, 0.6), weights=b"the same")
    with platform.database.session(read_only=True) as session:
        (artifact,) = MultitaskRepository(session).artifacts(other)
    api.delete(f"{API}/multitask/{training}")
    assert platform.artifacts.exists(artifact)


def test_data_sets_in_use_stay(api, training, dataset):
    assert_problem(api.delete(f"{API}/datasets/{dataset}"), 409, detail="a multi-task training")
    api.delete(f"{API}/multitask/{training}")
    assert api.delete(f"{API}/datasets/{dataset}").status_code == 204


def test_a_repeated_request_is_answered_as_the_first(api, dataset):
    headers = {"Idempotency-Key": "k"}
    first, again = (train(api, dataset, headers=headers) for _ in range(2))
    assert first.json() == again.json()
    assert len(api.get(f"{API}/multitask").json()["items"]) == 1


def test_a_cancelled_job_cancels_its_training_and_a_scope_is_needed(api, training, dataset, authorize):
    api.delete(f"{API}/jobs/{shown(api, training)['job_id']}")
    assert shown(api, training)["status"] == "cancelled"
    reader = authorize(Scope.READ)
    assert_problem(train(api, dataset, headers=reader), 403)
    assert_problem(api.delete(f"{API}/multitask/{training}", headers=reader), 403)
    files = [("image", PNG)]
    assert_problem(api.post(f"{API}/multitask/{training}/predict", files=files, headers=reader), 403)
    assert api.get(f"{API}/multitask", headers=reader).status_code == 200


def test_lists_come_in_pages(api, training, dataset):
    other = train(api, dataset).json()["resource"]["id"]
    first = api.get(f"{API}/multitask", params={"limit": 1}).json()
    rest = api.get(f"{API}/multitask", params={"limit": 1, "cursor": first["next_cursor"]}).json()
    assert [first["items"][0]["id"], rest["items"][0]["id"]] == [other, training]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize(
    ("data", "pointer", "words"),
    [
        ({"model": "mdl_no"}, "/model", "no model 'mdl_no'"),
        ({"preference": "[1"}, "/preference", "not JSON"),
        ({"preference": '{"depth": 1}'}, "/preference", "a JSON list of numbers"),
        ({"preference": "[true, 1]"}, "/preference", "a JSON list of numbers"),
        ({"preference": "[1]"}, "/preference", "2 weights"),
        ({"preference": "[0, 0]"}, "/preference", "one of them positive"),
        ({"preference": "[NaN, 1]"}, "/preference", "a JSON list of numbers"),
        ({"tasks": "depth,normals"}, "/tasks", "no task 'normals'"),
        ({"tasks": ","}, "/tasks", "at least one"),
    ],
)
def test_a_question_that_is_none_is_refused(api, training, platform, data, pointer, words):
    end(platform, runs_of(platform, training)["uniform", 0, None], (0.1, 0.6))
    response = api.post(f"{API}/multitask/{training}/predict", files=[("image", PNG)], data=data)
    assert words in assert_problem(response, 422, pointer=pointer)["detail"]


def test_a_model_can_be_asked_once_it_is_trained(api, training, platform):
    url = f"{API}/multitask/{training}/predict"
    assert_problem(api.post(url, files=[("image", PNG)]), 409, detail="no model to serve")
    run = runs_of(platform, training)["uniform", 0, None]
    end(platform, run, (0.1, 0.6))
    assert_problem(api.post(url), 422, pointer="/image")
    assert_problem(api.post(url, files=[("image", PNG)] * 65), 422, pointer="/image", detail="64")
    assert_problem(api.post(url, files=[("image", PNG)]), 422, pointer="/image/0", detail="cannot be read")
    assert_problem(api.post(url, files=[("image", ("a.txt", b"text", "text/plain"))]), 415)
    both = {"model": run.id, "preference": "[1, 1]"}
    assert_problem(api.post(url, files=[("image", PNG)], data=both), 422, pointer="/preference")
    assert_problem(api.post(url.replace(training, "mtk_no"), files=[("image", PNG)]), 404)


def test_one_picture_has_room_for_one_task_of_one_image(api, training, platform):
    end(platform, runs_of(platform, training)["uniform", 0, None], (0.1, 0.6))
    url, headers = f"{API}/multitask/{training}/predict", {"Accept": "image/png"}
    files = [("image", PNG)]
    assert_problem(api.post(url, files=files, headers=headers), 422, pointer="/tasks", detail="2 of 1")
    two = api.post(url, files=files * 2, headers=headers, data={"tasks": "depth"})
    assert_problem(two, 422, pointer="/tasks", detail="1 of 2")
    of_classes = api.post(url, files=files, headers=headers, data={"tasks": "scene_class"})
    assert_problem(of_classes, 422, pointer="/tasks", detail="no picture")
