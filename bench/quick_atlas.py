"""How long an atlas of rooms takes on two cores, rendering included, and how good its task-specific networks are.

Run `python bench/quick_atlas.py [--preset quick] [--seed 0] [--out docs/results/quick_atlas.md]`.
"""

import argparse
from pathlib import Path

from one_program import build, report

from models.data.rooms.config import RoomsConfig
from models.data.views import RoomsViews
from models.transfer.presets import PRESETS, atlas_config


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", choices=tuple(PRESETS), default="quick")
    parser.add_argument("--seed", type=int, default=0, help="of the rooms, of weights and of batches")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("docs/results/quick_atlas.md"))
    chosen = parser.parse_args()
    config = atlas_config(chosen.preset, seed=chosen.seed)

    def rooms(cache: Path) -> RoomsViews:
        room = RoomsConfig(seed=config.seed, size=config.image_size)
        return RoomsViews(room, config.splits, cache, workers=chosen.processes)

    atlas, clock, cpu = build(config, rooms, chosen.processes)
    lines = report(
        atlas,
        clock,
        cpu,
        chosen.processes,
        title=f"The preset `{config.preset}` on {chosen.processes} cores",
        script="python bench/quick_atlas.py",
        data="",
    )
    chosen.out.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
