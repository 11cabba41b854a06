import json

import pytest
from typer.testing import CliRunner

from app.cli import cli
from tests.unit.client.conftest import Answer, ScriptedServer

AT = "2026-01-02T03:04:05Z"
JOB = {
    "id": "job_1",
    "kind": "adaptation",
    "title": "Adaptation a to b",
    "state": "succeeded",
    "progress": 1.0,
    "step": "2 of 2 done",
    "eta_s": None,
    "attempt": 1,
    "created_at": AT,
    "resource": {"kind": "adaptation", "id": "ada_1", "href": "/api/v1/adaptations/ada_1"},
}
NOT_FOUND = Answer(404, {"title": "Not found", "status": 404, "detail": "none"})


def dataset(identity, name):
    return {"id": identity, "name": name, "kind": "images_npz", "created_at": AT}


def page(*items):
    return Answer(body={"items": list(items), "next_cursor": None})


def spread(mean):
    return {"mean": mean, "std": 0.01}


def summary(method, chosen, last, oracle, verdict=None):
    return {
        "method": method,
        "mean": chosen,
        "std": 0.02,
        "n": 2,
        "diverged": 1 if verdict else 0,
        "last": spread(last),
        "oracle": spread(oracle),
        "source": spread(0.9),
        "verdict": verdict,
    }


ADAPTATION = {
    "id": "ada_1",
    "name": "a to b",
    "status": "ready",
    "source_dataset": "dat_a",
    "target_dataset": "dat_b",
    "target_classes": None,
    "methods": ["source-only", "dann"],
    "seeds": [0, 1],
    "classes": ["x", "y", "z"],
    "shared_classes": ["x"],
    "outlier_classes": ["y", "z"],
    "summary": [
        summary("source-only", 0.5, 0.51, 0.52),
        summary(
            "dann",
            0.25,
            0.26,
            0.27,
            {
                "verdict": "worse",
                "judged_by": "labels",
                "reasons": [{"says": "worse", "text": "25 points less"}],
                "difference": -0.25,
                "standard_error": 0.01,
                "seeds": 2,
            },
        ),
    ],
    "config": {},
    "created_at": AT,
    "code_version": "1",
    "results": [],
    "running": [],
    "preferred_model": "mdl_1",
}


@pytest.fixture
def server():
    scripted = ScriptedServer()
    yield scripted
    scripted.close()


@pytest.fixture
def run(server):
    def command(*words):
        return CliRunner().invoke(cli, [*words, "--url", server.url], env={"COLUMNS": "200"})

    return command


def test_data_sets_may_be_named_and_methods_are_shown_side_by_side(server, run):
    server.answers += [NOT_FOUND, page(dataset("dat_b", "b"), dataset("dat_a", "a"))]
    server.answers += [
        Answer(body=dataset("dat_b", "b")),
        Answer(202, JOB),
        Answer(body=JOB),
        Answer(body=ADAPTATION),
    ]
    done = run("adapt", "a", "dat_b", "--method", "dann", "--target-class", "x", "--seed", "0", "--seed", "1")
    assert done.exit_code == 0, done.output
    body = json.loads(server.seen[3].body)
    assert body == {
        "name": "a to dat_b",
        "source_dataset": "dat_a",
        "target_dataset": "dat_b",
        "target_classes": ["x"],
        "methods": ["dann"],
        "seeds": [0, 1],
    }
    # A narrow terminal breaks the last cells over two lines.
    table = " ".join(done.output.split())
    assert "dann 25.0 ± 2.0 26.0 ± 1.0 27.0 ± 1.0 90.0 ± 1.0 2, 1 " in table
    assert " diverged" in table
    assert " worse" in table
    assert "dann: 25 points less" in done.output


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ((), "there is no data set 'a'"),
        ((dataset("dat_1", "a"), dataset("dat_2", "a")), "2 data sets are called 'a': dat_1, dat_2"),
    ],
)
def test_a_name_that_is_nobodys_or_two_sets_starts_nothing(server, run, known, words):
    server.answers += [NOT_FOUND, page(*known)]
    refused = run("adapt", "a", "b")
    assert refused.exit_code == 2
    assert words in refused.output
    assert {seen.method for seen in server.seen} == {"GET"}


def test_a_job_that_is_not_waited_for_is_named(server, run):
    server.answers += [
        Answer(body=dataset("dat_a", "a")),
        Answer(body=dataset("dat_b", "b")),
        Answer(202, JOB),
    ]
    assert "job job_1" in run("adapt", "dat_a", "dat_b", "--no-wait").output
    assert len(server.seen) == 3


def test_the_preferred_model_is_exported(server, run, tmp_path):
    server.answers += [Answer(body=ADAPTATION), Answer(body=b"weights")]
    file = tmp_path / "model.safetensors"
    done = run("adaptation", "export", "ada_1", "--out", str(file))
    assert (done.exit_code, file.read_bytes()) == (0, b"weights")
    assert server.seen[1].path.endswith("/adaptations/ada_1/models/mdl_1")


def test_without_a_model_nothing_is_exported(server, run, tmp_path):
    server.answers.append(Answer(body={**ADAPTATION, "preferred_model": None}))
    refused = run("adaptation", "export", "ada_1", "--out", str(tmp_path / "model"))
    assert (refused.exit_code, list(tmp_path.iterdir())) == (2, [])
    assert "no model yet" in refused.output


def test_pictures_are_named_with_their_classes(server, run, tmp_path):
    said = {"class": "dog", "probabilities": {"dog": 0.75, "cat": 0.25}}
    found = {"adaptation_id": "ada_1", "model_id": "mdl_1", "method": "san", "seed": 0, "predictions": [said]}
    server.answers.append(Answer(body=found))
    (tmp_path / "one.png").write_bytes(b"picture")
    done = run("adaptation", "predict", "ada_1", str(tmp_path / "one.png"), "--json")
    assert '"class": "dog"' in done.output
    assert "75.0%" in done.output
