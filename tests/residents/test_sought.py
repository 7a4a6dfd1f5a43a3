"""A number that somebody looks for, however it is typed or pasted."""

import pytest

from app.residents.rules.phones import read_sought

MOBILE, LANDLINE = "+8613912345678", "+8651385328888"


@pytest.mark.parametrize(
    "typed",
    ["13912345678", "139 1234 5678", "139-1234-5678", "+86 139 1234 5678", "+8613912345678",
     "0086 13912345678", "１３９１２３４５６７８", " 13912345678\n", "来电 13912345678",
     "tel:13912345678", "5678", "12345678 ", "139****5678", "５６７８", "尾号5678"],
)  # fmt: skip
def test_a_mobile_is_found_by_what_was_typed(typed: str) -> None:
    sought = read_sought(typed, "0513")

    assert sought.is_like(MOBILE)
    assert not sought.is_like("+8613912345679")


@pytest.mark.parametrize(
    "typed", ["0513-85328888", "（0513）8532 8888", "85328888", "0513-85328888-801", "8888"]
)
def test_a_landline_is_found_whatever_its_extension(typed: str) -> None:
    sought = read_sought(typed, "0513")

    assert sought.is_like(LANDLINE)
    assert sought.is_like(f"{LANDLINE};ext=801")
    assert not sought.is_like("+8651385328889")


@pytest.mark.parametrize("typed", ["", "567", "张三", "139*", "****", "5678 张", "-"])
def test_what_is_too_little_finds_nobody(typed: str) -> None:
    sought = read_sought(typed, "0513")

    assert (sought.numbers, sought.ending, sought.is_like(MOBILE)) == ((), "", False)


def test_an_ending_is_no_whole_number_and_not_found_within_one() -> None:
    assert read_sought("2345", "0513").numbers == ()
    assert not read_sought("2345", "0513").is_like(MOBILE)
