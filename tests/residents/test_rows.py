"""From rows to drafts, with invented people."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.problems import Place
from app.residents.rules.addresses import Address
from app.residents.rules.cleaning import clean_name, clean_text
from app.residents.rules.columns import find_columns
from app.residents.rules.rows import Draft, Rejected, read_row, read_sheet
from app.residents.rules.sheets import SheetRow

HEADER = ("序号", "社区", "室", "姓名", "联系电话", "备用电话", "语言", "备注")
COLUMNS = find_columns([SheetRow("1幢", 1, HEADER)])


def row(name="王㛃", phone="13812345678", *, number=2, formulas=(), **cells):
    values = {"序号": 1, "室": "501", "姓名": name, "联系电话": phone, **cells}
    return SheetRow("1幢", number, tuple(map(values.get, HEADER)), frozenset(formulas))


def read(**cells):
    return read_row(row(**cells), COLUMNS, "0513")


def test_a_row_becomes_a_draft():
    draft = read(社区=" 中桥社区", 备用电话="85566357", 语言="南通话", 备注="晚上\n在家")
    assert draft == Draft(
        place=Place(sheet="1幢", row=2),
        name="王㛃",
        phones=("+8613812345678", "+8651385566357"),
        community="中桥社区",
        room="501",
        language="南通话",
        remark="晚上 在家",
    )


def test_a_number_in_two_columns_is_taken_once():
    assert read(phone=13812345678.0, 备用电话="138 1234 5678").phones == ("+8613812345678",)


@pytest.mark.parametrize("phone", [None, "无", "空号", "1381234567"])
def test_a_resident_without_a_usable_number_stays_with_the_reason(phone):
    draft = read(phone=phone)
    assert (draft.name, draft.phones) == ("王㛃", ())
    assert [unusable.text for unusable in draft.unusable] == ([phone] if phone else [])


def test_a_short_row_is_read_as_if_its_end_were_empty():
    draft = read_row(SheetRow("1幢", 2, (1, None, None, "王㛃")), COLUMNS, "0513")
    assert (draft.name, draft.phones, draft.remark) == ("王㛃", (), None)


def test_an_address_in_one_cell_fills_the_parts_without_columns():
    columns = find_columns([SheetRow("s", 1, ("姓名", "电话", "住址", "单元"))])
    draft = read_row(SheetRow("s", 2, ("王", "1", "观音花苑3幢2单元501室", "5")), columns, "0513")
    assert draft.address == "观音花苑3幢2单元501室"
    assert (draft.building, draft.unit, draft.room) == ("3幢", "5单元", "501")


@pytest.mark.parametrize(
    ("header", "said", "address", "estate"),
    [
        ("所属网格", "02", "花苑3-2-501", "花苑"),
        ("小区", "第二网格", "花苑3-2-501", "花苑"),
        ("所属网格", "第二网格", "3-2-501", "第二网格"),
        ("小区", "花苑", "人民路8号花园3-2-501", "花苑"),
    ],
)
def test_a_grid_is_no_estate_where_the_address_names_one(header, said, address, estate):
    columns = find_columns([SheetRow("s", 1, ("姓名", "电话", header, "住址"))])
    draft = read_row(SheetRow("s", 2, ("王", "1", said, address)), columns, "0513")
    assert (draft.estate, draft.building, draft.room) == (estate, "3幢", "501")


def test_codes_and_rooms_kept_as_numbers_are_texts_without_a_decimal_point():
    columns = find_columns([SheetRow("s", 1, ("姓名", "电话", "社区代码", "室", "户号"))])
    draft = read_row(SheetRow("s", 2, ("王", "1", 320613009001.0, 501.0, 7)), columns, "0513")
    assert (draft.community_code, draft.room, draft.household) == ("320613009001", "501", "7")


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("王　伟", "王伟"),
        (" 王 伟\n", "王伟"),
        ("王\u200b伟\u202e", "王伟"),
        ("王\x00伟\ufeff", "王伟"),
        ("买买提•吐尔逊", "买买提·吐尔逊"),
        ("买买提・吐尔逊", "买买提·吐尔逊"),
        ("买买提 · 吐尔逊", "买买提·吐尔逊"),
        ("买买提．吐尔逊", "买买提·吐尔逊"),
        ("买买提.吐尔逊", "买买提·吐尔逊"),
        ("阿卜杜热合曼·麦麦提图尔荪·努尔买买提", "阿卜杜热合曼·麦麦提图尔荪·努尔买买提"),
        ("John  A. Smith", "John A. Smith"),
        ("Ｊｏｈｎ　Ｓｍｉｔｈ", "John Smith"),
        ("Jose\u0301", "José"),
        ("张𠅤", "张𠅤"),
        ("吴文𫖯", "吴文𫖯"),
        ("李\ue863", "李\ue863"),
        ("葛\U000e0100", "葛\U000e0100"),
        ("无", None),
        ("  ", None),
        (None, None),
    ],
)
def test_a_name_keeps_every_character_and_loses_only_what_is_no_part_of_it(written, name):
    assert clean_name(written) == name


def test_text_keeps_its_width_and_words():
    assert clean_text("３楼　行动不便\t耳背") == "３楼 行动不便 耳背"


@pytest.mark.parametrize(
    ("cells", "code", "column"),
    [
        ({"name": None}, "row_no_name", "D"),
        ({"name": "空置"}, "row_no_name", "D"),
        ({"name": "王" * 51}, "row_name_too_long", "D"),
        ({"name": "13812345678"}, "row_name_not_a_name", "D"),
        ({"name": "——"}, "row_name_not_a_name", "D"),
        ({"name": "=1+1"}, "row_formula", "D"),
        ({"name": " ＝cmd|' /C calc'!A0"}, "row_formula", "D"),
        ({"name": "@SUM(A1)"}, "row_formula", "D"),
        ({"name": "+王伟"}, "row_formula", "D"),
        ({"备注": "+1+cmd|' /C calc'!A0"}, "row_formula", "H"),
        ({"phone": "=A1"}, "row_formula", "E"),
        ({"phone": "+cmd"}, "row_formula", "E"),
        ({"formulas": [3]}, "row_formula", "D"),
        ({"formulas": [4]}, "row_formula", "E"),
        ({"语言": "话" * 41}, "row_text_too_long", "G"),
    ],
)
def test_a_row_that_becomes_nobody_says_which_cell_and_why(cells, code, column):
    rejected = read(**cells)
    assert isinstance(rejected, Rejected)
    assert (rejected.code, rejected.place) == (code, Place(sheet="1幢", row=2, column=column))


def test_a_name_of_fifty_characters_is_taken_whole():
    assert read(name="王" * 50).name == "王" * 50


def test_a_number_with_a_plus_is_no_formula_even_in_a_remark():
    assert read(phone="+86 13812345678").phones == ("+8613812345678",)
    assert read(备注="+86 138 1234 5678").remark == "+86 138 1234 5678"


def test_a_formula_that_numbers_the_rows_is_not_looked_at():
    assert read(formulas=[0]).name == "王㛃"


@pytest.mark.parametrize(
    "values",
    [
        (),
        (7,),
        (7, "中桥社区"),
        (None, None, " ", "\u3000"),
        HEADER,
        ("序 号", None, None, "姓名*", "联系电话"),
        ("合计", None, None, 511),
        ("合 计：", None, None, "511人"),
        ("合计511人", None, None, None, 1),
        ("填表人：张三", None, None, None, "13812345678"),
        (None, None, None, "制表日期：2026-03-02", "x"),
        ("第1页 共3页", None, None, "x"),
        (None, None, None, "中桥社区居民花名册"),
        ("Total", None, None, 511),
    ],
)
def test_a_row_that_speaks_of_nobody_is_passed_over(values):
    assert read_row(SheetRow("1幢", 9, values), COLUMNS, "0513") is None


@pytest.mark.parametrize("name", ["总小明", "注一文", "何计", "合一", "负明", "共青"])
def test_a_resident_is_no_footer(name):
    assert read(name=name, 序号=None, 室=None).name == name


def numbers(*rows):
    sheet = [SheetRow("1幢", 1, HEADER), *rows]
    return [item.phones for item in read_sheet(sheet, COLUMNS, "0513")]


def test_ditto_means_the_row_above_across_blank_rows_and_repeated_headers():
    header = SheetRow("1幢", 4, HEADER)
    assert (
        numbers(
            row("王", "13812345678"),
            row("李", "同上", number=3),
            header,
            SheetRow("1幢", 5, ()),
            row("张", " 同 上", number=6),
            row("赵", "〃", number=7),
        )
        == [("+8613812345678",)] * 4
    )


def test_ditto_repeats_addresses_too_but_never_names():
    above = row("王", 社区="中桥社区")
    same_place = row("李", 室="同上", 社区="同上", number=3)
    _, draft, nobody = read_sheet([above, same_place, row("同上", number=4)], COLUMNS, "0513")
    assert (draft.name, draft.room, draft.community) == ("李", "501", "中桥社区")
    assert nobody.code == "row_no_name"


def test_ditto_of_a_formula_is_a_formula():
    first, second = read_sheet(
        [row("王", "13812345678", formulas=[4]), row("李", "同上", number=3)], COLUMNS, "0513"
    )
    assert [first.code, second.code] == ["row_formula"] * 2
    assert second.place == Place(sheet="1幢", row=3, column="E")


def test_ditto_in_the_first_row_is_said_to_be_no_number():
    (draft,) = read_sheet([row("王", "同上")], COLUMNS, "0513")
    assert [(unusable.text, unusable.reason) for unusable in draft.unusable] == [
        ("同上", "same_as_above")
    ]


def test_nothing_above_the_header_is_a_resident():
    title = SheetRow("1幢", 1, (1, None, None, "王㛃"))
    columns = find_columns([title, SheetRow("1幢", 2, HEADER)])
    assert list(read_sheet([title, SheetRow("1幢", 2, HEADER)], columns, "0513")) == []


def read_all(header, *rows, merged=(), by_sheet=None):
    sheet = [
        SheetRow("1幢", number, tuple(values), merged=merged_in(merged, number))
        for number, values in enumerate((header, *rows), 1)
    ]
    columns = find_columns(sheet)
    return list(read_sheet(sheet, columns, "0513", by_sheet or Address()))


def merged_in(cells, number):
    return frozenset(column for row, column in cells if row == number)


def test_a_name_merged_over_two_rows_is_one_resident_with_the_numbers_of_both():
    header, first, second = ("姓名", "电话"), ("王", "13812345678"), ("王", "85123456")
    (draft,) = read_all(header, first, second, merged=[(3, 0)])
    assert (draft.place.row, draft.phones) == (2, ("+8613812345678", "+8651385123456"))


def test_what_is_only_merged_from_above_makes_nobody():
    header, first = ("楼栋", "姓名", "电话"), ("3幢", "王", "13812345678")
    assert len(read_all(header, first, ("3幢",), merged=[(3, 0)])) == 1


def test_a_footer_below_a_merged_building_is_still_one():
    header, first = ("楼栋", "姓名", "电话"), ("3幢", "王", "13812345678")
    assert len(read_all(header, first, ("3幢", "合计", "1人"), merged=[(3, 0)])) == 1


def test_a_building_said_once_is_that_of_the_rows_below():
    drafts = read_all(
        ("楼栋", "单元", "室", "姓名", "电话"),
        ("1幢", "1单元", "101", "王", "13812345678"),
        (None, None, "102", "李", "13812345679"),
        (None, "2单元", "101", "张", "13812345670"),
        (None, None, "102", "陈", "13812345671"),
        ("2幢", None, "101", "吴", "13812345672"),
        (None, None, None, "郑", "13812345673"),
    )
    assert [(d.building, d.unit) for d in drafts] == [
        ("1幢", "1单元"), ("1幢", "1单元"), ("1幢", "2单元"), ("1幢", "2单元"), ("2幢", None),
        (None, None),
    ]  # fmt: skip


def test_a_building_that_is_missing_here_and_there_is_not_made_up():
    header = ("楼栋", "室", "姓名", "电话")
    drafts = read_all(
        header, ("1幢", "101", "王", "1"), ("1幢", "102", "李", "1"), (None, "1", "张")
    )
    assert [d.building for d in drafts] == ["1幢", "1幢", None]


def test_the_sheets_building_is_for_rows_that_name_none():
    header = ("地址", "姓名", "电话")
    here, there = ("501室", "王", "1"), ("4幢501室", "李", "1")
    drafts = read_all(header, here, there, by_sheet=Address("3幢"))
    assert [(d.building, d.room) for d in drafts] == [("3幢", "501"), ("4幢", "501")]


def test_what_is_noted_beside_a_number_joins_the_remark():
    assert read(phone="13812345678（女儿）", 备注="耳背").remark == "耳背；女儿"
    assert read(phone="13812345678（女儿）").remark == "女儿"
    assert read(phone="王㛃13812345678").remark is None


def test_the_column_of_each_unusable_number_is_named():
    draft = read(phone="无", 备用电话="1381234567")
    assert [item.text for item in draft.unusable] == ["无", "1381234567"]
    assert draft.unusable_in == ("E", "F")


def test_an_identity_number_in_a_remark_is_not_kept():
    assert read(备注="身份证320613195603020011，独居").remark == "身份证身份证号，独居"


TEXTS = st.text(st.sampled_from('王伟同上3室 \t\u200b\u3000=+@"，。·.-０Ａé\u0301'), max_size=8)


@given(TEXTS, TEXTS, TEXTS)
@example("王", "", "3\t3")
def test_rows_with_nothing_to_clean_are_read_like_all_others(name, room, remark):
    """Most rows take a shorter way; it has to lead to the same place."""
    draft = read(name=name, 室=room or None, 备注=remark or None)
    if isinstance(draft, Draft):
        assert draft.name == clean_name(name)
        assert draft.remark == clean_text(remark)
        assert not any((text or "").strip().startswith(("=", "@")) for text in (name, room, remark))
