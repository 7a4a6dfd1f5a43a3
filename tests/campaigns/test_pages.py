"""Setting a campaign up in the browser: what is wrong is said at its field, in its own words."""

import re

import pytest
from sqlalchemy import event, select

from app.campaigns.models import Campaign
from app.campaigns.rules.calling import CallingRules
from app.db import Database
from tests import cast
from tests.cast import BRIDGE, HARBOUR, SCHOOL
from tests.house.pages import CheckingClient


@pytest.fixture
def browser(client: CheckingClient, db: Database) -> CheckingClient:
    cast.sign_in(client, cast.standing(db).administrator)
    return cast.english(client)


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("filled", "said"),
    [
        ({}, "Choose at least one community."),
        ({"communities": BRIDGE, "deadline": "2026-11-23"}, "The deadline has passed already."),
        (
            {"communities": BRIDGE, "hours": "22:00-08:00"},
            "In the span 22:00-08:00 the end must come after the start.",
        ),
        (
            {"communities": BRIDGE, "max_attempts": "0"},
            "Attempts in all must be a whole number, 1 or more.",
        ),
        (
            {"communities": BRIDGE, "legal_hours": "10:00-21:00"},
            "The span 09:00-12:00 lies outside the hours in which anybody may be rung",
        ),
        (
            {"communities": BRIDGE, "weekend_hours": "ten to noon"},
            "“ten to noon” is no span of hours.",
        ),
        (
            {"communities": BRIDGE, "max_dials": "0"},
            "Dials in all must be a whole number, 1 or more.",
        ),
        (
            {"communities": BRIDGE, "pause_busy": "-1"},
            "Busy must be a whole number, 0 or more.",
        ),
    ],
)
def test_what_is_wrong_is_said_in_the_words_of_the_form(
    filled: dict[str, str], said: str, browser: CheckingClient
) -> None:
    answer = browser.submit("/campaigns/new", action="", title="核对", **filled)

    assert answer.status_code == 200
    assert said in cast.words(answer)
    assert "核对" not in cast.words(browser.get("/campaigns"))


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("filled", [{"communities": BRIDGE}, {"all_communities": "y"}])
def test_a_campaign_may_end_today(filled: dict[str, str], browser: CheckingClient) -> None:
    wanted = {"title": "核对", "deadline": "2026-11-24", **filled}

    answer = browser.submit("/campaigns/new", action="", **wanted)

    assert "/campaigns/" in answer.location


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_hours_outside_the_legal_ones_show_the_legal_ones(browser: CheckingClient) -> None:
    wanted = {"title": "核对", "communities": BRIDGE, "legal_hours": "10:00-21:00"}

    page = browser.submit("/campaigns/new", action="", **wanted).text

    fold = page[: page.index('name="legal_hours"')].rindex("<details")
    assert page[fold:].startswith('<details class="fold" open>')


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_the_rules_are_shown_as_they_were_typed(browser: CheckingClient, db: Database) -> None:
    """With the signs of a Chinese keyboard, as people type them."""
    made = browser.submit(
        "/campaigns/new", action="", title="核对", communities=BRIDGE,
        hours="9：00－12：00，14：00至20：30", weekend_hours="10:00—12:00",
        legal_hours="8:00-21:00", max_dials="15", max_dials_per_day="3", spread_days="0",
        pause_busy="7", pause_no_answer="",
    )  # fmt: skip
    shown = cast.words(browser.get(made.location))

    for said in ("09:00-12:00, 14:00-20:30", "10:00-12:00", "08:00-21:00", "15 in all, 3 a day"):
        assert said in shown
    assert "not minded" in shown
    assert re.search(r"Rung again after a pause\s*</td>\s*<td[^>]*>\s*7\s*<", shown)
    with db.reading() as session:
        rules = session.scalars(select(Campaign)).one().rules
    assert rules == CallingRules(
        weekend_hours=("10:00-12:00",), legal_hours=("08:00-21:00",), max_dials=15,
        max_dials_per_day=3, spread_days=0, pause_minutes={"busy": 7},
    )  # fmt: skip


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_the_form_left_as_it_is_makes_the_usual_rules(
    browser: CheckingClient, db: Database
) -> None:
    browser.submit("/campaigns/new", action="", title="核对", communities=BRIDGE)

    with db.reading() as session:
        assert session.scalars(select(Campaign)).one().rules == CallingRules()


def test_a_campaign_counts_the_residents_of_all_its_communities_at_once(
    browser: CheckingClient, db: Database
) -> None:
    cast.residents(db, BRIDGE, [cast.resident(f"居民{n}", cast.mobile(n)) for n in range(37)])
    few = cast.open_campaign(db, [BRIDGE])
    many = cast.open_campaign(db, [SCHOOL, HARBOUR, BRIDGE])

    assert "37" in cast.words(browser.get(f"/campaigns/{few}"))
    assert asked(browser, f"/campaigns/{many}") == asked(browser, f"/campaigns/{few}")


def asked(browser: CheckingClient, path: str) -> int:
    """How many statements a page takes."""
    engine = browser.application.extensions["database"].engine
    statements: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    assert browser.get(path).status_code == 200
    event.remove(engine, "before_cursor_execute", note)
    return len(statements)


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("filled", "said"),
    [
        ({"opening": "我是{name}"}, "“name” can't be filled in."),
        ({"closing_en": "Bye {"}, "“{” can't be filled in."),
        ({"message": "没有编号"}, "Write {code} into the text message"),
        ({"message_en": "no code"}, "Write {code} into the text message"),
        ({"office": "85321234"}, "Give one telephone number of the office, with its area code"),
    ],
)
def test_what_cannot_be_said_is_refused_at_its_field(
    filled: dict[str, str], said: str, browser: CheckingClient
) -> None:
    sent = {"title": "核对", "communities": BRIDGE, **filled}
    page = cast.words(browser.submit("/campaigns/new", action="", **sent))

    assert said in page
    (field,) = filled
    assert f'id="{field}-error"' in page


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
def test_a_campaign_keeps_its_office_and_its_texts(browser: CheckingClient, db: Database) -> None:
    texts = {"opening": "编号｛code｝", "message": "", "office": "0513 8532 1234"}
    answer = browser.submit("/campaigns/new", action="", title="核对", communities=BRIDGE, **texts)

    assert "0513-8532 1234" in browser.get(answer.location).text
    with db.reading() as session:
        campaign = session.scalars(select(Campaign)).one()
    assert campaign.office == "+8651385321234"
    assert campaign.script["zh"]["opening"] == "编号{code}"
    assert "{code}" in campaign.script["zh"]["message"]
