"""Invitation cards on paper, read back as a camera and a reader's program would."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pypdfium2
import pytest
from reportlab.graphics.barcode.qr import QrCodeWidget

from app.reports.cards.drawing import COLUMNS, ROWS, render
from app.reports.cards.value import Card, CardSheet
from app.reports.furniture import BOTTOM, PAGE_HEIGHT
from tests.reports.test_completion import HOSTILE, assert_inert, pages, squeezed, text_of

MADE_AT = datetime(2026, 11, 24, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
UNTIL = datetime(2026, 12, 1, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
LANGUAGES = pytest.mark.parametrize("lang", ["zh", "en"])


def card(name: str = "王小梅", code: str = "ABCD-EFGH-JKLM") -> Card:
    return Card(name, code, f"https://ring.example/join#{code}", UNTIL)


def sheet(*cards: Card, lang: str = "zh") -> CardSheet:
    return CardSheet(lang, cards, "https://ring.example/join", "组长李敏", MADE_AT, "1.2.3")  # type: ignore[arg-type]


@LANGUAGES
def test_a_card_says_all_that_is_needed(lang: str) -> None:
    text = text_of(render(sheet(card(), lang=lang)))

    expected = ["王小梅", "ABCD-EFGH-JKLM", "ring.example/join", "组长李敏", "10:00"]
    assert [part for part in expected if squeezed(part) not in text] == []


@LANGUAGES
@pytest.mark.parametrize("number", [1, COLUMNS * ROWS, 2 * COLUMNS * ROWS + 1])
def test_everybody_has_a_card_ten_a_page(lang: str, number: int) -> None:
    cards = [card(f"志愿者{place:03}") for place in range(number)]
    found = pages(render(sheet(*cards, lang=lang)))

    assert len(found) == -(-number // (COLUMNS * ROWS))
    told = [name for text in found for name in (one.name for one in cards) if name in text]
    assert told == [one.name for one in cards]


def test_the_code_of_a_card_is_its_link() -> None:
    """Each square of the picture is as reportlab's own code of this link has it."""
    link = card().link
    code = QrCodeWidget(link, barLevel="M")
    code.draw()
    modules = code.qr.modules
    picture = pypdfium2.PdfDocument(render(sheet(card())))[0].render(scale=6).to_pil().convert("L")
    dark = [[picture.getpixel(at) < 128 for at in row] for row in squares(len(modules))]

    assert dark == [[bool(module) for module in row] for row in modules]


def squares(count: int) -> list[list[tuple[int, int]]]:
    """The middle of each square of the first card, in pixels at six a point."""
    from app.reports.cards import drawing

    quiet = 3
    size = drawing._QR / (count + 2 * quiet)
    left = drawing.LEFT + drawing._PAD / 2 + quiet * size
    top = PAGE_HEIGHT - drawing._TOP + drawing._PAD / 2 + quiet * size
    return [
        [
            (int(6 * (left + (x + 0.5) * size)), int(6 * (top + (y + 0.5) * size)))
            for x in range(count)
        ]
        for y in range(count)
    ]


@LANGUAGES
@pytest.mark.parametrize(
    ("host", "least"), [("ring.example", 11.5), ("ringround.street.district.city.gov.example", 9)]
)
def test_the_letters_are_as_large_as_a_card_allows(lang: str, host: str, least: float) -> None:
    """Many volunteers are no longer young."""
    drawn = replace(sheet(card(), lang=lang), address=f"https://{host}/join")
    sizes = sizes_on(render(drawn), above=BOTTOM)

    assert min(sizes.values()) >= least
    assert sizes["K"] >= 15


def sizes_on(data: bytes, above: float) -> dict[str, float]:
    """The size of each character of the first page, the smallest of each, but for the foot."""
    page = pypdfium2.PdfDocument(data)[0].get_textpage()
    found: dict[str, float] = {}
    for at in range(page.count_chars()):
        letter = page.get_text_range(at, 1)
        if page.get_charbox(at)[1] > above and not letter.isspace():
            size = pypdfium2.raw.FPDFText_GetFontSize(page, at)
            found[letter] = min(size, found.get(letter, size))
    return found


@LANGUAGES
def test_a_code_of_an_earlier_version_finds_room(lang: str) -> None:
    text = text_of(render(sheet(card(code="ABCDE-FGHJK-LMNPQ-RSTUV"), lang=lang)))

    assert "ABCDE-FGHJK-LMNPQ-RSTUV" in text


def test_the_same_cards_are_the_same_bytes() -> None:
    assert render(sheet(card())) == render(sheet(card()))
    assert render(sheet(card())) != render(sheet(card(code="2222-3333-4444")))


@LANGUAGES
def test_whatever_a_name_holds_a_card_stays_a_card(lang: str) -> None:
    for text in (*HOSTILE, "李" * 40, "W" * 40):
        hostile = replace(card(), name=text)
        data = render(sheet(hostile, lang=lang))
        assert_inert(data)
        assert len(pages(data)) == 1


def test_two_long_names_that_begin_alike_can_be_told_apart() -> None:
    names = ["欧阳观音山街道第一小组志愿者一", "欧阳观音山街道第一小组志愿者二"]
    text = text_of(render(sheet(*map(card, names))))
    assert all(name in text for name in names)
