"""Invitation cards on paper: from a finished value to the bytes of a PDF.

Two beside each other and five below, so that a pair of scissors makes ten of a page.
"""

from collections.abc import Callable

from reportlab.graphics.barcode.qr import QrCodeWidget

from app.reports.cards.value import Card, CardSheet
from app.reports.cards.wording import CardWording, card_wording
from app.reports.furniture import (
    INK,
    LEFT,
    QUIET,
    TOP,
    WIDTH,
    Colour,
    Layout,
    Margins,
    Page,
    Plain,
    Style,
    plain,
    typeset,
    width_of,
    wrap_at_most,
)
from app.reports.wording import wording

COLUMNS, ROWS = 2, 5
_WIDTH = WIDTH / COLUMNS
_HEIGHT = 146.0
_TOP = TOP + 26
"""The first page has no running head, and the others need none above their cards."""
_PAD = 8.0
_QR = 88.0
"""31 mm: a code of 60 characters has squares of 0.8 mm, which old cameras read on bad paper."""
_CUT: Colour = (0.62, 0.64, 0.67)
_NAME = Style(16, INK, 0.4)
_LONG_NAME = Style(10.5, INK, 0.3)
_CODES = (16.0, 15.0, 14.0, 13.0, 12.0, 11.0, 10.0, 9.0)
"""The code is copied letter by letter: the largest letters in which it takes one line."""
_SIZES = (12.0, 11.5, 11.0, 10.5, 10.0, 9.5, 9.0, 8.5, 8.0)
"""Of the letters; the first in which all finds room, for many volunteers are no longer young."""
_LEADING = 1.28

Row = tuple[Plain, Style]


def render(sheet: CardSheet) -> bytes:
    """Return the cards as a PDF. The same value gives the same bytes."""
    words, layout = card_wording(sheet.lang), Layout()
    per_page = COLUMNS * ROWS
    for number, card in enumerate(sheet.cards):
        place = number % per_page
        if number and not place:
            layout.break_page()
        x = LEFT + place % COLUMNS * _WIDTH
        _draw(layout.page, x, _TOP - place // COLUMNS * _HEIGHT, card, sheet, words)
    return typeset(layout, _margins(sheet, words))


def _margins(sheet: CardSheet, words: CardWording) -> Margins:
    common = wording(sheet.lang)
    return Margins(
        title=words.title,
        subject=words.subject,
        as_of=sheet.made_at,
        lang=common.tag,
        running="",
        foot=words.foot,
        page_of=lambda page, pages: common.page_of.format(page=page, pages=pages),
        producer=common.version_note.format(version=sheet.version),
    )


def _draw(
    page: Page, x: float, top: float, card: Card, sheet: CardSheet, words: CardWording
) -> None:
    page.frame(x, top, _WIDTH, _HEIGHT, _CUT)
    _draw_code(page, x + _PAD / 2, top - _PAD / 2 - _QR, card.link)
    own = _largest(lambda size: _lines(words.own, 3, _QR - _PAD / 2, Style(size, QUIET)),
                   _HEIGHT - _QR - 2 * _PAD)  # fmt: skip
    _draw_rows(page, x + _PAD, top - _QR - _PAD / 2, own)
    room, x = _WIDTH - _QR - 2 * _PAD, x + _QR + _PAD
    name = _name(card.name, room)
    _draw_rows(page, x, top - _PAD, name)
    rest = _HEIGHT - 1.5 * _PAD - _height(name)
    told = _largest(lambda size: _told(card, sheet, words, room, size), rest)
    _draw_rows(page, x, top - _PAD - _height(name), told)


def _told(card: Card, sheet: CardSheet, words: CardWording, room: float, size: float) -> list[Row]:
    """What stands below the name, in letters of this size."""
    text, fine = Style(size), Style(size - 0.5, QUIET)
    open_at = words.or_open.format(address=sheet.address.removeprefix("https://"))
    until = words.until.format(moment=card.until.strftime(words.moment))
    return [
        *_lines(words.scan, 1, room, text), *_lines(open_at, 4, room, text),
        *_code(card.code, room),
        *_lines(until, 2, room, fine), *_lines(words.ask.format(name=sheet.ask), 2, room, fine),
    ]  # fmt: skip


def _name(name: str, room: float) -> list[Row]:
    """Two people whose long names begin alike must be told apart: such names take two lines."""
    style = _NAME if width_of(plain(name), _NAME.size) <= room else _LONG_NAME
    return _lines(name, 2, room, style)


def _code(code: str, room: float) -> list[Row]:
    size = next((size for size in _CODES if width_of(plain(code), size) <= room), _CODES[-1])
    return _lines(code, 2, room, Style(size, INK, 0.35))


def _lines(text: str, most: int, room: float, style: Style) -> list[Row]:
    return [(line, style) for line in wrap_at_most(most, text, room, style.size)]


def _largest(rows: Callable[[float], list[Row]], room: float) -> list[Row]:
    """Return the rows in the largest letters in which they find room and none is cut short."""
    made = [rows(size) for size in _SIZES]
    fits = (found for found in made if _height(found) <= room and not _is_cut(found))
    return next(fits, made[-1])


def _is_cut(rows: list[Row]) -> bool:
    return any(line.endswith("…") for line, _style in rows)


def _height(rows: list[Row]) -> float:
    return sum(style.size * _LEADING for _line, style in rows)


def _draw_rows(page: Page, x: float, top: float, rows: list[Row]) -> None:
    for line, style in rows:
        page.line(x, top, line, style)
        top -= style.size * _LEADING


def _draw_code(page: Page, x: float, y: float, link: str) -> None:
    """Add the squares of a QR code as marks of the page, as furniture does with charts."""
    code = QrCodeWidget(plain(link), barLevel="M", barWidth=_QR, barHeight=_QR, barBorder=3)
    for square in code.draw().contents:  # type: ignore[no-untyped-call]
        if square.fillColor is not None:
            page.fills.append((x + square.x, y + square.y, square.width, square.height, INK))
