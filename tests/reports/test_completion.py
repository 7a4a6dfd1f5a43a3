"""The completion report, read back from its bytes as a reader's program would."""

import io
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, is_dataclass, replace
from fractions import Fraction
from functools import cache

import pypdf
import pypdfium2
import pytest

from app.progress.rules.rates import RATES
from app.reports.completion import RateLine, render
from app.reports.furniture import PAGE_WIDTH, RIGHT, plain
from app.reports.wording import wording
from tests.reports.sample import RARE, door_lines, sample_report

HOSTILE = (
    "a<b",
    "A & B &amp; &lt;",
    "<b>unclosed",
    '<img src="/etc/passwd">',
    '<font color="HexColor(1)">x</font>',
    '<a href="javascript:alert(1)">x</a>',
    '<para><seq id="x"/><onDraw name="x" label="y"/></para>',
    "{community} {0.__class__} %(name)s %s",
    ") Tj ET (\\",
    "שלום\u202eevil\u2066",
    "a\x00\x1b[31m\u0085b",
    "\ud800x\udfff",
    "王\u200b小\ufeff明",
    "e" + "\u0301\u0335" * 5,
    "𠅤𪚥" * 5,
    "欧" * 30,
)


@cache
def pages(data):
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages]


def pages_quickly(data):
    """The same by another reader, for what is read many times; it joins what stands on one line."""
    return [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(data)]


def squeezed(text):
    return re.sub(r"\s", "", text)


def text_of(data):
    return squeezed("".join(pages(data)))


def with_text_everywhere(value, text):
    """Return the value with every string in it replaced, but not what names the language."""
    if isinstance(value, str):
        return text
    if isinstance(value, tuple):
        return tuple(with_text_everywhere(item, text) for item in value)
    if isinstance(value, dict):
        return {with_text_everywhere(key, text): item for key, item in value.items()}
    if is_dataclass(value):
        names = [field.name for field in fields(value) if field.name != "lang"]
        return replace(
            value, **{name: with_text_everywhere(getattr(value, name), text) for name in names}
        )
    return value


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_everything_it_was_given_is_printed(lang):
    report = sample_report(lang)
    words, text = wording(lang), text_of(render(report))
    expected = [
        words.title.format(community=report.community),
        report.campaign,
        words.day(report.deadline),
        words.at(report.as_of),
        report.community_code,
        report.street,
        report.district,
        "18,234",
        *("330", "267", "80.9%", report.version),
        *(part for line in report.outcomes for part in (line.label, line.aapor, f"{line.count}")),
        *(line.name for line in report.buildings),
        *(part for line in report.outstanding for part in (line.name, line.address, line.reason)),
        *(part for line in report.door for part in (line.name, line.address, line.reason)),
        *(part for line in report.rates for part in (line.code, line.label)),
        *(RATES[line.code].formula for line in report.rates),
        *(meaning for letter, meaning in words.aapor_meanings.items() if letter in report.counts),
        *words.notes,
        words.prepared_by,
        words.reviewed_by,
        words.seal,
    ]
    assert [part for part in expected if squeezed(part) not in text] == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_page_says_which_of_how_many_and_as_of_when(lang):
    report, words = sample_report(lang, outstanding=200), wording(lang)
    found = pages(render(report))
    assert len(found) > 5
    for number, text in enumerate(found, start=1):
        assert words.page_of.format(page=number, pages=len(found)) in text
        assert squeezed(words.at(report.as_of)) in squeezed(text)
        assert report.community in text


def test_the_same_value_gives_the_same_bytes_in_another_process():
    program = (
        "import sys; from app.reports.completion import render;"
        "from tests.reports.sample import sample_report;"
        "sys.stdout.buffer.write(render(sample_report()))"
    )
    elsewhere = {"PYTHONHASHSEED": "7", "TZ": "America/Lima", "SOURCE_DATE_EPOCH": "1700000000"}
    environment = os.environ | elsewhere
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, env=environment
    )
    assert run.stdout == render(sample_report()) == render(sample_report())


def test_reports_made_at_once_by_several_threads_are_whole():
    reports = [sample_report("zh", n, 3) for n in (20, 40, 60, 80)]
    alone = [render(report) for report in reports]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(render, reports * 3)) == alone * 3


def test_rare_characters_can_be_searched_and_the_only_font_is_embedded():
    data = render(sample_report(community=RARE))
    assert RARE in text_of(data)
    assert RARE in pypdfium2.PdfDocument(data)[0].get_textpage().get_text_range()
    fonts = {
        str(font["/BaseFont"]): font["/DescendantFonts"][0]["/FontDescriptor"]
        for page in pypdf.PdfReader(io.BytesIO(data)).pages
        for font in page["/Resources"]["/Font"].get_object().values()
    }
    assert list(fonts) == ["/RINGRO+NotoSansSC-Regular"]
    assert all("/FontFile2" in descriptor for descriptor in fonts.values())


def test_rare_characters_leave_ink():
    """The glyph is drawn, not only named: each differs from the sign for a missing one."""
    images = {}
    for character in (*RARE, "〓", "口"):
        data = render(sample_report(community=character, outstanding=0, buildings=0))
        page = pypdfium2.PdfDocument(data)[0]
        images[character] = page.render(scale=1, grayscale=True).to_pil().crop((0, 40, 596, 110))
    assert len({image.tobytes() for image in images.values()}) == len(images)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_hostile_text_in_every_field_is_printed_as_it_is_written(lang, text):
    data = render(with_text_everywhere(sample_report(lang, 12, 3), text))
    assert text_of(data).count(squeezed(plain(text))) > 12 * 3
    assert_inert(data)


@pytest.mark.parametrize("text", ["长" * 100_000, "x" * 100_000, "e" + "\u0335" * 99_999])
def test_an_endless_word_in_every_field_is_cut_and_stops_nothing(text):
    data = render(with_text_everywhere(sample_report("zh", 5, 2), text))
    assert len(pages(data)) < 20
    assert "…" in text_of(data)


def assert_inert(data):
    """No script, link, action, attachment or picture: whatever text asked for, none is there."""
    reader = pypdf.PdfReader(io.BytesIO(data))
    assert "/OpenAction" not in reader.root_object
    assert "/AcroForm" not in reader.root_object
    assert all("/Annots" not in page and not page.images for page in reader.pages)
    bodies = re.sub(rb"(?s)stream\r?\n.*?endstream", b"", data)
    for name in (b"/JS", b"/JavaScript", b"/URI", b"/Launch", b"/EmbeddedFile", b"/Image"):
        assert not re.search(
            name + rb"\b(?![A-Z])", bodies.replace(b"/ImageB /ImageC /ImageI", b"")
        )


@pytest.mark.parametrize("buildings", [0, 1, 2, 12, 13, 120])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_any_number_of_buildings_is_charted_and_tabulated(lang, buildings):
    report = sample_report(lang, 30, buildings)
    text = text_of(render(report))
    if not buildings:
        assert squeezed(wording(lang).no_buildings) in text
    for line in report.buildings:
        portion = wording(lang).portion(line.accounted_for, line.total)
        row = f"{line.name}{line.total}{line.accounted_for}{line.total - line.accounted_for}"
        assert squeezed(row + portion) in text
        assert squeezed(f"{line.accounted_for}/{line.total}{portion}") in text


def test_two_thousand_outstanding_are_all_listed_and_the_head_repeats():
    report = sample_report("zh", 2000, 40)
    found = pages(render(report))
    rows = [int(number) for page in found for number in re.findall(r"^(\d+)$", page, re.MULTILINE)]
    assert set(range(1, 2001)) <= set(rows)
    listing = [page for page in found if "学田新村" in page]
    assert len(listing) > 40
    assert all("未落实原因" in page for page in listing)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nobody_outstanding_is_said(lang):
    text = text_of(render(sample_report(lang, 0, 1, door=())))
    words = wording(lang)
    assert squeezed(words.no_names) in text
    assert squeezed(words.no_door) in text
    assert words.address not in text
    assert "100.0%" in text


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_community_with_nobody_in_the_campaign(lang):
    empty = sample_report(
        lang,
        0,
        0,
        total=0,
        accounted_for=0,
        outcomes=(),
        counts={},
        rates=(),
        e=None,
        deadline=None,
    )
    words, text = wording(lang), text_of(render(empty))
    nobody = words.summary_nobody.format(moment=words.at(empty.as_of))
    for sentence in (nobody, words.undefined, words.e_undefined_note, words.no_deadline):
        assert squeezed(sentence) in text


@pytest.mark.parametrize(("lang", "shown"), [("zh", "无法计算"), ("en", "undefined")])
def test_an_undefined_rate_is_shown_as_undefined(lang, shown):
    text = text_of(render(sample_report(lang, rates=(RateLine("COOP1", "x", None),))))
    assert squeezed(f"COOP1x{RATES['COOP1'].formula}{shown}") in text


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_masked_report_says_so_on_every_page(lang):
    mark = squeezed(wording(lang).masked)[:5]
    assert all(mark in squeezed(page) for page in pages(render(sample_report(lang, masked=True))))
    assert not any(mark in squeezed(page) for page in pages(render(sample_report(lang))))


@pytest.mark.parametrize("outstanding", range(20, 64, 2))
def test_signatures_never_stand_alone_on_a_page(outstanding):
    report = sample_report("zh", outstanding)
    (signed,) = (page for page in pages(render(report)) if "社区（盖章）" in page)
    assert report.door[-1].name in signed


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_all_rates_of_the_standard_have_room_for_their_formulas(lang):
    rates = tuple(
        RateLine(code, rate.chinese if lang == "zh" else rate.english, Fraction(1, 3))
        for code, rate in RATES.items()
    )
    found = pages(render(sample_report(lang, rates=rates)))
    for code, rate in RATES.items():
        assert squeezed(rate.formula) + "33.3%" in squeezed("".join(found)), code
    assert "RR1" in found[-1]
    assert "CON3" in found[-1]


@pytest.mark.parametrize(
    ("lang", "says"), [("zh", "（其中转上门6人）"), ("en", "passedtothedoorlist:6)")]
)
def test_the_summary_says_how_many_of_those_accounted_for_are_on_the_door_list(lang, says):
    report = sample_report(lang, 63, door=door_lines(6, lang))
    assert says in squeezed(pages(render(report))[0])


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("door", [0, 1, 2, 40])
def test_a_heading_has_something_below_it_and_signatures_a_fact_above(lang, door):
    """Wherever on a page they come to stand: the outcomes push all that follows down."""
    words, report = wording(lang), sample_report(lang, 1, 9, door=door_lines(door, lang))
    headings = {words.outcomes, words.buildings, words.names, words.door, words.method}
    fact = squeezed(report.door[-1].name if door else words.no_door)
    for rows in range(1, 60, 2):
        found = pages_quickly(render(replace(report, outcomes=report.outcomes[:1] * rows)))
        for page in found:
            lines = [line.strip() for line in page.splitlines()]
            # The margins come last: on later pages the running head, on all the foot.
            last = [line for line in lines if not line.startswith(_margins_of(report))][-1]
            assert last not in headings, rows
            if words.seal in page:
                assert fact in squeezed(page), rows


def _margins_of(report):
    words = wording(report.lang)
    running = words.running.format(
        title=words.title.format(community=report.community), campaign=report.campaign
    )
    foot = words.foot.partition("{moment}")[0].format(community=report.community)
    return running, foot.strip(), words.page_of.partition("{page}")[0].strip()


def test_a_total_stands_below_a_row_that_it_adds_up():
    report = sample_report("zh", 1, 9)
    for rows in range(1, 40):
        found = pages_quickly(render(replace(report, outcomes=report.outcomes[:1] * rows)))
        first = next(page for page in found if "合计" in page)
        assert report.outcomes[0].label in first, rows


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_method_is_an_annex_after_the_signatures(lang):
    words = wording(lang)
    found = pages(render(sample_report(lang)))
    signed = next(number for number, page in enumerate(found) if words.seal in page)
    annex = next(number for number, page in enumerate(found) if words.method in page)
    assert annex == signed + 1


def test_nothing_runs_off_the_paper():
    report = with_text_everywhere(sample_report("zh", 8, 14), "W" * 60 + "王" * 60)
    for page in pypdfium2.PdfDocument(render(report)):
        text = page.get_textpage()
        boxes = [text.get_charbox(index) for index in range(text.count_chars())]
        assert max(right for _, _, right, _ in boxes) <= RIGHT + 1 < PAGE_WIDTH
        assert min(bottom for _, bottom, _, _ in boxes) > 30


def test_metadata_and_bookmarks():
    report = sample_report("zh")
    reader = pypdf.PdfReader(io.BytesIO(render(report)))
    assert reader.metadata.title == "学田社区信息核对完成情况报告"
    assert reader.metadata.author == "Ringround"
    assert reader.metadata.subject == report.campaign
    assert reader.metadata.creation_date == report.as_of
    assert reader.root_object["/Lang"] == "zh-CN"
    words = wording("zh")
    assert [mark.title for mark in reader.outline] == [
        words.summary,
        words.outcomes,
        words.buildings,
        words.names,
        words.door,
        words.signatures,
        words.method,
    ]
    assert (reader.pages[0].mediabox.width, reader.pages[0].mediabox.height) == pytest.approx(
        (595.28, 841.89), abs=0.01
    )
