"""Invariant 3 over HTTP: a call that took place is kept, whatever happened meanwhile.

Every reason for not applying × (by token, by ticket alone): kept with its reason, and whoever
sends it again gets the same answer, by whichever of the two.
"""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import update
from werkzeug.test import TestResponse

from app.calls import tickets
from app.campaigns.models import Campaign
from app.cases.service import leaving
from app.db import Database
from app.people.models import ApiToken
from tests.api.conftest import Program, program
from tests.cases.town import Town
from tests.cast import mobile
from tests.conftest import Clock

SECRET = "no secret " * 4
NAMES = ["甲", "乙"]


def taken_by_another(town: Town) -> None:
    town.wait(hours=5)
    town.batch(town.people.colleague)


def settled_by_another(town: Town) -> None:
    taken_by_another(town)
    town.save(town.people.colleague, "甲")


def close(town: Town) -> None:
    town.close()


def deactivate(town: Town) -> None:
    with town.db.writing() as session:
        leaving.deactivate(session, None, town.now, town.people.volunteer.user.id)


def no_longer_offered(town: Town) -> None:
    with town.db.writing() as session:
        campaign = session.get_one(Campaign, town.campaign)
        campaign.dispositions = {"completed": "", "no_answer": ""}


MEANWHILE: dict[str, Callable[[Town], None]] = {
    "stale_hold": taken_by_another,
    "already_done": settled_by_another,
    "campaign_closed": close,
    "deactivated": deactivate,
    "old_form": no_longer_offered,
}
"""What happened while the call waited on the phone, by the reason that it leads to."""


@pytest.fixture
def town(db: Database, clock: Clock) -> Town:
    town = Town.of(db, clock, NAMES)
    town.batch(town.people.volunteer)
    return town


@pytest.fixture
def ways(app: Flask, town: Town) -> dict[str, Program]:
    batch = town.batch_of(town.people.volunteer)
    ticket = tickets.ticket(SECRET, batch.id, batch.user_id)
    return {
        "token": program(app, town.db, town.people.volunteer),
        "ticket": Program(app.test_client(), ticket, "Deposit"),
    }


def hand_in(who: Program, town: Town, key: str = "phone 1", **more: object) -> TestResponse:
    said = {
        "disposition": "busy",
        "started_at": "2026-11-24T10:00:00+08:00",
        "ended_at": "2026-11-24T10:01:00+08:00",
        **more,
    }
    path = f"/cases/{town.case('甲').id}/calls"
    return who.post(path, said, headers={"Idempotency-Key": key})


@pytest.mark.parametrize("way", ["token", "ticket"])
@pytest.mark.parametrize("reason", MEANWHILE)
def test_what_cannot_take_effect_is_kept_with_its_reason(
    ways: dict[str, Program], town: Town, reason: str, way: str
) -> None:
    MEANWHILE[reason](town)
    before = town.case("甲")

    first = hand_in(ways[way], town)

    assert first.status_code == 201
    kept = town.calls("甲")[-1]
    assert first.json == {"id": kept.id, "applied": False, "reason": reason}
    assert (kept.disposition, kept.user_id, kept.applied, kept.reason) == (
        "busy", town.people.volunteer.user.id, False, reason,
    )  # fmt: skip
    after = town.case("甲")
    assert (after.state, after.outcome, after.attempts) == (
        before.state, before.outcome, before.attempts,
    )  # fmt: skip
    known = len(town.calls())
    for days in (0, 20):
        town.wait(days=days)
        for one in ways.values():
            again = hand_in(one, town)
            assert (again.status_code, again.get_data()) == (200, first.get_data())
    assert len(town.calls()) == known
    assert not town.broken()


@pytest.mark.parametrize("way", ["token", "ticket"])
@pytest.mark.parametrize("reason", MEANWHILE)
def test_what_took_effect_is_answered_so_whatever_happens_later(
    ways: dict[str, Program], town: Town, reason: str, way: str
) -> None:
    first = hand_in(ways[way], town)
    assert first.json["applied"]

    MEANWHILE[reason](town)

    for one in ways.values():
        again = hand_in(one, town)
        assert (again.status_code, again.get_data()) == (200, first.get_data())


@pytest.mark.parametrize("way", ["token", "ticket"])
@pytest.mark.parametrize("number", [mobile(1), mobile(2), "nonsense"])
@pytest.mark.parametrize("reason", [None, *MEANWHILE])
def test_a_number_that_is_not_theirs_any_more_refuses_nothing(
    ways: dict[str, Program], town: Town, reason: str | None, number: str, way: str
) -> None:
    """Their own until the roster was put right, a neighbour's, and none at all."""
    if reason is not None:
        MEANWHILE[reason](town)
    town.renumber("甲", mobile(9))

    first = hand_in(ways[way], town, number=number)
    again = hand_in(ways[way], town, number=number)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.get_data() == again.get_data()
    kept = town.calls("甲")[-1]
    assert (kept.disposition, kept.number_id, kept.reason) == ("busy", None, reason)


@pytest.mark.parametrize("way", ["token", "ticket"])
def test_one_odd_call_never_blocks_the_next(ways: dict[str, Program], town: Town, way: str) -> None:
    odd = [
        hand_in(ways[way], town, "odd", disposition="never heard of"),
        hand_in(ways[way], town, "odd", disposition="callback_requested"),
        hand_in(ways[way], town, "odd", direction="sideways"),
    ]
    assert [answer.status_code for answer in odd] == [422, 422, 422]

    assert hand_in(ways[way], town, "next").json["applied"]
    assert hand_in(ways[way], town, "odd").status_code == 201
    assert len(town.calls("甲")) == 2


def test_when_the_token_was_revoked_the_ticket_still_delivers(
    ways: dict[str, Program], town: Town
) -> None:
    with town.db.writing() as session:
        session.execute(update(ApiToken).values(revoked_at=town.now))
    town.wait(hours=12)

    assert hand_in(ways["token"], town).status_code == 401
    assert hand_in(ways["ticket"], town).json["applied"]
