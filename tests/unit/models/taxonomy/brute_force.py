"""The taxonomy by trying every set of sources: slow, and too short to be wrong; and small tables to try it on."""

from fractions import Fraction
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import strategies as st

from models.taxonomy.options import Options
from models.taxonomy.published import read_csv
from models.taxonomy.table import Transfer

PUBLISHED = Path(__file__).parents[5] / "shared" / "data" / "taskonomy_affinities_16k.csv"
TIE = 1e-9


def published_table() -> list[Transfer]:
    """The affinities that the Taskonomy authors released, where they are present."""
    if not PUBLISHED.exists():
        pytest.skip("the released affinities are not on this machine")
    return read_csv(PUBLISHED.read_bytes())


def exact(number: float) -> Fraction:
    return Fraction(str(number))


def all_sets(table: list[Transfer], options: Options) -> list[tuple[tuple[str, ...], dict[str, Transfer]]]:
    """Every affordable set of sources with each target's best transfer, best set first."""
    names = {source for row in table for source in row.sources} - {"self", "random"}
    if options.sources is not None:
        names &= set(options.sources)
    if options.include_random and any("random" in row.sources for row in table):
        names.add("random")
    names = sorted(names - set(options.exclude_sources))
    targets = set(options.targets or {row.target for row in table})
    rows = [row for row in table if row.target in targets and usable(row, options)]
    found = []
    for size in range(len(names) + 1):
        for chosen in combinations(names, size):
            paid = [name for name in chosen if name != "random"]
            cost = sum(exact(options.costs.get(name, 1)) for name in paid)
            if cost > exact(options.budget) or not set(options.require_sources) <= set(chosen):
                continue
            best: dict[str, Transfer] = {}
            for row in rows:
                needs = {row.target} if row.sources == ("self",) else set(row.sources)
                if needs <= set(chosen) and (
                    row.target not in best or preference(row) < preference(best[row.target])
                ):
                    best[row.target] = row
            found.append((chosen, best))
    most = max((len(best) for _, best in found), default=0)
    found = [(chosen, best) for chosen, best in found if len(best) == most]
    # In the rising order of `combinations`, a stable sort by value leaves ties by size, then by names.
    return sorted(found, key=lambda each: -round(objective(each[1], options) / TIE))


def objective(best: dict[str, Transfer], options: Options) -> float:
    return sum(options.importance.get(row.target, 1) * row.affinity for row in best.values())


def preference(row: Transfer) -> tuple[float, int, list[str]]:
    return -row.affinity, row.order, sorted(row.sources)


def usable(row: Transfer, options: Options) -> bool:
    floor = options.min_quality.get(row.target)
    return (
        row.affinity is not None
        and row.target not in row.sources
        and row.order <= (options.max_order or 99)
        and (options.include_self or row.sources != ("self",))
        and (floor is None or (row.quality is not None and row.quality >= floor))
    )


GRID = st.integers(0, 4).map(lambda step: step / 4)  # few values, so that ties are common
FINE = st.integers(0, 10**6).map(lambda step: step / 10**6)


@st.composite
def tables(draw: st.DrawFn, max_tasks: int = 5) -> list[Transfer]:
    """Small tables with gaps, self edges, a random encoder, pairs and triples."""
    tasks = "abcdefgh"[: draw(st.integers(2, max_tasks))]
    numbers = draw(st.sampled_from([GRID, FINE]))
    pool = [
        *((source,) for source in (*tasks, "self", "random")),
        *combinations((*tasks, "random"), 2),
        *combinations(tasks, 3),
    ]
    rows = []
    for target in tasks[: draw(st.integers(1, len(tasks)))]:
        for sources in draw(st.lists(st.sampled_from(pool), max_size=9, unique=True)):
            affinity = draw(st.none() | numbers) if draw(st.booleans()) else draw(numbers)
            rows.append(Transfer(sources, target, affinity, quality=draw(st.none() | GRID)))
    return rows


@st.composite
def questions(draw: st.DrawFn) -> tuple[list[Transfer], Options]:
    """A table with options that do not contradict themselves or it."""
    table = draw(tables())
    targets = sorted({row.target for row in table})
    sources = sorted({source for row in table for source in row.sources} - {"self"})
    named = [name for name in sources if name != "random"]
    some = lambda names: st.lists(st.sampled_from(names), unique=True, max_size=2) if names else st.just([])  # noqa: E731
    excluded = draw(some(sources))
    required = [name for name in draw(some(named)) if name not in excluded]
    costs = (
        draw(st.dictionaries(st.sampled_from(named), st.sampled_from([0, 0.1, 0.2, 0.7, 1, 2.5])))
        if named
        else {}
    )
    spent = sum(exact(costs.get(name, 1)) for name in required)
    budget = draw(st.sampled_from([0, 0.3, 1, 2, 3, 4.2]))
    options = Options(
        budget=budget if exact(budget) >= spent else float(spent),
        max_order=draw(st.none() | st.integers(1, 3)),
        targets=tuple(draw(some(targets))) or None,
        sources=draw(st.none() | st.just(tuple(sorted({*required, *draw(some(sources))})) or None)),
        costs=costs,
        importance=draw(st.dictionaries(st.sampled_from(targets), st.sampled_from([0, 0.5, 3])))
        if targets
        else {},
        require_sources=tuple(required),
        exclude_sources=tuple(excluded),
        include_self=draw(st.booleans()),
        include_random=draw(st.booleans()),
        min_quality=draw(st.dictionaries(st.sampled_from(targets), GRID)) if targets else {},
        alternatives=draw(st.integers(1, 4)),
    )
    return table, options
