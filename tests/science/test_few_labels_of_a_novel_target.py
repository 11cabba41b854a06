"""Few labels of a task outside the atlas go further through its networks than from scratch (Zamir et al. 2018)."""

import numpy as np
import pytest

from app.atlases.archive.reading import Archive
from app.atlases.bundled.service import BUNDLED
from models.data.rooms.config import RoomsConfig
from models.data.splits import SplitSizes
from models.data.views import RoomsViews
from models.taxonomy.table import RANDOM
from models.training.progress import NullContext
from models.transfer.config import AtlasConfig
from models.transfer.novel.config import novel_config
from models.transfer.novel.results import NovelScore, first_order_novel_sets, score_novel
from models.transfer.novel.training import train_baselines, train_novel_transfers

pytestmark = [pytest.mark.science, pytest.mark.slow, pytest.mark.timeout(600)]

SOURCES = ("autoencoding", "depth", "reshading", "semantic_segmentation", RANDOM)
FEW = SplitSizes(train=32, transfer=32, validation=48, test=256)


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, NovelScore]:
    """Transfers from networks of the bundled atlas to normals with 64 labels; the best on validation too."""
    with BUNDLED.open("rb") as file:
        archive = Archive.open(file)
        members = {member.sha256: member for member in archive.manifest.members}
        networks = {
            network.task: archive.read(members[network.weights])
            for network in archive.manifest.networks
            if network.kind == "task" and network.task in SOURCES
        }
    atlas = AtlasConfig.from_json(archive.manifest.config)
    config = novel_config(atlas, "normals", sources=SOURCES, orders=[1], splits=FEW, seed=1)
    folder = tmp_path_factory.mktemp("rooms")
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
    assert scores["reshading"].affinity > 1.3 * scores[RANDOM].affinity
