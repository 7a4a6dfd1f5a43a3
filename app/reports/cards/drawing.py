"""Invitation cards on paper: from a finished value to the bytes of a PDF.

Two beside each other and five below, so that a pair of scissors makes ten of a page.
"""

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
_PAD = 9.0
_QR = 98.0
"""35 mm: a code of 60 characters has squares of 0.8 mm, which old cameras read on bad paper."""
_CUT: Colour = (0.62, 0.64, 0.67)
_NAME = Style(14, INK, 0.4)
_LONG_NAME = Style(9.5, INK, 0.3)
_TEXT = Style(8)
_CODE = Style(11.5, INK, 0.35)
_FINE = Style(7.5, QUIET)


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
    note = wrap_at_most(2, words.own, _QR - 6, _FINE.size)
    y = top - _QR - _PAD / 2 - 2
    for line in note:
        page.line(x + _PAD, y, line, _FINE)
        y -= _FINE.size * 1.25
    _draw_words(page, x + _QR + _PAD, top - _PAD, card, sheet, words)


def _draw_words(
    page: Page, x: float, top: float, card: Card, sheet: CardSheet, words: CardWording
) -> None:
    room = _WIDTH - _QR - 2 * _PAD
    y = top - _NAME.leading - 1
    _draw_name(page, x, top, card.name, room)
    open_at = words.or_open.format(address=sheet.address.removeprefix("https://"))
    until = words.until.format(moment=card.until.strftime(words.moment))
    for text, style, most in (
        (words.scan, _TEXT, 1), (open_at, _TEXT, 3), (words.code, _TEXT, 1), *_parts(card.code),
        (until, _FINE, 2), (words.ask.format(name=sheet.ask), _FINE, 2),
    ):  # fmt: skip
        for line in wrap_at_most(most, text, room, style.size):
            page.line(x, y, line, style)
            y -= style.size * 1.3


def _draw_name(page: Page, x: float, top: float, name: str, room: float) -> None:
    """Two people whose long names begin alike must be told apart: such names take two lines."""
    style = _NAME if width_of(plain(name), _NAME.size) <= room else _LONG_NAME
    for line in wrap_at_most(2, name, room, style.size):
        page.line(x, top, line, style)
        top -= style.size * 1.2


def _parts(code: str) -> list[tuple[str, Style, int]]:
    """A code in two lines, large enough for whoever has left the glasses at home."""
    groups = code.split("-")
    half = (len(groups) + 1) // 2
    first, second = "-".join(groups[:half]), "-".join(groups[half:])
    return [(f"{first}-", _CODE, 1), (second, _CODE, 1)] if second else [(first, _CODE, 1)]


def _draw_code(page: Page, x: float, y: float, link: str) -> None:
    """Add the squares of a QR code as marks of the page, as furniture does with charts."""
    code = QrCodeWidget(plain(link), barLevel="M", barWidth=_QR, barHeight=_QR, barBorder=3)
    for square in code.draw().contents:  # type: ignore[no-untyped-call]
        if square.fillColor is not None:
            page.fills.append((x + square.x, y + square.y, square.width, square.height, INK))
