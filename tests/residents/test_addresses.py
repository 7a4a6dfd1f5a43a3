"""Addresses in one cell or several, in one spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.residents.rules.addresses import (
    Address,
    building_name,
    room_name,
    split_address,
    unit_name,
    whole_address,
)

WHOLE = Address("3幢", "2单元", "501")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3幢2单元501室", WHOLE),
        ("３幢２单元５０１室", WHOLE),
        ("3 幢 2 单元 501", WHOLE),
        ("3-2-501", WHOLE),
        ("3－2－501室", WHOLE),
        ("3/2/501", WHOLE),
        ("03栋2单元501", WHOLE),
        ("3号楼2-501", WHOLE),
        ("3#2-501", WHOLE),
        ("三号楼二单元501", WHOLE),
        ("3幢2梯5楼501室", WHOLE),
        ("江苏省南通市崇川区观音花苑3幢2单元501室", WHOLE),
        ("人民中路12号观音花苑3幢2单元501室（租）", WHOLE),
        ("观音花苑3-2-501", WHOLE),
        ("3#501", Address("3幢", None, "501")),
        ("3幢501", Address("3幢", None, "501")),
        ("3#楼501", Address("3幢", None, "501")),
        ("3-501", Address("3幢", None, "501")),
        ("A座1201", Address("A幢", None, "1201")),
        ("十二幢1201室", Address("12幢", None, "1201")),
        ("二十幢乙单元102", Address("20幢", "乙单元", "102")),
        ("3幢A-501", Address("3幢", "A单元", "501")),
        ("3幢2单元", Address("3幢", "2单元", None)),
        ("3幢", Address("3幢", None, None)),
        ("2单元501", Address(None, "2单元", "501")),
        ("3号2单元501", WHOLE),
        ("观音花苑3号2单元501室", WHOLE),
        ("人民路12号2单元501", Address(None, "2单元", "501")),
        ("Building 3, Unit 2, Room 501", WHOLE),
        ("Bldg. 3, Apt. 501", Address("3幢", None, "501")),
        ("人民路8号501室", Address(None, None, "501")),
        # Nothing here is surely a building or a room: the text itself stays the address.
        ("中桥村5组12号", Address()),
        ("3-5", Address()),
        ("2026-03-02", Address()),
        ("0513-85566357", Address()),
        ("1-3-2-501", Address()),
        ("人民路12号", Address()),
        ("", Address()),
    ],
)
def test_a_cell_is_split_into_building_unit_and_room(text, expected):
    assert split_address(text) == expected


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("3", "2", "501"), WHOLE),
        (("3号楼", "2单元", "501室"), WHOLE),
        (("三", "二", "0501"), WHOLE),
        (("3幢2单元", None, "501"), WHOLE),
        (("3幢", None, "2-501"), WHOLE),
        (("3-2-501", None, None), WHOLE),
        ((None, None, "3-2-501"), WHOLE),
        ((None, None, "3幢2单元501室"), WHOLE),
        (("1幢", None, "101"), Address("1幢", None, "101")),
        (("1幢", "1单元", "5"), Address("1幢", "1单元", "5")),
        # What tells two buildings or rooms apart is never dropped.
        (("12幢东", None, "101"), Address("12幢东", None, "101")),
        (("商铺", None, "12"), Address("商铺", None, "12")),
        (("1幢", "1单元", "101东间"), Address("1幢", "1单元", "101东间")),
        ((None, None, None), Address()),
    ],
)
def test_columns_of_their_own_are_put_together(parts, expected):
    assert whole_address(*parts) == expected


@given(st.integers(1, 99), st.integers(1, 9), st.integers(101, 3504))
def test_every_way_of_writing_an_address_reads_the_same(building, unit, room):
    expected = Address(f"{building}幢", f"{unit}单元", str(room))
    for text in (
        f"{building}幢{unit}单元{room}室",
        f"{building}-{unit}-{room}",
        f"{building}#{unit}-{room}",
        f"新城{building}号楼{unit}单元{room}",
    ):
        assert split_address(text) == expected
    assert whole_address(str(building), str(unit), str(room)) == expected


@given(st.text(max_size=60))
def test_no_text_breaks_the_splitting(text):
    split_address(text)
    whole_address(text, text, text)


@pytest.mark.parametrize(
    ("spell", "text", "expected"),
    [
        (building_name, "3栋", "3幢"),
        (building_name, "一百零五号楼", "105幢"),
        (building_name, "a座", "A幢"),
        (building_name, "阳光大厦", "阳光大厦"),
        (unit_name, "02", "2单元"),
        (unit_name, "东", "东单元"),
        (unit_name, "2梯", "2单元"),
        (room_name, "501室", "501"),
        (room_name, "A501", "A501"),
        (room_name, "车库12", "车库12"),
    ],
)
def test_one_thing_has_one_spelling(spell, text, expected):
    assert spell(text) == expected
