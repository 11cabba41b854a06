"""How the numbers of two archives differ."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from app.atlases.archive.manifest import Manifest
from demonstration.archives import read, table_of, taxonomies, yes_or_no


def compare(one: Path, other: Path) -> str:
    """How the numbers of two archives differ, as text."""
    first, second = read(one), read(other)
    tables = [
        {(each.target, each.sources): each for each in manifest.transfers} for manifest in (first, second)
    ]
    common = sorted(tables[0].keys() & tables[1].keys())
    lines = [
        f"{one.name}: {len(tables[0])} transfers; {other.name}: {len(tables[1])}; in both {len(common)}",
        f"equal configuration: {yes_or_no(first.config == second.config)}",
        f"equal data: {yes_or_no(_data(first) == _data(second))}",
    ]
    same = sum(tables[0][key].weights == tables[1][key].weights for key in common if _both(tables, key))
    both = sum(_both(tables, key) for key in common)
    lines.append(
        f"equal weights, to the last bit: {same} of {both} transfers that both hold, {_networks_alike(first, second)}"
    )
    for name, keys in (
        ("of order 1", [key for key in common if len(key[1]) == 1]),
        ("of all orders", common),
    ):
        values = np.array([[table[key].affinity or 0.0 for key in keys] for table in tables])
        if len(keys) > 2:
            rho = float(spearmanr(values[0], values[1]).statistic)
            lines.append(f"rank correlation of affinities {name}: {rho:.4f} ({len(keys)} transfers)")
    for field in ("affinity", "win_rate", "win_rate_vs_scratch", "win_rate_vs_full"):
        differences = {
            key: abs(getattr(tables[0][key], field) - getattr(tables[1][key], field))
            for key in common
            if None not in {getattr(tables[0][key], field), getattr(tables[1][key], field)}
        }
        if differences:
            worst = max(differences, key=lambda key: differences[key])
            lines.append(
                f"{field}: largest difference {differences[worst]:.4g}, {'+'.join(worst[1])} to {worst[0]}; "
                f"mean {np.mean(list(differences.values())):.4g}"
            )
    lines += _networks_differ(first, second)
    solved = [taxonomies(table_of(manifest)) for manifest in (first, second)]
    unlike = [
        f"{one_.budget:g}"
        for one_, other_ in zip(*solved, strict=False)
        if one_.best.sources != other_.best.sources
    ]
    lines.append(
        f"optimal taxonomies: {len(solved[0]) - len(unlike)} of {len(solved[0])} budgets choose the same sources"
        + (f"; others at {', '.join(unlike)}" if unlike else "")
    )
    return "\n".join(lines)


def _both(tables: Sequence[dict[Any, Any]], key: Any) -> bool:
    return all(table[key].weights is not None for table in tables)


def _networks_alike(first: Manifest, second: Manifest) -> str:
    weights = [
        {(each.kind, each.task): each.weights for each in manifest.networks} for manifest in (first, second)
    ]
    common = weights[0].keys() & weights[1].keys()
    return f"{sum(weights[0][key] == weights[1][key] for key in common)} of {len(common)} networks"


def _networks_differ(first: Manifest, second: Manifest) -> list[str]:
    lines = []
    for field in ("win_rate_vs_constant", "win_rate_vs_random"):
        rates = [
            {
                each.task: getattr(each, field)
                for each in manifest.networks
                if getattr(each, field) is not None
            }
            for manifest in (first, second)
        ]
        common = sorted(rates[0].keys() & rates[1].keys())
        if common:
            worst = max(common, key=lambda task: abs(rates[0][task] - rates[1][task]))
            means = [100 * float(np.mean([rate[task] for task in common])) for rate in rates]
            lines.append(
                f"networks, {field}: means {means[0]:.1f} % and {means[1]:.1f} %; largest difference "
                f"{100 * abs(rates[0][worst] - rates[1][worst]):.1f} points, {worst}"
            )
    return lines


def _data(manifest: Manifest) -> str | None:
    return None if manifest.dataset is None else manifest.dataset.fingerprint
