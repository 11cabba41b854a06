"""The optimal taxonomy against random feasible ones, and the tree's groups against chance.

Run `python bench/significance.py [CSV] [--out docs/results/significance.md]`. What is drawn is said in
`models/taxonomy/significance.py` and `models/taxonomy/clusters.py`; both are functions of the table and the seed.
"""

import argparse
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from models.taxonomy.clusters import MAX_PERMUTATIONS, Clustering, clustering
from models.taxonomy.options import Options
from models.taxonomy.published import read_csv
from models.taxonomy.significance import Comparison, Control, Significance, significance
from models.taxonomy.similarity import similarity_tree

DEFAULT = Path("../shared/data/taskonomy_affinities_16k.csv")
BUDGETS = range(2, 11)
ORDERS = (1, 4)
AIM = 99.0
AIM_P = 0.01


def row(found: Significance, control: Control) -> str:
    cells = [f"{found.taxonomy.budget:g}", "yes" if found.taxonomy.optimal else "no", str(found.samples)]
    for comparison in (control.objective, control.gain, control.quality):
        cells += cells_of(comparison)
    for correlation in (control.gain_correlation, control.quality_correlation):
        cells.append("" if correlation is None else f"{correlation:.2f}")
    return f"| {' | '.join(cells)} |"


def cells_of(comparison: Comparison | None) -> list[str]:
    if comparison is None:
        return ["", "", ""]
    return [f"{comparison.optimum:.3f}", f"{comparison.mean:.3f}", f"{comparison.percentile:.1f}"]


def table_of(runs: Sequence[Significance], kind: str) -> list[str]:
    return [
        "| budget | proven | random ones | objective | random | percentile | gain | random | percentile "
        "| quality | random | percentile | rho gain | rho quality |",
        f"|{' ---: | --- |' + ' ---: |' * 12}",
        *(row(found, getattr(found, kind)) for found in runs),
    ]


def lowest(runs: Sequence[Significance], kind: str, measure: str) -> str:
    found = [(getattr(getattr(run, kind), measure), run.taxonomy.budget) for run in runs]
    known = [(comparison.percentile, budget) for comparison, budget in found if comparison is not None]
    if not known:
        return "nothing to compare"
    percentile, budget = min(known)
    missed = [f"{each:g}" for share, each in known if share <= AIM]
    verdict = (
        f"not above {AIM:g} at budget {', '.join(missed)}" if missed else f"above {AIM:g} at every budget"
    )
    return f"{verdict} (lowest {percentile:.1f}, at budget {budget:g})"


def tree_lines(found: Clustering) -> list[str]:
    left_out = ", ".join(found.ungrouped) or "none"
    verdict = "below" if found.p_value < AIM_P else "NOT below"
    return [
        "## Groups in the tree",
        "",
        f"Mean cophenetic distance {found.within:.3f} within groups, {found.between:.3f} between them: statistic "
        f"{found.statistic:.3f}, p = {found.p_value:.2g} from {found.permutations} permutations of the groups over the "
        f"leaves, {verdict} {AIM_P:g}. Tasks of no group of the dictionary, left out: {left_out}.",
        "",
        "| group | tasks | within | p |",
        "| --- | ---: | ---: | ---: |",
        *(
            f"| {each.group} | {len(each.tasks)} | "
            + ("| |" if each.within is None else f"{each.within:.3f} | {each.p_value:.2g} |")
            for each in found.clusters
        ),
    ]


def report(
    runs: dict[int, list[Significance]], tree: Clustering, path: Path, transfers: int, samples: int, seed: int
) -> str:
    lines = [
        "# Could the structure be chance?",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, NumPy {np.__version__}. "
        f"Command: `python bench/significance.py`. `{path.name}`: {transfers} transfers. "
        f"{samples} random taxonomies per budget and order, seed {seed}.",
        "",
        "A percentile is the share of random taxonomies that the optimum beats; equal ones are not beaten. *Randomly "
        "connected*: a random set of as many sources as the budget has, and for every target a random transfer among "
        "those that they allow. *Wired*: the same sources, and for every target its best transfer, a stronger control. "
        "Gain and quality are means over targets of the share of images won against scratch and against full "
        "supervision. The optimum maximises the objective, the sum of affinities, not gain or quality. *rho*: Spearman "
        "correlation, over the random taxonomies, of predicted performance (objective) with measured (gain, quality).",
    ]
    for order, found in runs.items():
        for kind, title in (("random", "randomly connected"), ("wired", "wired")):
            lines += ["", f"## Order up to {order}, {title}", ""]
            lines += [f"- {each}: {lowest(found, kind, each)}" for each in ("objective", "gain", "quality")]
            lines += ["", *table_of(found, kind)]
    return "\n".join([*lines, "", *tree_lines(tree)]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("csv", type=Path, nargs="?", default=DEFAULT)
    parser.add_argument("--out", type=Path, default=Path("docs/results/significance.md"))
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if not arguments.csv.exists():
        print(f"{arguments.csv} is not there: nothing measured; name an affinity CSV")
        return
    table = read_csv(arguments.csv.read_bytes())
    runs = {
        order: [
            significance(
                table,
                Options(budget=budget, max_order=order),
                samples=arguments.samples,
                seed=arguments.seed,
            )
            for budget in BUDGETS
        ]
        for order in ORDERS
    }
    tree = clustering(similarity_tree(table), permutations=MAX_PERMUTATIONS, seed=arguments.seed)
    text = report(runs, tree, arguments.csv, len(table), arguments.samples, arguments.seed)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(text)
    print(text)
    print(f"wrote {arguments.out}")


if __name__ == "__main__":
    main()
