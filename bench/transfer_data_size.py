"""How much an atlas depends on how many images its transfers learn from: the same atlas at a second data size.

Run `python bench/transfer_data_size.py --api http://127.0.0.1:8000 --atlas ID [--images 128] [--out FILE]` against a
service that has built the atlas. It builds a second one on the first one's task-specific networks, or takes the one
that is there already, and compares them.
"""

import argparse
import os
import platform
from datetime import UTC, datetime
from pathlib import Path

from taskatlas_client import Atlas, AtlasComparison, TaskAtlas, Transfer

from models.taxonomy.table import SELF


def second_atlas(client: TaskAtlas, base: Atlas, images: int) -> Atlas:
    """The atlas on the base's networks with so many images, built where it is missing."""
    for atlas in client.atlases.list(limit=200).items:
        same = atlas.base == base.id and (atlas.config or {})["splits"]["transfer"] == images
        if same and atlas.status == "ready":
            return atlas
    name = f"{base.name}, {images} images"
    job = client.atlases.build(name, base=base.id, overrides={"splits.transfer": images})
    done = client.jobs.wait(
        job.id, on_progress=lambda job: print(f"{job.progress:6.1%}  {job.step}", flush=True)
    )
    assert done.resource is not None
    return client.atlases.get(done.resource.id)


def best_gains(client: TaskAtlas, atlas: Atlas) -> list[tuple[float, float]]:
    """Gain and quality of each target's best transfer."""
    found: dict[str, Transfer] = {}
    for transfer in client.atlases.every_transfer(atlas.id):
        known = found.get(transfer.target)
        better = known is None or (transfer.affinity or 0.0) > (known.affinity or 0.0)
        if transfer.sources != [SELF] and better:
            found[transfer.target] = transfer
    return [(each.win_rate_vs_scratch or 0.0, each.win_rate_vs_full or 0.0) for each in found.values()]


def report(
    pair: tuple[Atlas, Atlas], compared: AtlasComparison, gains: list[list[tuple[float, float]]]
) -> str:
    """The figures as Markdown."""
    base = pair[0]
    train = base.config["splits"]["train"]
    sizes = [atlas.config["splits"]["transfer"] for atlas in pair]
    steps = [atlas.config["transfer_training"]["steps"] for atlas in pair]
    means = [[100 * sum(each[k] for each in one) / len(one) for k in (0, 1)] for one in gains]
    lines = [
        "# A second transfer data size",
        "",
        f"{datetime.now(tz=UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores. Made by "
        "`python bench/transfer_data_size.py`. "
        f"{base.name}: preset `{base.config['preset']}`, seed {base.config['seed']}, {len(base.targets)} targets; both "
        "atlases stand on the same task-specific networks.",
        "",
        "| | images of transfers | fewer than the networks saw | steps | gain of the best transfer, mean | quality |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        *(
            f"| {name} | {size} | {train / size:.0f}x | {count} | {mean[0]:.1f} % | {mean[1]:.1f} % |"
            for name, size, count, mean in zip(("first", "second"), sizes, steps, means, strict=True)
        ),
        "",
        "## Rank correlation of affinities",
        "",
        f"Of the {compared.transfers} transfers that both have measured, without `self` and `random`; means over "
        f"targets of the targets' own correlations. The best single source is the same for "
        f"{100 * (compared.same_best_source or 0.0):.0f} % of targets.",
        "",
        "| order | transfers | Spearman, mean | Kendall, mean | Spearman, all together |",
        "| --- | ---: | ---: | ---: | ---: |",
        *(
            f"| {each.order or 'all'} | {each.transfers} | {_number(each.mean_spearman)} "
            f"| {_number(each.mean_kendall)} | {_number(each.spearman)} |"
            for each in (*compared.orders, compared.overall)
        ),
        "",
        "| target | transfers | Spearman | Kendall | best source, first | best source, second |",
        "| --- | ---: | ---: | ---: | --- | --- |",
        *(
            f"| {each.target} | {each.transfers} | {_number(each.spearman)} | {_number(each.kendall)} "
            f"| {each.best_source} | {each.best_source_with} |"
            for each in compared.targets
        ),
        "",
    ]
    return "\n".join(lines)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--api", required=True, help="address of a service that has built an atlas")
    parser.add_argument("--atlas", required=True, help="id of that atlas")
    parser.add_argument("--key", help="API key with the scope `train`")
    parser.add_argument(
        "--images", type=int, default=128, help="that transfers of the second atlas learn from"
    )
    parser.add_argument("--out", type=Path, default=Path("docs/results/transfer_data_size.md"))
    chosen = parser.parse_args()
    with TaskAtlas(chosen.api, chosen.key) as client:
        base = client.atlases.get(chosen.atlas)
        small = second_atlas(client, base, chosen.images)
        compared = client.atlases.comparison(base.id, small.id)
        text = report((base, small), compared, [best_gains(client, atlas) for atlas in (base, small)])
    chosen.out.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
