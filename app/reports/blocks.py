"""Blocks that several documents share: facts, large figures, a bar, room for signatures."""

from collections.abc import Sequence

from app.progress.charts import BAR_ROW, Bar, chart_height, completion_chart
from app.reports.fonts import TYPEFACE
from app.reports.furniture import (
    ACCENT,
    BODY,
    BOTTOM,
    HAIRLINE,
    INK,
    LEFT,
    NOTE,
    QUIET,
    STRONG,
    WIDTH,
    Layout,
    Style,
    plain,
    wrap_at_most,
)
from app.reports.wording import Wording

_FIGURE = Style(21, INK, 0.4)
SIGNATURES_HEIGHT = 150.0
"""Room for signatures in points."""
_MANY_BARS = 12
"""Beyond this the chart stands in two columns."""
_ROWS_KEPT = 8
"""So many rows of a chart are never parted."""


def draw_fact(layout: Layout, label: str, value: str) -> None:
    """Set a label and what it says, with a line below."""
    layout.page.line(LEFT + 4, layout.y, plain(label), Style(BODY.size, QUIET))
    for line in wrap_at_most(3, value, WIDTH - 90, BODY.size):
        layout.page.line(LEFT + 84, layout.y, line, BODY)
        layout.y -= BODY.leading
    layout.page.rule(layout.y - 1)
    layout.y -= 5


def draw_figures(layout: Layout, *tiles: tuple[str, str]) -> None:
    """Set figures side by side, each under its label."""
    width = WIDTH / len(tiles)
    for number, (label, figure) in enumerate(tiles):
        middle = LEFT + (number + 0.5) * width
        layout.page.centred(middle, layout.y, plain(label), NOTE)
        layout.page.centred(middle, layout.y - NOTE.leading, plain(figure), _FIGURE)
        if number:
            x = LEFT + number * width
            layout.page.rules.append((x, layout.y - 2, x, layout.y - 40, 0.5, HAIRLINE))
    layout.y -= NOTE.leading + _FIGURE.leading + 8


def draw_bar(layout: Layout, share: float) -> None:
    """Draw a bar over the whole width, solid up to ``share`` (0 to 1)."""
    height = 11.0
    layout.page.frame(LEFT, layout.y, WIDTH, height, ACCENT)
    layout.y -= height
    layout.page.fills.append((LEFT, layout.y, WIDTH * min(1.0, share), height, ACCENT))
    layout.y -= 6


def chart_opening(bars: int) -> float:
    """Return how many points a chart of so many bars begins with that are never parted."""
    columns = _columns(bars)
    return chart_height(min(bars, _ROWS_KEPT * columns), columns)


def _columns(bars: int) -> int:
    return 2 if bars > _MANY_BARS else 1


def draw_chart(layout: Layout, bars: Sequence[Bar], legend: tuple[str, str]) -> None:
    """Draw the chart in as many parts as pages ask for."""
    columns = _columns(len(bars))
    while bars:
        layout.ensure(chart_height(min(len(bars), _ROWS_KEPT * columns), columns))
        rows = int((layout.y - BOTTOM - chart_height(0, columns)) // BAR_ROW)
        part, bars = bars[: rows * columns], bars[rows * columns :]
        chart = completion_chart(part, legend, width=WIDTH, typeface=TYPEFACE, columns=columns)
        layout.y -= chart.height
        layout.page.place(chart, LEFT, layout.y)


def draw_signatures(layout: Layout, words: Wording) -> None:
    """Leave room for pen and seal, on one page whatever came before."""
    layout.ensure(SIGNATURES_HEIGHT)
    layout.y -= 24
    top, half = layout.y, WIDTH / 2
    layout.page.bookmarks.append((plain(words.signatures), top))
    for number, label in enumerate((words.prepared_by, words.reviewed_by, words.signed_on)):
        y = top - number * 40
        text = plain(label)
        layout.page.line(LEFT, y, text, STRONG)
        layout.page.rules.append((LEFT + 120, y - 15, LEFT + half - 24, y - 15, 0.6, QUIET))
    hint = plain(words.signed_on_value)
    layout.page.flush_right(LEFT + half - 30, top - 80, hint, BODY)
    layout.page.line(LEFT + half + 8, top, plain(words.seal), STRONG)
    layout.page.frame(LEFT + half, top + 6, half, 116, QUIET)
    layout.y = top - 120
