"""The front drawn for a person: its projections onto pairs of axes, as SVG."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from models.multitask.front import dominated

MOST_PANELS = 15
"""Of one picture: every pair of six axes."""

_PANEL_W, _PANEL_H = 320, 260  # pixels of the area that points lie in
_LEFT, _TOP, _BETWEEN_X, _BETWEEN_Y = 84, 20, 104, 80
_LEGEND = 190
_ROW = 20
_MOST_COLUMNS = 3
_PAD = 0.06  # of each axis's range, kept free at both ends
_TICKS = 5
_RADIUS = 5.0
_INK, _FAINT, _PAPER = "#1e2024", "#c9c9c4", "#fafaf8"
_COLOURS = (
    "#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#5a5a5a", "#bcaa14", "#17becf",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Axis:
    """One task's main metric.

    Attributes:
        task: name of the task.
        metric: name of the metric.
        unit: of its values; empty for plain numbers.
        higher_is_better: its direction.
    """

    task: str
    metric: str
    unit: str
    higher_is_better: bool

    @property
    def lines(self) -> tuple[str, str]:
        """What it measures, for people, in two lines."""
        unit = f", {self.unit}" if self.unit else ""
        better = "higher" if self.higher_is_better else "lower"
        measured = f"{self.metric.replace('_', ' ')}{unit} ({better} is better)"
        return self.task.replace("_", " "), measured


@dataclass(frozen=True, slots=True)
class Mark:
    """One model to be drawn.

    Attributes:
        method: that trained it, for the legend.
        label: what a pointer over the mark is told.
        values: in the axes' order and units, finite.
    """

    method: str
    label: str
    values: tuple[float, ...]


def draw_front(
    axes: Sequence[Axis],
    marks: Sequence[Mark],
    *,
    single: Sequence[float | None] = (),
    pairs: Sequence[tuple[int, int]] | None = None,
) -> str:
    """Projections of the front, one panel for each pair of axes.

    A model that no other one beats in all axes together is a filled mark, others are hollow. In each panel the steps
    join the models that no other one beats in its two axes. Dashed lines are single-task networks.

    Args:
        axes: T of them, at least 2.
        marks: the models.
        single: T values of single-task networks, None where unknown; none at all by default.
        pairs: positions of the axes across and up of each panel; by default every pair.

    Returns:
        An SVG document.

    Raises:
        ValueError: there are too few axes or too many panels, no such axis, or a mark has not T values.
        FrontError: a value is not finite.
    """
    shown = list(itertools.combinations(range(len(axes)), 2)) if pairs is None else list(pairs)
    if not 1 <= len(shown) <= MOST_PANELS:
        message = f"a picture has 1 to {MOST_PANELS} panels, {len(shown)} pairs of axes are asked for"
        raise ValueError(message)
    if any(not 0 <= position < len(axes) for pair in shown for position in pair):
        message = f"a pair names an axis that is none of the {len(axes)}"
        raise ValueError(message)
    higher = np.array([axis.higher_is_better for axis in axes])
    if any(len(mark.values) != len(axes) for mark in marks):
        message = f"every model has {len(axes)} values, one for each axis"
        raise ValueError(message)
    values = np.array([mark.values for mark in marks], dtype=np.float64).reshape(-1, len(axes))
    beaten = dominated(values, higher)
    known = [*single, *[None] * (len(axes) - len(single))]
    methods = list(dict.fromkeys(mark.method for mark in marks))
    columns = min(_MOST_COLUMNS, len(shown))
    rows = math.ceil(len(shown) / columns)
    width = _LEFT + columns * (_PANEL_W + _BETWEEN_X) + _LEGEND
    height = max(_TOP + rows * (_PANEL_H + _BETWEEN_Y), 2 * _TOP + (len(methods) + 4) * _ROW)
    parts: list[str] = []
    for number, (across, up) in enumerate(shown):
        row, column = divmod(number, columns)
        panel = _Panel(
            x=_LEFT + column * (_PANEL_W + _BETWEEN_X),
            y=_TOP + row * (_PANEL_H + _BETWEEN_Y),
            axes=(axes[across], axes[up]),
            points=values[:, [across, up]],
            single=(known[across], known[up]),
        )
        parts += panel.drawn(marks, methods, beaten)
    parts += _legend(width - _LEGEND, methods, with_single=any(value is not None for value in known))
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12" fill="{_INK}" role="img">'
        f"<title>Pareto front of {len(marks)} models</title>"
        f'<rect width="{width}" height="{height}" fill="{_PAPER}"/>'
    )
    return "\n".join([head, *parts, "</svg>\n"])


@dataclass(frozen=True, slots=True, eq=False)
class _Panel:
    """One projection.

    Attributes:
        x: of its left edge, pixels.
        y: of its upper edge.
        axes: across and up.
        points: (n, 2) values of both.
        single: of single-task networks, None where unknown.
    """

    x: float
    y: float
    axes: tuple[Axis, Axis]
    points: NDArray[np.float64]
    single: tuple[float | None, float | None]

    def drawn(self, marks: Sequence[Mark], methods: Sequence[str], beaten: NDArray[np.bool_]) -> list[str]:
        """Its elements."""
        left, right, bottom, top = self.x, self.x + _PANEL_W, self.y + _PANEL_H, self.y
        ranges = [self._range(0), self._range(1)]
        parts = [
            f'<g><rect x="{left}" y="{top}" width="{_PANEL_W}" height="{_PANEL_H}" fill="white" stroke="{_FAINT}"/>'
        ]
        for value in _ticks(*ranges[0]):
            x = _at(value, ranges[0], left, right)
            parts.append(
                f'<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{bottom}" stroke="{_FAINT}" stroke-width="0.5"/>'
                f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{_number(value)}</text>'
            )
        for value in _ticks(*ranges[1]):
            y = _at(value, ranges[1], bottom, top)
            parts.append(
                f'<line x1="{left}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="{_FAINT}" stroke-width="0.5"/>'
                f'<text x="{left - 5}" y="{y + 4:.1f}" text-anchor="end">{_number(value)}</text>'
            )
        middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
        for number, line in enumerate(self.axes[0].lines):
            parts.append(_text(line, f'x="{middle_x}" y="{bottom + 34 + 15 * number}"'))
        for number, line in enumerate(self.axes[1].lines):
            place = f"translate({left - 67 + 15 * number} {middle_y}) rotate(-90)"
            parts.append(_text(line, f'transform="{place}"'))
        parts += self._single_lines(ranges)
        places = [
            (_at(x, ranges[0], left, right), _at(y, ranges[1], bottom, top)) for x, y in self.points.tolist()
        ]
        steps = self._steps(places)
        if steps:
            parts.append(f'<path d="{steps}" fill="none" stroke="{_INK}" stroke-width="1" opacity="0.6"/>')
        # what is beaten lies under what is not
        for index in sorted(range(len(marks)), key=lambda each: not beaten[each]):
            mark = marks[index]
            shape = _shape(*places[index], methods.index(mark.method), filled=not beaten[index])
            parts.append(f"<g><title>{escape(mark.label)}</title>{shape}</g>")
        return [*parts, "</g>"]

    def _range(self, place: int) -> tuple[float, float]:
        values = self.points[:, place].tolist()
        values += [value for value in (self.single[place],) if value is not None]
        if not values:
            return 0.0, 1.0
        low, high = min(values), max(values)
        spare = _PAD * (high - low) if high > low else (0.5 * abs(high) or 0.5)
        return low - spare, high + spare

    def _single_lines(self, ranges: Sequence[tuple[float, float]]) -> list[str]:
        style = f'stroke="{_INK}" stroke-width="1" stroke-dasharray="6 4"'
        right, bottom = self.x + _PANEL_W, self.y + _PANEL_H
        parts: list[str] = []
        across, up = self.single
        if across is not None:
            x = _at(across, ranges[0], self.x, right)
            parts.append(f'<line x1="{x:.1f}" y1="{self.y}" x2="{x:.1f}" y2="{bottom}" {style}/>')
        if up is not None:
            y = _at(up, ranges[1], bottom, self.y)
            parts.append(f'<line x1="{self.x}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" {style}/>')
        return parts

    def _steps(self, places: Sequence[tuple[float, float]]) -> str:
        """Along what the models of this projection's own front dominate: corners are at the worse of two values."""
        higher = [axis.higher_is_better for axis in self.axes]
        kept = np.flatnonzero(~dominated(self.points, higher)) if len(self.points) else []
        corners = sorted({places[int(index)] for index in kept})
        if len(corners) < 2:
            return ""
        path = [f"M{corners[0][0]:.1f} {corners[0][1]:.1f}"]
        for (x, y), (next_x, next_y) in itertools.pairwise(corners):
            # where higher is better across, the model to the right is better there and dominates what lies left of it
            corner = (x, next_y) if higher[0] else (next_x, y)
            path.append(f"L{corner[0]:.1f} {corner[1]:.1f} L{next_x:.1f} {next_y:.1f}")
        return " ".join(path)


def _text(line: str, place: str) -> str:
    return f'<text {place} text-anchor="middle">{escape(line)}</text>'


def _legend(x: float, methods: Sequence[str], *, with_single: bool) -> list[str]:
    parts: list[str] = []
    y = _TOP + 10
    for number, method in enumerate(methods):
        shape = _shape(x + 10, y, number, filled=True)
        parts.append(f'{shape}<text x="{x + 24}" y="{y + 4}">{escape(method)}</text>')
        y += _ROW
    grey = f'fill="{_PAPER}" stroke="{_INK}"'
    parts.append(
        f'<circle cx="{x + 10}" cy="{y}" r="{_RADIUS}" {grey}/><text x="{x + 24}" y="{y + 4}">hollow: dominated</text>'
    )
    y += _ROW
    if with_single:
        parts.append(
            f'<line x1="{x}" y1="{y}" x2="{x + 20}" y2="{y}" stroke="{_INK}" stroke-dasharray="6 4"/>'
            f'<text x="{x + 24}" y="{y + 4}">single task</text>'
        )
    return parts


def _shape(x: float, y: float, number: int, *, filled: bool) -> str:
    """A method's mark: its colour, and from the eleventh method on another form."""
    colour = _COLOURS[number % len(_COLOURS)]
    style = f'fill="{colour if filled else "none"}" stroke="{colour}" stroke-width="1.5"'
    r = _RADIUS
    match number // len(_COLOURS) % 3:
        case 0:
            return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r}" {style}/>'
        case 1:
            return f'<rect x="{x - r:.1f}" y="{y - r:.1f}" width="{2 * r}" height="{2 * r}" {style}/>'
        case _:
            corners = f"{x:.1f},{y - 1.3 * r:.1f} {x + 1.2 * r:.1f},{y + r:.1f} {x - 1.2 * r:.1f},{y + r:.1f}"
            return f'<polygon points="{corners}" {style}/>'


def _at(value: float, span: tuple[float, float], start: float, end: float) -> float:
    return start + (value - span[0]) / (span[1] - span[0]) * (end - start)


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers within a range, about `_TICKS` of them."""
    rough = (high - low) / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * next(factor for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [number * step for number in range(first, math.floor(high / step + 1e-9) + 1)]


def _number(value: float) -> str:
    return f"{value:.4g}".replace("-0", "0") if value == 0 else f"{value:.4g}"
