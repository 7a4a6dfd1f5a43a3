"""What the pages of a roster say to whoever brings one again, and again put right."""

from datetime import timedelta
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.db import Database
from app.i18n import LANGUAGE_COOKIE
from app.residents import queries
from tests import cast
from tests.cases.town import Town
from tests.cast import BRIDGE, english, sign_in, token, words
from tests.conftest import Clock
from tests.house.pages import CheckingClient
from tests.reports.exported import in_xlsx
from tests.reports.test_export_pages import export
from tests.residents.files import xlsx
from tests.residents.test_roster_pages import decide, upload
from tests.rosters.test_column_pages import choose

HEADER = ["楼栋", "室", "姓名", "电话"]
ONE = ["1幢", "101", "王小明", "13912345678"]
TWO = ["1幢", "102", "陈二", "13912345679"]


@pytest.fixture
def leader(client: CheckingClient, db: Database) -> CheckingClient:
    cast.communities(db)
    sign_in(client, cast.people(db).leader)
    return english(client)


def take(leader: CheckingClient, *rows: list[str]) -> str:
    path = upload(leader, xlsx([HEADER, *rows])).location
    decide(leader, path, "confirm")
    return path


def preview(leader: CheckingClient, *rows: list[str]) -> str:
    return words(leader.get(upload(leader, xlsx([HEADER, *rows])).location))


def test_the_community_can_be_chosen_when_the_roster_is_looked_at(
    db: Database, leader: CheckingClient
) -> None:
    path = upload(leader, xlsx([HEADER, ONE, TWO]), community="").location
    page = words(leader.get(path))
    assert "2 rows name no community." in page
    assert "No community is named that could be told." not in page
    leader.post(f"{path}/columns", data={"csrf_token": token(leader), "community": BRIDGE})
    assert "name no community." not in words(leader.get(path))
    decide(leader, path, "confirm")

    with db.reading() as session:
        assert len(queries.all_residents(session, BRIDGE)) == 2


def test_a_community_that_is_not_ones_own_can_not_be_chosen(leader: CheckingClient) -> None:
    path = upload(leader, xlsx([HEADER, ONE]), community="").location
    sent = {"csrf_token": token(leader), "community": cast.HARBOUR}

    assert leader.post(f"{path}/columns", data=sent).status_code in {403, 404, 422}
    assert "1 row names no community." in words(leader.get(path))


def test_what_will_be_changed_is_told_as_it_is_and_as_it_will_be(leader: CheckingClient) -> None:
    take(leader, ONE, TWO)
    page = preview(leader, [*ONE[:3], "13912345670"], TWO)

    assert "王小明: Numbers 139 1234 5678 → 139 1234 5670" in page
    assert "This resident is known already" not in page


def test_a_number_put_down_wrongly_is_marked_of_somebody_on_record_too(
    leader: CheckingClient,
) -> None:
    take(leader, ONE)
    assert "row 2, column D" in preview(leader, [*ONE[:3], "1391234"])


def test_a_doubt_names_who_it_may_be(leader: CheckingClient) -> None:
    take(leader, ONE)
    page = preview(leader, [*ONE[:2], "王先生", ONE[3]])

    assert "“王先生” may be another writing of “王小明”, who has the same number" in page


def test_a_complete_roster_without_news_lists_who_is_missing(
    db: Database, leader: CheckingClient
) -> None:
    decide(
        leader, upload(leader, xlsx([[*HEADER, "备注"], ONE, [*TWO, "养狗"]])).location, "confirm"
    )
    path = upload(leader, xlsx([HEADER, ONE])).location
    page = words(leader.get(path))
    assert "nothing is to be taken" in page
    assert "The sheet is right" not in page
    leader.submit(path, action=f"{path}/confirm", is_complete="y")

    page = leader.get(f"{path}/missing").text
    assert "陈二" in page
    assert f"/residents/{BRIDGE}/2" in page
    answer = export(leader, f"{path}/missing/export", "xlsx")
    _title, head, *rows = in_xlsx(answer.data)["Not in the roster"]
    assert (head[2:4], len(rows)) == (["Name", "Phone"], 1)
    assert rows[0][1:] == ["1幢102", "陈二", "13912345679", "养狗"]
    with db.reading() as session:
        trail = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert trail is not None
        assert (trail.act, trail.subject_id) == ("missing_exported", path.rpartition("/")[2])


def test_who_comes_later_is_not_missing_from_an_earlier_roster(
    leader: CheckingClient, clock: Clock
) -> None:
    path = upload(leader, xlsx([HEADER, ONE])).location
    leader.submit(path, action=f"{path}/confirm", is_complete="y")
    clock.now += timedelta(days=1)
    take(leader, TWO)

    assert "陈二" not in words(leader.get(f"{path}/missing"))


def test_of_whom_a_volunteer_rings_now_nobody_is_asked_who_they_are(
    db: Database, clock: Clock, client: CheckingClient
) -> None:
    town = Town.of(db, clock, ["王小明", "李大海"])
    town.batch(town.people.volunteer)
    with db.reading() as session:
        first, other = queries.all_residents(session, BRIDGE)
        said = [(one.household.address, one.lines[0].number.value) for one in (first, other)]
    sign_in(client, town.people.leader)
    english(client)
    rows = [["姓名", "住址", "电话"], ["王小明", said[0][0], "13912345670"], ["李先生", *said[1]]]
    page = words(client.get(upload(client, xlsx(rows)).location))

    assert "A volunteer is to ring this resident now" in page
    assert "0 of 1 decided." in page


@pytest.mark.parametrize("rows", [[["甲", "乙"], ["1", "2"]], [HEADER, [*ONE[:2], None, ONE[3]]]])
def test_where_nobody_can_be_taken_nobody_is_said_to_be_on_record(
    leader: CheckingClient, rows: list[list[str | None]]
) -> None:
    page = words(leader.get(upload(leader, xlsx(rows)).location))

    assert "Nobody in it can be taken as it is." in page
    assert "Everybody in it is on record" not in page


def test_changes_alone_are_told_when_they_are_done(leader: CheckingClient) -> None:
    take(leader, ONE)
    page = words(leader.get(take(leader, [*ONE[:3], "13912345670"])))

    assert "1 changed." in page
    assert "0 residents taken" not in page


def test_what_was_taken_back_says_so(leader: CheckingClient) -> None:
    path = take(leader, ONE)
    decide(leader, path, "undo")
    page = words(leader.get(path))

    assert "Nothing of it is on record any more." in page
    assert "residents will be taken" not in page


def test_a_copy_is_read_like_the_sheet_whose_columns_somebody_chose(
    leader: CheckingClient,
) -> None:
    odd = [["老王的名单", None, None], ["称谓", "电话", "门"], ["陈一", "1391234", "101"]]
    path = upload(leader, xlsx(odd)).location
    choose(leader, path, "2", C="remark")
    leader.set_cookie(LANGUAGE_COOKIE, "zh")
    answer = leader.get(f"{path}/annotated.xlsx")
    assert "%EF%BC%88%E5%BE%85%E6%94%B9%E6%AD%A3%EF%BC%89" in answer.headers["Content-Disposition"]
    book = CalamineWorkbook.from_filelike(BytesIO(answer.data))
    rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    assert rows[2][3].startswith("◀ ")
    rows[2][1] = "13912345678"
    english(leader)
    page = words(leader.get(upload(leader, xlsx(rows)).location))

    assert "Take 1 resident" in page
    assert "chosen by somebody" in page
    assert "◀" not in page
