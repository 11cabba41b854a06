"""Adaptations over HTTP, as far as nothing need be trained: what is refused, shown, handed out and deleted."""

import io
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from app.adaptations.building import AdaptationBuildingService
from app.adaptations.repository import AdaptationsRepository
from app.core.security import Scope
from app.jobs.states import JobState
from models.adaptation.config import METHODS
from tests.asserts import assert_problem
from tests.integration.api_adaptations import (
    API,
    CLASSES,
    DIVERGED,
    adapt,
    end,
    features_npz,
    finish,
    history,
    images_npz,
    runs_of,
    shapes,
)
from tests.integration.worker_process import job_of, jobs_of

RISING = ([0.5, 0.75, 0.625], [0.25, 0.5, 0.75])


@pytest.fixture
def source(api, tmp_path):
    return images_npz(api, tmp_path, "source", *shapes(90, 0))


@pytest.fixture
def target(api, tmp_path):
    images, labels = shapes(60, 1, classes=CLASSES[:2], inverted=True)
    return images_npz(api, tmp_path, "target", images, labels)


@pytest.fixture
def adaptation(api, source, target):
    """Id of an adaptation of two methods with two seeds, of which no run has begun."""
    return adapt(api, source, target).json()["resource"]["id"]


def shown(api, adaptation_id):
    response = api.get(f"{API}/adaptations/{adaptation_id}")
    assert response.status_code == 200, response.text
    return response.json()


def test_an_adaptation_is_one_job_per_method_and_seed_and_a_summary_after_all(api, source, target, platform):
    response = adapt(api, source, target)
    assert response.status_code == 202, response.text
    job = response.json()
    assert response.headers["Location"] == f"{API}/jobs/{job['id']}"
    assert job["resource"]["href"] == f"{API}/adaptations/{job['resource']['id']}"
    children = jobs_of(platform, job["id"])
    assert [child.kind for child in children] == ["adaptation.train"] * 4 + ["adaptation.summary"]
    assert [child.title for child in children[:2]] == ["source-only, seed 0", "source-only, seed 1"]
    assert children[0].rung_at is not None, "runs wait for nothing"
    assert children[-1].rung_at is None, "the summary waits for them"

    body = shown(api, job["resource"]["id"])
    assert (body["status"], body["job_id"]) == ("training", job["id"])
    assert (body["classes"], body["shared_classes"]) == (list(CLASSES), list(CLASSES[:2]))
    assert body["outlier_classes"] == ["cross"]
    assert body["results"] == []
    assert [(run["method"], run["seed"], run["curves"]) for run in body["running"]] == [
        ("source-only", 0, None),
        ("source-only", 1, None),
        ("san", 0, None),
        ("san", 1, None),
    ]
    assert [(each["method"], each["mean"], each["n"]) for each in body["summary"]] == [
        ("source-only", None, 0),
        ("san", None, 0),
    ]
    listed = api.get(f"{API}/adaptations").json()["items"]
    assert [each["id"] for each in listed] == [body["id"]]
    assert {name: body[name] for name in listed[0]} == listed[0]


def test_what_is_not_said_has_the_defaults_of_the_contract(api, source, target):
    body = {"name": "all", "source_dataset": source, "target_dataset": target}
    made = api.post(f"{API}/adaptations", json=body)
    found = shown(api, made.json()["resource"]["id"])
    assert (found["methods"], found["seeds"]) == (list(METHODS), [0, 1, 2])
    config = found["config"]
    assert (config["mode"], config["backbone"]) == ("w_t", "small")
    assert (config["steps"], config["batch_size"], config["image_size"]) == (2000, 64, 28)
    assert (config["target_classes"], config["weights"]) == (None, None)


def test_settings_can_be_changed_one_by_one(api, source, target):
    fields = {
        "mode": "w_t",
        "selector": "entropy",
        "image_size": 40,
        "overrides": {"learning_rate": 1, "bottleneck": 16, "evaluations": 4},
    }
    config = shown(api, adapt(api, source, target, **fields).json()["resource"]["id"])["config"]
    assert (config["mode"], config["selector"], config["image_size"]) == ("w_t", "entropy", 40)
    assert (config["learning_rate"], config["bottleneck"], config["evaluations"]) == (1.0, 16, 4)


@pytest.mark.parametrize(
    ("fields", "pointer", "words"),
    [
        ({"source_dataset": "dat_no"}, "/source_dataset", "no data set 'dat_no'"),
        ({"target_dataset": "dat_no"}, "/target_dataset", "no data set 'dat_no'"),
        (
            {"target_classes": ["circle", "star"]},
            "/target_classes/1",
            "no class 'star'; it has circle, square",
        ),
        ({"target_classes": ["cross"]}, "/target_classes/0", "no class 'cross'"),
        ({"target_classes": ["circle", "circle"]}, "/target_classes/1", "a second time"),
        ({"target_classes": []}, "/target_classes", "at least 1"),
        ({"methods": ["san", "magic"]}, "/methods/1", "source-only"),
        ({"methods": ["san", "san"]}, "/methods/1", "a second time"),
        ({"methods": []}, "/methods", "at least 1"),
        ({"seeds": [1, 1]}, "/seeds/1", "a second time"),
        ({"seeds": [-1]}, "/seeds/0", "greater than or equal to 0"),
        ({"mode": "fast"}, "/mode", "paper"),
        ({"backbone": "vit"}, "/backbone", "small"),
        ({"backbone": "features"}, "/source_dataset", "holds images"),
        ({"image_size": 96}, "/image_size", "28 to 64 pixels"),
        ({"selector": "labels"}, "/selector", "infomax"),
        ({"steps": 0}, "/steps", "greater than or equal to 1"),
        ({"overrides": {"steps": 3}}, "/overrides/steps", "no such setting"),
        ({"overrides": {"momentum": 1}}, "/overrides/momentum", "in [0, 1)"),
        ({"overrides": {"bottleneck": 1.5}}, "/overrides/bottleneck", "a whole number"),
        ({"overrides": {"bottleneck": 10**400}}, "/overrides/bottleneck", "at most"),
        ({"overrides": {"augmentation": "blur"}}, "/overrides/augmentation", "crop"),
        ({"overrides": {"augmentation": None}}, "/overrides/augmentation", "crop"),
        ({"overrides": {"ramp": "slow"}}, "/overrides/ramp", "a number"),
        ({"overrides": {"evaluations": 41}}, "/overrides/evaluations", "at most one per step"),
        ({"weights": "/etc/passwd"}, "/weights", "TASKATLAS_DATASET_ROOTS"),
        ({"preset": "tiny"}, "/preset", "Extra inputs"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_stored(api, source, target, fields, pointer, words):
    response = adapt(
        api, fields.pop("source_dataset", source), fields.pop("target_dataset", target), **fields
    )
    problem = assert_problem(response, 422, pointer=pointer)
    assert any(words in error["detail"] for error in problem["errors"]), problem
    assert api.get(f"{API}/adaptations").json()["items"] == []


def test_data_sets_must_hold_one_class_per_example(api, source, target):
    body = {"name": "views", "kind": "rooms", "options": {"views": 64, "size": 32}}
    views = api.post(f"{API}/datasets", json=body).json()["id"]
    assert_problem(adapt(api, views, target), 422, pointer="/source_dataset", detail="one per example")
    assert_problem(adapt(api, source, views), 422, pointer="/target_dataset", detail="one class per example")


def test_images_and_vectors_do_not_go_together(api, source, target, tmp_path):
    vectors = features_npz(api, tmp_path, "vectors")
    others = features_npz(api, tmp_path, "others", features=6)
    assert_problem(
        adapt(api, vectors, target), 422, pointer="/source_dataset", detail="pre-extracted vectors"
    )
    of_vectors = {"backbone": "features"}
    assert_problem(adapt(api, vectors, target, **of_vectors), 422, pointer="/target_dataset", detail="images")
    wrong = adapt(api, vectors, others, **of_vectors)
    assert_problem(wrong, 422, pointer="/target_dataset", detail="vectors of 6 numbers, the source of 5")
    sized = adapt(api, vectors, vectors, image_size=32, **of_vectors)
    assert_problem(sized, 422, pointer="/image_size")
    made = adapt(api, vectors, vectors, **of_vectors)
    config = shown(api, made.json()["resource"]["id"])["config"]
    assert (config["image_size"], config["input_features"]) == (None, 5)


def test_an_unlabelled_target_is_adapted_to_and_an_unlabelled_source_is_refused(api, source, tmp_path):
    unlabelled = images_npz(api, tmp_path, "unlabelled", shapes(40, 3)[0], None)
    body = shown(api, adapt(api, source, unlabelled).json()["resource"]["id"])
    assert (body["shared_classes"], body["outlier_classes"]) == (None, None)
    assert_problem(adapt(api, unlabelled, source), 422, pointer="/source_dataset")
    chosen = adapt(api, source, unlabelled, target_classes=["circle"])
    assert_problem(chosen, 422, pointer="/target_classes/0", detail="it has no labels")


def test_a_whole_target_can_be_made_a_partial_one(api, source):
    body = shown(api, adapt(api, source, source, target_classes=["cross"]).json()["resource"]["id"])
    assert (body["target_classes"], body["shared_classes"]) == (["cross"], ["cross"])
    assert body["outlier_classes"] == ["circle", "square"]


def test_pretrained_weights_are_checked_and_kept(api, source, target, platform, tmp_path):
    save_file({"conv1.weight": torch.zeros(2, 2)}, tmp_path / "other.safetensors")
    wrong = adapt(api, source, target, weights=str(tmp_path / "other.safetensors"))
    assert_problem(wrong, 422, pointer="/weights")
    missing = adapt(api, source, target, weights=str(tmp_path / "none.safetensors"))
    assert_problem(missing, 422, pointer="/weights", detail="nothing is at")

    from models.networks.small_convnet import SmallConvNet

    path = tmp_path / "own.safetensors"
    save_file(SmallConvNet(28).state_dict(), path)
    adaptation_id = adapt(api, source, target, weights=str(path)).json()["resource"]["id"]
    assert shown(api, adaptation_id)["config"]["weights"] == str(path)
    with platform.database.session(read_only=True) as session:
        kept = AdaptationsRepository(session).get(adaptation_id).pretrained
    assert platform.artifacts.get(kept) == path.read_bytes()
    api.delete(f"{API}/adaptations/{adaptation_id}")
    assert not platform.artifacts.exists(kept)


def test_a_run_is_seen_while_it_goes_on(api, adaptation, platform):
    run = runs_of(platform, adaptation)["san", 0]
    with platform.database.session() as session:
        AdaptationBuildingService(session, platform).measured(run.id, history([0.5, 0.75], [0.1, 0.2]))
    running = next(
        each for each in shown(api, adaptation)["running"] if (each["method"], each["seed"]) == ("san", 0)
    )
    assert running["curves"]["steps"] == [10, 20]
    assert running["curves"]["target_accuracy"] == [0.5, 0.75]
    assert running["class_weights"]["cross"] == [0.25, 0.25]
    assert shown(api, adaptation)["results"] == []


def test_three_accuracies_are_told_apart(api, adaptation, platform):
    end(platform, runs_of(platform, adaptation)["san", 1], history([0.5, 0.75, 0.625], [0.5, 0.25, 0.125]))
    (result,) = shown(api, adaptation)["results"]
    assert (result["method"], result["seed"], result["status"]) == ("san", 1, "succeeded")
    assert (result["accuracy_last"], result["step_last"]) == (0.625, 30)
    assert (result["accuracy_label_free"], result["step_label_free"]) == (0.5, 10)
    assert (result["accuracy_oracle"], result["step_oracle"]) == (0.75, 20)
    assert (result["selector"], result["score"]) == ("entropy", 0.5)
    assert result["by_selector"] == {
        "infomax": {"step": 30, "accuracy": 0.625},
        "entropy": {"step": 10, "accuracy": 0.5},
    }
    assert result["per_class"] == {"circle": 0.5, "square": 0.5}
    assert result["mean_class_accuracy"] == 0.5
    assert result["class_weights"] == {"circle": [1.5] * 3, "square": [1.25] * 3, "cross": [0.25] * 3}
    assert result["mean_weights"] == {"shared": 1.375, "outlier": 0.25, "ratio": 0.181818}
    assert result["predicted_shares"] == {"circle": 0.35, "square": 0.35, "cross": 0.3}
    assert result["model_id"] == shown(api, adaptation)["preferred_model"]


def test_without_target_labels_there_are_no_accuracies(api, adaptation, platform):
    course = history(*RISING, labelled=False, weighs=False)
    end(platform, runs_of(platform, adaptation)["source-only", 0], course)
    body = shown(api, adaptation)
    (result,) = body["results"]
    unknown = ("accuracy_last", "accuracy_label_free", "accuracy_oracle", "per_class", "mean_class_accuracy")
    assert {result[name] for name in unknown} == {None}
    assert (result["step_label_free"], result["class_weights"], result["mean_weights"]) == (30, None, None)
    assert result["curves"]["target_accuracy"] == [None] * 3
    assert (body["summary"][0]["mean"], body["summary"][0]["std"], body["summary"][0]["n"]) == (None, None, 1)


def test_a_summary_is_the_mean_and_sample_deviation_over_seeds_that_did_not_diverge(
    api, adaptation, platform
):
    runs = runs_of(platform, adaptation)
    end(platform, runs["san", 0], history([0.5], [1.0]))
    end(platform, runs["san", 1], history([0.75], [1.0]))
    end(platform, runs["source-only", 0], history([0.25], [0.5]))
    end(platform, runs["source-only", 1], None, error=DIVERGED)
    only, san = shown(api, adaptation)["summary"]
    assert (san["method"], san["mean"], san["n"], san["diverged"]) == ("san", 0.625, 2, 0)
    assert san["std"] == pytest.approx(0.125 * 2**0.5, abs=1e-6)
    assert (only["mean"], only["std"], only["n"], only["diverged"]) == (0.25, 0.0, 1, 1)


def test_a_run_that_diverged_says_when_and_keeps_the_model_of_before(api, adaptation, platform):
    runs = runs_of(platform, adaptation)
    end(platform, runs["san", 0], history([0.5], [0.75]), error=DIVERGED)
    end(platform, runs["san", 1], None, error=replace(DIVERGED, step=0))
    with_model, without = shown(api, adaptation)["results"]
    assert {with_model["status"], without["status"]} == {"diverged"}
    assert with_model["error"] == {"step": 7, "detail": "san: the loss is nan at step 7"}
    assert with_model["model_id"] is not None
    assert (without["model_id"], without["curves"], without["accuracy_last"]) == (None, None, None)
    assert without["selector"] == "entropy"


def test_a_finished_adaptation_has_verdicts_and_is_sent_once(api, adaptation, platform):
    for (method, _), run in runs_of(platform, adaptation).items():
        end(platform, run, history([0.25 if method == "san" else 0.75], [0.5]))
    assert "ETag" not in api.get(f"{API}/adaptations/{adaptation}").headers
    finish(platform, adaptation)
    response = api.get(f"{API}/adaptations/{adaptation}")
    assert response.json()["status"] == "ready"
    assert response.json()["running"] == []
    known = {"If-None-Match": response.headers["ETag"]}
    assert api.get(f"{API}/adaptations/{adaptation}", headers=known).status_code == 304


def test_the_preferred_model_has_the_highest_label_free_score_whatever_its_accuracy(
    api, adaptation, platform
):
    runs = runs_of(platform, adaptation)
    end(platform, runs["source-only", 0], history([0.9], [0.25]))
    end(platform, runs["source-only", 1], history([0.9], [np.nan]))
    end(platform, runs["san", 0], history([0.1], [0.5]))
    assert shown(api, adaptation)["preferred_model"] == runs["san", 0].id


def test_embeddings_are_points_and_pictures(api, adaptation, platform):
    url = f"{API}/adaptations/{adaptation}/embedding"
    assert_problem(api.get(url), 409, detail="no such run has a model")
    runs = runs_of(platform, adaptation)
    for key in (("source-only", 1), ("san", 0), ("san", 1)):
        end(platform, runs[key], history(*RISING))
    response = api.get(url)
    assert [(each["method"], each["seed"]) for each in response.json()["embeddings"]] == [
        ("source-only", 1),
        ("san", 0),
    ]
    (chosen,) = api.get(url, params={"method": "san", "seed": 1}).json()["embeddings"]
    assert chosen["model_id"] == runs["san", 1].id
    assert chosen["projection"] in {"t-sne", "pca"}
    assert len(chosen["points"]) == 40
    first, last = chosen["points"][0], chosen["points"][-1]
    assert (first["domain"], first["label"], first["prediction"]) == ("source", "circle", "circle")
    assert (last["domain"], last["label"], last["prediction"]) == ("target", None, "circle")
    assert all(np.isfinite([point["x"], point["y"]]).all() for point in chosen["points"])

    pictures = {
        color: api.get(url, params={"format": "png", "color": color}) for color in ("class", "domain")
    }
    for picture in pictures.values():
        assert picture.headers["content-type"] == "image/png"
        assert Image.open(io.BytesIO(picture.content)).width > 100
    assert pictures["class"].content != pictures["domain"].content
    tag = {"If-None-Match": pictures["class"].headers["ETag"]}
    assert api.get(url, params={"format": "png"}, headers=tag).status_code == 304
    assert_problem(api.get(url, params={"method": "dann"}), 422, pointer="method")
    assert_problem(api.get(url, params={"seed": 7}), 422, pointer="seed")
    assert_problem(api.get(f"{API}/adaptations/ada_no/embedding"), 404)


def test_a_model_is_handed_out_as_it_was_stored(api, adaptation, platform):
    run = runs_of(platform, adaptation)["san", 0]
    url = f"{API}/adaptations/{adaptation}/models/{run.id}"
    assert_problem(api.get(url), 404, detail="has no model")
    end(platform, run, history(*RISING), weights=b"the model")
    response = api.get(url)
    assert response.content == b"the model"
    assert response.headers["content-disposition"] == 'attachment; filename="san-seed-0.safetensors"'
    assert api.get(url, headers={"If-None-Match": response.headers["ETag"]}).status_code == 304


def test_a_deleted_adaptation_takes_its_job_and_artefacts_with_it(api, adaptation, platform):
    for run in runs_of(platform, adaptation).values():
        end(platform, run, history(*RISING))
    with platform.database.session(read_only=True) as session:
        artifacts = AdaptationsRepository(session).artifacts(adaptation)
    assert len(artifacts) == 4 + 2, "the arrays of equal seeds are one artefact here"
    job_id = shown(api, adaptation)["job_id"]
    assert api.delete(f"{API}/adaptations/{adaptation}").status_code == 204
    assert not any(platform.artifacts.exists(artifact) for artifact in artifacts)
    assert job_of(platform, job_id).state == JobState.CANCELLED
    assert_problem(api.get(f"{API}/adaptations/{adaptation}"), 404)
    assert_problem(api.delete(f"{API}/adaptations/{adaptation}"), 404)


def test_what_another_adaptation_refers_to_stays(api, source, target, adaptation, platform):
    other = adapt(api, source, target).json()["resource"]["id"]
    for each in (adaptation, other):
        end(platform, runs_of(platform, each)["san", 0], history(*RISING))
    with platform.database.session(read_only=True) as session:
        artifacts = AdaptationsRepository(session).artifacts(other)
    api.delete(f"{API}/adaptations/{adaptation}")
    assert all(platform.artifacts.exists(artifact) for artifact in artifacts)


def test_data_sets_in_use_stay(api, adaptation, source, target):
    for dataset in (source, target):
        assert_problem(api.delete(f"{API}/datasets/{dataset}"), 409, detail="an adaptation")
    api.delete(f"{API}/adaptations/{adaptation}")
    assert api.delete(f"{API}/datasets/{source}").status_code == 204


def test_a_repeated_request_is_answered_as_the_first(api, source, target):
    headers = {"Idempotency-Key": "k"}
    first, again = (adapt(api, source, target, headers=headers) for _ in range(2))
    assert first.json() == again.json()
    assert len(api.get(f"{API}/adaptations").json()["items"]) == 1


def test_a_cancelled_job_cancels_its_adaptation_and_a_scope_is_needed(
    api, adaptation, source, target, authorize
):
    api.delete(f"{API}/jobs/{shown(api, adaptation)['job_id']}")
    assert shown(api, adaptation)["status"] == "cancelled"
    reader = authorize(Scope.READ)
    assert_problem(adapt(api, source, target, headers=reader), 403)
    assert_problem(api.delete(f"{API}/adaptations/{adaptation}", headers=reader), 403)
    assert_problem(api.post(f"{API}/adaptations/{adaptation}/predict", headers=reader), 403)
    assert api.get(f"{API}/adaptations", headers=reader).status_code == 200


def test_lists_come_in_pages(api, adaptation, source, target):
    other = adapt(api, source, target).json()["resource"]["id"]
    first = api.get(f"{API}/adaptations", params={"limit": 1}).json()
    rest = api.get(f"{API}/adaptations", params={"limit": 1, "cursor": first["next_cursor"]}).json()
    assert [first["items"][0]["id"], rest["items"][0]["id"]] == [other, adaptation]
    assert rest["next_cursor"] is None


def test_a_model_can_be_asked_once_it_is_trained(api, adaptation, platform):
    url = f"{API}/adaptations/{adaptation}/predict"
    png = ("a.png", b"\x89PNG\r\n\x1a\n", "image/png")
    assert_problem(api.post(url, files=[("image", png)]), 409, detail="no model to serve")
    end(platform, runs_of(platform, adaptation)["san", 0], history(*RISING))
    assert_problem(api.post(url), 422, pointer="/image", detail="at least one image")
    assert_problem(api.post(url, files=[("image", png)] * 257), 422, pointer="/image", detail="256")
    assert_problem(api.post(url, files=[("image", png)], data={"model": "mdl_no"}), 422, pointer="/model")
    assert_problem(api.post(url, files=[("image", png)]), 422, pointer="/image/0", detail="cannot be read")
    text = ("a.txt", b"text", "text/plain")
    assert_problem(api.post(url, files=[("image", text)]), 415)
    assert_problem(api.post(url, json={"vectors": [[1.0]]}), 422, pointer="/vectors", detail="takes images")
    assert_problem(api.post(url.replace(adaptation, "ada_no"), files=[("image", png)]), 404)


@pytest.mark.parametrize(
    ("body", "pointer", "words"),
    [
        ({"vectors": [[1.0, 2.0]]}, "/vectors", "rows of 5 numbers, got the shape [1, 2]"),
        ({"vectors": []}, "/vectors", "rows of 5 numbers"),
        ({"vectors": [[1], [1, 2]]}, "/vectors", "all of one length"),
        ({"vectors": [["a"] * 5]}, "/vectors", "numbers"),
        ({"vectors": None}, "/vectors", "numbers"),
        ({"vectors": [[1e39] * 5]}, "/vectors", "finite"),
        ({"model": "mdl_no", "vectors": [[1] * 5]}, "/model", "no model"),
        ({"model": 3}, "/model", "a string"),
        ({"images": []}, "/", "`vectors`"),
        ([], "/", "`vectors`"),
    ],
)
def test_vectors_that_are_none_are_named(api, platform, tmp_path, body, pointer, words):
    vectors = features_npz(api, tmp_path, "vectors")
    adaptation = adapt(api, vectors, vectors, backbone="features").json()["resource"]["id"]
    end(platform, runs_of(platform, adaptation)["san", 0], history(*RISING))
    problem = assert_problem(
        api.post(f"{API}/adaptations/{adaptation}/predict", json=body), 422, pointer=pointer
    )
    assert words in problem["detail"]
