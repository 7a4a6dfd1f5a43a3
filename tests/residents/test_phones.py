import math
import re

import pytest

from app.residents.rules.phones import (
    REASONS,
    CellReading,
    Unusable,
    dial_uri,
    display,
    kind,
    mask,
    read_cell,
)
from tests.residents.numbers import BLOCKS_IN_USE, BLOCKS_NOT_IN_USE, phones, rejected

WANG = "+8613812345678"
LI = "+8613912345678"
HOME = "+8651385123456"


@pytest.mark.parametrize(
    "cell",
    [
        "13812345678",
        " 138 1234 5678 ",
        "138-1234-5678",
        "138—1234—5678",
        "138–1234‑5678",
        "138·1234·5678",
        "138.1234.5678",
        "138_1234_5678",
        "１３８１２３４５６７８",
        "１３８－１２３４－５６７８",
        "\u00a0138\u00a01234\u00a05678",
        "138\u200b1234\u200b5678",
        "\u202d13812345678\u202c",
        "\ufeff13812345678",
        "\t13812345678",
        "'13812345678",
        '="13812345678"',
        "=“13812345678”",
        "013812345678",
        "0-13812345678",
        "8613812345678",
        "86-138-1234-5678",
        "008613812345678",
        "0086 138 1234 5678",
        "+86 138 1234 5678",
        "(+86)13812345678",
        "（86）13812345678",
        "1795113812345678",
        "17951-138-1234-5678",
        "12593 13812345678",
        13812345678,
        13812345678.0,
        "13812345678.0",
        "1.3812345678E+10",
        "1.3812345678E10",
        "13812345678(王强)",
        "王强13812345678",
        "13812345678（本人）",
        "王强：13812345678。",
        "301室 13812345678",
        "13812345678 2023-12-01",
        "①13812345678",
        "1.13812345678",
        "tel:+8613812345678",
        "13812345678、13812345678",
    ],
)
def test_a_mobile_is_read_in_every_writing(cell):
    assert read_cell(cell) == CellReading((WANG,))


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("0513-85123456", HOME),
        ("(0513)85123456", HOME),
        ("（0513）8512-3456", HOME),
        ("【0513】85123456", HOME),
        ("0513 8512 3456", HOME),
        ("051385123456", HOME),
        ("51385123456", HOME),
        (51385123456, HOME),
        ("51385123456.0", HOME),
        ("513-85123456", HOME),
        ("+86 (0)513 8512 3456", HOME),
        ("86-0513-85123456", HOME),
        ("8651385123456", HOME),
        ("85123456", HOME),
        ("8512 3456", HOME),
        (85123456.0, HOME),
        ("021-65123456", "+862165123456"),
        ("2165123456", "+862165123456"),
        ("010 6512 3456", "+861065123456"),
        ("0851-23456801", "+8685123456801"),
        ("0310-2345678", "+863102345678"),
        ("86 351 2345678", "+863512345678"),
    ],
)
def test_a_landline_is_read_in_every_writing(cell, number):
    assert read_cell(cell) == CellReading((number,))


def test_a_local_number_gets_the_area_code_that_was_stated():
    assert read_cell("65123456", area_code="021").phones == ("+862165123456",)
    assert read_cell("2345678", area_code="0310").phones == ("+863102345678",)


@pytest.mark.parametrize(
    "cell",
    [
        "0513-85123456转801",
        "0513-85123456 转 801",
        "0513-85123456轉801",
        "0513-85123456-801",
        "0513-85123456－801",
        "0513-85123456分机801",
        "0513-85123456 分机号：801",
        "0513-85123456（转801）",
        "0513-85123456(801)",
        "0513-85123456 ext 801",
        "0513-85123456 Ext.801",
        "0513-85123456x801",
        "0513-85123456#801",
        "0513-85123456,801",
        "85123456-801",
        "8512 3456 - 801",
        "85123456转801",
        "+8651385123456;ext=801",
    ],
)
def test_an_extension_is_kept(cell):
    assert read_cell(cell) == CellReading((f"{HOME};ext=801",))


def test_a_number_to_transfer_to_is_no_extension():
    assert phones("0513-85123456转13812345678") == [HOME, WANG]
    assert phones("0513-85123456转801、13812345678") == [f"{HOME};ext=801", WANG]
    assert phones("0513-85123456转801 13812345678") == [f"{HOME};ext=801", WANG]
    assert phones("0513-85123456转8、13812345678") == [f"{HOME};ext=8", WANG]
    assert phones("0513-85123456分机 8、13812345678") == [f"{HOME};ext=8", WANG]
    assert read_cell("13812345678,801") == CellReading((WANG,), (Unusable("801", "too_short"),))


@pytest.mark.parametrize(
    "separator",
    [*"、/,，;；|｜\n 或和", " / ", "\r\n", "  ", " - ", "-", "(王强)", "妻:", "；女儿 ", "。"],
)
def test_several_numbers_are_told_apart(separator):
    assert read_cell(f"13812345678{separator}13912345678") == CellReading((WANG, LI))


@pytest.mark.parametrize(
    ("cell", "numbers"),
    [
        ("138 1234 5678 139 1234 5678", [WANG, LI]),
        ("0513-85123456 13812345678", [HOME, WANG]),
        ("13812345678 0513 8512 3456 139-1234-5678", [WANG, HOME, LI]),
        ("85123456 13812345678", [HOME, WANG]),
        ("儿子:13812345678 女儿 13912345678", [WANG, LI]),
        ("13812345678（本人）/13912345678(妻)", [WANG, LI]),
        ("1、13812345678 2、13912345678", [WANG, LI]),
        ("+8613812345678+8613912345678", [WANG, LI]),
        ("0513-85123456-801 13812345678", [f"{HOME};ext=801", WANG]),
        ("+852 9123 4567 13812345678", ["+85291234567", WANG]),
    ],
)
def test_numbers_with_nothing_clear_between_them_are_told_apart(cell, numbers):
    assert read_cell(cell) == CellReading(tuple(numbers))


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("无", "no_number_here"),
        ("空号", "out_of_use"),
        ("没有电话", "no_number_here"),
        ("/", "no_number_here"),
        ("301室", "no_number_here"),
        ("同上", "same_as_above"),
        ("（同上）", "same_as_above"),
        ("〃", "same_as_above"),
        ("1870441650", "too_short"),
        ("138-1234-567", "too_short"),
        ("0513-8512345", "too_short"),
        ("010-6512345", "too_short"),
        ("8512345", "too_short"),
        ("+852 12", "too_short"),
        ("138123456789", "too_long"),
        ("138 1234 56789", "too_long"),
        ("138 1234 5678 9", "too_long"),
        ("13812345678-9", "too_long"),
        ("1381 85123456", "too_long"),
        ("0513-851234567", "too_long"),
        ("0513-13812345678", "too_long"),
        ("+44 13812345678", "too_long"),
        ("1381234567813912345678", "too_long"),
        ("6222 0212 3456 7890", "too_long"),
        ("23812345678", "not_assigned"),
        ("0513-05123456", "not_assigned"),
        ("0513-15123456", "not_assigned"),
        ("0513-95123456", "not_assigned"),
        ("95123456", "not_assigned"),
        ("010-12345678", "not_assigned"),
        ("+999 1234567", "not_assigned"),
        ("110", "service_number"),
        ("120", "service_number"),
        ("12345", "service_number"),
        ("10086", "service_number"),
        ("95588", "service_number"),
        ("0513-95588", "service_number"),
        ("0513-12345", "service_number"),
        ("400-123-4567", "service_number"),
        ("4001234567", "service_number"),
        ("800-810-8888", "service_number"),
        ("+86 400 123 4567", "service_number"),
        ("+1 800 555 1234", "service_number"),
        ("1440123456789", "iot_number"),
        ("1461234567890", "iot_number"),
        ("1064812345678", "iot_number"),
        ("1.38E+10", "digits_lost"),
        ("1.38123E+10", "digits_lost"),
        (13800000000.0, "digits_lost"),
        (-85122943, "digits_lost"),
        (13812345678.5, "digits_lost"),
        ("138****5678", "digits_lost"),
        ("138xxxx5678", "digits_lost"),
        ("138 **** 5678", "digits_lost"),
        ("####", "digits_lost"),
        ("3512345678", "ambiguous"),
        ("85123456801", "ambiguous"),
        ("20240131", "ambiguous"),
        ("0013852345678", "ambiguous"),
        ("QQ：85123456", "ambiguous"),
        ("+54 0 11 15 1234 5678", "ambiguous"),
        ("+49 40 109 85123456 13812345678", "ambiguous"),
        ("1" * 100_000, "too_long_cell"),
    ],
)
def test_what_is_no_number_is_rejected_with_its_reason(cell, reason):
    reading = read_cell(cell)
    assert reading.phones == ()
    assert [piece.reason for piece in reading.rejected] == [reason]


def test_a_rejected_piece_is_shown_as_written_beside_the_number():
    assert read_cell("13812345678/138-1234-567") == CellReading(
        (WANG,), (Unusable("138-1234-567", "too_short"),)
    )
    assert read_cell("13812345678 8512345") == CellReading(
        (WANG,), (Unusable("8512345", "too_short"),)
    )
    assert rejected("同上/13812345678") == [("同上", "same_as_above")]
    assert rejected("1-2-301 13812345678") == [("1-2-301", "too_short")]


@pytest.mark.parametrize("cell", [None, "", "  \u3000\n", math.nan, "'", '=""', "\ufeff\u200b"])
def test_an_empty_cell_gives_an_empty_reading(cell):
    assert read_cell(cell) == CellReading()


@pytest.mark.parametrize("block", BLOCKS_IN_USE)
def test_a_block_in_use_is_taken(block):
    assert phones(f"{block}12345678") == [f"+86{block}12345678"]


@pytest.mark.parametrize("block", BLOCKS_NOT_IN_USE)
def test_a_block_not_in_use_is_refused(block):
    assert phones(f"{block}12345678") == []
    assert phones(f"{block} 1234 5678") == []


@pytest.mark.parametrize(
    "cell",
    ["+852 9123 4567", "0085291234567", "00852-9123-4567", "+44 (0)20 7946 0958", "+16502530000"],
)
def test_a_foreign_number_written_internationally_is_taken(cell):
    assert [kind(number) for number in phones(cell)] == ["foreign"]


@pytest.mark.parametrize("cell", ["9123 4567", "852 9123 4567", "(650) 253-0000", "020 7946 0958"])
def test_a_foreign_number_without_its_country_is_not_taken_as_foreign(cell):
    assert [kind(number) for number in phones(cell) if kind(number) == "foreign"] == []


@pytest.mark.parametrize(
    "cell",
    [
        "320683199001011234",
        320683199001011234,
        3.20683199001011e17,
        "3.20683199001011234E+17",
        "3.20683199001011E+17",
        "32068319900101123X",
        "32068319900101123x",
        "３２０６８３１９９００１０１１２３４",
        "320683 19900101 1234",
        "320683-1990-0101-1234",
        "3206 8319 9001 0112 34",
        "320683/20100101/1234",
        "320683900101123",
        "身份证:320683199001011234",
        "32068319900101123413812345678",
        "3206831990010112345",
        "32068319900101123",
    ],
)
def test_an_identity_number_gives_no_number_and_is_not_repeated(cell):
    assert read_cell(cell) == CellReading((), (Unusable("身份证号", "identity_number"),))


def test_numbers_that_look_like_an_identity_number_are_read():
    assert phones("86-0512-20001201-1000") == ["+8651220001201;ext=1000"]
    assert phones("130 0001 9540 130 0000 0000") == ["+8613000019540", "+8613000000000"]
    assert phones("13000019540/13000000000") == ["+8613000019540", "+8613000000000"]


def test_an_identity_number_beside_a_number_or_in_an_endless_cell_is_not_repeated():
    assert read_cell("320683199001011234 13812345678") == CellReading(
        (WANG,), (Unusable("身份证号", "identity_number"),)
    )
    assert read_cell("320683 19900101 1234 13812345678").phones == (WANG,)
    assert rejected("320683 19900101 1234 13812345678") == [("身份证号", "identity_number")]
    assert phones("32068319900101123X13812345678") == [WANG]
    [(text, reason)] = rejected("320683199001011234，" * 5_000)
    assert reason == "too_long_cell"
    assert len(text) <= 50
    assert not re.search("[0-9]", text)


@pytest.mark.parametrize(
    "pattern",
    ["1", "1 ", "1-2-", "138 1234 5678 ", "(", "1(", "+1 2 ", "1.1E", "3206831990010101 "],
)
def test_a_hostile_cell_is_read_to_its_bound_and_no_further(pattern):
    assert len(phones(pattern * (500 // len(pattern)))) <= 1
    assert [reason for _text, reason in rejected(pattern * 100_000)] == ["too_long_cell"]


@pytest.mark.parametrize(
    ("number", "shown", "masked", "sort"),
    [
        (WANG, "138 1234 5678", "138****5678", "mobile"),
        (f"{WANG};ext=12", "138 1234 5678 转12", "138****5678", "mobile"),
        (HOME, "0513-8512 3456", "0513-****3456", "landline"),
        (f"{HOME};ext=801", "0513-8512 3456 转801", "0513-****3456", "landline"),
        ("+861065123456", "010-6512 3456", "010-****3456", "landline"),
        ("+863102345678", "0310-234 5678", "0310-***5678", "landline"),
        ("+85291234567", "+852 9123 4567", "+852 ****4567", "foreign"),
        ("+16502530000", "+1 650-253-0000", "+1 ******0000", "foreign"),
        ("+6834000", "+683 4000", "+683 **00", "foreign"),
        ("+99912345678", "+99912345678", "+9 ******5678", "foreign"),
    ],
)
def test_a_stored_number_is_shown_masked_and_sorted(number, shown, masked, sort):
    assert (display(number), mask(number), kind(number)) == (shown, masked, sort)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "13812345678",
        "+86 13812345678",
        "+8613812345678,801",
        "+8613812345678#",
        "*#06#",
        "+8613812345678;ext=",
        "+8613812345678;ext=8*1",
        "+8613812345678;phone-context=x",
        "+8613812345678\n",
        "+86１３８12345678",
        "+86110",
        "+864001234567",
        "+8651395588",
        "+86513A5123456",
        "tel:+8613812345678",
    ],
)
@pytest.mark.parametrize("show", [display, mask, kind, dial_uri])
def test_what_is_not_a_stored_number_is_refused(show, text):
    with pytest.raises(ValueError):
        show(text)


def test_every_reason_has_a_sentence_in_both_languages():
    for chinese, english in REASONS.values():
        assert re.search(r"[\u4e00-\u9fff]", chinese)
        assert english.isascii()
        assert chinese.endswith("。")
        assert english.endswith(".")
