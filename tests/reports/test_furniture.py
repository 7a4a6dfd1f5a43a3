"""The one door for text, and lines that never run over."""

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.reports.fonts import typeface
from app.reports.furniture import LIMIT, fit, plain, width_of, wrap, wrap_at_most


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("王小明", "王小明"),
        ("䶮𬭊㛃䲟𫖯𬱖㐂㛂𤩽𫓧", "䶮𬭊㛃䲟𫖯𬱖㐂㛂𤩽𫓧"),
        ("a<b & <b>", "a<b & <b>"),
        ("王\n小\t明\u00a0Li", "王 小 明 Li"),
        ("\x00\x07", "[U+0000][U+0007]"),
        ("a\u202eb", "a[U+202E]b"),
        ("a\u200bb\ufeff", "a[U+200B]b[U+FEFF]"),
        ("\ud800", "[U+D800]"),
        ("徐𡈽", "徐[U+2123D]"),  # This typeface has no such glyph.
        ("\ue863", "[U+E863]"),  # Private use: another meaning on every machine.
        ("葛\U000e0100", "葛[U+E0100]"),
        ("soft\u00adhyphen", "soft[U+00AD]hyphen"),
        ("王\u0301\u20dd", "王[U+0301][U+20DD]"),  # They would print over the name.
        ("שלום", "[U+05E9][U+05DC][U+05D5][U+05DD]"),
        ("Andre\u0301", "André"),
        ("a" + "\u0335" * 3, "a" + "[U+0335]" * 3),
        ("\ufa0c", "\ufa0c"),  # A compatibility ideograph is a name's own: never normalised away.
        ("", ""),
    ],
)
def test_what_is_printed(written, printed):
    assert plain(written) == printed


def test_an_endless_text_is_cut_and_says_so():
    assert plain("中" * 100_000) == "中" * LIMIT + "…[+99,000]"


def test_no_document_uses_a_markup_language():
    """Reportlab's paragraphs read files and evaluate colours that a name may ask for."""
    sources = [path for path in Path("app").rglob("*.py") if "platypus" in path.read_text("utf-8")]
    assert len(list(Path("app/reports").glob("*.py"))) > 5
    assert sources == []


@given(st.text(st.characters(max_codepoint=sys.maxunicode), max_size=40))
def test_whatever_is_printed_has_a_glyph_and_loses_nothing(text):
    printed = plain(text)
    assert all(typeface().has(ord(character)) for character in printed)
    assert len(printed) >= len(text) or max(text) >= "\u0300"  # Only accents are ever joined.


@given(
    st.text(st.sampled_from("王小明 ab12（）()，。·<&\u202e㛃W"), max_size=80),
    st.floats(14, 200),
)
def test_lines_stay_within_their_width_and_keep_every_character(text, width):
    lines = wrap(text, width, 8.5)
    assert all(width_of(line, 8.5) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == plain(text).replace(" ", "")


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("一二三四五六", ["一二三四五", "六"]),
        ("一二三四五，六", ["一二三四", "五，六"]),
        ("一二三四（五）", ["一二三四", "（五）"]),
        ("calls made today", ["calls made", "today"]),
        ("", [""]),
    ],
)
def test_where_lines_break(text, lines):
    assert wrap(text, 52, 10) == lines


def test_a_line_that_does_not_fit_ends_in_an_ellipsis():
    assert fit("一二三四五六", 52, 10) == "一二三四…"
    assert fit("一二三四五", 52, 10) == "一二三四五"


def test_more_lines_than_there_is_room_for_are_cut_with_an_ellipsis():
    assert wrap_at_most(2, "一二三四五" * 4, 52, 10) == ["一二三四五", "一二三四…"]
