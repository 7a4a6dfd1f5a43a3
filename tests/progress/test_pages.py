"""The pages on which staff watch completion: right figures, own scope, nothing that runs."""

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import event

from app.campaigns.models import Campaign
from app.db import Database
from tests import cast
from tests.cases.town import Town
from tests.cast import BRIDGE, FAR, HARBOUR, SCHOOL
from tests.conftest import Clock
from tests.house.pages import CheckingClient
from tests.progress.city import city, dashboard

SignIn = Callable[[str], CheckingClient]
NAMES = {BRIDGE: "中桥社区居委会", SCHOOL: "学堂桥社区居委会", HARBOUR: "港口社区居委会"}


@pytest.fixture
def town(db: Database, clock: Clock) -> Town:
    town = city(db, clock)
    me = town.people.volunteer
    for name in town.take(me, 5, community=BRIDGE)[:4]:
        town.save(me, name)
    town.take(town.people.outsider, 2)
    return town


@pytest.fixture
def signed_in(client: CheckingClient, town: Town) -> SignIn:
    def sign_in(role: str) -> CheckingClient:
        cast.sign_in(client, getattr(town.people, role))
        return cast.english(client)

    return sign_in


def page(browser: CheckingClient, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.status
    return cast.words(answer)


def campaign(town: Town) -> str:
    return f"/campaigns/{town.campaign}/progress"


def community(town: Town, code: str) -> str:
    return f"/campaigns/{town.campaign}/communities/{code}"


@pytest.mark.parametrize("path", ["/progress", "{campaign}/progress", "{campaign}/communities/x"])
def test_volunteers_and_strangers_do_not_watch(
    path: str, signed_in: SignIn, client: CheckingClient, town: Town
) -> None:
    path = path.format(campaign=f"/campaigns/{town.campaign}")

    assert client.get(path).location.startswith("/sign-in")
    assert signed_in("volunteer").get(path).status_code == 403


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        ("leader", {BRIDGE, SCHOOL}),
        ("supervisor", {BRIDGE, HARBOUR}),
        ("administrator", {BRIDGE, SCHOOL, HARBOUR}),
    ],
)
def test_everybody_sees_the_communities_of_their_scope(
    role: str, seen: set[str], signed_in: SignIn, town: Town
) -> None:
    browser = signed_in(role)

    text = page(browser, campaign(town))

    assert {code for code, name in NAMES.items() if name in text} == seen
    for code in NAMES:
        expected = 200 if code in seen else 404
        assert browser.get(community(town, code)).status_code == expected
    assert browser.get(community(town, FAR)).status_code == 404


def test_a_leader_does_not_see_who_holds_cases_elsewhere(signed_in: SignIn, town: Town) -> None:
    assert town.people.outsider.name not in page(signed_in("leader"), campaign(town))
    assert town.people.volunteer.name in page(signed_in("leader"), campaign(town))


def test_what_a_volunteer_completed_is_said_to_be_residents(
    db: Database, clock: Clock, client: CheckingClient
) -> None:
    """One call may complete a whole home, so it can be more than the calls beside it."""
    town = city(db, clock)
    cast.sign_in(client, town.people.leader)
    assert "核对完成（人）" in page(client, campaign(town))
    assert "Residents completed" in page(cast.english(client), campaign(town))


def test_the_figures_are_those_of_the_counts(signed_in: SignIn, town: Town) -> None:
    browser = signed_in("administrator")
    now = dashboard(town)
    total, done = (sum(found[place] for found in now.values()) for place in (0, 1))

    whole, one, index = (
        page(browser, path) for path in (campaign(town), community(town, BRIDGE), "/progress")
    )

    assert (total, done) == (27, 4)
    assert _figures(whole)[:3] == [27, 4, 23]
    assert _figures(one)[:3] == [9, 4, 5]
    assert "核对" in index
    assert f"{done} / {total}" in " ".join(index.split())


def _figures(text: str) -> list[int]:
    """The large figures at the top of the page."""
    parts = text.split('class="stat__value')[1:]
    return [int(part.split(">", 1)[1].split("<", 1)[0].replace(",", "")) for part in parts]


def test_a_new_call_shows_at_once(signed_in: SignIn, town: Town) -> None:
    browser = signed_in("leader")
    before = _figures(page(browser, community(town, BRIDGE)))
    me = town.people.volunteer
    town.save(me, min(town.in_hand(me)), "hard_refusal")

    assert _figures(page(browser, community(town, BRIDGE)))[1] == before[1] + 1


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_rates_that_cannot_be_told_are_said_to_be_undefined(
    lang: str, db: Database, clock: Clock, client: CheckingClient
) -> None:
    town = city(db, clock)
    cast.sign_in(client, town.people.leader)
    if lang == "en":
        cast.english(client)

    text = page(client, campaign(town))

    assert ("undefined" if lang == "en" else "无法计算") in text
    assert "None" not in text


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x>', "a&b", "幢" * 40])
def test_the_name_of_a_building_is_only_a_name(
    name: str, db: Database, clock: Clock, client: CheckingClient
) -> None:
    town = Town.of(db, clock, [cast.resident("甲", cast.mobile(1), building=name)])
    cast.sign_in(client, town.people.leader)

    answer = client.get(community(town, BRIDGE))

    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text
    assert cast.words(answer).count(name[:10]) >= 2  # in the chart and beside it


@pytest.mark.parametrize(
    "path", ["/progress", "{campaign}/progress", "{campaign}/communities/" + BRIDGE]
)
def test_a_page_asks_the_database_no_more_often_for_more_residents(
    path: str, signed_in: SignIn, town: Town, db: Database
) -> None:
    path = path.format(campaign=f"/campaigns/{town.campaign}")
    browser = signed_in("administrator")
    few = _asked(browser, path)
    drafts = [cast.resident(f"新{n}", cast.mobile(500 + n), building=f"{n}幢") for n in range(30)]
    cast.residents(db, BRIDGE, drafts)
    _open_again(town)

    assert _asked(browser, path) == few < 15


def _open_again(town: Town) -> None:
    from app.cases.service.opening import open_campaign

    with town.db.writing() as session:
        assert open_campaign(session, None, town.now, town.campaign) == 30


def _asked(browser: CheckingClient, path: str) -> int:
    """How many statements a page takes."""
    engine = browser.application.extensions["database"].engine
    statements: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    page(browser, path)
    event.remove(engine, "before_cursor_execute", note)
    return len(statements)


@pytest.mark.parametrize(
    ("deadline", "status", "overdue"),
    [
        ("2026-11-23", "open", True),
        ("2026-11-24", "open", False),
        (None, "open", False),
        ("2026-11-23", "closed", False),
    ],
)
def test_an_open_campaign_after_its_deadline_is_shown_as_overdue(
    deadline: str | None, status: str, overdue: bool, signed_in: SignIn, town: Town
) -> None:
    with town.db.writing() as session:
        found = session.get_one(Campaign, town.campaign)
        found.status, found.deadline = status, deadline and date.fromisoformat(deadline)
    browser = signed_in("leader")

    for path in ("/progress", campaign(town)):
        assert ("overdue" in page(browser, path)) is overdue


def test_closing_says_what_is_left_behind(signed_in: SignIn, town: Town) -> None:
    browser = signed_in("administrator")
    held = sum(len(town.in_hand(who)) for who in (town.people.volunteer, town.people.outsider))

    text = page(browser, campaign(town))
    browser.submit(campaign(town), action=f"/campaigns/{town.campaign}/close")

    assert f"Residents still outstanding: 23, of these in volunteers' hands: {held}." in text
    assert text.index("<details") < text.index(f"/campaigns/{town.campaign}/close")
    assert "outstanding: " not in page(browser, campaign(town))


@pytest.mark.parametrize("role", ["leader", "supervisor"])
def test_only_who_has_a_say_over_all_of_it_is_offered_to_close(
    role: str, signed_in: SignIn, town: Town
) -> None:
    assert "/close" not in page(signed_in(role), campaign(town))
