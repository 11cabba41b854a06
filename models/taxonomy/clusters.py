"""Whether tasks of one group stand nearer in the similarity tree than chance: a permutation test.

The statistic is the mean cophenetic distance of pairs of tasks of different groups less that of pairs of one group; the
cophenetic distance of two tasks is the height at which they first stand in one branch. Under chance the tree is as it
is and the groups' names are dealt out to its leaves at random, as often as before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import cophenet
from scipy.spatial.distance import squareform

from models.taxonomy.dictionary import TASKS
from models.taxonomy.similarity import Tree

GROUPS: Mapping[str, str] = MappingProxyType(
    {name: task.group for task in TASKS.values() for name in (task.paper_name, task.name)}
)
"""Groups of the dictionary's tasks, by our names and the paper's."""
MAX_PERMUTATIONS = 99_999

_BATCH = 1000  # permutations at once
_TIE = 1e-9


class NoClusters(ValueError):
    """The tree does not hold both two tasks of one group and two of different ones."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """The tasks of one group.

    Attributes:
        group: its name.
        tasks: of the tree, sorted.
        within: their mean cophenetic distance; None of a single task.
        p_value: of the chance that as many random tasks stand as near; None of a single task.
    """

    group: str
    tasks: tuple[str, ...]
    within: float | None
    p_value: float | None


@dataclass(frozen=True, slots=True)
class Clustering:
    """How much nearer tasks of one group stand.

    Attributes:
        statistic: `between` - `within`; positive where groups stand together.
        within: mean cophenetic distance of pairs of one group.
        between: of pairs of different groups.
        p_value: (1 + permutations whose statistic is as large) / (1 + permutations).
        permutations: how many were drawn.
        clusters: by name of the group.
        ungrouped: tasks of the tree without a group, which do not count, sorted.
    """

    statistic: float
    within: float
    between: float
    p_value: float
    permutations: int
    clusters: tuple[Cluster, ...]
    ungrouped: tuple[str, ...]


def clustering(
    tree: Tree, groups: Mapping[str, str] = GROUPS, *, permutations: int = 9999, seed: int = 0
) -> Clustering:
    """Test whether tasks of one group stand nearer than chance; equal arguments give equal answers.

    Args:
        tree: of tasks.
        groups: of tasks, by name; those without one are left out.
        permutations: to draw, 1 to `MAX_PERMUTATIONS`.
        seed: of what is random, >= 0.

    Raises:
        NoClusters: there are no two tasks of one group, or none of different groups.
        ValueError: the number of permutations is out of its range.
    """
    if not 1 <= permutations <= MAX_PERMUTATIONS:
        message = f"permutations must be 1 to {MAX_PERMUTATIONS}, not {permutations}"
        raise ValueError(message)
    places = [place for place, name in enumerate(tree.names) if name in groups]
    names = sorted({groups[tree.names[place]] for place in places})
    labels = np.array([names.index(groups[tree.names[place]]) for place in places], dtype=np.int64)
    sizes = np.bincount(labels, minlength=len(names))
    pairs = sizes * (sizes - 1) // 2
    alike, all_pairs = int(pairs.sum()), len(places) * (len(places) - 1) // 2
    if not 0 < alike < all_pairs:
        message = "it takes two tasks of one group and two of different groups to compare"
        raise NoClusters(message)
    distances = squareform(cophenet(np.array(tree.linkage, dtype=np.float64)))[np.ix_(places, places)]
    observed = _sums(distances, labels[None], len(names))[:, 0]
    drawn = _permuted(distances, labels, len(names), permutations, np.random.default_rng(seed))
    # All pairs together are the same in every permutation: nearer within is farther between.
    tie = _TIE * max(1.0, float(observed.sum()))
    as_near = np.count_nonzero(drawn <= observed[:, None] + tie, axis=1)
    in_all = np.count_nonzero(drawn.sum(axis=0) <= observed.sum() + tie)
    within = float(observed.sum()) / alike
    between = (float(distances.sum()) / 2 - float(observed.sum())) / (all_pairs - alike)
    return Clustering(
        statistic=between - within,
        within=within,
        between=between,
        p_value=(1 + int(in_all)) / (1 + permutations),
        permutations=permutations,
        clusters=tuple(
            Cluster(
                group=name,
                tasks=tuple(tree.names[place] for place in places if groups[tree.names[place]] == name),
                within=float(observed[row] / pairs[row]) if pairs[row] else None,
                p_value=(1 + int(as_near[row])) / (1 + permutations) if pairs[row] else None,
            )
            for row, name in enumerate(names)
        ),
        ungrouped=tuple(name for name in tree.names if name not in groups),
    )


def _permuted(
    distances: NDArray[np.float64],
    labels: NDArray[np.int64],
    groups: int,
    permutations: int,
    generator: np.random.Generator,
) -> NDArray[np.float64]:
    """(groups, permutations) `_sums` of labels dealt out at random."""
    batches: list[NDArray[np.float64]] = []
    for start in range(0, permutations, _BATCH):
        count = min(_BATCH, permutations - start)
        dealt = generator.permuted(np.tile(labels, (count, 1)), axis=1)
        batches.append(_sums(distances, dealt, groups))
    return np.concatenate(batches, axis=1)


def _sums(distances: NDArray[np.float64], labels: NDArray[np.int64], groups: int) -> NDArray[np.float64]:
    """(groups, rows) distances summed over the pairs of each group.

    Args:
        distances: (tasks, tasks) symmetric, 0 on the diagonal.
        labels: (rows, tasks) the group of each task.
        groups: how many there are.
    """
    sums: list[NDArray[np.float64]] = []
    for group in range(groups):
        member = (labels == group).astype(np.float64)
        sums.append(((member @ distances) * member).sum(axis=1) / 2)
    return np.stack(sums)
