"""Which column of a sheet means what."""

import json

import pytest

from app.problems import Place, Problem
from app.residents.rules.columns import (
    Choice,
    find_columns,
    is_header_again,
    look_at,
    shape_of,
)
from app.residents.rules.headers import is_example_sheet, role_of
from app.residents.rules.sheets import SheetRow, column_letters


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


PEOPLE = (
    ("王小桥", "13812340001", "3幢2单元501室", "独居"),
    ("李秋禾", "13812340002", "3幢2单元502室", None),
    ("张木子", "0513-85123456", "3幢2单元503室", None),
)


def guessed(*rows):
    return [(guess.role, guess.why, guess.sure) for guess in look_at(sheet(*rows)).guesses]


def test_a_column_whose_header_says_nothing_is_known_by_its_cells():
    assert guessed(("叫什么", "怎么找", "住哪", "别的"), *PEOPLE) == [
        ("name", "looks", False),
        ("phone", "looks", False),
        ("address", "looks", False),
        (None, "unknown", False),
    ]


def test_a_sheet_without_a_header_is_read_from_its_first_row():
    found = find_columns(sheet(*PEOPLE))
    assert (found.row, found.single, found.phones) == (0, {"name": 0, "address": 2}, (1,))
    assert found.headers == {0: "A", 1: "B", 2: "C"}


def test_the_first_resident_is_no_header_for_want_of_a_number():
    assert find_columns(sheet(("吴可心", "无", "3幢2单元504室", None), *PEOPLE)).row == 0


@pytest.mark.parametrize("header", ["网格员", "紧急联系人电话", "配偶手机", "物业"])
def test_numbers_of_somebody_else_are_not_taken_for_their_looks(header):
    found = look_at(sheet(("姓名", header), *(person[:2] for person in PEOPLE)))
    assert (found.phones, found.guesses[1].why) == ((), "somebody_else")


def test_a_second_number_below_no_header_is_taken_and_one_below_another_word_is_not():
    people = [(*person[:2], "13912340001") for person in PEOPLE]
    assert find_columns(sheet(("姓名", "电话", None), *people)).phones == (1, 2)
    assert find_columns(sheet(("姓名", "电话", "老板"), *people)).phones == (1,)


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("身份证号", ["1", "2"]),
        ("证件号码", ["1", "2"]),
        ("银行账号", ["1", "2"]),
        ("编号", ["320613195603020011", "32061319611130002X"]),
        ("备注", ["320613195603020011", "32061319611130002x"]),
        (None, ["320613560302001", "320613611130002"]),
        ("卡", ["6222021111014545671", "6222 0211 1101 4545 689"]),
    ],
)
def test_identity_numbers_and_accounts_are_left_out_by_header_and_by_looks(header, cells):
    people = [("王小桥", "13812340001", cells[0]), ("李秋禾", "13812340002", cells[1])]
    guess = look_at(sheet(("姓名", "电话", header), *people)).guesses[2]
    assert (guess.role, guess.why, guess.sure) == (None, "private", True)


@pytest.mark.parametrize("number", ["320613195603020012", "6222021111014545672", "123456789012345"])
def test_long_numbers_that_are_neither_identity_nor_card_are_not_called_so(number):
    people = [("王小桥", "13812340001", number), ("李秋禾", "13812340002", number)]
    assert look_at(sheet(("姓名", "电话", "物品"), *people)).guesses[2].why == "unknown"


def test_two_rows_make_one_header():
    found = find_columns(
        sheet(
            ("序号", "姓名", "住址", None, None, "联系方式", None),
            (None, None, "楼栋", "单元", "室", "手机", "座机"),
            (1, "王小桥", 3, 2, 501, 13812340001, None),
        )
    )
    assert found.row == 2
    assert found.single == {"seq": 0, "name": 1, "building": 2, "unit": 3, "room": 4}
    assert found.phones == (5, 6)


def test_a_group_above_says_whose_the_columns_are():
    found = find_columns(
        sheet(
            ("户主", None, "监护人", None),
            ("姓名", "电话", "姓名", "电话"),
            ("王小桥", "13812340001", "王大桥", "13912340001"),
        )
    )
    assert (found.single, found.phones) == ({"name": 0}, (1,))
    assert [guess.why for guess in found.guesses[2:]] == ["somebody_else"] * 2


def test_a_group_of_others_goes_before_no_resident():
    found = find_columns(
        sheet(
            ("紧急联系人", None, "居民", None),
            ("姓名", "电话", "姓名", "电话"),
            ("王大桥", "13912340001", "王小桥", "13812340001"),
        )
    )
    assert (found.single, found.phones) == ({"name": 2}, (3,))


@pytest.mark.parametrize("first", [("王小桥", None, "户主", "独居"), (None, "无", "户主", "其他")])
def test_the_first_resident_is_no_second_row_of_the_header(first):
    found = find_columns(sheet(("姓名", "电话", "关系", "备注"), first))
    assert found.row == 1


def test_what_somebody_chose_goes_before_what_was_guessed():
    rows = sheet(("姓名", "曾用名", "电话", "老家"), ("王小桥", "王大桥", "13812340001", "如皋"))
    chosen = find_columns(rows, Choice({1: "name", 3: "remark", 2: "phone"}))
    assert (chosen.single, chosen.phones) == ({"name": 1, "remark": 3}, (2,))
    assert [guess.why for guess in chosen.guesses] == ["other_column", *["chosen"] * 3]
    assert find_columns(rows, Choice({3: None})).single == {"name": 0}


def test_a_choice_can_name_the_row_of_the_header_or_say_that_there_is_none():
    rows = sheet(("姓名", "电话"), ("甲", "乙"), ("王小桥", "13812340001"))
    assert find_columns(rows, Choice({0: "name", 1: "phone"}, row=2)).row == 2
    assert find_columns(rows, Choice({0: "name", 1: "phone"}, row=0)).row == 0


def test_leaving_out_the_names_is_a_problem_that_is_said():
    with pytest.raises(Problem) as raised:
        find_columns(sheet(("姓名", "电话")), Choice({0: None}))
    assert raised.value.code == "roster_no_name_column"


def test_a_choice_is_stored_as_json_and_forgets_roles_that_are_no_more():
    choice = Choice({0: "name", 4: None}, row=3)
    assert Choice.of_json(json.loads(json.dumps(choice.as_json()))) == choice
    assert Choice.of_json({"row": None, "roles": {"1": "shoe_size"}}) == Choice({1: None})


def test_sheets_of_one_shape_are_known_however_their_headers_are_written():
    one = shape_of(["姓名", "联系电话", None, ""])
    assert one == shape_of([" 姓 名*", "联系电话（必填）"])
    assert one != shape_of(["联系电话", "姓名"])
    titled = look_at(sheet(["名册"], ["姓名", "联系电话"], ["王小桥", "13812340001"]))
    assert titled.shape == look_at(sheet(["姓名", "联系电话"])).shape == one


def test_a_choice_does_not_change_the_shape_it_is_remembered_by():
    rows = sheet(("姓名", "电话", "老家"), ("王小桥", "13812340001", "如皋"))
    assert look_at(rows, Choice({2: "remark"})).shape == look_at(rows).shape


def test_a_choice_of_the_header_is_remembered_by_what_would_have_been_found():
    rows = sheet(("姓名", "电话"), ("甲", "乙"), ("王小桥", "13812340001"))
    chosen = find_columns(rows, Choice({0: "name", 1: "phone"}, row=2))
    assert chosen.shape == look_at(rows).shape


def test_a_gap_between_headers_is_of_one_shape_blank_or_not():
    header, person = ("姓名", None, "电话"), ("王小桥", None, "13812340001")
    assert (
        look_at(sheet(header, person)).shape
        == look_at(sheet(header, ("王小桥", "x", "13812340001"))).shape
        == shape_of(header)
    )


def test_some_cells_of_each_column_are_shown_and_none_of_what_is_private():
    people = [("王小桥", "13812340001", "320613195603020011"), ("李秋禾", 13812340002.0, None)]
    guesses = look_at(sheet(("姓名", "电话", "身份证号"), *people)).guesses
    assert [guess.samples for guess in guesses] == [
        ("王小桥", "李秋禾"), ("13812340001", "13812340002"), (),
    ]  # fmt: skip


def test_a_column_that_speaks_where_it_changes_is_told_from_one_with_gaps():
    header = ("楼栋", "室", "姓名", "电话")
    stepped = [("1幢", 101), (None, 102), (None, 103), ("2幢", 101), (None, 102), (None, 103)]
    gaps = [("1幢", 101), ("1幢", 102), (None, 103), (None, 104), (None, 105)]
    people = [[(*home, "王小桥", "13812340001") for home in homes] for homes in (stepped, gaps)]
    assert find_columns(sheet(header, *people[0])).stepped == (0,)
    assert find_columns(sheet(header, *people[1])).stepped == ()
