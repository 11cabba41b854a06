"""What few labels of a task outside an atlas give: transfers from its networks against training from scratch.

Run `python bench/novel_target.py [--out docs/results/novel_target.md]`: two minutes on one idle core. An atlas of four
tasks is trained on rendered rooms; rooms of another seed are the small labelled sets of tasks that it lacks. The best
transfer is chosen on 64 validation images; figures are on 256 test images.
"""

import argparse
import platform
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch

from models.data.rooms.config import RoomsConfig
from models.data.splits import SplitSizes
from models.data.views import RoomsViews
from models.training.progress import NullContext
from models.transfer.config import AtlasConfig
from models.transfer.novel.config import NovelConfig, novel_config
from models.transfer.novel.results import (
    NovelScore,
    first_order_novel_sets,
    higher_order_novel_sets,
    score_novel,
)
from models.transfer.novel.training import train_baselines, train_novel_transfers
from models.transfer.presets import atlas_config
from models.transfer.results import TransferResult
from models.transfer.selection import source_validation_losses
from models.transfer.task_specific import train_task_network

SOURCES = ("autoencoding", "edges_2d", "depth", "occlusion_edges")
NOVEL = ("normals", "scene_class")
LABELS = (64, 256)
ATLAS = {
    "splits.train": 1024,
    "splits.transfer": 16,
    "splits.validation": 4,
    "splits.test": 16,
    "network.encoder_widths": (16, 32),
    "network.decoder_widths": (24,),
    "task_training.steps": 400,
    "task_training.batch_size": 16,
}


@dataclass(frozen=True)
class Found:
    """What was measured of one target with one number of labels."""

    config: NovelConfig
    best: TransferResult
    score: NovelScore
    scratch: TransferResult
    constant_loss: float
    scratch_vs_constant: float
    metric: str
    seconds: float


def atlas_of(folder: Path, seed: int) -> tuple[AtlasConfig, dict[str, bytes]]:
    config = atlas_config("tiny", tasks=SOURCES, orders=[1], seed=seed, overrides=ATLAS)
    views = RoomsViews(RoomsConfig(seed=seed, size=config.image_size), config.splits, folder)
    trained = {name: train_task_network(config, name, views, NullContext()) for name in config.sources}
    return config, {name: network.weights for name, network in trained.items()}


def measure(
    atlas: AtlasConfig, networks: Mapping[str, bytes], target: str, labels: int, folder: Path
) -> Found:
    splits = SplitSizes(train=labels // 2, transfer=labels // 2, validation=64, test=256)
    config = novel_config(atlas, target, sources=atlas.sources, splits=splits, seed=atlas.seed)
    views = RoomsViews(RoomsConfig(seed=atlas.seed + 1000, size=atlas.image_size), splits, folder)
    began = time.perf_counter()

    def transfers(sets: Sequence[Sequence[str]]) -> list[TransferResult]:
        return train_novel_transfers(
            config, sets, source_networks=networks, views=views, context=NullContext()
        )

    results = transfers(first_order_novel_sets(config))
    results += transfers(higher_order_novel_sets(config, 2, source_validation_losses(results)))
    baselines = train_baselines(config, views=views, context=NullContext())
    scratch, constant = baselines.scratch, baselines.constant.test_losses
    scores = score_novel([result.test_losses for result in results], scratch.test_losses, constant)
    best = min(range(len(results)), key=lambda at: float(results[at].validation_losses.mean()))
    return Found(
        config,
        results[best],
        scores[best],
        scratch,
        float(constant.mean()),
        float(np.mean(scratch.test_losses < constant)),
        next(iter(baselines.facts.metrics)),
        time.perf_counter() - began,
    )


def row(found: Found) -> str:
    cells = [
        found.config.target,
        f"{found.config.labels}",
        " + ".join(found.best.sources),
        f"{100 * found.score.win_rate_vs_scratch:.0f} %",
        f"{100 * found.score.win_rate_vs_constant:.0f} %",
        f"{100 * found.scratch_vs_constant:.0f} %",
        f"{found.best.test_losses.mean():.3f}",
        f"{found.scratch.test_losses.mean():.3f}",
        f"{found.constant_loss:.3f}",
        f"{found.metric} {found.best.metrics[found.metric]:.3g} / {found.scratch.metrics[found.metric]:.3g}",
        f"{found.seconds:.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("docs/results/novel_target.md"))
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        atlas, networks = atlas_of(Path(folder), arguments.seed)
        found = [
            measure(atlas, networks, target, labels, Path(folder)) for target in NOVEL for labels in LABELS
        ]
    won = sum(each.score.win_rate_vs_scratch > 0.5 for each in found)
    lines = [
        "# Few labels of a novel target",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, torch {torch.__version__}, one thread. "
        f"Command: `python bench/novel_target.py --seed {arguments.seed}`.",
        "",
        f"An atlas of {', '.join(SOURCES)} and a random encoder at {atlas.image_size} pixels, each network trained for "
        f"{atlas.task_training.steps} steps on {atlas.splits.train} rooms. Rooms of another seed are the labelled "
        "sets. "
        f"All sources and five pairs are trained on the labels, as is a whole network from scratch, for equally many "
        f"steps ({', '.join(str(each.config.transfer_training.steps) for each in found[: len(LABELS)])}) of "
        f"{found[0].config.transfer_training.batch_size} images. The best transfer is chosen on 64 validation images; "
        "shares and means are of 256 test images.",
        "",
        f"The best transfer beats scratch on most test images in {won} of {len(found)} cases.",
        "",
        "| target | labels | best transfer | beats scratch | beats a constant | scratch beats a constant | loss "
        "| of scratch | of a constant | metric, transfer / scratch | seconds for all |",
        "| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- | ---: |",
        *map(row, found),
    ]
    arguments.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
