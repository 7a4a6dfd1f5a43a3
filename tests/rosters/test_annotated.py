"""The copy of a roster that says at each cell what is wrong, and goes in again."""

import zipfile
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook

from app.db import Database
from app.residents.rules.phones import REASONS
from tests import cast
from tests.cast import Cast, english, sign_in
from tests.house.pages import CheckingClient
from tests.residents.files import workbook, xlsx
from tests.residents.test_roster_pages import decide, upload

HEADER = ("楼栋", "室", "姓名", "联系电话")
WRONG = [
    ["某小区居民花名册"],
    HEADER,
    ["1幢", "101", "陈一", "13912345678"],
    ["1幢", "102", "=陈二", "13912345679"],
    ["1幢", "103", "陈三", "1391234"],
    ["1幢", "104", None, "13912345680"],
]


@pytest.fixture
def leader(client: CheckingClient, db: Database) -> CheckingClient:
    people: Cast = cast.standing(db)
    sign_in(client, people.leader)
    return english(client)


def rows(content: bytes, sheet: int = 0) -> list[list]:
    book = CalamineWorkbook.from_filelike(BytesIO(content))
    return book.get_sheet_by_index(sheet).to_python(skip_empty_area=False)


def test_each_row_stands_where_it_stood_with_its_reasons(leader: CheckingClient) -> None:
    path = upload(leader, xlsx(WRONG)).location
    answer = leader.get(f"{path}/annotated.xlsx")
    found = rows(answer.data)

    assert [[cell for cell in row[:4] if cell] for row in found] == [
        [str(cell) for cell in row if cell] for row in WRONG
    ]
    assert [row[4] for row in found] == [
        "◀ What to put right", "", "",
        "◀ There is a formula under “姓名”. Replace it by its value.",
        f"◀ Not usable as a number: “1391234” — {REASONS['too_short'][1]}", "◀ There is no name.",
    ]  # fmt: skip
    with zipfile.ZipFile(BytesIO(answer.data)) as archive:
        comments = archive.read("xl/comments1.xml").decode()
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert [cell for cell in ("C4", "D5", "C6") if f'ref="{cell}"' in comments] == [
        "C4", "D5", "C6"
    ]  # fmt: skip
    assert "<f>" not in sheet
    assert "attachment" in answer.headers["Content-Disposition"]


def test_a_community_that_can_not_be_told_and_a_doubtful_name_are_marked(
    leader: CheckingClient,
) -> None:
    header = ["社区", *HEADER]
    decide(leader, upload(leader, xlsx([header, [None, *WRONG[2]]])).location, "confirm")
    doubtful = [None, "1幢", "101", "陈先生", "13912345678"]
    unknown = ["没有的社区", "1幢", "102", "李四", "13912345679"]
    path = upload(leader, xlsx([header, doubtful, unknown])).location
    for act in ("columns", "confirm"):
        answer = leader.get(f"{path}/annotated.xlsx")
        with zipfile.ZipFile(BytesIO(answer.data)) as archive:
            comments = archive.read("xl/comments1.xml").decode()
        assert 'ref="D2"' in comments
        assert 'ref="A3"' in comments
        decide(leader, path, act)


def test_it_goes_in_again_once_it_has_been_put_right(leader: CheckingClient) -> None:
    path = upload(leader, xlsx(WRONG)).location
    found = rows(leader.get(f"{path}/annotated.xlsx").data)
    found[3][2], found[4][3], found[5][2] = "陈二", "13912345699", "陈四"
    again = upload(leader, xlsx(found)).location

    assert "Take 4 residents" in leader.get(again).text


def test_sheets_keep_their_names(leader: CheckingClient) -> None:
    sheets = {"1/幢"[:1] + "幢": [HEADER, ["1幢", "1", None, "139"]], "别的": [HEADER, WRONG[2]]}
    path = upload(leader, workbook(sheets)).location
    book = CalamineWorkbook.from_filelike(BytesIO(leader.get(f"{path}/annotated.xlsx").data))

    assert book.sheet_names == list(sheets)


def test_without_the_file_there_is_no_copy(leader: CheckingClient) -> None:
    path = upload(leader, xlsx(WRONG)).location
    leader.post(f"{path}/cancel", data={"csrf_token": cast.token(leader)})

    assert leader.get(f"{path}/annotated.xlsx").status_code == 404


def test_a_text_of_tags_brings_no_cells_of_its_own(leader: CheckingClient) -> None:
    evil = (
        '<r><t>陈</t></r></is></c><c r="Z3"><f>HYPERLINK("http://example.org")</f><v>1</v></c>'
        '<c r="Y3" t="inlineStr"><is><r><t>二</t></r>'
    )
    text = "\t".join(HEADER) + f"\n1幢\t101\t{evil}\t139\n".replace('"', "'")
    path = upload(leader, text.encode()).location
    content = leader.get(f"{path}/annotated.xlsx").data

    with zipfile.ZipFile(BytesIO(content)) as archive:
        assert "<f>" not in archive.read("xl/worksheets/sheet1.xml").decode()
    assert rows(content)[1][2].strip() == evil.replace('"', "'")
