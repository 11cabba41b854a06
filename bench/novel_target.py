"""What few labels of a task outside an atlas give: transfers from its networks against training from scratch.

Run `python bench/novel_target.py [--archive FILE] [--out docs/results/novel_target.md]`: some minutes on one core. The
networks are those of the bundled atlas. A task is made novel by leaving its own network out of the sources; rooms of
another seed are the small labelled sets. The best transfer is chosen on 64 validation images; figures are on 256 test
images.
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

from app.atlases.archive.reading import Archive
from app.atlases.bundled.service import BUNDLED
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
from models.transfer.results import TransferResult
from models.transfer.selection import source_validation_losses

NOVEL = ("normals", "scene_class", "room_layout", "semantic_segmentation")
LABELS = (64, 256)


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


def atlas_of(archive: Path) -> tuple[AtlasConfig, dict[str, bytes]]:
    """The configuration of an archived atlas, and its task-specific networks."""
    with archive.open("rb") as file:
        opened = Archive.open(file)
        members = {member.sha256: member for member in opened.manifest.members}
        networks = {
            network.task: opened.read(members[network.weights])
            for network in opened.manifest.networks
            if network.kind == "task"
        }
        return AtlasConfig.from_json(opened.manifest.config), networks


def measure(
    atlas: AtlasConfig, networks: Mapping[str, bytes], target: str, labels: int, folder: Path
) -> Found:
    splits = SplitSizes(train=labels // 2, transfer=labels // 2, validation=64, test=256)
    sources = [name for name in atlas.sources if name != target]
    config = novel_config(atlas, target, sources=sources, splits=splits, seed=atlas.seed)
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
    parser.add_argument("--archive", type=Path, default=BUNDLED, help="of an atlas of rooms with networks")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        atlas, networks = atlas_of(arguments.archive)
        found = [
            measure(atlas, networks, target, labels, Path(folder)) for target in NOVEL for labels in LABELS
        ]
    won = sum(each.score.win_rate_vs_scratch > 0.5 for each in found)
    steps = ", ".join(str(each.config.transfer_training.steps) for each in found[: len(LABELS)])
    lines = [
        "# Few labels of a novel target",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, torch {torch.__version__}, one thread. "
        "Command: `python bench/novel_target.py`.",
        "",
        f"Networks of {len(atlas.tasks)} tasks at {atlas.image_size} pixels, each trained on {atlas.splits.train} "
        "rooms, and a random encoder; the novel target's own network is left out. Rooms of another seed are the "
        f"labelled sets. All sources and {atlas.per_target} pairs are trained on the labels, as is a whole network "
        f"from scratch, for equally many steps ({steps}) of "
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
