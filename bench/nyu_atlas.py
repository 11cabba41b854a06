"""An atlas of real photographs: NYU Depth V2 with the depth, normals and segmentation that were measured of it.

Run `python bench/nyu_atlas.py --file nyuv2_64.npz [--seed 0] [--out docs/results/nyu_atlas.md]`. Tasks are all that the
file's labels allow; those that need an image alone are among them.
"""

import argparse
from dataclasses import replace
from pathlib import Path

from one_program import build, report

from models.data.nyu.file import open_nyu
from models.data.nyu.views import NyuViews
from models.data.splits import SPLITS, SplitSizes
from models.taxonomy.clusters import clustering
from models.taxonomy.options import Options
from models.taxonomy.program import solve
from models.taxonomy.similarity import Node, similarity_tree
from models.taxonomy.table import Transfer
from models.transfer.config import AtlasConfig
from models.transfer.presets import atlas_config

TASKS = (
    "autoencoding",
    "denoising",
    "colorization",
    "inpainting",
    "jigsaw",
    "edges_2d",
    "keypoints_2d",
    "segmentation_2d",
    "depth",
    "normals",
    "semantic_segmentation",
)
BUDGETS = range(1, 6)


def configured(seed: int, splits: SplitSizes) -> AtlasConfig:
    """The preset `quick` on the views that the file has: fewer images, seen more often."""
    return replace(atlas_config("quick", tasks=TASKS, seed=seed), splits=splits)


def drawn(node: Node, indent: int = 0) -> list[str]:
    """A tree as indented lines."""
    if node.name is not None:
        return [f"{'  ' * indent}{node.name}"]
    below = [line for child in node.children for line in drawn(child, indent + 1)]
    return [f"{'  ' * indent}+ {node.height:.3f}", *below]


def structure(table: list[Transfer]) -> list[str]:
    """The tree of tasks and the best taxonomies, as lines of Markdown."""
    tree = similarity_tree(table)
    groups = clustering(tree, permutations=99_999)
    lines = [
        "## Tree",
        "",
        "Tasks that transfer alike stand together; numbers are the distances at which groups join.",
        "",
        "```",
        *drawn(tree.root),
        "```",
        "",
        f"Groups of the dictionary against chance: mean distance {groups.within:.3f} within groups, "
        f"{groups.between:.3f} between them, p = {groups.p_value:.2g} from {groups.permutations} permutations.",
        "",
        "## Best taxonomies",
        "",
        "| budget | objective | sources |",
        "| ---: | ---: | --- |",
    ]
    for budget in BUDGETS:
        best = solve(table, Options(budget=budget)).best
        lines.append(f"| {budget} | {best.objective:.3f} | {', '.join(best.sources)} |")
    return [*lines, ""]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--file", type=Path, required=True, help="the arrays, as data sets of kind nyu_npz have them"
    )
    parser.add_argument("--seed", type=int, default=0, help="of weights and of batches")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("docs/results/nyu_atlas.md"))
    chosen = parser.parse_args()
    file = open_nyu(chosen.file)
    splits = SplitSizes(**{split: len(file.splits[split]) for split in SPLITS})
    config = configured(chosen.seed, splits)
    atlas, clock, cpu = build(config, lambda cache: NyuViews(file, splits, cache), chosen.processes)
    table = [edge for target in atlas.targets.values() for edge in target.evaluation.transfers]
    lines = report(
        atlas,
        clock,
        cpu,
        chosen.processes,
        title="An atlas of real photographs: NYU Depth V2",
        script=f"python bench/nyu_atlas.py --file {chosen.file.name}",
        data="The split `test` is the official one; no scene lies in two splits. Normals were derived from depth, so "
        "those two are not independent; depth has steps of 4 cm.",
    )
    at = lines.index("## Configuration")
    lines[at:at] = structure(table)
    chosen.out.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
