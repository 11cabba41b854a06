"""The task similarity tree: tasks that transfer alike stand together (Zamir et al. 2018)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import linkage

from models.taxonomy.table import RESERVED, Transfer

MAX_TASKS = 200
"""A chain of more tasks would be a tree deeper than JSON readers take."""

_PLAIN = re.compile(r"[A-Za-z0-9.-]+")


class NoTree(ValueError):
    """The table holds no task to place in a tree, or too many."""


@dataclass(frozen=True, slots=True)
class Node:
    """A task, or tasks that were joined.

    Attributes:
        name: of the task; None where two groups join.
        height: distance at which they join; 0 of a task.
        children: the two groups; none of a task.
    """

    name: str | None
    height: float
    children: tuple["Node", ...] = ()


@dataclass(frozen=True, slots=True)
class Tree:
    """A task similarity tree.

    Attributes:
        names: tasks, sorted; their positions are the first numbers that `linkage` speaks of.
        linkage: one row per join: the two groups, their distance, and how many tasks they hold together; the group
            that row i makes has number i + len(names). As `scipy.cluster.hierarchy` has it.
        root: the same nested.
    """

    names: tuple[str, ...]
    linkage: tuple[tuple[int, int, float, int], ...]
    root: Node

    def newick(self) -> str:
        """The same in Newick format; the length of a branch is what separates the heights of its ends."""
        return "".join(_newick(self.root)) + ";"


def similarity_tree(table: Sequence[Transfer]) -> Tree:
    """Cluster sources by the pattern of what they transfer to.

    Affinities of first order are standardised within each target, since what a target's affinities sum to says nothing
    of its sources; the pattern of a source is its column of them, its own task left out. Patterns are compared by
    the cosine over the targets that both were measured on, and joined by average linkage. Two sources without a
    target in common, or one that is average everywhere, are at distance 1: neither alike nor opposite.

    Args:
        table: measured transfers; those of order 1 count.

    Raises:
        NoTree: there is no transfer of order 1 between two tasks, or there are more than `MAX_TASKS` sources.
    """
    rows = [
        row
        for row in table
        if row.order == 1
        and row.affinity is not None
        and row.sources[0] not in RESERVED
        and row.sources[0] != row.target
    ]
    names = tuple(sorted({row.sources[0] for row in rows}))
    if not names:
        raise NoTree("no transfer of order 1 between two tasks was measured")
    if len(names) > MAX_TASKS:
        raise NoTree(f"{len(names)} sources are more than a tree is made of ({MAX_TASKS})")
    distances = _distances(_patterns(rows, names))
    joins = _joins(distances)
    return Tree(names, joins, _nested(names, joins))


def _patterns(rows: Sequence[Transfer], names: Sequence[str]) -> NDArray[np.float64]:
    """(targets, sources) standardised affinities, NaN where not measured."""
    targets = sorted({row.target for row in rows})
    place = {target: position for position, target in enumerate(targets)}
    column = {name: position for position, name in enumerate(names)}
    values = np.full((len(targets), len(names)), np.nan)
    for row in rows:
        values[place[row.target], column[row.sources[0]]] = row.affinity
    centred = values - np.nanmean(values, axis=1, keepdims=True)
    spread = np.nanstd(values, axis=1, keepdims=True)
    # A spread of rounding errors is none: equal affinities do not tell sources apart.
    flat = spread <= 1e-12 * np.nanmax(np.abs(values), axis=1, keepdims=True)
    return np.where(flat, 0.0 * centred, centred / np.where(flat, 1.0, spread))


def _distances(patterns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Condensed upper triangle of 1 - cosine, 0 to 2, over the targets that both sources were measured on."""
    measured = (~np.isnan(patterns)).astype(np.float64)
    filled = np.nan_to_num(patterns)
    squares = (filled**2).T @ measured  # [i, j]: of source i over the targets that j was measured on, too
    lengths = np.sqrt(squares * squares.T)
    products = filled.T @ filled
    cosines = np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)
    distances = np.clip(1.0 - cosines, 0.0, 2.0)
    distances[distances < 1e-12] = 0.0
    return distances[np.triu_indices(len(distances), 1)]


def _joins(distances: NDArray[np.float64]) -> tuple[tuple[int, int, float, int], ...]:
    if not distances.size:
        return ()
    return tuple(
        (int(left), int(right), float(distance), int(size))
        for left, right, distance, size in linkage(distances, method="average")
    )


def _nested(names: Sequence[str], joins: Sequence[tuple[int, int, float, int]]) -> Node:
    groups = [Node(name, 0.0) for name in names]
    for left, right, distance, _ in joins:
        groups.append(Node(None, distance, (groups[left], groups[right])))
    return groups[-1]


def _newick(node: Node, parent_height: float | None = None) -> Iterator[str]:
    if node.children:
        yield "("
        for position, child in enumerate(node.children):
            if position:
                yield ","
            yield from _newick(child, node.height)
        yield ")"
    if node.name is not None:
        yield _label(node.name)
    if parent_height is not None:
        yield f":{parent_height - node.height:.6g}"


def _label(name: str) -> str:
    """A Newick label; an underscore outside quotes would be read as a blank."""
    return name if _PLAIN.fullmatch(name) else "'" + name.replace("'", "''") + "'"
