import math
import random
import re

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.residents.rules.phones import (
    REASONS,
    CellReading,
    dial_uri,
    display,
    read_cell,
)
from app.residents.rules.phones.plan import MOBILE, is_landline
from tests.residents.numbers import BLOCKS_IN_USE, phones

LENGTH_BY_AREA = {"513": 8, "512": 8, "10": 8, "21": 8, "851": 8, "310": 7}

mobiles = st.builds("{}{:08d}".format, st.sampled_from(BLOCKS_IN_USE), st.integers(0, 10**8 - 1))
subscribers = st.builds("{}{:07d}".format, st.integers(2, 8), st.integers(0, 10**7 - 1))
landlines = st.builds(
    lambda area, subscriber: (area, subscriber[: LENGTH_BY_AREA[area]]),
    st.sampled_from(sorted(LENGTH_BY_AREA)),
    subscribers,
).filter(lambda parts: phonenumbers.is_valid_number(phonenumbers.parse("+86" + "".join(parts))))
extensions = st.integers(10, 99999).map(str)


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
        digits, country = e164.removeprefix("+"), str(phonenumbers.parse(number).country_code)
        at_home = digits.removeprefix(country)
        # Some write the 0 of calls at home between the two: 0049 (0)85.
        ways = (
            digits,
            f"{country}0{at_home}",
            digits.removeprefix("86"),
            digits.removeprefix("86513"),
        )
        assert any(part in written for part in ways)
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
    ("address", "dialled"),
    [
        ("tel:{e164}", "tel:+8651385123456;ext=801"),
        ("sip:{e164}@pbx.example", "sip:+8651385123456;ext=801@pbx.example"),
        ("https://pbx.example/?to={e164}&x=1", "https://pbx.example/?to=%2B8651385123456%3Bext%3D801&x=1"),
    ],
)  # fmt: skip
def test_the_address_that_dials_is_made_of_a_pattern(address: str, dialled: str) -> None:
    assert dial_uri("+8651385123456;ext=801", address) == dialled
