"""Reading files: what is in them comes back, and no file harms more than its own child process."""

import time
from datetime import datetime

import pytest

from app.problems import Place, Problem
from app.residents import reader
from app.residents.reader import SheetFound, SheetRead, SheetSkipped, read_roster, read_rows
from app.residents.reading_child import Limits
from app.residents.reading_child.zipped import CHUNK
from app.residents.rules.columns import Choice
from app.residents.rules.rows import Draft, Rejected
from app.residents.rules.sheets import SheetRow
from tests.residents.files import (
    CORPUS,
    EXAMPLE,
    MAIN,
    Formula,
    bare_ods,
    bare_xlsx,
    corner_pair,
    number_cell,
    ods_cell,
    ods_row,
    workbook,
    xlsx,
)
from tests.residents.reading import MEGABYTE, problem_of

HEADER = ["姓名", "联系电话"]


def test_cells_come_back_as_they_are_with_row_and_column():
    rows = list(
        read_rows(
            xlsx([[], [None, "王㛃", 13812345678, 1.5, True, datetime(2026, 3, 2)], [], ["𬭚"]]),
            "a.xlsx",
        )
    )
    assert rows == [
        SheetRow("Sheet1", 2, (None, "王㛃", 13812345678.0, 1.5, True, "2026-03-02")),
        SheetRow("Sheet1", 4, ("𬭚",)),
    ]


def test_sheets_come_in_the_order_of_their_tabs():
    content = workbook({"乙": [["b"]], "空": [], "甲": [["a"]]})
    assert [(row.sheet, row.values) for row in read_rows(content, "a.xlsx")] == [
        ("乙", ("b",)),
        ("甲", ("a",)),
    ]


def test_formula_cells_are_named_with_and_without_a_result():
    row, bare = read_rows(
        xlsx([["x", Formula("=1+1", "王伟")], [None, None, Formula("=A1")]]), "a.xlsx"
    )
    assert row == SheetRow("Sheet1", 1, ("x", "王伟"), frozenset({1}))
    assert bare.formulas == {2}


def test_a_formula_split_between_two_chunks_is_seen():
    before, after = '<row r="1"><c r="B1">', "<f>A1</f><v>7</v></c></row>"
    opening = f'<worksheet xmlns="{MAIN}"><sheetData><!---->'
    padding = "x" * (CHUNK - len(opening) - len(before))
    (row,) = read_rows(bare_xlsx(f"<!--{padding}-->{before}{after}"), "a.xlsx")
    assert row == SheetRow("一号楼", 1, (None, 7.0), frozenset({1}))


def test_cells_of_strict_or_prefixed_xml_are_read():
    sheet = (
        '<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        '<x:sheetData><x:row r="1"><x:c r="A1"><x:f>1</x:f><x:v>5</x:v></x:c></x:row>'
        "</x:sheetData></x:worksheet>"
    )
    content = bare_xlsx("", {"xl/worksheets/sheet1.xml": sheet})
    assert next(read_rows(content, "a.xlsx")).formulas == {0}


def test_a_file_on_the_disk_is_read_without_being_loaded(tmp_path):
    path = tmp_path / "roster.xlsx"
    path.write_bytes(xlsx([HEADER, ["王", "1"]]))
    with path.open("rb") as file:
        assert file.read(2) == b"PK"
        assert [row.values for row in read_rows(file, "a")] == [tuple(HEADER), ("王", "1")]
        assert file.tell() == 2


def test_a_file_grants_more_time_and_output_the_larger_it_is():
    usual = Limits()
    small, large = usual.for_content(499_999), usual.for_content(100 * MEGABYTE)
    assert (small.seconds, large.seconds) == (10, 210)
    assert small.unpacked_bytes == 200 * 499_999
    assert usual.for_content(10).unpacked_bytes == 10 * MEGABYTE
    assert large.unpacked_bytes == usual.unpacked_bytes
    assert small.output_bytes < large.output_bytes == usual.output_bytes


def test_many_rows_come_through_in_order():
    lines = "".join(f"王{n},138{n:08d}\n" for n in range(30_000))
    rows = list(read_rows(f"姓名,电话\n{lines}".encode(), "a.csv"))
    assert [row.row for row in rows] == list(range(1, 30_002))
    assert rows[-1].values == ("王29999", "13800029999")


def test_a_styled_but_empty_cell_at_the_bottom_does_no_harm():
    """Office programs leave such cells behind when a whole column was formatted."""
    content = bare_xlsx(
        f'<row r="1">{number_cell("A1")}</row><row r="1048576"><c r="XFD1048576" s="0"/></row>'
    )
    assert [row.row for row in read_rows(content, "a.xlsx")] == [1]


@pytest.mark.parametrize(
    "content",
    [
        "姓名,电话\n王㛃,13812345678\n".encode(),
        "姓名,电话\r\n王㛃,13812345678".encode("utf-8-sig"),
        "姓名\t电话\n王㛃\t13812345678\n".encode("gb18030"),
        "姓名;电话\r王㛃;13812345678\r".encode(),
        '姓名,电话\n"王㛃","=""13812345678"""\n'.encode(),
        "姓名,电话\n王㛃,13812345678\n".encode("utf-16"),
        "姓名\t电话\n王㛃\t13812345678\n".encode("utf-16-le"),
        "室内,电话\n王㛃,13812345678\n".replace("室内", "姓名").encode("utf-16-be"),
        "姓名，电话\n王㛃，13812345678\n".encode("gb18030"),
        "姓名|电话\n王㛃|13812345678\n".encode(),
    ],
    ids=[
        "utf-8", "utf-8 with mark", "gb18030 and tabs", "semicolons", "number kept by a formula",
        "utf-16", "little ends and no mark", "big ends and no mark", "full-width commas", "bars",
    ],
)  # fmt: skip
def test_text_tables_are_read(content):
    header, row = read_rows(content, "a.csv")
    assert (header.values, row.row, row.values) == (("姓名", "电话"), 2, ("王㛃", "13812345678"))


def test_text_whose_first_letter_is_half_a_bracket_is_no_program():
    """室 begins with the byte of [ in UTF-16 with the big end first."""
    content = "室,姓名,电话\n101,王,1\n".encode("utf-16-be")
    assert next(read_rows(content, "a")).values == ("室", "姓名", "电话")


def test_cells_of_an_ods_come_back_as_they_are():
    cell = '<table:table-cell office:value-type="{}" office:{}="{}">{}</table:table-cell>'.format
    row = ods_row(
        cell("float", "value", "13812345678", "<text:p>1.38E+10</text:p>"),
        cell("date", "date-value", "2026-03-02", "<text:p>3月2日</text:p>"),
        cell("boolean", "boolean-value", "true", ""),
        cell(
            "string",
            "x",
            "",
            "<text:p>两<text:s/>行<text:line-break/>再</text:p><text:p>一</text:p>",
        ),
        cell("string", "x", "", "<office:annotation><text:p>批注</text:p></office:annotation>"),
        cell(
            "string", "x", "", "<text:p>王<text:span>小<text:s text:c='2'/></text:span>桥</text:p>"
        ),
        ods_cell("同", repeated=2),
    )
    assert list(read_rows(bare_ods(row + ods_row(ods_cell("乙"), repeated=2)), "a.ods")) == [
        SheetRow(
            "一号楼", 1,
            (13812345678.0, "2026-03-02", True, "两 行\n再\n一", None, "王小  桥", "同", "同"),
        ),
        SheetRow("一号楼", 2, ("乙",)),
        SheetRow("一号楼", 3, ("乙",)),
    ]  # fmt: skip


def test_what_is_hidden_is_read_and_said():
    parts = kinds((CORPUS / "hidden.xlsx").read_bytes())
    sheets = [part for part in parts if isinstance(part, SheetFound)]
    assert [(sheet.hidden, sheet.hidden_columns) for sheet in sheets] == [
        (False, ("C",)),
        (True, ()),
    ]
    reads = [part for part in parts if isinstance(part, SheetRead)]
    assert [(read.rows, read.hidden_rows) for read in reads] == [(3, 1), (1, 0)]


def test_what_somebody_chose_is_used_for_sheets_of_that_shape():
    sheets = {"甲": [["姓名", "电话", "老家"], ["王", "1", "如皋"]], "乙": [[*HEADER], ["李", "1"]]}
    content = workbook(sheets)
    shape = kinds(content)[0].columns.shape
    parts = read_roster(content, "a", "0513", choices={shape: Choice({2: "remark"})})
    assert [part.remark for part in parts if isinstance(part, Draft)] == ["如皋", None]


def reader_told(line: str) -> str:
    """Python code for a child that says something before it misbehaves."""
    return (
        f"import os, signal, sys, time, resource; sys.stdout.write({line!r}); sys.stdout.flush();"
    )


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ("os.abort()", "roster_too_much_memory"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "roster_too_much_memory"),
        ("os.kill(os.getpid(), signal.SIGXCPU)", "roster_took_too_long"),
        ("time.sleep(60)", "roster_took_too_long"),
        ("os.close(1); time.sleep(60)", "roster_took_too_long"),
        ("sys.exit(1)", "roster_damaged"),
        ("[sys.stdout.write('x' * 10**6) for _ in range(100)]", "roster_unpacks_too_large"),
    ],
)
def test_a_child_that_dies_hangs_or_floods_ends_the_reading(
    tmp_path, monkeypatch, children, end, code
):
    """The child is a real process; only what it runs is changed, for a reader is hard to crash."""
    script = tmp_path / "child.py"
    script.write_text(reader_told('["rows", [[1, ["a"]]]]\n') + end)
    monkeypatch.setattr(reader, "CHILD", ("-I", str(script)))
    seconds = 1 if code == "roster_took_too_long" else 60
    rows = read_rows(b"x", "a.xlsx", Limits(seconds=seconds))
    assert next(rows).values == ("a",)
    with pytest.raises(Problem) as raised:
        next(rows)
    assert raised.value.code == code
    assert not children()


def test_a_child_that_drips_is_not_waited_for_again_and_again(tmp_path, monkeypatch):
    script = tmp_path / "child.py"
    line = '["rows", [[1, ["a"]]]]'
    script.write_text(
        f"import time\nfor _ in range(100): print({line!r}, flush=True); time.sleep(0.2)"
    )
    monkeypatch.setattr(reader, "CHILD", ("-I", str(script)))
    problem = problem_of(b"x", Limits(seconds=1))
    assert (problem.code, problem.values) == ("roster_took_too_long", {"limit": 1})


def test_the_child_may_not_write_fork_or_see_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET", "x")
    script = tmp_path / "child.py"
    script.write_text(
        "import json, os, resource, sys\n"
        f"sys.path.append({reader.CHILD[-1]!r})\n"
        "from reading_child import Limits, process\n"
        "process.confine(Limits(**json.loads(sys.argv[1])))\n"
        "limits = [resource.getrlimit(getattr(resource, 'RLIMIT_' + kind))[0]"
        " for kind in ('AS', 'CPU', 'FSIZE', 'CORE', 'NPROC')]\n"
        "seen = ['SECRET' in os.environ, 'app' in sys.modules, os.getcwd()]\n"
        "print(json.dumps(['rows', [[1, limits + seen]]]))\n"
    )
    monkeypatch.setattr(reader, "CHILD", ("-I", str(script)))
    row = next(read_rows(b"x", "a.xlsx"))
    assert row.values == (400 * MEGABYTE, 10, 0, 0, 0, False, False, "/")


def test_what_a_slow_caller_does_between_rows_does_not_count(monkeypatch):
    content = bare_xlsx(
        "".join(f'<row r="{n}">{number_cell(f"A{n}")}</row>' for n in range(1, 20_000))
    )
    rows = read_rows(content, "a.xlsx", Limits(seconds=2))
    next(rows)
    time.sleep(2.5)
    assert sum(1 for _ in rows) == 19_998


def test_closing_the_rows_ends_the_child(children):
    rows = read_rows(xlsx([["x"] * 14] * 5000), "a.xlsx")
    next(rows)
    assert len(children()) == 1
    rows.close()
    assert not children()


def test_a_memory_limit_that_is_too_low_is_a_message():
    cells = [f"{letter}{{n}}" for letter in "ABCDEFGHIJKLMN"]
    row = '<row r="{n}">' + "".join(map(number_cell, cells)) + "</row>"
    content = bare_xlsx("".join(row.format(n=n) for n in range(1, 40_001)))
    problem = problem_of(content, Limits(memory_bytes=50 * MEGABYTE))
    assert (problem.code, problem.values) == ("roster_too_much_memory", {"limit": 50})


def test_what_slips_through_the_checks_kills_only_the_child():
    """The reader for the values asks for 512 GB here and aborts its process."""
    unchecked = Limits(rows=2**20, columns=2**14, area=2**40)
    problem = problem_of(corner_pair("XFD1048576", 2**20), unchecked)
    assert problem.code == "roster_too_much_memory"


def kinds(content: bytes) -> list[object]:
    return list(read_roster(content, "名单.xlsx", "0513"))


def test_the_example_roster_is_read_whole():
    found, *drafts, read = kinds(EXAMPLE.read_bytes())
    assert isinstance(found, SheetFound)
    assert (read.rows, read.nobody, read.hidden_rows) == (511, 0, 0)
    assert (found.sheet, found.columns.left_out) == ("居民花名册", ())
    assert all(isinstance(draft, Draft) for draft in drafts)
    assert len(drafts) == 511
    assert sum(len(draft.phones) for draft in drafts) == 545
    assert len({phone for draft in drafts for phone in draft.phones}) == 469
    assert sum(not draft.phones for draft in drafts) == 16
    assert [draft.name for draft in drafts if "䶮" in draft.name] == ["张䶮"]


def test_each_sheet_is_a_building_and_the_rest_is_skipped_and_said():
    header = ["室", "姓名", "电话"]
    content = workbook(
        {
            "填写示例": [header, ["101", "示例", "13800000000"]],
            "1幢": [["XX社区居民花名册"], header, [101, "王㛃", 13813812345]],
            "Sheet3": [["随便写写", "没有表头"]],
            "2幢": [header, [201, "李晓䶮", "0513-85566357"], ["合计", 1]],
        }
    )
    example, first, one, _, other, second, two, last = kinds(content)
    assert (example.place.sheet, example.code) == ("填写示例", "sheet_is_example")
    assert (other.place.sheet, other.code) == ("Sheet3", "roster_no_name_column")
    assert isinstance(other, SheetSkipped)
    assert [first.sheet, second.sheet] == ["1幢", "2幢"]
    assert (one.name, one.phones, one.place.row) == ("王㛃", ("+8613813812345",), 3)
    assert (two.name, two.phones, two.room) == ("李晓䶮", ("+8651385566357",), "201")
    assert [one.building, two.building] == ["1幢", "2幢"]
    assert last == SheetRead(Place("名单.xlsx", "2幢"), rows=2, nobody=1, hidden_rows=0)


def test_a_formula_as_a_name_is_rejected_and_the_row_below_is_taken():
    content = xlsx([HEADER, [Formula('=HYPERLINK("x")', "王伟"), 13813812345], ["李", "1"]])
    _, formula, draft, _ = kinds(content)
    assert isinstance(formula, Rejected)
    assert (formula.code, formula.place) == ("row_formula", Place(None, "Sheet1", 2, "A"))
    assert draft.name == "李"


@pytest.mark.parametrize(
    ("sheets", "code", "headers"),
    [
        ({"甲": [["姓名", "住址"], ["王", "1"]]}, "roster_no_phone_column", "姓名 | 住址"),
        ({"甲": [["电话", "住址"], ["1", "2"]]}, "roster_no_name_column", "电话 | 住址"),
        ({"甲": [["花", "草"]], "乙": [["姓名", "花"]]}, "roster_no_phone_column", "姓名 | 花"),
        ({"甲": [["花", "草"]]}, "roster_no_name_column", "花 | 草"),
    ],
)
def test_a_roster_without_names_or_telephones_is_refused_with_its_headers(sheets, code, headers):
    with pytest.raises(Problem) as raised:
        kinds(workbook(sheets))
    assert (raised.value.code, raised.value.values) == (code, {"headers": headers})
    assert raised.value.place.file == "名单.xlsx"


def test_a_file_with_nothing_but_an_example_has_no_rows():
    with pytest.raises(Problem) as raised:
        kinds(workbook({"填写说明": [HEADER, ["王", "1"]]}))
    assert raised.value.code == "roster_no_rows"
