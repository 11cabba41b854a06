"""Few labels of a task outside the atlas go further through its networks than from scratch (Zamir et al. 2018)."""

import numpy as np
import pytest

from models.data.rooms.config import RoomsConfig
from models.data.splits import SplitSizes
from models.data.views import RoomsViews
from models.taxonomy.table import RANDOM
from models.training.progress import NullContext
from models.transfer.config import AtlasConfig
from models.transfer.novel.config import novel_config
from models.transfer.novel.results import NovelScore, first_order_novel_sets, score_novel
from models.transfer.novel.training import train_baselines, train_novel_transfers
from models.transfer.presets import atlas_config
from models.transfer.task_specific import train_task_network

pytestmark = [pytest.mark.science, pytest.mark.slow, pytest.mark.timeout(600)]

SOURCES = ("autoencoding", "depth", "occlusion_edges")
OVERRIDES = {
    "splits.train": 768,
    "splits.transfer": 16,
    "splits.validation": 4,
    "splits.test": 16,
    "network.encoder_widths": (16, 32),
    "network.decoder_widths": (24,),
    "task_training.steps": 240,
}
FEW = SplitSizes(train=32, transfer=32, validation=48, test=256)


@pytest.fixture(scope="module")
def atlas() -> AtlasConfig:
    return atlas_config("tiny", tasks=SOURCES, orders=[1], seed=1, overrides=OVERRIDES)


@pytest.fixture(scope="module")
def scores(atlas: AtlasConfig, tmp_path_factory: pytest.TempPathFactory) -> dict[str, NovelScore]:
    """Transfers from each source to normals with 64 labels, against both baselines; the best on validation too."""
    folder = tmp_path_factory.mktemp("rooms")
    rooms = RoomsViews(RoomsConfig(seed=1, size=atlas.image_size), atlas.splits, folder, workers=1)
    networks = {name: train_task_network(atlas, name, rooms, NullContext()).weights for name in atlas.sources}
    config = novel_config(atlas, "normals", sources=atlas.sources, splits=FEW, seed=1)
    few = RoomsViews(RoomsConfig(seed=1001, size=atlas.image_size), FEW, folder, workers=1)
    results = train_novel_transfers(
        config, first_order_novel_sets(config), source_networks=networks, views=few, context=NullContext()
    )
    baselines = train_baselines(config, views=few, context=NullContext())
    found = score_novel(
        [result.test_losses for result in results],
        baselines.scratch.test_losses,
        baselines.constant.test_losses,
    )
    best = int(np.argmin([result.validation_losses.mean() for result in results]))
    return {
        **{result.sources[0]: score for result, score in zip(results, found, strict=True)},
        "best": found[best],
    }


def test_the_chosen_transfer_beats_scratch_on_most_images(scores: dict[str, NovelScore]) -> None:
    assert scores["best"].win_rate_vs_scratch > 0.6
    assert scores["best"].win_rate_vs_constant > 0.7


def test_what_knows_the_shape_of_rooms_serves_normals_better_than_what_is_untrained(
    scores: dict[str, NovelScore],
) -> None:
    assert scores["depth"].affinity > 1.3 * scores[RANDOM].affinity
