"""A form with a deposit ticket: whatever became of session, account, campaign, the call is kept."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update
from werkzeug.test import TestResponse

from app.calls import tickets
from app.calls.models import Call
from app.calls.wording import kept_reason
from app.campaigns.models import Campaign
from app.cases.models import Case
from app.cases.service import leaving
from app.db import Database
from tests.calls.forms import call_form, send
from tests.cases.town import Town
from tests.cast import english, mobile, sign_in, token, words
from tests.conftest import Clock
from tests.house.pages import CheckingClient

LASTS = {"days": 31, "hours": 5}
"""Thirty days after the longest lease, and then some."""


@pytest.fixture
def town(db: Database, clock: Clock, client: CheckingClient) -> Town:
    """The volunteer has a batch and its first page is open, in English."""
    town = Town.of(db, clock, "甲乙")
    town.batch(town.people.volunteer)
    sign_in(english(client), town.people.volunteer)
    return town


def taken_by_another(town: Town) -> None:
    town.release(town.people.volunteer, town.batch_of(town.people.volunteer))
    town.batch(town.people.colleague)


def done_by_another(town: Town) -> None:
    taken_by_another(town)
    town.save(town.people.colleague, "甲")


def deactivated(town: Town) -> None:
    with town.db.writing() as session:
        leaving.deactivate(session, None, town.now, town.people.volunteer.user.id)


def offered_no_more(town: Town) -> None:
    with town.db.writing() as session:
        session.execute(update(Campaign).values(dispositions={"completed": ""}))


REASONS: dict[str, Callable[[Town], None]] = {
    "stale_hold": taken_by_another,
    "already_done": done_by_another,
    "campaign_closed": Town.close,
    "deactivated": deactivated,
    "old_form": offered_no_more,
}


def sign_out(client: CheckingClient) -> None:
    with client.session_transaction() as session:
        session.clear()


@pytest.mark.parametrize("with_session", [True, False])
def test_a_form_with_a_number_of_before_is_kept(
    town: Town, client: CheckingClient, *, with_session: bool
) -> None:
    filled = call_form(client, town, "甲", disposition="wrong_person", note="晚上打")
    town.renumber("甲", mobile(9))
    if not with_session:
        sign_out(client)
    answer = send(client, filled)

    assert answer.status_code == (302 if with_session else 200)
    assert (only_call(town).applied, only_call(town).number_id) == (True, None)
    assert town.case("甲").state == "open", "the new number is still to be tried"
    assert town.broken() == []


def only_call(town: Town, note: str = "晚上打") -> Call:
    (call,) = [one for one in town.calls("甲") if one.note == note]
    return call


@pytest.mark.parametrize("with_session", [True, False])
@pytest.mark.parametrize("reason", REASONS)
def test_what_takes_no_effect_is_kept_and_says_why(
    town: Town, client: CheckingClient, reason: str, *, with_session: bool
) -> None:
    filled = call_form(client, town, "甲", disposition="no_answer", note="晚上打")
    REASONS[reason](town)
    if not with_session:
        sign_out(client)
    answer = send(client, filled)
    call = only_call(town)

    assert (call.applied, call.reason) == (False, reason)
    # Who was deactivated has no session left, whatever the cookie says.
    page = answer if answer.status_code == 200 else followed(client, answer)
    with client.application.test_request_context(headers={"Cookie": "ringround-lang=en"}):
        assert kept_reason(reason) in words(page)
    assert town.broken() == []


def followed(client: CheckingClient, answer: TestResponse) -> TestResponse:
    while answer.status_code == 302:
        answer = client.get(answer.location)
    return answer


@pytest.mark.parametrize("reason", [*REASONS, "invalid_answers", "erased"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_reason_has_its_words(client: CheckingClient, reason: str, lang: str) -> None:
    with client.application.test_request_context(headers={"Cookie": f"ringround-lang={lang}"}):
        assert kept_reason(reason)


def test_without_a_session_a_call_takes_effect(town: Town, client: CheckingClient) -> None:
    filled = call_form(client, town, "甲", disposition="completed", note="晚上打")
    sign_out(client)
    answers = [send(client, filled) for _time in range(2)]

    assert town.case("甲").outcome == "completed"
    assert len(town.calls()) == 1
    for answer in answers:
        assert answer.status_code == 200
        assert "The call is saved." in words(answer)
        assert "/sign-in?next=" in answer.text
        assert "甲" not in answer.text.replace(town.people.volunteer.name, "")
    assert town.broken() == []


def test_by_a_ticket_alone_an_answer_is_changed_for_minutes_only(
    town: Town, client: CheckingClient
) -> None:
    filled = call_form(client, town, "甲", disposition="no_answer")
    send(client, filled)
    sign_out(client)
    assert send(client, {**filled, "disposition": "busy"}).status_code == 200
    town.wait(minutes=6)
    late = send(client, {**filled, "disposition": "hard_refusal"})
    again = send(client, {**filled, "disposition": "busy"})

    assert (late.status_code, again.status_code) == (422, 200)
    assert "Sign in, then correct it" in words(late)
    assert [call.disposition for call in town.calls()] == ["no_answer", "busy"]
    sign_in(client, town.people.volunteer)
    send(client, {**filled, "disposition": "completed"})
    assert town.case("甲").outcome == "completed"
    assert town.broken() == []


def test_a_ticket_that_got_out_cannot_fill_the_log(town: Town, client: CheckingClient) -> None:
    filled = call_form(client, town, "甲", disposition="no_answer")
    sign_out(client)
    purse = client.application.extensions["purses"]["ticket"]
    purse.most, purse.portion = 2, 1
    answers = [send(client, {**filled, "key": f"another {n}"}) for n in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "Too many requests." in words(answers[-1])
    assert len(town.calls()) == 2
    town.wait(minutes=1)
    assert send(client, filled).status_code == 200


def test_a_session_made_anew_needs_no_new_page(town: Town, client: CheckingClient) -> None:
    """Signing in again on another tab gives another token; the form of before still counts."""
    filled = call_form(client, town, "甲", disposition="completed")
    sign_in(client, town.people.volunteer)
    answer = send(client, filled)

    assert answer.status_code == 302
    assert town.case("甲").outcome == "completed"


def test_under_another_account_it_is_still_the_call_of_who_made_it(
    town: Town, client: CheckingClient
) -> None:
    filled = call_form(client, town, "甲", disposition="completed", note="晚上打")
    sign_in(client, town.people.supervisor)
    answer = send(client, filled)

    assert "under another account" in words(answer)
    assert only_call(town).user_id == town.people.volunteer.user.id


def test_what_is_no_call_is_refused_in_words(town: Town, client: CheckingClient) -> None:
    filled = call_form(client, town, "甲", disposition="callback_requested")
    sign_out(client)
    answer = send(client, filled)

    assert answer.status_code == 422
    assert "Say when to ring again" in words(answer)
    assert not town.calls()


def forged(town: Town, filled: dict[str, Any]) -> dict[str, Any]:
    batch = town.batch_of(town.people.volunteer)
    other = tickets.ticket("another key", batch.id, town.people.volunteer.user.id)
    return {**filled, "ticket": other}


def someone_elses(town: Town, filled: dict[str, Any]) -> dict[str, Any]:
    """A ticket that was signed, of a batch that is not this user's."""
    batch = town.batch_of(town.people.volunteer)
    key = "no secret " * 4
    return {**filled, "ticket": tickets.ticket(key, batch.id, town.people.colleague.user.id)}


def too_old(town: Town, filled: dict[str, Any]) -> dict[str, Any]:
    town.wait(**LASTS)
    return filled


@pytest.mark.parametrize("spoil", [forged, someone_elses, too_old])
def test_with_a_ticket_that_is_not_good_a_form_needs_its_session(
    town: Town, client: CheckingClient, spoil: Callable[..., Any]
) -> None:
    filled = call_form(client, town, "甲", disposition="completed")
    sign_out(client)
    answer = send(client, spoil(town, filled))

    assert answer.status_code == 400
    assert not town.calls()


def test_a_ticket_is_good_for_its_own_batch_only(town: Town, client: CheckingClient) -> None:
    town.release(town.people.volunteer, town.batch_of(town.people.volunteer))
    town.batch(town.people.volunteer, 1)
    filled = call_form(client, town, "甲", disposition="completed")
    sign_out(client)
    answer = send(client, {**filled, "case": town.case("乙").id})

    assert answer.status_code == 404
    assert not town.calls()


def test_a_ticket_opens_no_page(town: Town, client: CheckingClient) -> None:
    filled = call_form(client, town, "甲", disposition="completed")
    sign_out(client)
    address = f"/calls/groups/{town.case('甲').group_id}?ticket={filled['ticket']}"

    assert client.get(address).location.startswith("/sign-in")


def test_with_a_session_the_form_needs_its_token_where_no_ticket_is(
    town: Town, client: CheckingClient
) -> None:
    filled = call_form(client, town, "甲", disposition="completed")
    for csrf, status in (("", 400), (token(client), 302)):
        answer = send(client, {**filled, "ticket": "", "csrf_token": csrf})
        assert answer.status_code == status
    with town.db.reading() as session:
        assert session.get_one(Case, town.case("甲").id).outcome == "completed"
