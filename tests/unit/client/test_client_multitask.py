import json

import pytest
import taskatlas_client as tac

AT = "2026-01-02T03:04:05Z"
RESOURCE = {"kind": "multitask", "id": "mtk_1", "href": "/api/v1/multitask/mtk_1"}


def job(state, resource=RESOURCE):
    return {
        "id": "job_1",
        "kind": "multitask",
        "title": "Multi-task training digits",
        "state": state,
        "progress": 0.0,
        "step": "",
        "eta_s": None,
        "attempt": 0,
        "created_at": AT,
        "resource": resource,
    }


def training(status="ready"):
    return {
        "id": "mtk_1",
        "name": "digits",
        "status": status,
        "dataset": "dat_1",
        "tasks": [],
        "methods": ["mgda"],
        "seeds": [0],
        "preferences": [],
        "summary": [],
        "config": {},
        "created_at": AT,
        "code_version": "1",
        "job_id": "job_1",
        "results": [],
        "running": [],
    }


PREDICTION = {
    "multitask_id": "mtk_1",
    "model_id": "mdl_1",
    "method": "mgda",
    "seed": 0,
    "preference": [0.25, 0.75],
    "image_size": 28,
    "predictions": [
        {"image": 0, "tasks": {"left": {"kind": "class", "value": None, "png": "cG5n", "array": None}}}
    ],
}
FRONT = {
    "axes": [{"task": "left", "metric": "top_1", "unit": "share", "higher_is_better": True}],
    "split": "validation",
    "points": [],
    "hypervolume": None,
    "hypervolume_share": None,
    "exact": True,
    "standard_error": 0,
    "reference_point": None,
}


@pytest.fixture
def client(server):
    with tac.TaskAtlas(server.url, max_retries=0) as client:
        yield client


def sent(server):
    return json.loads(server.seen[0].body)


def test_what_is_not_said_is_left_to_the_server(server, client, answer):
    server.answers.append(answer(202, body=job("queued")))
    made = client.multitask.train("digits", dataset="dat_1", tasks=["left", "right"], methods=["mgda"])
    assert made.id == "job_1"
    assert sent(server) == {
        "name": "digits",
        "dataset": "dat_1",
        "tasks": ["left", "right"],
        "methods": ["mgda"],
    }
    assert server.seen[0].headers["idempotency-key"]


def test_settings_are_sent_by_the_names_of_the_contract(server, client, answer):
    server.answers.append(answer(202, body=job("queued")))
    client.multitask.train(
        "d",
        dataset="dat_1",
        tasks=("left", "right"),
        methods=("grid",),
        seeds=range(2),
        preferences=[(1, 3)],
        normalization="loss+",
        learning_rate=0.01,
    )
    assert sent(server) == {
        "name": "d",
        "dataset": "dat_1",
        "tasks": ["left", "right"],
        "methods": ["grid"],
        "seeds": [0, 1],
        "preferences": [[1, 3]],
        "normalization": "loss+",
        "learning_rate": 0.01,
    }


def test_waiting_for_the_job_of_a_training_returns_the_training(server, client, answer):
    server.answers += [
        answer(body=training("training")),
        answer(body=job("succeeded")),
        answer(body=training()),
    ]
    assert client.multitask.wait(tac.Job(**read(job("queued")))).status == "ready"
    assert server.seen[0].path.endswith("/multitask/mtk_1")


def test_a_training_that_is_ready_is_not_waited_for(server, client, answer):
    server.answers.append(answer(body=training()))
    assert client.multitask.wait("mtk_1").id == "mtk_1"
    assert len(server.seen) == 1


def test_a_job_of_something_else_is_not_waited_for(client):
    with pytest.raises(ValueError, match="makes no multi-task training"):
        client.multitask.wait(tac.Job(**read(job("queued", None))))


def test_following_ends_with_the_training_as_it_ended(server, client, answer):
    event = b'id: 1\nevent: progress\ndata: {"progress": 1}\n\n'
    server.answers += [
        answer(body=training("training")),
        answer(body=event, headers={"content-type": "text/event-stream"}),
        answer(body=training("training")),
        answer(body=job("succeeded")),
        answer(body=training()),
    ]
    seen = [each.status for each in client.multitask.follow("mtk_1", every_s=0)]
    assert seen == ["training", "training", "ready"]


def test_a_preference_is_sent_as_json_with_the_pictures_in_order(server, client, answer, tmp_path):
    server.answers.append(answer(body=PREDICTION))
    (tmp_path / "second.png").write_bytes(b"picture 2")
    found = client.multitask.predict(
        "mtk_1", [b"picture 1", tmp_path / "second.png"], preference=(0.25, 0.75), tasks=["left"], png=True
    )
    body = server.seen[0].body
    assert body.index(b"picture 1") < body.index(b"picture 2")
    assert b"[0.25, 0.75]" in body
    assert b'name="model"' not in body
    assert found.predictions[0].tasks["left"].png_bytes() == b"png"


def test_the_front_is_asked_for_by_axes_and_split(server, client, answer):
    server.answers += [answer(body=FRONT), answer(body=b"<svg/>", headers={"content-type": "image/svg+xml"})]
    front = client.multitask.front("mtk_1", tasks=["left", "right"], split="validation")
    assert front.axes[0].higher_is_better
    assert client.multitask.front_picture("mtk_1") == b"<svg/>"
    assert server.seen[0].path.endswith("/front?tasks=left%2Cright&split=validation")
    assert server.seen[1].path.endswith("/front.svg")


def test_a_model_appears_whole(server, client, answer, tmp_path):
    server.answers.append(answer(body=b"weights"))
    file = tmp_path / "model.safetensors"
    assert client.multitask.download_model("mtk_1", "mdl_1", file) == 7
    assert file.read_bytes() == b"weights"


def read(body):
    """The fields of a job as the client reads them."""
    resource = body["resource"] and tac.JobResource(**body["resource"])
    return {**body, "resource": resource}
