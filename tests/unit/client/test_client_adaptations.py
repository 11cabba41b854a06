import json

import pytest
import taskatlas_client as tac

JOB = {
    "id": "job_1",
    "kind": "adaptation",
    "title": "Adaptation digits",
    "state": "queued",
    "progress": 0.0,
    "step": "",
    "eta_s": None,
    "attempt": 0,
    "created_at": "2026-01-02T03:04:05Z",
}
PREDICTION = {
    "adaptation_id": "ada_1",
    "model_id": "mdl_1",
    "method": "san",
    "seed": 0,
    "predictions": [{"class": "dog", "probabilities": {"dog": 0.75, "cat": 0.25}}],
}


@pytest.fixture
def client(server):
    with tac.TaskAtlas(server.url, max_retries=0) as client:
        yield client


def sent(server):
    return json.loads(server.seen[0].body)


def test_what_is_not_said_is_left_to_the_server(server, client, answer):
    server.answers.append(answer(202, body=JOB))
    assert client.adaptations.create("digits", source="dat_1", target="dat_2").id == "job_1"
    assert sent(server) == {"name": "digits", "source_dataset": "dat_1", "target_dataset": "dat_2"}
    assert server.seen[0].headers["idempotency-key"]


def test_settings_are_sent_by_the_names_of_the_contract(server, client, answer):
    server.answers.append(answer(202, body=JOB))
    client.adaptations.create(
        "d",
        source="a",
        target="b",
        target_classes=("0",),
        methods=("san",),
        seeds=range(2),
        mode="w_t",
        steps=9,
    )
    assert sent(server) == {
        "name": "d",
        "source_dataset": "a",
        "target_dataset": "b",
        "target_classes": ["0"],
        "methods": ["san"],
        "seeds": [0, 1],
        "mode": "w_t",
        "steps": 9,
    }


def test_the_class_of_a_prediction_has_a_name_that_python_allows(server, client, answer):
    server.answers.append(answer(body=PREDICTION))
    prediction = client.adaptations.predict("ada_1", [b"one picture"]).predictions[0]
    assert (prediction.class_, prediction.probabilities["cat"]) == ("dog", 0.25)


def test_many_pictures_are_one_request_and_keep_their_order(server, client, answer, tmp_path):
    server.answers.append(answer(body=PREDICTION))
    (tmp_path / "second.png").write_bytes(b"picture 2")
    client.adaptations.predict("ada_1", [b"picture 1", tmp_path / "second.png"], model="mdl_2")
    body = server.seen[0].body
    assert body.count(b'; name="image"') == 2
    assert body.index(b"picture 1") < body.index(b"picture 2")
    assert b"mdl_2" in body


def test_vectors_are_sent_as_json(server, client, answer):
    server.answers.append(answer(body=PREDICTION))
    client.adaptations.predict_vectors("ada_1", [(0.5, 1)], model="mdl_1")
    assert sent(server) == {"vectors": [[0.5, 1]], "model": "mdl_1"}
