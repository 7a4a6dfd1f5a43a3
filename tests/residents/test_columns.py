"""Which header text means what."""

import pytest

from app.problems import Place, Problem
from app.residents.rules.columns import (
    SheetRow,
    column_letters,
    find_columns,
    is_example_sheet,
    is_header_again,
    role_of,
)


def sheet(*rows):
    return [SheetRow("一号楼", number, tuple(row)) for number, row in enumerate(rows, 1)]


def columns_of(*header):
    return find_columns(sheet(header))


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("姓名", "name"),
        ("姓 名", "name"),
        ("姓　名*", "name"),
        ("＊姓名：", "name"),
        ("姓名（户主）", "name"),
        ("户主姓名", "name"),
        ("业主名称", "name"),
        ("户内成员姓名", "name"),
        ("Full Name", "name"),
        ("联 系 电 话", "phone"),
        ("手机号（非必填）", "phone"),
        ("联系电话１", "phone"),
        ("联系电话二", "phone"),
        ("联系电话②", "phone"),
        ("备用电话", "phone"),
        ("户主联系方式", "phone"),
        ("本人手机号码", "phone"),
        ("Mobile phone", "phone"),
        ("区", "district"),
        ("所在乡镇街道", "street"),
        ("村居名称", "community"),
        ("社区代码", "community_code"),
        ("所属小区", "estate"),
        ("幢", "building"),
        ("楼栋/区域", "building"),
        ("单元号", "unit"),
        ("房号/铺位号", "room"),
        ("现居住地址（楼栋房号）*", "address"),
        ("户编号", "household"),
        ("与户主关系", "relation"),
        ("方言", "language"),
        ("备注3", "remark"),
        ("Remarks", "remark"),
        ("序号", "seq"),
        ("No.", "seq"),
    ],
)
def test_a_header_is_known_however_it_is_written(text, role):
    assert role_of(text)[0] == role


@pytest.mark.parametrize(
    "text",
    [
        "网格员电话",
        "紧急联系人电话",
        "监护人电话",
        "配偶电话",
        "子女联系电话",
        "网格员姓名",
        "填表人姓名",
        "父亲姓名",
        "单位电话",
        "身份证号",
        "银行卡号",
        "出生日期",
        "微信",
        "XX社区居民联系电话登记表",
        None,
        13812345678,
    ],
)
def test_other_peoples_numbers_and_unknown_texts_have_no_role(text):
    assert role_of(text) is None


def test_the_header_is_found_below_titles_and_instructions():
    found = find_columns(
        sheet(
            ["XX社区居民信息登记表"],
            ["填写说明：带*的为必填项，联系电话请填手机"],
            ["说明", "姓名请与身份证一致"],
            ["序号", "姓名*", "电话*"],
            [1, "王㛃", 13812345678],
        )
    )
    assert (found.row, found.single, found.phones) == (4, {"seq": 0, "name": 1}, (2,))


def test_numbers_are_tried_in_order_of_preference():
    header = ("户主电话", "备用电话", "家庭电话", "联系电话2", "姓名", "联系电话1", "手机")
    found = columns_of(*header)
    assert [header[at] for at in found.phones] == [
        "手机",
        "联系电话2",
        "联系电话1",
        "备用电话",
        "家庭电话",
        "户主电话",
    ]


def test_a_residents_own_name_goes_before_the_householders():
    found = columns_of("户主姓名", "成员姓名", "联系电话", "户籍地址", "居住地址")
    assert found.name == 1
    assert found.single["address"] == 4
    assert found.left_out == ("户主姓名", "户籍地址")


def test_what_nobody_asked_for_is_left_out_and_said():
    found = columns_of(
        "序号", "姓名", "身份证号", "电话", "银行卡号", "紧急联系人电话", None, "生日"
    )
    assert found.left_out == ("身份证号", "银行卡号", "紧急联系人电话", "生日")
    assert found.taken == (1, 3)


def test_english_headers_are_found():
    found = columns_of("No.", "Name", "Phone", "Building", "Unit", "Room", "Language", "Notes")
    assert found.single == {
        "seq": 0,
        "name": 1,
        "building": 3,
        "unit": 4,
        "room": 5,
        "language": 6,
        "remark": 7,
    }


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (("姓名", "地址", "网格员电话"), "roster_no_phone_column"),
        (("序号", "联系电话", "地址"), "roster_no_name_column"),
        (("序号", "小区", "地址"), "roster_no_name_column"),
    ],
)
def test_a_header_without_names_or_telephones_is_quoted(header, code):
    with pytest.raises(Problem) as raised:
        columns_of(*header)
    problem = raised.value
    assert (problem.code, problem.place) == (code, Place(sheet="一号楼", row=1))
    assert problem.values == {"headers": " | ".join(header)}


@pytest.mark.parametrize(
    "rows",
    [[], [[]], [["居民"]], [["花", "草"], ["说明", "见背面"]], [["说明"], ["姓名"]]],
    ids=["no rows", "a blank row", "a title", "other tables", "single cells"],
)
def test_a_sheet_without_a_header_has_no_columns(rows):
    assert find_columns(sheet(*rows)) is None


def test_a_header_repeated_on_the_next_page_is_recognised():
    found = columns_of("序号", "姓名", "电话")
    again, resident = sheet(["序号", "姓 名", "电话"], [1, "王㛃", "13812345678"])
    assert is_header_again(again, found)
    assert not is_header_again(resident, found)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("填写示例", True), ("示例", True), ("说明", True), ("Example", True), ("3幢", False)],
)
def test_sheets_of_examples_are_known_by_name(name, expected):
    assert is_example_sheet(name) is expected


@pytest.mark.parametrize(
    ("column", "letters"),
    [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16383, "XFD")],
)
def test_columns_are_named_as_a_spreadsheet_does(column, letters):
    assert column_letters(column) == letters
