"""What the figures are made from: an archive's manifest, its table of transfers, its optimal taxonomies."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from app.atlases.archive.manifest import Manifest
from app.atlases.archive.reading import Archive
from models.taxonomy.options import Options
from models.taxonomy.program import Taxonomy, solve
from models.taxonomy.table import RANDOM, SELF, Transfer


def read(path: Path) -> Manifest:
    """The manifest of an archive."""
    with path.open("rb") as file:
        return Archive.open(file).manifest


def table_of(manifest: Manifest) -> list[Transfer]:
    """An atlas's transfers as the science wants them."""
    return [
        Transfer(
            sources=each.sources,
            target=each.target,
            affinity=each.affinity,
            gain=each.win_rate_vs_scratch,
            quality=each.win_rate_vs_full,
        )
        for each in manifest.transfers
    ]


def taxonomies(table: Sequence[Transfer]) -> list[Taxonomy]:
    """The optimal taxonomy of every budget."""
    sources = {name for transfer in table for name in transfer.sources} - {SELF, RANDOM}
    return [solve(table, Options(budget=budget, time_limit_s=60)) for budget in range(1, len(sources) + 1)]


def gain_of(taxonomy: Taxonomy) -> float | None:
    """Share of images on which a taxonomy's transfers beat scratch, mean over the targets that it transfers to."""
    gains = [
        each.gain for each in taxonomy.best.transfers if each.sources != (SELF,) and each.gain is not None
    ]
    return float(np.mean(gains)) if gains else None


def yes_or_no(value: object) -> str:
    """A fact in a table."""
    return "yes" if value else "no"
