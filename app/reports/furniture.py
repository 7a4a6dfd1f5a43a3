"""What every document is made of: type, one door for text, pages that fill themselves, headers.

A document is laid out first, as pages that are plain lists of marks, and painted afterwards; so
each page knows how many there are, and all text of a page goes into one text object. No markup
language is involved anywhere: text is drawn as the characters it has.
"""

import io
import itertools
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from hashlib import md5
from typing import NewType

from reportlab import rl_config
from reportlab.graphics.shapes import Drawing, Rect, String
from reportlab.lib.colors import Color
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.textobject import PDFTextObject

from app.reports.fonts import TYPEFACE, typeface

# Colours are never read from text here, so nothing may evaluate any.
rl_config.toColorCanUse = None  # type: ignore[assignment] # None is documented, the stub has str.
rl_config.useA85 = 0

Colour = tuple[float, float, float]
INK: Colour = (0.11, 0.13, 0.16)
QUIET: Colour = (0.38, 0.41, 0.45)
ACCENT: Colour = (0.13, 0.29, 0.37)
HAIRLINE: Colour = (0.80, 0.82, 0.84)
TINT: Colour = (0.94, 0.95, 0.96)

PAGE_WIDTH, PAGE_HEIGHT = A4
LEFT, RIGHT = 54.0, PAGE_WIDTH - 54
WIDTH = RIGHT - LEFT
TOP, BOTTOM = PAGE_HEIGHT - 62, 64.0

LIMIT = 1000
"""How many characters of one text are printed; no field that people fill in honestly comes near."""

Plain = NewType("Plain", str)
"""Text that went through ``plain``. The type checker lets no other text onto a page."""


@dataclass(frozen=True)
class Style:
    """How text looks. The typeface has one weight; ``stroke`` (points) thickens its outlines."""

    size: float
    colour: Colour = INK
    stroke: float = 0.0

    @cached_property
    def leading(self) -> float:
        """Distance of two baselines in points, wide enough for Chinese."""
        return round(self.size * 1.5, 2)


TITLE = Style(20, ACCENT, 0.55)
HEADING = Style(12.5, ACCENT, 0.35)
BODY = Style(9.5)
STRONG = Style(9.5, INK, 0.25)
NOTE = Style(8.5, QUIET)
SMALL = Style(7.5, QUIET)


class _Printable(dict[int, str]):
    """What each character prints as, for ``str.translate``; filled as characters turn up."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if character in "\t\n\r\x0b\x0c\u2028\u2029\xa0":
            printed = " "
        elif unicodedata.category(character) in _UNSEEN or not typeface().has(code):
            printed = f"[U+{code:04X}]"
        else:
            printed = character
        self[code] = printed
        return printed


_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me")
"""Categories whose characters print nothing of their own, or print over their neighbours."""
_ACCENTED = re.compile("[A-Za-z\u00c0-\u1fff][\u0300-\u036f]+")
_printable = _Printable()


def plain(text: str) -> Plain:
    """Return the text as it will be seen on paper: the one door for what people wrote.

    White space of any kind becomes a space. Whatever would print nothing (control and direction
    characters, zero width, unpaired surrogates, characters that the typeface lacks) prints as its
    code point, ``[U+202E]``: a clerk can look a rare character up, and nothing is silently lost.
    Beyond ``LIMIT`` characters the text is cut, and says how much is missing.
    """
    if len(text) > LIMIT:
        text = f"{text[:LIMIT]}…[+{len(text) - LIMIT:,}]"
    if not text.isascii():
        text = _ACCENTED.sub(lambda found: unicodedata.normalize("NFC", found[0]), text)
    return Plain(text.translate(_printable))


def width_of(text: Plain, size: float) -> float:
    """Return the width in points."""
    width: float = typeface().stringWidth(text, size)
    return width


_PIECE = re.compile(
    r"[（《“‘「【〔(\[]*"  # An opening bracket stays with what follows,
    r"(?:[!-'*-Z^-~\u00a1-\u024f]+|.)"  # a Latin word or number stays whole,
    r"[，。、；：！？）》”’」】〕…·,.;:!?)\]%]*\s*"  # and closing marks stay with what precedes.
)


def wrap(text: str, width: float, size: float) -> list[Plain]:
    """Break text into lines no wider than ``width`` points, Chinese between any two characters."""
    whole = plain(text)
    if width_of(whole, size) <= width:
        return [whole]
    lines, line = [], ""
    for piece in _pieces(whole, width, size):
        if line and width_of(Plain((line + piece).rstrip()), size) > width:
            lines.append(Plain(line.rstrip()))
            line = ""
        line += piece
    return [*lines, Plain(line.rstrip())]


def _pieces(text: Plain, width: float, size: float) -> list[str]:
    """Return what must stay on one line; a piece wider than the line falls into characters."""
    return [
        part
        for piece in _PIECE.findall(text)
        for part in ([piece] if width_of(Plain(piece.rstrip()), size) <= width else piece)
    ]


def fit(text: str, width: float, size: float) -> Plain:
    """Return the text if it fits on one line, else as much of it as does with an ellipsis."""
    whole = plain(text)
    if width_of(whole, size) <= width:
        return whole
    ellipsis = width_of(Plain("…"), size)
    lengths = range(1, len(whole))
    kept = bisect_right(lengths, width - ellipsis, key=lambda n: width_of(Plain(whole[:n]), size))
    return Plain(whole[:kept] + "…")


def wrap_at_most(most: int, text: str, width: float, size: float) -> list[Plain]:
    """Break text into at most so many lines; where that is not enough, the last ends in "…"."""
    lines = wrap(text, width, size)
    if len(lines) <= most:
        return lines
    return [*lines[: most - 1], fit(lines[most - 1] + "\u3000…", width, size)]


@dataclass
class Page:
    """Marks in the order they are painted; lengths in points from the lower left corner."""

    fills: list[tuple[float, float, float, float, Colour]] = field(default_factory=list)
    """x, y, width, height, colour."""
    rules: list[tuple[float, float, float, float, float, Colour]] = field(default_factory=list)
    """x1, y1, x2, y2, thickness, colour."""
    runs: list[tuple[float, float, Plain, Style]] = field(default_factory=list)
    """x, baseline, text, style."""
    bookmarks: list[tuple[Plain, float]] = field(default_factory=list)

    def rule(self, y: float, thickness: float = 0.4, colour: Colour = HAIRLINE) -> None:
        """Draw a line across the text area."""
        self.rules.append((LEFT, y, RIGHT, y, thickness, colour))

    def frame(self, x: float, top: float, width: float, height: float, colour: Colour) -> None:
        """Draw the outline of a box."""
        right, bottom = x + width, top - height
        corners = ((x, top), (right, top), (right, bottom), (x, bottom), (x, top))
        for (x1, y1), (x2, y2) in itertools.pairwise(corners):
            self.rules.append((x1, y1, x2, y2, 0.6, colour))

    def place(self, drawing: Drawing, x: float, y: float) -> None:
        """Add a chart's boxes and texts with its lower left corner at (x, y).

        As marks of the page and not by reportlab's renderer: that one brings in a standard font
        that is not embedded, and would let text in by another door.
        """
        for shape in drawing.contents:
            if isinstance(shape, String):
                style = Style(shape.fontSize, _rgb(shape.fillColor))
                text = plain(shape.text)
                at = x + shape.x - (width_of(text, style.size) if shape.textAnchor == "end" else 0)
                self.runs.append((at, y + shape.y, text, style))
            elif isinstance(shape, Rect):
                self._place_box(shape, x + shape.x, y + shape.y)
            else:
                raise TypeError(f"No place for {type(shape).__name__}")

    def _place_box(self, box: Rect, x: float, y: float) -> None:
        self.fills.append((x, y, box.width, box.height, _rgb(box.fillColor)))
        if box.strokeColor is not None:
            self.frame(x, y + box.height, box.width, box.height, _rgb(box.strokeColor))

    def line(self, x: float, top: float, text: Plain, style: Style) -> None:
        """Set one line whose box begins at ``top``."""
        self.runs.append((x, baseline(top, style), text, style))

    def flush_right(self, x: float, top: float, text: Plain, style: Style) -> None:
        """Set one line that ends at ``x``."""
        self.line(x - width_of(text, style.size), top, text, style)

    def centred(self, x: float, top: float, text: Plain, style: Style) -> None:
        """Set one line around ``x``."""
        self.line(x - width_of(text, style.size) / 2, top, text, style)


def _rgb(colour: Color | None) -> Colour:
    red, green, blue = (Color(1, 1, 1) if colour is None else colour).rgb()
    return red, green, blue


def baseline(top: float, style: Style) -> float:
    """Return where the letters stand in a line box; .86 puts Chinese optically in its middle."""
    return top - (style.leading - style.size) / 2 - 0.86 * style.size


class Layout:
    """Pages being filled from top to bottom. ``y`` is where the next thing begins."""

    def __init__(self) -> None:
        self.pages = [Page()]
        self.y = TOP

    @property
    def page(self) -> Page:
        """The page being filled."""
        return self.pages[-1]

    def break_page(self) -> None:
        """Go on at the top of a new page."""
        self.pages.append(Page())
        self.y = TOP

    def ensure(self, height: float) -> bool:
        """Break the page unless ``height`` points are left on it; say whether it was broken."""
        if self.y - height >= BOTTOM:
            return False
        self.break_page()
        return True

    def heading(self, text: str, keep: float) -> None:
        """Set a section's heading, never parted from the first ``keep`` points below it."""
        label = fit(text, WIDTH - 10, HEADING.size)
        self.ensure(keep + 40)
        if self.y < TOP:
            self.y -= 16
        self.page.bookmarks.append((label, self.y))
        self.page.fills.append((LEFT, self.y - HEADING.leading + 2, 3, HEADING.leading - 4, ACCENT))
        self.page.line(LEFT + 10, self.y, label, HEADING)
        self.y -= HEADING.leading + 5

    def paragraph(self, text: str, style: Style = BODY, indent: float = 0.0) -> None:
        """Set text over the whole width, from page to page where it must be."""
        for line in wrap(text, WIDTH - indent, style.size):
            self.ensure(style.leading)
            self.page.line(LEFT + indent, self.y, line, style)
            self.y -= style.leading


@dataclass(frozen=True)
class Margins:
    """What stands on every page, and what a reader's program shows about the document."""

    title: str
    subject: str
    as_of: datetime
    """Given as the document's date: the hour of printing would change its bytes."""
    lang: str
    running: str
    """Top of every page but the first."""
    foot: str
    page_of: Callable[[int, int], str]
    """From the number of a page and how many there are."""
    producer: str


def typeset(layout: Layout, margins: Margins) -> bytes:
    """Paint the pages. The same pages give the same bytes, on any day and in any process."""
    file = io.BytesIO()
    typeface()
    canvas = Canvas(
        file,
        A4,
        pageCompression=1,
        pdfVersion=(1, 4),
        invariant=1,
        initialFontName=TYPEFACE,  # type: ignore[arg-type] # The stub takes the name for a number.
        lang=margins.lang,
    )
    # The file's identity would else depend on a variable of the environment.
    canvas._doc.signature = md5(usedforsecurity=False)  # type: ignore[attr-defined] # noqa: SLF001
    canvas.setTitle(plain(margins.title))
    canvas.setSubject(plain(margins.subject))
    canvas.setAuthor("Ringround")
    canvas.setCreator(plain(margins.producer))
    stamp = f"D:{margins.as_of.astimezone(UTC):%Y%m%d%H%M%S}Z"
    canvas.setDateFormatter(lambda *_: stamp)
    for number, page in enumerate(layout.pages, start=1):
        _add_margins(page, number, len(layout.pages), margins)
        _paint(canvas, page, number)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def _add_margins(page: Page, number: int, count: int, margins: Margins) -> None:
    if number > 1:
        page.line(LEFT, TOP + 26, fit(margins.running, WIDTH, SMALL.size), SMALL)
        page.rule(TOP + 11)
    page.rule(BOTTOM - 12)
    counted = plain(margins.page_of(number, count))
    room = WIDTH - width_of(counted, SMALL.size) - 12
    page.line(LEFT, BOTTOM - 16, fit(margins.foot, room, SMALL.size), SMALL)
    page.flush_right(RIGHT, BOTTOM - 16, counted, SMALL)


def _paint(canvas: Canvas, page: Page, number: int) -> None:
    for x, y, width, height, colour in page.fills:
        canvas.setFillColor(colour)
        canvas.rect(x, y, width, height, stroke=0, fill=1)
    _paint_rules(canvas, page)
    _paint_runs(canvas, page)
    for mark, (label, y) in enumerate(page.bookmarks):
        canvas.bookmarkHorizontal(f"{number}-{mark}", 0, y + 8)
        canvas.addOutlineEntry(label, f"{number}-{mark}", level=0)


def _paint_rules(canvas: Canvas, page: Page) -> None:
    """Draw lines that look the same in one go: a page of a list has some fifty."""
    canvas.setLineCap(2)  # The corners of boxes close.
    alike: dict[tuple[float, Colour], list[tuple[float, float, float, float]]] = {}
    for x1, y1, x2, y2, thickness, colour in page.rules:
        alike.setdefault((thickness, colour), []).append((x1, y1, x2, y2))
    for (thickness, colour), lines in alike.items():
        canvas.setLineWidth(thickness)
        canvas.setStrokeColor(colour)
        canvas.lines(lines)


def _paint_runs(canvas: Canvas, page: Page) -> None:
    text = canvas.beginText()
    now: Style | None = None
    for x, y, string, style in page.runs:
        if style != now:
            _set_style(text, style)
            now = style
        text.setTextOrigin(x, y)
        text.textLine(string)
    canvas.drawText(text)


def _set_style(text: PDFTextObject, style: Style) -> None:
    text.setFont(TYPEFACE, style.size)
    text.setFillColor(style.colour)
    if style.stroke:
        text.setStrokeColor(style.colour)
        # Text objects have no setter for the thickness of a stroke.
        text._code.append(f"{style.stroke} w")  # type: ignore[attr-defined] # noqa: SLF001
    text.setTextRenderMode(2 if style.stroke else 0)
