"""What the jobs of a build read and store, beside what the integration tests of real builds show."""

import numpy as np
import pytest

from app.atlases.building import (
    BuildingService,
    StoredArrays,
    stored_network,
    stored_scratch,
    stored_transfer,
)
from app.atlases.service import AtlasesService, AtlasRequest
from app.core.artifacts import build_artifact_store
from app.core.errors import NotFound
from app.core.settings import ArtifactSettings
from app.transfers.service import TransfersService
from models.taxonomy.table import RANDOM, SELF
from models.training.curves import Curve
from models.transfer.results import TaskNetwork, TransferResult

TASKS = ("autoencoding", "depth", "normals")
IMAGES = 40


@pytest.fixture
def artifacts(tmp_path):
    return build_artifact_store(ArtifactSettings(str(tmp_path / "artifacts")))


def losses(*names, scale=1.0):
    generator = np.random.default_rng(sum(map(ord, "".join(names))))
    return (scale * generator.random(IMAGES)).astype(np.float32)


def network(task, scale=1.0):
    nothing = np.empty(0, dtype=np.float32)
    trained = task != RANDOM
    return TaskNetwork(
        task=task,
        weights=f"weights of {task}".encode(),
        representations={"rgb/test": np.full((2, 1, 2, 2), len(task), dtype=np.float16)},
        test_losses=losses(task, scale=scale) if trained else nothing,
        constant_losses=losses(task, "constant") if trained else nothing,
        random_losses=losses(task, "random") if trained else nothing,
        metrics={"error": 0.5} if trained else {},
        curves={"network": Curve((1, 2), (2.0, 1.0))} if trained else {},
    )


def transfer(sources, target, validation=1.0):
    return TransferResult(
        sources=sources,
        target=target,
        test_losses=losses(*sources, target),
        validation_losses=np.full(IMAGES, validation, dtype=np.float32),
        weights=f"{'+'.join(sources)} to {target}".encode(),
        curve=Curve((1,), (1.0,)),
        metrics={"error": 0.25},
    )


@pytest.fixture
def atlas(platform):
    """The id of an atlas of three tasks whose every network and first-order transfer is stored."""
    with platform.database.session() as session:
        request = AtlasRequest(name="a", preset="tiny", tasks=TASKS, orders=(1,), overrides={})
        group = AtlasesService(session, platform).build(request)
        atlas_id = group.result["atlas_id"]
        building = BuildingService(session, platform)
        for task in (*TASKS, RANDOM):
            building.add_network(stored_network(platform.artifacts, atlas_id, network(task)))
        for target in TASKS:
            building.add_network(stored_scratch(platform.artifacts, atlas_id, transfer((), target)))
            sources = [source for source in (*TASKS, RANDOM) if source != target]
            building.add_transfers(
                atlas_id,
                [
                    stored_transfer(platform.artifacts, transfer((source,), target, validation=len(source)))
                    for source in sources
                ],
            )
    return atlas_id


def test_the_same_network_stored_twice_is_one_set_of_artefacts(artifacts):
    assert stored_network(artifacts, "atl_1", network("depth")) == stored_network(
        artifacts, "atl_1", network("depth")
    )


def test_a_network_is_stored_with_its_figures_and_the_untrained_one_has_none(artifacts):
    best = stored_network(artifacts, "atl_1", network("depth", scale=0.0))
    assert (best.test_loss, best.win_rate_vs_constant, best.win_rate_vs_random) == (0.0, 1.0, 1.0)
    assert artifacts.get_json(best.curves) == {"network": {"steps": [1, 2], "losses": [2.0, 1.0]}}
    untrained = stored_network(artifacts, "atl_1", network(RANDOM))
    assert (untrained.test_loss, untrained.win_rate_vs_constant, untrained.win_rate_vs_random) == (None,) * 3


def test_representations_are_read_when_they_are_asked_for(artifacts):
    row = stored_network(artifacts, "atl_1", network("depth"))
    stored = StoredArrays(artifacts, {**row.representations, "gone": "0" * 64})
    assert set(stored) == {"rgb/test", "gone"}
    assert stored["rgb/test"].dtype == np.float16
    artifacts.delete(row.representations["rgb/test"])
    assert stored["rgb/test"].shape == (2, 1, 2, 2), "what was read is kept"
    with pytest.raises(FileNotFoundError):
        stored["gone"]


def test_sources_of_higher_orders_are_ranked_by_what_was_measured_in_order_1(platform, atlas):
    with platform.database.session(read_only=True) as session:
        building = BuildingService(session, platform)
        first, second = (building.sources(atlas, "depth", order) for order in (1, 2))
    assert first.validation_losses == {}
    assert second.validation_losses == {source: len(source) for source in ("autoencoding", "normals", RANDOM)}
    assert second.target_network == b"weights of depth"
    assert set(second.representations) == {*TASKS, RANDOM}
    assert np.all(second.representations["normals"]["rgb/test"] == len("normals"))


def test_estimators_get_every_network_that_is_trained_and_read_it_when_they_ask(platform, atlas):
    with platform.database.session(read_only=True) as session:
        networks = BuildingService(session, platform).networks(atlas)
        assert BuildingService(session, platform).networks("atl_none") == {}
    assert set(networks) == {*TASKS, RANDOM}
    assert networks["depth"].weights == b"weights of depth"
    assert np.all(networks["depth"].representations["rgb/test"] == len("depth"))
    platform.artifacts.delete(networks["depth"].network.representations["rgb/test"])
    with pytest.raises(FileNotFoundError):
        networks["depth"].representations["rgb/test"]


def test_tournaments_score_every_transfer_and_complete_the_atlas(platform, atlas):
    with platform.database.session() as session:
        building = BuildingService(session, platform)
        evaluations = [building.evaluate(atlas, target) for target in TASKS]
        count = building.finish(atlas, evaluations)
    with platform.database.session(read_only=True) as session:
        stored = TransfersService(session, platform).all(atlas)
        found = AtlasesService(session, platform).ready(atlas)
    assert count == len(stored) == found.transfer_count == 3 * 4
    for target in TASKS:
        edges = {each.sources: each for each in stored if each.target == target}
        assert sum(each.affinity for each in edges.values()) == pytest.approx(1.0)
        assert sum(each.win_rate for each in edges.values()) == pytest.approx(len(edges) / 2)
        assert edges[SELF,].win_rate_vs_full == 0.5
        assert edges[SELF,].test_loss == pytest.approx(losses(target).mean())
        own = losses(RANDOM, target)
        assert edges[RANDOM,].win_rate_vs_full == np.mean(own < losses(target))
        assert edges[RANDOM,].win_rate_vs_scratch == np.mean(own < losses(target))


def test_a_network_that_was_not_trained_is_missed_by_name(platform, atlas):
    with (
        platform.database.session(read_only=True) as session,
        pytest.raises(FileNotFoundError, match="edges_2d"),
    ):
        BuildingService(session, platform).target_network(atlas, "edges_2d")


def test_an_atlas_that_is_gone_cannot_be_built(platform):
    with platform.database.session(read_only=True) as session, pytest.raises(NotFound):
        BuildingService(session, platform).work("atl_none")
