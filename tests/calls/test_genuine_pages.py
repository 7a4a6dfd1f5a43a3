"""The page on which anybody finds out whether a call is genuine: yes or no, and nothing else."""

import re

import pytest
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.calls.service.dialling import dial
from app.calls.views import genuine
from app.campaigns.codes import code_of
from app.campaigns.models import Campaign
from app.db import Database
from app.people.models import RateCount, User
from tests.cases.town import Town
from tests.cast import (
    BRIDGE,
    FAR,
    HARBOUR,
    SCHOOL,
    Person,
    english,
    mobile,
    open_campaign,
    sign_in,
    words,
)
from tests.conftest import Clock
from tests.house.pages import CheckingClient

YES = "Yes. Code 4821 is ringing for 中桥社区居委会 today."
NO = "No. Code 4821 is not ringing for 中桥社区居委会 today."


@pytest.fixture
def town(db: Database, clock: Clock, client: CheckingClient) -> Town:
    """The volunteer has the code 4821, and nobody is in their hands; a stranger looks on."""
    town = Town.of(db, clock, "甲乙丙")
    english(client)
    with db.writing() as session:
        code_of(session, town.people.volunteer.user.id, town.campaign, town.now, ["4821"])
    return town


def ask(client: CheckingClient, code: str = "4821", community: str = BRIDGE) -> str:
    answer = client.submit("/genuine", action="", code=code, community=community)
    assert answer.status_code == 200
    return words(answer)


def test_it_is_yes_from_the_batch_to_the_end_of_the_day(town: Town, client: CheckingClient) -> None:
    assert NO in ask(client)
    batch = town.batch(town.people.volunteer)
    assert YES in ask(client)
    town.save(town.people.volunteer, "甲", "no_answer")
    town.release(town.people.volunteer, batch)
    assert YES in ask(client)
    town.wait(hours=13, minutes=59)
    assert YES in ask(client)
    town.wait(minutes=1)
    assert NO in ask(client)


def test_a_batch_given_back_untouched_is_none(town: Town, client: CheckingClient) -> None:
    me = town.people.volunteer
    town.release(me, town.batch(me))

    assert NO in ask(client)


def test_what_is_only_offered_is_in_nobodys_hands(town: Town, client: CheckingClient) -> None:
    town.batch(town.people.colleague)
    town.hand_over(town.people.colleague, town.people.volunteer)
    assert NO in ask(client)
    town.look_at(town.batch_of(town.people.volunteer))
    assert YES in ask(client)


@pytest.mark.parametrize("ends", ["account", "campaign", "community"])
def test_it_is_no_when_the_account_or_the_campaign_or_the_work_there_ends(
    town: Town, client: CheckingClient, ends: str
) -> None:
    me = town.people.volunteer
    town.batch(me)
    town.save(me, "甲", "no_answer")
    assert YES in ask(client)
    with town.db.writing() as session:
        user, campaign = session.get_one(User, me.user.id), session.get_one(Campaign, town.campaign)
        if ends == "account":
            user.active = False
        elif ends == "campaign":
            campaign.status = "closed"
        else:
            user.team_id = town.people.outsider.user.team_id
    assert NO in ask(client)


def test_it_is_yes_for_the_community_alone_where_they_ring(
    town: Town, client: CheckingClient
) -> None:
    town.batch(town.people.volunteer)
    for code in (SCHOOL, HARBOUR, FAR):
        assert "No. Code 4821 is not ringing for" in ask(client, community=code)


def test_the_code_of_another_campaign_does_not_count(town: Town, client: CheckingClient) -> None:
    other = open_campaign(town.db, [BRIDGE])
    with town.db.writing() as session:
        code_of(session, town.people.volunteer.user.id, other, town.now, ["7350"])
    town.batch(town.people.volunteer)

    assert YES in ask(client)
    assert "No. Code 7350" in ask(client, code="7350")


def answer_only(page: str) -> str:
    """The page without what a session or the question itself puts there."""
    page = re.sub(r'(name="csrf_token" value=)"[^"]*"', r"\1", page)
    return re.sub(r"\d{4}(?= is)|(?<=value=\")\d{4}(?=\")", "CODE", page)


def test_an_unknown_code_is_told_nothing_else_than_one_that_does_not_ring(
    town: Town, client: CheckingClient
) -> None:
    known, unknown = ask(client), ask(client, code="1234")

    assert NO in known
    assert answer_only(known) == answer_only(unknown)


def test_yes_tells_no_more_than_no(town: Town, client: CheckingClient) -> None:
    no = ask(client)
    town.batch(town.people.volunteer)
    yes = ask(client)
    read, other = (re.sub(r"<[^>]*>", " ", page).split() for page in (yes, no))

    assert set(read) - set(other) == {"Yes."}
    for name in ("核对", town.people.volunteer.name, "甲"):
        assert name not in yes.replace("居民电话", "")


def test_the_office_is_that_of_the_newest_campaign_there_whatever_the_answer(
    town: Town, client: CheckingClient
) -> None:
    assert "To be sure, ask your community office." in ask(client)
    with town.db.writing() as session:
        session.get_one(Campaign, town.campaign).office = "+8651385321234"
    assert 'href="tel:0513-85321234">0513-8532 1234<' in ask(client)
    town.batch(town.people.volunteer)
    assert "0513-8532 1234" in ask(client)
    assert "0513-8532 1234" in ask(client, code="9999")
    assert "0513-8532 1234" not in ask(client, community=FAR)


@pytest.mark.parametrize(
    ("filled", "said"),
    [
        ({"code": "48", "community": BRIDGE}, "The code has 4 figures."),
        ({"code": "", "community": BRIDGE}, "The code has 4 figures."),
        ({"code": "4821", "community": ""}, "Choose your community."),
        ({"code": "4821", "community": "320613099099"}, "Choose your community."),
        ({"code": "4821", "community": "<script>"}, "Choose your community."),
    ],
)
def test_what_is_missing_is_said_and_costs_nothing(
    town: Town, client: CheckingClient, filled: dict[str, str], said: str
) -> None:
    page = words(client.submit("/genuine", action="", **filled))

    assert said in page
    assert "ringing for" not in page
    with town.db.reading() as session:
        assert session.scalars(select(RateCount.key)).all() == []


def test_the_code_is_read_however_it_is_typed(town: Town, client: CheckingClient) -> None:
    town.batch(town.people.volunteer)

    assert YES in ask(client, code="编号 ４８２１")


def test_who_guesses_is_stopped_and_still_given_the_number(
    town: Town, client: CheckingClient
) -> None:
    with town.db.writing() as session:
        session.get_one(Campaign, town.campaign).office = "+8651385321234"
    client.application.extensions["purses"]["question"].most = 3
    town.batch(town.people.volunteer)
    for _time in range(3):
        assert YES in ask(client)
    town.wait(minutes=30)
    answer = client.submit("/genuine", action="", code="4821", community=BRIDGE)
    page = words(answer)

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1800")
    assert "Too many questions just now. Ask again in 30 minutes." in page
    assert ("Yes." in page, "No." in page, "0513-8532 1234" in page) == (False, False, True)
    town.wait(minutes=30)
    assert YES in ask(client)


def test_many_addresses_together_are_stopped_too(town: Town, client: CheckingClient) -> None:
    client.application.extensions["purses"]["questions"].most = 30
    form = {"code": "1234", "community": BRIDGE}
    got = []
    for number in range(40):
        client.environ_base["REMOTE_ADDR"] = f"10.0.0.{number}"
        got.append(client.submit("/genuine", action="", **form).status_code)

    assert got == [200] * 30 + [429] * 10


@pytest.mark.parametrize("role", ["leader", "administrator"])
def test_the_office_may_ask_as_often_as_it_is_asked(
    town: Town, client: CheckingClient, role: str
) -> None:
    client.application.extensions["purses"]["question"].most = 1
    person: Person = getattr(town.people, role)
    sign_in(client, person)
    for _time in range(3):
        assert NO in ask(client)


def test_a_question_leaves_no_trace_of_who_asked_about_whom(
    town: Town, client: CheckingClient
) -> None:
    with town.db.reading() as session:
        before = session.scalars(select(AuditEntry.id)).all()
    ask(client)

    with town.db.reading() as session:
        assert session.scalars(select(AuditEntry.id)).all() == before
        assert set(session.scalars(select(RateCount.key))) == {"question:127.0.0.1", "questions"}


def test_of_very_many_communities_the_street_is_chosen_first(
    town: Town, client: CheckingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(genuine, "MANY", 3)
    town.batch(town.people.volunteer)
    first = words(client.get("/genuine"))
    assert ("崇川区 观音山街道" in first, BRIDGE in first) == (True, False)
    second = words(client.submit("/genuine", action="", code="4821", street="崇川区 观音山街道"))
    assert ('value="4821"' in second, BRIDGE in second, HARBOUR in second) == (True, True, False)
    assert "Please look at this again" not in second
    chosen = {"code": "4821", "street": "崇川区 观音山街道"}
    assert YES in words(client.submit("/genuine", action="", **chosen, community=BRIDGE))
    # Another street than that of the community asks for the community again.
    chosen["street"] = "崇川区 港口街道"
    assert "Choose your community." in words(
        client.submit("/genuine", action="", **chosen, community=BRIDGE)
    )


def test_a_dial_alone_is_enough(town: Town, client: CheckingClient) -> None:
    me = town.people.volunteer
    batch = town.batch(me)
    with town.db.writing() as session:
        dial(session, me.user, town.now, town.case("甲").id, mobile(1), town.now)
    town.release(me, batch)
    assert YES in ask(client)
    town.wait(days=1)
    assert NO in ask(client)
