import json

import pytest
from typer.testing import CliRunner

from app.cli import cli
from tests.unit.client.conftest import Answer, ScriptedServer

AT = "2026-01-02T03:04:05Z"
JOB = {
    "id": "job_1",
    "kind": "multitask",
    "title": "Multi-task training digits",
    "state": "succeeded",
    "progress": 1.0,
    "step": "3 of 3 done",
    "eta_s": None,
    "attempt": 1,
    "created_at": AT,
    "resource": {"kind": "multitask", "id": "mtk_1", "href": "/api/v1/multitask/mtk_1"},
}
DATASET = {"id": "dat_1", "name": "digits", "kind": "multimnist", "created_at": AT}
LEFT = {
    "task": "left",
    "title": "Left digit",
    "kind": "class",
    "metric": "top_1",
    "unit": "share",
    "higher_is_better": True,
}
DEPTH = {
    "task": "depth",
    "title": "Depth",
    "kind": "map",
    "metric": "mean_absolute_error",
    "unit": "m",
    "higher_is_better": False,
}


def result(method, seed, delta, *, preference=None, stationarity=None, by_task=None, **more):
    return {
        "id": f"mdl_{method}_{seed}",
        "method": method,
        "seed": seed,
        "preference": preference,
        "title": f"{method}, seed {seed}",
        "status": "succeeded",
        "weights": None,
        "stationarity": stationarity,
        "curves": None,
        "metrics": {},
        "validation_metrics": {},
        "delta_m": delta,
        "delta_m_by_task": by_task,
        "delta_m_reason": None,
        "mean_rank": 1.0,
        "model_id": f"mdl_{method}_{seed}",
        "error": None,
        **more,
    }


def summary(method, metrics, delta, *, n=2, preference=None, diverged=0, rank=1.5):
    return {
        "method": method,
        "preference": preference,
        "n": n,
        "diverged": diverged,
        "metrics": {name: {"mean": mean, "std": std} for name, (mean, std) in metrics.items()},
        "delta_m": {"mean": delta, "std": 0.5},
        "mean_rank": rank,
    }


TRAINING = {
    "id": "mtk_1",
    "name": "digits",
    "status": "ready",
    "dataset": "dat_1",
    "tasks": [LEFT, DEPTH],
    "methods": ["single", "mgda"],
    "seeds": [0, 1],
    "preferences": [],
    "summary": [
        summary("single", {"left": (0.9, 0.01), "depth": (0.1234, 0.002)}, 0.0),
        summary(
            "mgda",
            {"left": (0.95, 0.0), "depth": (12.34, 0.0)},
            -1.25,
            n=1,
            preference=[0.25, 0.75],
            diverged=1,
        ),
    ],
    "config": {},
    "created_at": AT,
    "code_version": "1",
    "results": [
        result("single", 0, 0.0),
        result("mgda", 0, -1.25, preference=[0.25, 0.75], stationarity=0.125),
        result(
            "mgda",
            1,
            None,
            preference=[0.25, 0.75],
            status="diverged",
            model_id=None,
            error={"step": 7, "detail": "the loss is infinite"},
        ),
    ],
    "running": [],
    "preferred_model": "mdl_mgda_0",
}


def point(name, method, values, *, dominated):
    return {
        "model_id": f"mdl_{name}",
        "method": method,
        "seed": 0,
        "preference": None,
        "shared": method != "single",
        "values": values,
        "dominated": dominated,
    }


FRONT = {
    "axes": [
        {name: LEFT[name] for name in ("task", "metric", "unit", "higher_is_better")},
        {name: DEPTH[name] for name in ("task", "metric", "unit", "higher_is_better")},
    ],
    "split": "validation",
    "points": [
        point("a", "grid", [0.7, 0.3], dominated=True),
        point("b", "mgda", [0.75, 0.2], dominated=True),
        point("c", "single", [0.9, 0.2], dominated=False),
    ],
    "hypervolume": 0.5,
    "hypervolume_share": 0.75,
    "exact": False,
    "standard_error": 0.01,
    "reference_point": [0.8, 0.3],
}


@pytest.fixture
def server():
    scripted = ScriptedServer()
    yield scripted
    scripted.close()


@pytest.fixture
def run(server):
    """Commands on a narrow terminal's worth of columns: nothing that is asserted may hang on them."""

    def command(*words):
        return CliRunner().invoke(cli, ["multitask", *words, "--url", server.url], env={"COLUMNS": "40"})

    return command


def lines(done):
    assert done.exit_code == 0, done.output
    return [" ".join(line.split()) for line in done.output.splitlines()]


def test_a_data_set_goes_by_name_and_methods_are_shown_side_by_side(server, run):
    server.answers += [
        Answer(404, {"title": "Not found", "status": 404, "detail": "none"}),
        Answer(body={"items": [DATASET], "next_cursor": None}),
        Answer(202, JOB),
        Answer(body=JOB),
        Answer(body=TRAINING),
    ]
    words = ["train", "digits", "--task", "left", "--task", "depth", "--method", "single", "--method", "mgda"]
    done = run(
        *words,
        "--preference",
        "1,3",
        "--seed",
        "0",
        "--epochs",
        "2",
        "--set",
        "evaluations=4",
        "--set",
        "x=y",
    )
    shown = lines(done)
    assert json.loads(server.seen[2].body) == {
        "name": "digits: left, depth",
        "dataset": "dat_1",
        "tasks": ["left", "depth"],
        "methods": ["single", "mgda"],
        "seeds": [0],
        "epochs": 2,
        "preferences": [[1.0, 3.0]],
        "overrides": {"evaluations": 4, "x": "y"},
    }
    assert "100% 3 of 3 done" in shown
    assert (
        "method left top_1 [%] ↑ depth mean_absolute_error [m] ↓ delta-m [%] ↓ mean rank ↓ stationarity runs"
        in shown
    )
    assert "single 90.00 ± 1.00 0.123 ± 0.002 baseline 1.50 2" in shown
    assert "mgda (0.25, 0.75) 95.00 12.3 -1.25 1.50 0.125 1, 1 diverged" in shown
    assert any("negative is better" in line for line in shown)
    assert "mgda, seed 1 diverged at step 7: the loss is infinite" in " ".join(shown)
    assert any("mdl_mgda_0" in line for line in shown)


def test_without_methods_the_baseline_is_among_those_that_are_trained(server, run):
    server.answers += [Answer(body=DATASET), Answer(202, JOB)]
    done = run("train", "dat_1", "--task", "left", "--task", "depth", "--no-wait")
    assert "job job_1" in done.output
    assert json.loads(server.seen[1].body)["methods"] == ["single", "uniform", "mgda-ub"]


@pytest.mark.parametrize(
    ("option", "words"),
    [(("--preference", "a,b"), "no list of weights"), (("--set", "evaluations"), "no setting")],
)
def test_what_cannot_be_read_starts_nothing(server, run, option, words):
    refused = run("train", "dat_1", "--task", "left", "--task", "depth", *option)
    assert refused.exit_code == 2
    assert words in " ".join(refused.output.replace("│", " ").split())
    assert server.seen == []


def test_many_tasks_are_rows_with_those_first_that_lose_most(server, run):
    names = ["a", "b", "c", "d", "e"]
    tasks = [{**LEFT, "task": name, "title": name} for name in names]
    changes = {"a": -3.0, "b": 2.0, "c": 0.0, "d": 1.0, "e": -1.0}
    values = dict.fromkeys(names, (0.5, 0.0))
    weights = [0.125, 0.5, 0.125, 0.125, 0.125]
    many = {
        **TRAINING,
        "tasks": tasks,
        "summary": [summary("grid", values, -0.2, n=1, preference=weights)],
        "results": [result("grid", 0, -0.2, preference=weights, by_task=changes)],
        "preferred_model": None,
    }
    server.answers.append(Answer(body=many))
    shown = lines(run("show", "mtk_1"))
    assert "grid (b 0.5) -0.20 1.50 1" in shown
    assert "task grid (b 0.5)" in shown
    rows = [line for line in shown if line.endswith("%)")]
    assert rows[0] == "b top_1 [%] ↑ 50.00 (+2.0 %)"
    assert [row[0] for row in rows] == ["b", "d", "c", "e", "a"]


def test_a_table_can_be_had_as_json(server, run):
    server.answers.append(Answer(body=TRAINING))
    done = CliRunner().invoke(cli, ["multitask", "show", "mtk_1", "--json", "--url", server.url])
    assert json.loads(done.stdout)[1]["delta-m [%] ↓"] == "-1.25"


def test_the_front_shows_first_what_is_not_dominated_and_is_drawn(server, run, tmp_path):
    svg = Answer(body=b"<svg/>", headers={"content-type": "image/svg+xml"})
    server.answers += [Answer(body=TRAINING), Answer(body=FRONT), svg]
    file = tmp_path / "front.svg"
    shown = lines(run("front", "mtk_1", "--split", "validation", "--task", "left", "--svg", str(file)))
    assert file.read_bytes() == b"<svg/>"
    assert server.seen[1].path.endswith("/front?tasks=left&split=validation")
    at = shown.index("mdl_c single 0 90.00 0.200")
    assert shown[at + 1 : at + 3] == [
        "mdl_b mgda 0 75.00 0.200 by single tasks",
        "mdl_a grid 0 70.00 0.300 yes",
    ]
    assert any("hypervolume 0.5: 75.0% ± 0.01 of the box" in line for line in shown)


def test_predictions_are_words_or_files(server, run, tmp_path):
    picture = tmp_path / "one.png"
    picture.write_bytes(b"picture")
    said = {
        "left": {
            "kind": "class",
            "value": {"class": "7", "top": [{"class": "7", "probability": 0.75}]},
            "png": None,
            "array": None,
        },
        "depth": {"kind": "map", "value": None, "png": "cG5n", "array": None},
        "pose": {"kind": "vector", "value": {"x_m": [0.5, 1]}, "png": None, "array": None},
    }
    found = {
        "multitask_id": "mtk_1",
        "model_id": "mdl_1",
        "method": "mgda",
        "seed": 0,
        "preference": None,
        "image_size": 32,
        "predictions": [{"image": 0, "tasks": said}],
    }
    server.answers += [Answer(body=found), Answer(body=TRAINING)] * 2
    asked = ("predict", "mtk_1", str(picture), "--preference", "0.7,0.3")
    shown = " ".join(lines(run(*asked)))
    assert "left 7 (75.0%)" in shown
    assert "depth a picture: name a folder with --out" in shown
    assert "pose x_m 0.5 1" in shown
    assert b"[0.7, 0.3]" in server.seen[0].body
    run(*asked, "--out", str(tmp_path / "pictures"))
    assert (tmp_path / "pictures" / "one-depth.png").read_bytes() == b"png"


def test_without_a_model_nothing_is_exported(server, run, tmp_path):
    server.answers.append(Answer(body={**TRAINING, "preferred_model": None}))
    refused = run("export", "mtk_1", "--out", str(tmp_path / "model"))
    assert (refused.exit_code, list(tmp_path.iterdir())) == (2, [])


def test_the_preferred_model_is_exported(server, run, tmp_path):
    server.answers += [Answer(body=TRAINING), Answer(body=b"weights")]
    file = tmp_path / "model.safetensors"
    assert run("export", "mtk_1", "--out", str(file)).exit_code == 0
    assert file.read_bytes() == b"weights"
    assert server.seen[1].path.endswith("/multitask/mtk_1/models/mdl_mgda_0")
