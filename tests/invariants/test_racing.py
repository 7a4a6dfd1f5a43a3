"""Pairs that race, each in both orders: the first acts and keeps its transaction open until the
second waits for it or is through. Whoever comes second sees what the first has done, and no law is
broken."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.calls.rules import CallInput
from app.calls.service import correcting
from app.calls.service.recording import record
from app.cases import queries
from app.cases.models import CallGroup
from app.cases.service import handing, leaving, moving, opening
from app.cases.service.claim import claim
from app.cases.service.moving import Which
from app.cases.service.release import release
from app.db import Database
from app.problems import NotFoundError, Problem
from tests import cast
from tests.cases.town import Town
from tests.cast import BRIDGE, Person, mobile, resident
from tests.conftest import Clock

Act = Callable[[Session], Any]
WAITS = 0.1
"""Seconds after which a second that is not through must be waiting for the first."""


@dataclass
class Race:
    """What either came to: an answer, or the code of what was wrong."""

    first: Any
    second: Any


def race(db: Database, first: Act, second: Act) -> Race:
    """Let the second begin while the first, which has acted, has not yet committed."""
    with ThreadPoolExecutor() as pool:
        with db.writing() as session:
            said = first(session)
            session.flush()
            later = pool.submit(alone, db, second)
            with suppress(TimeoutError):
                later.result(timeout=WAITS)
        return Race(said, outcome(later))


def alone(db: Database, act: Act) -> Any:
    with db.writing() as session:
        return act(session)


def outcome(later: Future[Any]) -> Any:
    try:
        return later.result()
    except Problem as problem:
        return problem.code
    except NotFoundError:
        return "not found"


@pytest.fixture
def town(db: Database, clock: Clock) -> Town:
    """A household on one line, and somebody alone."""
    home = [resident(name, mobile(1), room="101") for name in ("父", "母")]
    return Town.of(db, clock, [*home, resident("甲", mobile(2))])


def asks(town: Town, who: Person, size: int = 1) -> Act:
    return lambda session: claim(session, who.user, town.now, town.campaign, size).batch


def hands(town: Town, batch_id: int) -> Act:
    """The volunteer hands a batch to the colleague."""
    me, to = town.people.volunteer.user, town.people.colleague.name
    return lambda session: handing.hand_over(session, me, town.now, batch_id, to)


def accepts(town: Town, batch_id: int | None) -> Act:
    """The colleague takes an offer over."""
    assert batch_id is not None
    me = town.people.colleague.user
    return lambda session: handing.accept(session, me, town.now, batch_id).id


def moves(town: Town, which: Which, to: Person | None = None) -> Act:
    leader, name = town.people.leader.user, None if to is None else to.name
    return lambda session: moving.move(session, leader, town.now, which, name)


def opens(town: Town) -> Act:
    """Add to the campaign who came since."""
    return lambda session: opening.open_campaign(session, None, town.now, town.campaign)


def says(town: Town, who: Person, name: str, disposition: str = "completed", **more: Any) -> Act:
    case_id, key = town.case(name).id, more.pop("key", f"{who.name} {name}")
    call = town.said(disposition, **more)
    return lambda session: record(session, who.user, town.now, case_id, call, key).call


def takes_back_what_is_free(town: Town) -> Act:
    """The volunteer undoes the call on a case, and has given back the batch it was in."""
    me = town.people.volunteer
    town.batch(me)
    call = town.save(me, "甲", "busy").call
    town.release(me, town.batch_of(me))
    town.wait(minutes=4)
    return lambda session: correcting.undo(session, me.user, town.now, call.id)


ORDERS = pytest.mark.parametrize("swapped", [False, True], ids=["as told", "the other way"])


def in_order(town: Town, swapped: bool, one: Act, other: Act) -> tuple[Any, Any]:
    """Let both race, the second first where ``swapped``; their answers in the order of the
    arguments."""
    result = race(town.db, other, one) if swapped else race(town.db, one, other)
    return (result.second, result.first) if swapped else (result.first, result.second)


@ORDERS
def test_two_claims_of_one_household(town: Town, swapped: bool) -> None:
    people = town.people
    one, other = in_order(town, swapped, asks(town, people.volunteer), asks(town, people.colleague))

    held = [town.held(batch) for batch in (one, other)]
    assert sorted(held) == [["父", "母"], ["甲"]] or sorted(held) == [["母", "父"], ["甲"]]
    assert town.broken() == []


@ORDERS
def test_a_save_and_a_recall(town: Town, swapped: bool) -> None:
    people, batch = town.people, town.batch(town.people.volunteer)
    recall = moves(town, Which(batch=batch.id), people.colleague)
    call, moved = in_order(
        town, swapped, says(town, people.volunteer, "父", "busy", hold=batch.id), recall
    )

    # Who was first decides: the call counts, and then who rests goes along; or all is moved first.
    assert (call.applied, call.reason) == ((False, "stale_hold") if swapped else (True, None))
    assert moved == len(["父", "母", "甲"])
    assert town.in_hand(people.volunteer) == set()
    assert town.in_hand(people.colleague) >= {"母", "甲"}
    assert town.broken() == []


@ORDERS
def test_a_handover_and_the_end_of_the_lease(town: Town, swapped: bool) -> None:
    people, batch = town.people, town.batch(town.people.volunteer)
    town.wait(minutes=31)
    hand = hands(town, batch.id)
    handed, taken = in_order(town, swapped, hand, asks(town, people.colleague, 3))

    assert town.in_hand(people.volunteer) == set()
    if swapped:
        assert handed == "batch_over"
        assert len(town.held(taken)) == 3
    else:
        assert handed.to_batch_id is not None
        assert taken is None
    assert town.in_hand(people.colleague) == {"父", "母", "甲"}
    assert town.broken() == []


def test_a_handover_and_a_release_on_another_device(town: Town) -> None:
    """Whoever looked at the batch before it was locked may know it as it was."""
    me, batch = town.people.volunteer.user, town.batch(town.people.volunteer)

    def hand(session: Session) -> object:
        seen = queries.live_batches(session, me, town.campaign)
        return hands(town, seen[0].id if seen else batch.id)(session)

    result = race(town.db, lambda session: release(session, me, town.now, batch.id), hand)

    assert result.second == "batch_over"
    assert town.broken() == []


@ORDERS
def test_a_close_and_a_save(town: Town, swapped: bool) -> None:
    town.batch(town.people.volunteer)

    def close(session: Session) -> None:
        opening.close_campaign(session, None, town.now, town.campaign)

    _closed, call = in_order(town, swapped, close, says(town, town.people.volunteer, "甲"))

    assert (call.applied, call.reason) == ((True, None) if swapped else (False, "campaign_closed"))
    assert town.case("甲").state == ("done" if swapped else "open")
    assert town.broken() == []


def test_an_offer_is_accepted_twice(town: Town) -> None:
    people, batch = town.people, town.batch(town.people.volunteer)
    handed = alone(town.db, hands(town, batch.id))
    take = accepts(town, handed.to_batch_id)
    result = race(town.db, take, take)

    assert result.first == result.second == handed.to_batch_id
    assert town.in_hand(people.colleague) == {"父", "母", "甲"}
    assert town.broken() == []


@ORDERS
def test_an_offer_is_accepted_and_taken_back(town: Town, swapped: bool) -> None:
    people, batch = town.people, town.batch(town.people.volunteer)
    handed = alone(town.db, hands(town, batch.id))
    take = accepts(town, handed.to_batch_id)
    recall = moves(town, Which(user=people.colleague.user.id))
    accepted, moved = in_order(town, swapped, take, recall)

    assert accepted == ("batch_over" if swapped else handed.to_batch_id)
    assert moved == 3
    assert town.in_hand(people.colleague) == set()
    assert town.broken() == []


def test_a_call_is_corrected_twice(town: Town) -> None:
    who = town.people.volunteer
    town.batch(who)
    call = town.save(who, "甲", "no_answer").call

    def correct(disposition: str) -> Act:
        meant = town.said(disposition)
        return lambda session: correcting.correct(session, who.user, town.now, call.id, meant)

    result = race(town.db, correct("completed"), correct("busy"))

    assert result.second == "already_corrected"
    assert [one.disposition for one in town.calls("甲")] == ["no_answer", "completed"]
    assert town.case("甲").state == "done"
    assert town.broken() == []


@ORDERS
def test_an_account_is_closed_while_its_call_comes_in(town: Town, swapped: bool) -> None:
    who, batch = town.people.volunteer, town.batch(town.people.volunteer)

    def leave(session: Session) -> None:
        leaving.deactivate(session, None, town.now, who.user.id)

    _left, call = in_order(town, swapped, leave, says(town, who, "父", "busy", hold=batch.id))

    # The request was let in before: that nobody else has had the case since is what counts.
    assert (call.applied, call.reason) == (True, None)
    assert town.in_hand(who) == set()
    assert town.broken() == []


def test_who_asks_twice_at_once_holds_no_more_than_one_may(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲乙丙", max_held=2)
    volunteer = town.people.volunteer
    both = race(db, asks(town, volunteer, 2), asks(town, volunteer, 2))

    assert (both.first is not None, both.second) == (True, "holds_enough")
    assert len(town.in_hand(volunteer)) == 2
    assert town.broken() == []


@ORDERS
def test_an_undo_and_the_next_claim(town: Town, swapped: bool) -> None:
    people = town.people
    back = takes_back_what_is_free(town)

    undone, taken = in_order(town, swapped, back, asks(town, people.colleague, 9))

    assert undone.voided
    assert town.case("甲").attempts == 0
    assert town.in_hand(people.volunteer) == {"甲"}
    assert sorted(town.held(taken)) == sorted("父母")
    assert town.broken() == []


@ORDERS
def test_an_undo_and_a_ring_back_to_the_desk(town: Town, swapped: bool) -> None:
    people = town.people
    back = takes_back_what_is_free(town)

    rung_back = says(town, people.leader, "甲", direction="in", key="rang back")
    undone, saved = in_order(town, swapped, back, rung_back)

    assert undone.voided
    assert saved.applied
    assert town.in_hand(people.volunteer) == set()
    assert town.broken() == []


def test_two_moves_cross(town: Town) -> None:
    people = town.people
    town.batch(people.volunteer, 2)
    town.batch(people.colleague, 1)
    race(
        town.db,
        moves(town, Which(user=people.volunteer.user.id), people.colleague),
        moves(town, Which(user=people.colleague.user.id), people.volunteer),
    )

    # The second was asked while the first was under way: it moves what it finds then.
    assert town.in_hand(people.volunteer) | town.in_hand(people.colleague) == {"父", "母", "甲"}
    assert town.broken() == []


@ORDERS
def test_newcomers_and_a_save_in_their_household(town: Town, swapped: bool) -> None:
    who = town.people.volunteer
    town.batch(who)
    cast.residents(town.db, BRIDGE, [resident("子", mobile(1), room="101")])
    join = opens(town)
    added, call = in_order(town, swapped, join, says(town, who, "父", "busy"))

    assert call.applied
    # On PostgreSQL a group at work is passed over, and joined with the next addition.
    assert added in {0, 1}
    with town.db.writing() as session:
        assert join(session) == 1 - added
    assert town.case("子").group_id == town.case("父").group_id
    assert town.broken() == []


def test_a_sweep_passes_over_a_group_at_work(town: Town) -> None:
    """Whoever works on a group may wait for the campaign, and whoever closes a campaign sweeps."""
    who, batch = town.people.volunteer, town.batch(town.people.volunteer)
    group_id = town.case("父").group_id
    town.wait(minutes=31)

    def work(session: Session) -> None:
        """What a late call does that found the group elsewhere: it has the group, not the batch."""
        session.get_one(CallGroup, group_id, with_for_update=True)

    result = race(town.db, work, asks(town, town.people.colleague, 9))

    if result.second is None:
        assert town.batch_of_id(batch.id).ended_at is None
    assert town.take(town.people.colleague, 9) or town.in_hand(town.people.colleague)
    assert town.in_hand(who) == set()
    assert town.broken() == []


def test_a_save_delivered_by_several_at_once_is_stored_once(town: Town) -> None:
    town.batch(town.people.volunteer)
    case_id, user = town.case("甲").id, town.people.volunteer.user
    call = CallInput("completed", town.now - timedelta(minutes=1), town.now)
    start, answers = threading.Barrier(6), list[tuple[int, bool]]()

    def deliver() -> None:
        start.wait()
        with town.db.writing() as session:
            saved = record(session, user, town.now, case_id, call, "one key")
        answers.append((saved.call.id, saved.repeated))

    at_once(6, deliver)

    (stored,) = town.calls()
    assert sorted(answers) == [(stored.id, False), *[(stored.id, True)] * 5]


def test_two_who_claim_at_once_share_the_work(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, [f"居民{n}" for n in range(12)])
    start, taken = threading.Barrier(2), list[list[str]]()
    whose = [town.people.volunteer, town.people.colleague]

    def take() -> None:
        who = whose.pop()
        start.wait()
        taken.append(town.take(who, 6))

    at_once(2, take)

    assert [len(names) for names in taken] == [6, 6]
    assert len({name for names in taken for name in names}) == 12


def at_once(times: int, act: Callable[[], None]) -> None:
    threads = [threading.Thread(target=act) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
