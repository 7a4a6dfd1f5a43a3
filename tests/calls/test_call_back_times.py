"""The time to ring again on the volunteer's pages: after an undo, in a correction, once saved."""

from datetime import timedelta

import pytest

from app.db import Database
from tests.calls.forms import call_form, send
from tests.cases.town import Town
from tests.cast import english, sign_in, words
from tests.conftest import Clock
from tests.house.pages import CheckingClient


@pytest.fixture
def town(db: Database, clock: Clock, client: CheckingClient) -> Town:
    """Two residents in the volunteer's hands, and their browser in English."""
    town = Town.of(db, clock, "甲乙")
    town.batch(town.people.volunteer)
    sign_in(english(client), town.people.volunteer)
    return town


def test_another_time_chosen_after_an_undo_counts(town: Town, client: CheckingClient) -> None:
    """The time that was taken back stands in the field; nobody typed it now."""
    said = {"disposition": "callback_requested", "callback_at": "2026-11-24T16:00"}
    answer = send(client, call_form(client, town, "甲", **said))
    strip = answer.location
    (call,) = town.calls()
    undone = client.submit(strip, action=f"/calls/{call.id}/undo").location
    page = client.get(undone).text
    assert 'name="callback_was"' in page
    later = town.now + timedelta(days=1)
    was = {"callback_was": "2026-11-24T16:00", "callback": later.isoformat()}
    send(client, call_form(client, town, "甲", **said, **was))
    assert town.case("甲").appointment_at == later

    send(client, call_form(client, town, "乙", **{**said, **was, "callback_was": ""}))
    assert town.case("乙").appointment_at == town.now.replace(hour=16)


def test_a_correction_keeps_the_span_that_was_agreed(town: Town, client: CheckingClient) -> None:
    at, until = town.now.replace(hour=16), town.now.replace(hour=17)
    call = town.save(
        town.people.volunteer, "甲", "callback_requested", callback_at=at, callback_until=until
    ).call
    path = f"/calls/{call.id}/correct"
    page = client.get(path).text
    assert ('value="2026-11-24T16:00"' in page, 'value="17:00"' in page) == (True, True)
    assert "As agreed before" not in page
    client.submit(path, action="", note="下午")

    case = town.case("甲")
    assert (case.appointment_at, case.appointment_until) == (at, until)


def test_a_time_that_was_offered_may_begin_a_span(town: Town, client: CheckingClient) -> None:
    tile = town.now.replace(hour=18, minute=30)
    said = {"disposition": "callback_requested", "callback": tile.isoformat()}
    send(client, call_form(client, town, "甲", **said, callback_until="20:00"))
    case = town.case("甲")
    assert (case.appointment_at, case.appointment_until) == (tile, tile.replace(hour=20, minute=0))

    form = call_form(client, town, "乙", **said, callback_until="18:00")
    answer = send(client, form)
    assert "The time agreed ends before it begins" in words(answer)


def test_the_end_of_a_span_ends_no_other_time(town: Town, client: CheckingClient) -> None:
    at, until = town.now.replace(hour=16), town.now.replace(hour=19)
    call = town.save(
        town.people.volunteer, "甲", "callback_requested", callback_at=at, callback_until=until
    ).call
    tile = town.now.replace(hour=18, minute=30)
    client.submit(f"/calls/{call.id}/correct", action="", callback=tile.isoformat(), note="晚上")

    case = town.case("甲")
    assert (case.appointment_at, case.appointment_until) == (tile, None)


def test_what_was_just_saved_names_the_whole_span(town: Town, client: CheckingClient) -> None:
    filled = call_form(
        client, town, "甲", disposition="callback_requested",
        callback_at="2026-11-24T16:00", callback_until="17:30",
    )  # fmt: skip
    page = words(client.get(send(client, filled).location))
    assert "Call back later 16:00–17:30" in page
