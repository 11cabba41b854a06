"""SQL of groupings on both databases."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.atlases.repository import AtlasesRepository
from app.core.runs import Divergence
from app.groupings.records import GroupingRun, NewTaskGrouping, Outcome
from app.groupings.repository import GroupingsRepository
from tests.integration.inference_atlas import new_atlas

NOW = datetime(2026, 1, 2, tzinfo=UTC)
GROUPING = NewTaskGrouping(
    id="grp_1",
    atlas_id="atl",
    name="which",
    config={"budget": 2},
    prediction={"tasks": ["depth", "normals"]},
    code_version="1",
    created_at=NOW,
)


def run(grouping_id, position, method="uniform"):
    return GroupingRun(
        id=f"mdl_{grouping_id}_{position}",
        grouping_id=grouping_id,
        position=position,
        method=method,
        tasks=("normals", "depth"),
    )


@pytest.fixture
def groupings(database):
    """Two groupings of one atlas, the second the newer."""
    with database.session() as session:
        AtlasesRepository(session).add(new_atlas("atl", "built", ("depth", "normals"), {}))
        repository = GroupingsRepository(session)
        repository.add(GROUPING, [run("grp_1", 1, "single"), run("grp_1", 0)])
        second = replace(GROUPING, id="grp_2", created_at=NOW + timedelta(seconds=1))
        repository.add(second, [run("grp_2", 0)])
        yield repository


def test_groupings_are_listed_newest_first_and_finished_once(groupings):
    assert [each.id for each in groupings.page("atl", after=None, limit=5)] == ["grp_2", "grp_1"]
    after = (NOW + timedelta(seconds=1), "grp_2")
    assert [each.id for each in groupings.page("atl", after=after, limit=5)] == ["grp_1"]
    assert groupings.page("other", after=None, limit=5) == []
    assert groupings.get("other", "grp_1") is None
    assert groupings.get("atl", "grp_1").status == "training"
    groupings.finish("grp_1", at=NOW)
    groupings.session.expire_all()
    assert (groupings.get("atl", "grp_1").status, groupings.get("atl", "grp_1").finished_at) == ("ready", NOW)


def test_runs_come_back_as_planned_and_keep_what_they_came_to(groupings):
    assert [each.method for each in groupings.runs("grp_1")] == ["uniform", "single"]
    assert groupings.run("mdl_grp_1_0").status == "waiting"
    metrics = {"normals": {"mean_angle": 20.5, "within_30": math.nan}, "depth": {"rmse": 0.25}}
    outcome = Outcome(metrics=metrics, validation_metrics={"depth": {"rmse": 0.5}}, weights="w1")
    groupings.end_run("mdl_grp_1_0", outcome, at=NOW)
    groupings.end_run("mdl_grp_1_1", Outcome(error=Divergence(3, "the loss was nan")), at=NOW)
    first, second = groupings.runs("grp_1")
    assert (first.status, first.tasks, first.model_id) == ("succeeded", ("normals", "depth"), first.id)
    assert list(first.outcome.metrics["normals"]) == ["mean_angle", "within_30"]
    assert math.isnan(first.outcome.metrics["normals"]["within_30"])
    assert first.outcome.validation_metrics == {"depth": {"rmse": 0.5}}
    assert (second.status, second.model_id, second.outcome.error.step) == ("diverged", None, 3)
    assert groupings.artifacts("atl") == groupings.artifacts("atl", "grp_1") == {"w1"}
    assert groupings.referenced({"w1", "w2"}) == {"w1"}


def test_a_deleted_grouping_takes_its_runs_with_it(groupings):
    groupings.delete("grp_1")
    assert groupings.run("mdl_grp_1_0") is None
    assert len(groupings.runs("grp_2")) == 1
    AtlasesRepository(groupings.session).delete("atl")
    groupings.session.expire_all()
    assert groupings.runs("grp_2") == []
