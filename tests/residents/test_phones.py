import math
import random
import re
import time

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
from app.residents.rules.phones.plan import MOBILE, is_landline

WANG = "+8613812345678"
LI = "+8613912345678"
HOME = "+8651385123456"

BLOCKS_IN_USE = [
    *map(str, range(130, 140)),
    *("145", "147", "150", "151", "152", "153", "155", "156", "157", "158", "159"),
    *("162", "165", "166", "167", "170", "171", "172", "173", "175", "176", "177", "178"),
    *map(str, range(180, 194)),
    *map(str, range(195, 200)),
]
BLOCKS_NOT_IN_USE = [
    *("100", "120", "140", "141", "142", "143", "144", "146", "148", "149", "154"),
    *("160", "163", "164", "168", "169", "179", "194"),
]
LENGTH_BY_AREA = {"513": 8, "512": 8, "10": 8, "21": 8, "851": 8, "310": 7}

mobiles = st.builds("{}{:08d}".format, st.sampled_from(BLOCKS_IN_USE), st.integers(0, 10**8 - 1))
subscribers = st.builds("{}{:07d}".format, st.integers(2, 8), st.integers(0, 10**7 - 1))
landlines = st.builds(
    lambda area, subscriber: (area, subscriber[: LENGTH_BY_AREA[area]]),
    st.sampled_from(sorted(LENGTH_BY_AREA)),
    subscribers,
).filter(lambda parts: phonenumbers.is_valid_number(phonenumbers.parse("+86" + "".join(parts))))
extensions = st.integers(10, 99999).map(str)


def phones(cell):
    return list(read_cell(cell).phones)


def rejected(cell):
    return [(piece.text, piece.reason) for piece in read_cell(cell).rejected]


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
        ("空号", "no_number_here"),
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
def test_a_hostile_cell_takes_no_time(pattern):
    started = time.perf_counter()
    read_cell(pattern * (500 // len(pattern)))
    read_cell(pattern * 100_000)
    assert time.perf_counter() - started < 0.5


@given(mobiles, st.sampled_from(["", "0", "86", "+86", "0086 ", "17951", "12593-", "王强:", "'"]))
@settings(max_examples=200, deadline=None)
def test_any_mobile_behind_any_prefix_reads_back(mobile, prefix):
    assert phones(prefix + mobile) == [f"+86{mobile}"]


@given(mobiles, mobiles, st.sampled_from([" ", "-", ".", "·", "—", "\u00a0", " - "]))
@settings(max_examples=200, deadline=None)
def test_any_two_mobiles_in_groups_read_back(one, other, gap):
    cell = " ".join(gap.join((m[:3], m[3:7], m[7:])) for m in (one, other))
    assert phones(cell) == list(dict.fromkeys([f"+86{one}", f"+86{other}"]))


@given(
    landlines,
    st.sampled_from(["0{}-{}", "(0{}){}", "0{}{}", "0{} {}", "+86 {} {}", "86-0{}-{}", "0086{}{}"]),
    st.sampled_from(["", "转{}", "-{}", "分机{}", " ext {}", "x{}", "({})"]),
    extensions,
)
@settings(max_examples=300, deadline=None)
def test_any_landline_in_any_writing_reads_back(landline, form, extension_form, extension):
    stored = "+86" + "".join(landline)
    if extension_form:
        stored += f";ext={extension}"
    assert phones(form.format(*landline) + extension_form.format(extension)) == [stored]


@given(mobiles.map("+86{}".format) | landlines.map(lambda parts: "+86" + "".join(parts)))
@settings(max_examples=200, deadline=None)
def test_what_we_show_and_what_we_dial_read_back(number):
    for stored in (number, f"{number};ext=801"):
        for written in (stored, display(stored), dial_uri(stored)):
            assert read_cell(written) == CellReading((stored,))


@given(mobiles | landlines.map(lambda parts: "".join(parts)[-11:]))
@settings(max_examples=100, deadline=None)
def test_a_number_cell_reads_like_its_digits(digits):
    value = int(digits)
    if not re.fullmatch("[0-9]{3}0{8}", digits):
        assert read_cell(value) == read_cell(float(value)) == read_cell(digits)


CHARACTERS = "0123456789０１ -—.()（）+、/,;|\n转x王或=*\"'E\u200b\u202d"
PIECES = ["138", "0513", "86", "85123456", "13812345678", "同上", "ext", "320683199001011234"]
CELL_TEXT = st.lists(st.sampled_from([*CHARACTERS, *PIECES]), max_size=30).map("".join)


@given(CELL_TEXT | st.text(max_size=80))
@settings(max_examples=1000, deadline=None)
def test_any_text_gives_only_valid_numbers_made_of_its_own_digits(text):
    reading = read_cell(text)
    written = "".join(re.findall("[0-9]", "".join(map(_ascii_digit, text))))
    assert len(set(reading.phones)) == len(reading.phones)
    for number in reading.phones:
        assert phonenumbers.is_valid_number(phonenumbers.parse(number, None))
        assert dial_uri(number) == f"tel:{number}"
        e164, _, extension = number.partition(";ext=")
        digits = e164.removeprefix("+")
        assert any(
            part in written
            for part in (digits, digits.removeprefix("86"), digits.removeprefix("86513"))
        )
        assert extension in written
    for piece in reading.rejected:
        assert piece.reason in REASONS
        assert 0 < len(piece.text) <= 50
        assert "320683199001011234" not in piece.text


def _ascii_digit(char):
    return str(int(char)) if char.isdecimal() else char


@given(
    st.integers(12, 30).flatmap(lambda n: st.from_regex(rf"[2-9][0-9]{{{n - 1}}}", fullmatch=True))
)
@settings(max_examples=300, deadline=None)
def test_no_number_is_cut_out_of_a_longer_run(run):
    expected = re.fullmatch("86(?:0?[1-9][0-9]{9,10})", run)
    assert expected or phones(run) == []


@given(st.from_regex(r"1[0-9]{11}", fullmatch=True) | st.from_regex(r"1[0-9]{9}", fullmatch=True))
@settings(max_examples=300, deadline=None)
def test_a_mobile_with_a_digit_too_many_or_too_few_is_never_read(run):
    assert phones(run) == []


@given(st.integers() | st.floats() | st.booleans() | st.none())
@settings(max_examples=300, deadline=None)
def test_any_number_cell_is_read_without_failing(cell):
    reading = read_cell(cell)
    assert all(dial_uri(number) for number in reading.phones)
    empty = cell is None or math.isnan(float(cell))
    assert empty == (reading == CellReading())


def test_a_number_beyond_all_bounds_is_rejected():
    for cell in (10**5000, -(10**5000), 1e308, math.inf, -math.inf):
        assert [piece.reason for piece in read_cell(cell).rejected] == ["digits_lost"]


def test_the_fast_path_agrees_with_the_library():
    dice = random.Random(3)
    taken = 0
    for _ in range(20_000):
        digits = f"1{dice.randrange(10**10):010d}"
        number = phonenumbers.parse(f"+86{digits}", None)
        mobile = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
        assert bool(MOBILE.fullmatch(digits)) == mobile, digits
        taken += mobile
    assert 5_000 < taken < 15_000


def test_landlines_agree_with_the_library_where_the_subscriber_can_be_real():
    dice = random.Random(4)
    for _ in range(5_000):
        area = dice.choice(["10", str(dice.randrange(20, 30)), str(dice.randrange(300, 1000))])
        subscriber = str(dice.randrange(2 * 10**6, 9 * 10**7)).zfill(7)
        number = phonenumbers.parse(f"+86{area}{subscriber}", None)
        fixed = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.FIXED_LINE
        assert is_landline(area + subscriber) == (fixed and subscriber[0] in "2345678")


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
