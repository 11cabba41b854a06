"""The paper's claim in small: what one task's network knows helps the tasks that are near it, and labels beat none.

Zamir et al. 2018, Sec. 4 and Table 1, on rendered rooms of 32 pixels with six tasks, for two seeds. The figures at full
size are in docs/results/quick_atlas.md.
"""

from collections.abc import Mapping

import numpy as np
import pytest

from models.data.rooms.config import RoomsConfig
from models.data.views import RoomsViews
from models.taxonomy.table import RANDOM, SELF, Transfer
from models.training.progress import NullContext
from models.transfer.atlas import AtlasResult, build_atlas
from models.transfer.presets import atlas_config

pytestmark = [pytest.mark.science, pytest.mark.slow]

FLAT = ("autoencoding", "edges_2d")
SOLID = ("depth", "normals", "occlusion_edges", "vanishing_points")
OVERRIDES = {
    "splits.train": 1024,
    "splits.transfer": 256,
    "splits.test": 256,
    "network.encoder_widths": (16, 32),
    "network.decoder_widths": (24,),
    "task_training.steps": 240,
    "task_training.batch_size": 16,
    "transfer_training.steps": 120,
    "scratch_training.steps": 120,
}


@pytest.fixture(scope="module", params=[1, 2])
def atlas(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AtlasResult:
    config = atlas_config("tiny", tasks=[*FLAT, *SOLID], orders=[1], seed=request.param, overrides=OVERRIDES)
    rooms = RoomsConfig(seed=config.seed, size=config.image_size)
    views = RoomsViews(rooms, config.splits, tmp_path_factory.mktemp("rooms"), workers=1)
    return build_atlas(config, views, NullContext())


def into(atlas: AtlasResult, target: str) -> Mapping[str, Transfer]:
    return {transfer.sources[0]: transfer for transfer in atlas.targets[target].evaluation.transfers}


def affinity(atlas: AtlasResult, source: str, target: str) -> float:
    value = into(atlas, target)[source].affinity
    assert value is not None
    return value


def test_task_networks_beat_a_constant_guess_and_a_random_encoder(atlas: AtlasResult) -> None:
    assert np.mean([score.win_rate_vs_constant for score in atlas.scores]) > 0.6
    assert np.mean([score.win_rate_vs_random for score in atlas.scores]) > 0.7


@pytest.mark.parametrize("target", [*FLAT, *SOLID])
def test_full_supervision_beats_few_labels_and_every_transfer(atlas: AtlasResult, target: str) -> None:
    edges = into(atlas, target)
    assert edges[SELF].gain is not None
    assert edges[SELF].gain > 0.5
    assert max(edges, key=lambda source: affinity(atlas, source, target)) == SELF


def test_normals_come_from_depth_rather_than_from_what_is_flat_or_untrained(atlas: AtlasResult) -> None:
    others = [affinity(atlas, source, "normals") for source in (*FLAT[:1], RANDOM)]
    assert affinity(atlas, "depth", "normals") > 1.3 * max(others)


def test_solid_tasks_serve_one_another_better_than_a_random_encoder_does(atlas: AtlasResult) -> None:
    ratios = [
        np.log(affinity(atlas, source, target) / affinity(atlas, RANDOM, target))
        for target in SOLID
        for source in SOLID
        if source != target
    ]
    assert np.exp(np.mean(ratios)) > 1.15
