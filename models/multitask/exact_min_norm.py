"""The min-norm point of a few gradients in rational arithmetic: what the solver is checked against."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

LARGEST: Final = 10
"""Tasks: the work doubles with each."""


def exact_min_norm(gram: NDArray[np.floating]) -> tuple[list[Fraction], Fraction]:
    """The min-norm point in the convex hull of T gradients, without rounding.

    The optimum is the stationary point of the face on which it lies, so the stationary points of all 2^T - 1 faces are
    computed, and the shortest of those that lie in the hull is it. Faces without a unique one need not be looked at: a
    smaller face then has the optimum too (Carathéodory).

    Args:
        gram: (T, T) inner products, T at most `LARGEST`; its floating-point entries are taken at their word.

    Returns:
        The weights, T of them, and the point's squared norm.

    Raises:
        ValueError: more tasks than that, or none.
    """
    tasks = len(gram)
    if not 1 <= tasks <= LARGEST:
        message = f"exact for 1 to {LARGEST} tasks, got {tasks}"
        raise ValueError(message)
    exact = [[Fraction(float(entry)) for entry in row] for row in gram]
    best = exact[0][0], _weights(tasks, (0,), [Fraction(1)])
    for size in range(1, tasks + 1):
        for face in combinations(range(tasks), size):
            found = _stationary(exact, face)
            if found is None or min(found) < 0:
                continue
            value = sum(
                (exact[i][j] * found[p] * found[q] for p, i in enumerate(face) for q, j in enumerate(face)),
                start=Fraction(0),
            )
            if value < best[0]:
                best = value, _weights(tasks, face, found)
    return best[1], best[0]


def _weights(tasks: int, face: Sequence[int], on_face: Sequence[Fraction]) -> list[Fraction]:
    """The weights of all tasks from those of a face."""
    given = dict(zip(face, on_face, strict=True))
    return [given.get(task, Fraction(0)) for task in range(tasks)]


def _stationary(gram: Sequence[Sequence[Fraction]], face: tuple[int, ...]) -> list[Fraction] | None:
    """Weights with sum 1 whose combination has equal products with all gradients of a face; None if not unique."""
    size = len(face)
    one, zero = Fraction(1), Fraction(0)
    # unknowns: the weights, then the common product with its sign turned; the last column is the right-hand side
    rows = [[*(gram[i][j] for j in face), one, zero] for i in face]
    rows.append([*[one] * size, zero, one])
    for column in range(size + 1):
        pivot = next((row for row in range(column, size + 1) if rows[row][column]), None)
        if pivot is None:
            return None
        rows[column], rows[pivot] = rows[pivot], rows[column]
        head = rows[column]
        for below in range(size + 1):
            factor = rows[below][column] / head[column]
            if below != column and factor:
                rows[below] = [left - factor * right for left, right in zip(rows[below], head, strict=True)]
    return [rows[position][-1] / rows[position][position] for position in range(size)]
