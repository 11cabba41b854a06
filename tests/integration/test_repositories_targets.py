"""SQL of novel targets on both databases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.atlases.repository import AtlasesRepository
from app.datasets.records import Dataset
from app.datasets.repository import DatasetsRepository
from app.targets.records import ModelScore, NewModel, NewTarget
from app.targets.repository import TargetsRepository
from tests.integration.inference_atlas import new_atlas

NOW = datetime(2026, 1, 2, tzinfo=UTC)
DATASET = Dataset(
    id="dat", name="few", kind="rooms", location=None, options={}, fingerprint="f", report={}, created_at=NOW
)
TARGET = NewTarget(
    id="tgt_1",
    atlas_id="atl",
    dataset_id="dat",
    name="kinds",
    task="scene_class",
    config={"orders": [1]},
    facts=None,
    job_id=None,
    code_version="1",
    created_at=NOW,
    finished_at=None,
)


def model(*sources, loss, kind="transfer"):
    weights = None if kind == "constant" else f"w{loss}"
    return NewModel(
        kind=kind,
        sources=sources,
        validation_loss=loss,
        test_loss=2 * loss,
        weights=weights,
        losses=f"l{loss}",
    )


@pytest.fixture
def targets(database):
    """Two targets of one atlas, the second the newer."""
    with database.session() as session:
        AtlasesRepository(session).add(new_atlas("atl", "built", ("depth", "normals"), {}))
        DatasetsRepository(session).add(DATASET)
        repository = TargetsRepository(session)
        repository.add(TARGET)
        repository.add(replace(TARGET, id="tgt_2", created_at=NOW + timedelta(seconds=1)))
        repository.add_models("tgt_1", [model("depth", loss=0.5), model("depth", "normals", loss=0.25)])
        repository.add_models("tgt_1", [model(loss=0.75, kind="scratch"), model(loss=1.0, kind="constant")])
        repository.add_models("tgt_2", [model("depth", loss=0.5)])
        yield repository


def test_models_come_back_the_best_on_validation_first(targets):
    found = targets.models("tgt_1")
    assert [(each.kind, each.sources) for each in found] == [
        ("transfer", ("depth", "normals")),
        ("transfer", ("depth",)),
        ("scratch", ()),
        ("constant", ()),
    ]
    score = ModelScore(
        found[0].id, affinity=0.75, win_rate=1.0, win_rate_vs_scratch=0.5, win_rate_vs_constant=1.0
    )
    targets.score([score])
    targets.session.expire_all()
    scored = targets.models("tgt_1")
    assert (scored[0].affinity, scored[0].win_rate_vs_scratch) == (0.75, 0.5)
    assert scored[1].affinity is None


def test_targets_are_listed_newest_first_and_finished_once(targets):
    assert [each.id for each in targets.page("atl", after=None, limit=5)] == ["tgt_2", "tgt_1"]
    after = (NOW + timedelta(seconds=1), "tgt_2")
    assert [each.id for each in targets.page("atl", after=after, limit=5)] == ["tgt_1"]
    assert targets.page("other", after=None, limit=5) == []
    assert targets.get("atl", "tgt_1").status == "training"
    targets.set_facts("tgt_1", {"kind": "class"})
    targets.finish("tgt_1", at=NOW)
    targets.session.expire_all()
    target = targets.get("atl", "tgt_1")
    assert (target.status, target.facts, target.finished_at) == ("ready", {"kind": "class"}, NOW)
    assert targets.get("other", "tgt_1") is None


def test_artefacts_are_counted_until_the_last_that_refers_to_them_is_gone(targets):
    everything = {"w0.5", "l0.5", "w0.25", "l0.25", "w0.75", "l0.75", "l1.0"}
    assert targets.artifacts("atl") == targets.artifacts("atl", "tgt_1") == everything
    assert targets.artifacts("atl", "tgt_2") == {"w0.5", "l0.5"}
    targets.delete("tgt_1")
    assert targets.models("tgt_1") == []
    assert targets.referenced(everything | {"unknown"}) == {"w0.5", "l0.5"}


def test_targets_go_with_their_atlas(targets):
    AtlasesRepository(targets.session).delete("atl")
    assert targets.artifacts("atl") == set()
    assert targets.referenced(["w0.5"]) == set()
