"""The chart of completion by building, drawn once: for the PDF, and as SVG for the web page.

It must read in black and white: what is accounted for is solid, what is outstanding is white with
an outline, and each bar has its figures beside it.
"""

import math
import unicodedata
import xml.etree.ElementTree as ET
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from reportlab.graphics.shapes import Drawing, Rect, Shape, String
from reportlab.lib.colors import Color

INK = Color(0.11, 0.13, 0.16)
DONE = Color(0.13, 0.29, 0.37)
OUTLINE = Color(0.55, 0.58, 0.62)
WHITE = Color(1, 1, 1)

_ROLES = {DONE: "done", WHITE: "open", INK: "ink"}
"""What the page's style sheet calls the colours, so that a dark page draws in its own."""

BAR_ROW = 16.0
"""Height of a building's row in points."""
_GUTTER = 22.0
_TYPE_SIZE = 8.0
_SMALLEST_TYPE = 6.0
_LEGEND = 20.0


@dataclass(frozen=True)
class Bar:
    """One building: how many of its residents are accounted for, and the figures to print."""

    label: str
    accounted_for: int
    total: int
    figures: str


def chart_height(bars: int, columns: int) -> float:
    """Return the height in points of a chart of so many bars, its legend included."""
    return _LEGEND + math.ceil(bars / columns) * BAR_ROW


def completion_chart(
    bars: Sequence[Bar],
    legend: tuple[str, str],
    *,
    width: float,
    typeface: str,
    columns: int = 1,
) -> Drawing:
    """Draw a bar a building, ``columns`` side by side, read downwards.

    ``legend`` names what is accounted for and what is outstanding. ``typeface`` is a font
    registered with reportlab for a PDF; SVG takes the page's own. A bar of nobody is empty. Text
    is drawn as given: a PDF's must have been made printable before.
    """
    drawing = Drawing(width, chart_height(len(bars), columns))
    _draw_legend(drawing, legend, typeface)
    rows = max(1, math.ceil(len(bars) / columns))
    room = (width - (columns - 1) * _GUTTER) / columns
    label_room = _widest((bar.label for bar in bars), room * 0.36) + 6
    figure_room = _widest((bar.figures for bar in bars), room * 0.4) + 6
    for index, bar in enumerate(bars):
        left = index // rows * (room + _GUTTER)
        bottom = drawing.height - _LEGEND - (index % rows + 1) * BAR_ROW
        track = (left + label_room, bottom + 4, room - label_room - figure_room)
        _draw_label(drawing, bar.label, left, bottom, label_room - 6, typeface)
        _draw_bar(drawing, bar, *track)
        drawing.add(_text(left + room, bottom + 5, bar.figures, typeface, anchor="end"))
    return drawing


def _draw_legend(drawing: Drawing, legend: tuple[str, str], typeface: str) -> None:
    x, y = 0.0, drawing.height - 12
    for text, colour in zip(legend, (DONE, WHITE), strict=True):
        drawing.add(_box(x, y, 12, 7, colour, DONE))
        drawing.add(_text(x + 17, y + 0.5, text, typeface))
        x += 17 + text_width(text, _TYPE_SIZE) + 18


def _draw_bar(drawing: Drawing, bar: Bar, x: float, y: float, width: float) -> None:
    share = min(1.0, bar.accounted_for / bar.total) if bar.total > 0 else 0.0
    height = BAR_ROW - 8
    drawing.add(_box(x, y, width, height, WHITE, OUTLINE))
    if share:
        drawing.add(_box(x, y, width * share, height, DONE))


def _box(
    x: float, y: float, width: float, height: float, fill: Color, outline: Color | None = None
) -> Rect:
    box = Rect(x, y, width, height)
    box.fillColor, box.strokeColor, box.strokeWidth = fill, outline, 0.5
    return box


def _draw_label(
    drawing: Drawing, label: str, x: float, bottom: float, room: float, typeface: str
) -> None:
    """Set the building's name, smaller if it must be, at last with an ellipsis."""
    size = max(
        _SMALLEST_TYPE, min(_TYPE_SIZE, _TYPE_SIZE * room / max(1.0, text_width(label, _TYPE_SIZE)))
    )
    if text_width(label, size) > room + 0.01:
        lengths = range(1, len(label))
        kept = bisect_right(lengths, room - size, key=lambda n: text_width(label[:n], size))
        label = label[:kept] + "…"
    drawing.add(_text(x, bottom + 5, label, typeface, size=size))


def _text(
    x: float,
    y: float,
    text: str,
    typeface: str,
    *,
    anchor: Literal["start", "end"] = "start",
    size: float = _TYPE_SIZE,
) -> String:
    return String(x, y, text, fontName=typeface, fontSize=size, fillColor=INK, textAnchor=anchor)


def text_width(text: str, size: float) -> float:
    """Return about how wide text is, in points: a Chinese character is as wide as high.

    An estimate, so that the chart needs no font: the browser's may be any.
    """
    wide = sum(unicodedata.east_asian_width(character) in "WFA" for character in text)
    return size * (wide + 0.56 * (len(text) - wide))


def _widest(texts: Iterable[str], most: float) -> float:
    return min(most, max((text_width(text, _TYPE_SIZE) for text in texts), default=0.0))


def to_svg(drawing: Drawing, title: str = "") -> bytes:
    """Return the chart as an SVG element that scales with its page, in the page's own typeface.

    Each shape has its colours, and a class by which the page may give it its own. ``title`` is
    what a screen reader says. Not reportlab's renderer: that one measures text with fonts the web
    page does not have, and writes a document, not an element.
    """
    svg = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {drawing.width:g} {drawing.height:g}",
            "class": "chart",
            "role": "img",
            "font-family": "inherit",
        },
    )
    if title:
        ET.SubElement(svg, "title").text = _xml_text(title)
    for shape in drawing.contents:
        _svg_shape(svg, shape, drawing.height)
    return ET.tostring(svg, encoding="unicode").encode()


def _svg_shape(svg: ET.Element, shape: Shape, height: float) -> None:
    match shape:
        case Rect():
            place = _numbers(x=shape.x, y=height - shape.y - shape.height)
            size = _numbers(width=shape.width, height=shape.height)
            ET.SubElement(svg, "rect", {**place, **size, **_paint(shape), **_role(shape)})
        case String():
            place = _numbers(x=shape.x, y=height - shape.y) | {"font-size": f"{shape.fontSize:g}"}
            ink = {"fill": _css(shape.fillColor), "text-anchor": shape.textAnchor}
            ET.SubElement(svg, "text", {**place, **ink, **_role(shape)}).text = _xml_text(
                shape.text
            )
        case _:
            raise TypeError(f"No SVG for {type(shape).__name__}")


def _numbers(**values: float) -> dict[str, str]:
    return {name: f"{value:.2f}".rstrip("0").rstrip(".") for name, value in values.items()}


def _paint(shape: Rect) -> dict[str, str]:
    paint = {"fill": _css(shape.fillColor)}
    if shape.strokeColor is not None:
        paint |= {
            "stroke": _css(shape.strokeColor),
            **_numbers(**{"stroke-width": shape.strokeWidth}),
        }
    return paint


def _role(shape: Rect | String) -> dict[str, str]:
    colour = shape.fillColor
    return {"class": f"chart__{_ROLES[colour]}"} if colour in _ROLES else {}


def _css(colour: Color | None) -> str:
    if colour is None:
        return "none"
    return "#" + "".join(f"{round(255 * part):02x}" for part in colour.rgb())


def _xml_text(text: str) -> str:
    """Return text without what XML can't hold, each such character as the replacement character."""
    return "".join(
        "\ufffd" if unicodedata.category(c) in ("Cc", "Cs") or c in "\ufffe\uffff" else c
        for c in text
    )
