"""Ruled tables that go on from page to page with their head repeated."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from app.reports.furniture import (
    ACCENT,
    HAIRLINE,
    INK,
    LEFT,
    RIGHT,
    TINT,
    WIDTH,
    Layout,
    Plain,
    Style,
    fit,
    width_of,
    wrap_at_most,
)

_CELL = Style(8.5)
_HEAD = Style(8.5, INK, 0.22)
_PADDING = 4.0
"""Left and right of what stands in a cell."""
_AIR = 5.0
"""Above and below together."""
_MOST_LINES = 12
"""A cell that would be taller is cut, so that no row outgrows a page."""

HEAD_HEIGHT = _HEAD.leading + _AIR + 3
ROW_HEIGHT = _CELL.leading + _AIR - 1


@dataclass(frozen=True)
class Column:
    """One column: ``share`` of the text width, and the side its cells lean to."""

    title: str
    share: float
    align: Literal["left", "right", "centre"] = "left"

    @property
    def width(self) -> float:
        """Width in points."""
        return self.share * WIDTH


def opening_height(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], below: float = 0.0
) -> float:
    """Return how many points a table begins with that are never parted: its head and a row."""
    first = _height(_cells(columns, rows[0], _CELL), _CELL) if rows else 0.0
    return HEAD_HEIGHT + max(2 * ROW_HEIGHT, first + (below if len(rows) == 1 else 0.0))


def draw_table(
    layout: Layout,
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    total: Sequence[str] | None = None,
    below: float = 0.0,
) -> None:
    """Set a table at the layout's place, with a last row in strong type when ``total`` is given.

    The last of ``rows`` stays on one page with the total and the ``below`` points that follow.
    """
    below += ROW_HEIGHT if total is not None else 0.0
    layout.ensure(opening_height(columns, rows, below))
    _head(layout, columns)
    for number, row in enumerate(rows, start=1):
        _row(layout, columns, row, _CELL, below if number == len(rows) else 0.0)
    if total is not None:
        layout.page.rules.append((LEFT, layout.y, RIGHT, layout.y, 0.7, ACCENT))
        _row(layout, columns, total, _HEAD)
    layout.page.rules[-1] = (LEFT, layout.y, RIGHT, layout.y, 0.7, ACCENT)


def _head(layout: Layout, columns: Sequence[Column]) -> None:
    layout.page.rules.append((LEFT, layout.y, RIGHT, layout.y, 0.9, ACCENT))
    layout.page.fills.append((LEFT, layout.y - HEAD_HEIGHT, WIDTH, HEAD_HEIGHT, TINT))
    x = LEFT
    for column in columns:
        title = fit(column.title, column.width - 2 * _PADDING, _HEAD.size)
        _set_cell(layout, column, x, HEAD_HEIGHT, [title], _HEAD)
        x += column.width
    layout.y -= HEAD_HEIGHT


def _row(
    layout: Layout, columns: Sequence[Column], row: Sequence[str], style: Style, below: float = 0.0
) -> None:
    cells = _cells(columns, row, style)
    height = _height(cells, style)
    if layout.ensure(height + below):
        _head(layout, columns)
    x = LEFT
    for column, lines in zip(columns, cells, strict=True):
        _set_cell(layout, column, x, height, lines, style)
        x += column.width
    layout.y -= height
    layout.page.rules.append((LEFT, layout.y, RIGHT, layout.y, 0.4, HAIRLINE))


def _cells(columns: Sequence[Column], row: Sequence[str], style: Style) -> list[list[Plain]]:
    return [
        wrap_at_most(_MOST_LINES, text, column.width - 2 * _PADDING, style.size)
        for column, text in zip(columns, row, strict=True)
    ]


def _height(cells: Sequence[list[Plain]], style: Style) -> float:
    return max(map(len, cells)) * style.leading + _AIR - 1


def _set_cell(
    layout: Layout, column: Column, x: float, height: float, lines: list[Plain], style: Style
) -> None:
    """Set a cell's lines around the middle of its height."""
    top = layout.y - (height - len(lines) * style.leading) / 2
    for line in lines:
        layout.page.line(x + _lead(column, line, style), top, line, style)
        top -= style.leading


def _lead(column: Column, line: Plain, style: Style) -> float:
    """Return how far from the column's left edge the line begins."""
    if column.align == "left":
        return _PADDING
    spare = column.width - width_of(line, style.size)
    return spare - _PADDING if column.align == "right" else spare / 2
