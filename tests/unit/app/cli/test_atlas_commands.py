import json

import pytest
from typer.testing import CliRunner

from app.cli import cli
from tests.unit.client.conftest import Answer, ScriptedServer

AT = "2026-01-02T03:04:05Z"
JOB = {
    "id": "job_1",
    "kind": "grouping.check",
    "title": "Grouping which tasks share",
    "state": "succeeded",
    "progress": 1.0,
    "step": "3 of 3 done",
    "eta_s": None,
    "attempt": 1,
    "created_at": AT,
    "result": {"atlas_id": "atl_1", "grouping_id": "grp_1"},
}


def grouping(groups, rank, score, measured):
    return {
        "groups": groups,
        "rank": rank,
        "all_in_one": len(groups) == 1,
        "all_separate": False,
        "cost": len(groups),
        "within_budget": True,
        "score": score,
        "delta_m": measured,
        "validation_delta_m": measured,
        "detail": None if measured is not None else "depth was not measured",
        "tasks": [],
    }


GROUPING = {
    "id": "grp_1",
    "name": "which tasks share",
    "status": "ready",
    "atlas_id": "atl_1",
    "tasks": ["depth", "normals", "edges_2d"],
    "budget": 2,
    "candidates": 1,
    "method": "mgda-ub",
    "seed": 0,
    "epochs": 4,
    "created_at": AT,
    "recommended": [["depth", "normals"], ["edges_2d"]],
    "groupings": [
        grouping([["depth", "normals"], ["edges_2d"]], 1, -0.5, -1.25),
        grouping([["depth", "normals", "edges_2d"]], None, -0.75, None),
    ],
}


@pytest.fixture
def server():
    scripted = ScriptedServer()
    yield scripted
    scripted.close()


def test_a_grouping_is_asked_followed_and_shown(server):
    server.answers += [Answer(202, JOB), Answer(200, JOB), Answer(200, GROUPING)]
    arguments = ["--budget", "2", "--candidates", "1", "--method", "mgda-ub", "--epochs", "4"]
    tasks = [word for name in GROUPING["tasks"] for word in ("--task", name)]
    result = CliRunner(env={"COLUMNS": "200"}).invoke(
        cli, ["atlas", "grouping", "atl_1", *arguments, *tasks, "--json", "--url", server.url]
    )
    assert result.exit_code == 0, result.output
    asked = json.loads(server.seen[0].body)
    assert asked == {
        "tasks": GROUPING["tasks"], "budget": 2, "candidates": 1, "method": "mgda-ub", "epochs": 4, "seed": 0,
    }  # fmt: skip
    rows = json.loads(result.stdout[result.stdout.index("[") :])
    assert [row["networks"] for row in rows] == ["depth, normals | edges_2d", "depth, normals, edges_2d"]
    assert [next(iter(row.values())) for row in rows] == ["recommended", ""]
    assert [row["delta-m, test"] for row in rows] == ["-1.2 %", ""]
