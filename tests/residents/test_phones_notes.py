"""What people write beside a number in its cell."""

import pytest

from app.residents.rules.phones import read_cell
from tests.residents.numbers import phones, rejected


@pytest.mark.parametrize(
    ("cell", "note"),
    [
        ("13812345678", ""),
        ("13812345678（女儿，晚上打）", "女儿，晚上打"),
        ("儿子:13812345678", "儿子"),
        ("本人13812345678 妻13912345678", "妻"),
        ("手机：13812345678 座机：85123456", ""),
        ("13812345678（1号楼张三）", "1号楼张三"),
        ("13812345678（微信同号）", ""),
        ("Tel: 13812345678", ""),
        ("0513-85123456转801", ""),
        ("0513-85123456x801", ""),
        ("1.3812345678E+10", ""),
        ("+44 20 7946 0958 (London)", "London"),
        ("13812345678，身份证320613195603020011", "身份证"),
        ("13812345678" + "，不在家" * 50, "不在家"),
        ("13812345678 " + "很" * 50, "很" * 20),
        ("无手机", ""),
    ],
)
def test_what_stands_beside_a_number_is_kept_as_a_note(cell, note):
    assert read_cell(cell).note == note


@pytest.mark.parametrize("cell", ["13812345678空号", "空号：13812345678", "13812345678（已停机）"])
def test_a_number_that_the_roster_calls_dead_is_not_rung(cell):
    assert phones(cell) == []
    assert [reason for _, reason in rejected(cell)] == ["out_of_use"]


def test_of_several_numbers_nobody_can_tell_which_is_dead():
    assert len(phones("13812345678空号 13912345678")) == 2


@pytest.mark.parametrize(
    ("cell", "numbers"),
    [
        ("13812345678+13912345678", ["+8613812345678", "+8613912345678"]),
        ("13812345678 + 13912345678", ["+8613812345678", "+8613912345678"]),
        ("13812345678 +85291234567", ["+8613812345678", "+85291234567"]),
        ("0513-85123456*801", ["+8651385123456;ext=801"]),
        ("13812345678（1号楼张三）", ["+8613812345678"]),
    ],
)
def test_signs_between_numbers_are_understood(cell, numbers):
    assert (phones(cell), rejected(cell)) == (numbers, [])
