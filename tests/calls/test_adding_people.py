"""Adding people from a list: looked at first, then all of them, each with a link shown once."""

import re
from datetime import timedelta
from io import BytesIO

import pypdfium2
import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.audit.models import AuditEntry
from app.db import Database
from app.people import queries, service
from app.people.models import User
from app.people.rules import INVITATION_LASTS, tidy_code
from tests import cast
from tests.cases.test_work_pages import browser
from tests.cast import BRIDGE, HARBOUR, Cast, token, words
from tests.conftest import Clock
from tests.house.pages import CheckingClient, Page
from tests.residents.files import workbook, xlsx

NEW = "/people/new"
CODE = re.compile(r"\b(?:[2-9A-Z]{4}-){2}[2-9A-Z]{4}\b")


@pytest.fixture
def people(db: Database) -> Cast:
    return cast.standing(db)


@pytest.fixture
def leader(app: Flask, people: Cast) -> CheckingClient:
    return browser(app, people.leader)


def looked(client: CheckingClient, text: str, **more: str) -> TestResponse:
    return client.submit(NEW, action=NEW, text=text, **more)


def made(client: CheckingClient, text: str, team: str = "观音山街道") -> TestResponse:
    """Confirm what the page showed, as its button does."""
    page = Page(looked(client, text, team=team).text)
    form = next(one for one in page.forms if "make" in one.values)
    return client.post(NEW, data=form.values)


def uploaded(client: CheckingClient, content: bytes, name: str) -> TestResponse:
    sent = {"csrf_token": token(client), "team": "观音山街道", "sheet": (BytesIO(content), name)}
    return client.post(NEW, data=sent)


def accounts(db: Database) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count(User.id))) or 0


def test_a_list_is_looked_at_before_anybody_is_added(
    leader: CheckingClient, people: Cast, db: Database
) -> None:
    before = accounts(db)
    page = words(looked(leader, "王小梅\t南通话\n李大力\t\t学堂桥社区"))

    assert "2 volunteers are to be added" in page
    assert "those of the team 观音山街道" in page
    assert "学堂桥社区居委会" in page
    assert accounts(db) == before


def test_each_gets_a_link_that_works_once(
    app: Flask, leader: CheckingClient, people: Cast, db: Database
) -> None:
    answer = made(leader, "王小梅\n李大力")
    page = words(answer)
    codes = list(dict.fromkeys(CODE.findall(page)))
    links = [f"http://localhost/join#{code}" for code in codes]

    assert len(codes) == 2
    assert all(link in page for link in links)
    with db.reading() as session:
        kept = str([vars(session.get_one(User, 7)), vars(session.get_one(User, 8))])
        trail = str([entry.detail for entry in session.scalars(select(AuditEntry))])
    assert not any(code in kept + trail or tidy_code(code) in kept + trail for code in codes)
    newcomer = app.test_client()
    assert isinstance(newcomer, CheckingClient)
    said = {"code": codes[0], "password": "three small boats", "again": "three small boats"}
    assert newcomer.submit("/join", action="", **said).status_code == 302
    assert newcomer.get("/calls").status_code == 200
    assert newcomer.submit("/join", action="", **said).status_code == 200


def test_sent_twice_nobody_is_added_twice(
    leader: CheckingClient, people: Cast, db: Database
) -> None:
    sent = {"csrf_token": token(leader), "text": "王小梅", "team": "观音山街道", "make": "1"}
    leader.post(NEW, data=sent)
    before = accounts(db)
    page = words(leader.post(NEW, data=sent))

    assert "There is already a user called 王小梅." in page
    assert not CODE.findall(page)
    assert accounts(db) == before


@pytest.mark.parametrize("make", ["", "1"])
def test_with_one_wrong_line_nobody_is_added(
    leader: CheckingClient, people: Cast, db: Database, make: str
) -> None:
    before = accounts(db)
    sent = {"csrf_token": token(leader), "team": "观音山街道", "make": make}
    text = "王小梅\n志愿者甲\n李大力\t\t远村社区"
    page = words(leader.post(NEW, data={**sent, "text": text}))

    assert "2 things are to be mended first" in page
    assert "There is already a user called 志愿者甲." in page
    assert "There is no community 远村社区 that you may choose." in page
    assert text in page, "to be mended where it stands"
    assert accounts(db) == before


def test_a_team_that_is_not_ones_own_is_refused(app: Flask, people: Cast, db: Database) -> None:
    client = browser(app, people.supervisor)
    sent = {"csrf_token": token(client), "text": "王小梅", "team": "远方街道", "make": "1"}
    before = accounts(db)
    page = words(client.post(NEW, data=sent))
    assert "Not a valid choice" in page
    assert accounts(db) == before
    leads = browser(app, people.leader)
    sent = {"csrf_token": token(leads), "text": "王小梅", "team": "港口街道", "make": "1"}
    assert not CODE.findall(words(leads.post(NEW, data=sent)))
    assert accounts(db) == before


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (
            xlsx([["姓名", "语言", "社区"], ["王小梅", "南通话", None], ["李大力", None, BRIDGE]]),
            "一.xlsx",
        ),
        (xlsx([["王小梅", "南通话"], ["李大力", None, float(BRIDGE)]]), "一.xlsx"),
        (
            workbook({"一": [["王小梅", "南通话"], ["李大力", "", BRIDGE]], "二": [["别人"]]}),
            "一.xlsx",
        ),
        (f"王小梅,南通话\n李大力,,{BRIDGE}".encode(), "一.csv"),
        (f"姓名\t语言\n王小梅\t南通话\n李大力\t\t{BRIDGE}".encode("gb18030"), "一.txt"),
        (f"\ufeff王小梅，南通话\r\n李大力，，{BRIDGE}\r\n".encode(), "names.txt"),
    ],
    ids=["sheet", "code as number", "first sheet only", "csv", "gb18030", "byte order mark"],
)
def test_a_file_is_read_like_a_list(
    leader: CheckingClient, people: Cast, content: bytes, name: str
) -> None:
    page = words(uploaded(leader, content, name))

    assert "2 volunteers are to be added" in page
    assert "南通话" in page
    assert "中桥社区居委会" in page
    assert "别人" not in page


def test_a_wrong_row_of_a_sheet_is_named_by_its_number(
    leader: CheckingClient, people: Cast
) -> None:
    page = words(
        uploaded(leader, xlsx([["姓名"], [None], ["王小梅"], [None], ["志愿者甲"]]), "一.xlsx")
    )

    assert re.search(r"data-label=\"Line\"[^>]*>5<", page)
    assert "There is already a user called 志愿者甲." in page


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "Write at least one name, or choose a file."),
        (b"PK\x03\x04 nothing", "The file is damaged."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "The file is damaged."),
        (b"\x00\x01\x02\xff\xfe", "This is not a spreadsheet."),
        ("名\n".encode() * 30_000, "At most 200 people can be added at once."),
    ],
    ids=["empty", "damaged", "old", "binary", "long"],
)
def test_a_file_that_is_no_list_is_refused_with_the_reason(
    leader: CheckingClient, people: Cast, content: bytes, why: str, db: Database
) -> None:
    before = accounts(db)
    assert why in words(uploaded(leader, content, "一.xlsx"))
    assert accounts(db) == before


def test_lost_links_are_made_anew_for_those_who_have_not_joined(
    leader: CheckingClient, people: Cast, db: Database, clock: Clock
) -> None:
    first = CODE.findall(words(made(leader, "王小梅\n李大力")))
    assert "2 people have a link and no password yet." in words(leader.get("/people"))
    page = words(leader.get("/people/invitations"))
    assert "王小梅" in page
    assert people.volunteer.name not in page

    answer = leader.submit("/people/invitations", action="/people/invitations")
    assert "Tick at least one person." in words(answer)
    clock.now += INVITATION_LASTS + timedelta(seconds=1)
    answer = leader.submit("/people/invitations", action="/people/invitations")
    second = CODE.findall(words(answer))
    assert len(set(second)) == 2
    assert not set(first) & set(second)


def test_a_card_that_still_works_is_ended_only_by_a_tick(
    leader: CheckingClient, people: Cast, db: Database, clock: Clock
) -> None:
    made(leader, "王小梅")
    clock.now += INVITATION_LASTS
    (fresh,) = set(CODE.findall(words(made(leader, "李大力"))))
    clock.now += timedelta(seconds=1)
    answer = leader.submit("/people/invitations", action="/people/invitations")
    (again,) = set(CODE.findall(words(answer)))
    with db.writing() as session:
        assert service.find_invited(session, fresh, clock.now).name == "李大力"
        assert service.find_invited(session, again, clock.now).name == "王小梅"


def test_of_people_one_does_not_lead_no_link_is_made(
    leader: CheckingClient, people: Cast, db: Database
) -> None:
    with db.writing() as session:
        session.get_one(User, people.outsider.user.id).password_hash = None
    sent = {"csrf_token": token(leader), "user": str(people.outsider.user.id)}
    assert not CODE.findall(words(leader.post("/people/invitations", data=sent)))


def cards(client: CheckingClient, codes: list[str], lang: str = "en") -> TestResponse:
    sent = {"csrf_token": token(client), "code": codes, "lang": lang}
    return client.post("/people/cards.pdf", data=sent)


def test_the_cards_are_printed_from_the_page_that_shows_the_links(
    app: Flask, leader: CheckingClient, people: Cast, db: Database
) -> None:
    page = Page(made(leader, "王小梅\n李大力").text)
    form = next(one for one in page.forms if "code" in one.values)
    answer = leader.post("/people/cards.pdf", data=form.values)

    assert answer.content_type == "application/pdf"
    assert answer.headers["Cache-Control"] == "no-store"
    text = pypdfium2.PdfDocument(answer.data)[0].get_textpage().get_text_range()
    codes = form.values.getlist("code")
    assert all(part in text for code in codes for part in (code[:11], code[12:]))
    assert "localhost/join" in text
    assert people.leader.name in text
    with db.reading() as session:
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert last is not None
    assert (last.act, last.detail) == ("cards_printed", {"n": 2})


def test_a_card_of_somebody_else_or_of_no_use_is_not_printed(
    app: Flask, leader: CheckingClient, people: Cast, db: Database
) -> None:
    administrator = browser(app, people.administrator)
    foreign = CODE.findall(words(made(administrator, "外人", team="港口街道")))[:1]
    for codes in ([], ["nonsense"], foreign):
        answer = cards(leader, codes)
        assert (answer.status_code, "None of these links" in words(answer)) == (422, True)
    assert cards(administrator, foreign).status_code == 200
    with db.writing() as session:
        queries.get_user(session, "外人").active = False
    assert cards(administrator, foreign).status_code == 422


def test_a_link_begins_with_the_address_that_people_use(
    app: Flask, leader: CheckingClient, people: Cast
) -> None:
    from dataclasses import replace

    app.config["RINGROUND"] = replace(app.config["RINGROUND"], base_url="https://ring.example")
    page = words(made(leader, "王小梅"))
    assert "https://ring.example/join#" in page
    assert "http://localhost" not in page


def test_people_added_by_a_supervisor_see_what_they_were_given(
    app: Flask, people: Cast, db: Database
) -> None:
    made(browser(app, people.supervisor), "王小梅", team="港口街道")
    with db.reading() as session:
        user = queries.get_user(session, "王小梅")
        assert set(session.scalars(queries.scope(user))) == {HARBOUR}
