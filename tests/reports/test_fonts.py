"""The typeface: converted once and whole, nothing of the original lost."""

import threading

import pytest
from fontTools.ttLib import TTFont
from pylopdf_fonts_zh_cn import sans_path

from app.reports.fonts import _write_whole, ensure_fonts, font_folder, typeface
from app.reports.typeface import glyph_map, unicode_map
from tests.reports.sample import NAMES, RARE


@pytest.fixture(scope="module")
def made():
    return ensure_fonts(font_folder())


def test_a_font_that_is_there_is_left_alone(made):
    before = made.stat().st_mtime_ns
    assert ensure_fonts(font_folder()) == made
    assert made.stat().st_mtime_ns == before


def numbers(font):
    """Glyph numbers by character: the names are not kept."""
    return {code: font.getGlyphID(name) for code, name in font.getBestCmap().items()}


def test_every_character_of_the_original_is_kept_in_all_planes(made):
    source, converted = TTFont(sans_path()), TTFont(made)
    assert numbers(converted) == numbers(source)
    assert converted["maxp"].numGlyphs == source["maxp"].numGlyphs
    assert list(converted["hmtx"].metrics.values()) == list(source["hmtx"].metrics.values())
    assert set(source.getBestCmap()) <= set(typeface().face.charToGlyph)


def test_rare_characters_have_an_outline(made):
    font = TTFont(made)
    names = font.getBestCmap()
    rare = RARE + "".join(NAMES) + "喆堃龑𠅤𬍛𬴂窎邨栟噇垎〓"
    empty = [c for c in rare if font["glyf"][names[ord(c)]].numberOfContours <= 0]
    assert empty == []


def test_two_at_once_leave_one_whole_font_and_nothing_else(made, tmp_path):
    target = tmp_path / "font.ttf"
    threads = [threading.Thread(target=_write_whole, args=(TTFont(made), target)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(tmp_path.iterdir()) == [target]
    assert TTFont(target)["maxp"].numGlyphs == TTFont(made)["maxp"].numGlyphs


def test_a_conversion_that_fails_leaves_nothing_behind(tmp_path):
    unsavable = TTFont()
    unsavable["glyf"] = object()
    with pytest.raises(AttributeError):
        _write_whole(unsavable, tmp_path / "font.ttf")
    assert list(tmp_path.iterdir()) == []


def test_characters_that_share_a_glyph_point_to_the_same_one():
    shared = {0x5B: 7, 0x5C: 9, 0x5D: 7}
    assert glyph_map([0, 0x5B, 0x5C, 0x5D], shared.get) == b"\0\0\0\1\0\2\0\1"


def test_the_map_back_to_text_names_astral_characters_in_utf_16():
    assert "<0001> <D86DDDAF>" in unicode_map([0, 0x2B5AF])


def test_the_map_back_to_text_keeps_its_blocks_within_a_hundred():
    blocks = [
        int(line.split()[0])
        for line in unicode_map(list(range(251))).splitlines()
        if line.endswith("beginbfchar")
    ]
    assert blocks == [100, 100, 50]
