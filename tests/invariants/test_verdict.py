"""The judge of the killings turns red: on each kind of what must never be."""

from datetime import timedelta
from math import inf

import pytest

from app.cases.models import Hold
from app.db import Database
from tests.cases.town import Town
from tests.conftest import Clock
from tests.invariants.damage import copy
from tests.invariants.verdict import judge, overlaps
from tests.invariants.volunteers import Had, Log, Saving

NUMBER = "+8613900000001"


def saving(key: str, case_id: int, answer: dict[str, object] | None) -> Saving:
    return Saving(key, "甲", case_id, {"disposition": "busy"}, None, answer)


def kinds(wrong: list[str]) -> set[str]:
    return {line.partition(":")[0] for line in wrong}


@pytest.fixture
def town(db: Database, clock: Clock) -> Town:
    """A town in which 甲 was rung once, under the key k."""
    town = Town.of(db, clock, "甲乙")
    town.batch(town.people.volunteer)
    town.save(town.people.volunteer, "甲", "busy", key="k", note="k")
    return town


def test_what_is_as_it_was_told_is_right(town: Town) -> None:
    (call,) = town.calls()
    log = Log(savings=[saving("k", call.case_id, {"id": call.id, "applied": True})])
    log.savings.append(saving("never answered", call.case_id, None))

    assert judge(town.db, log) == []


@pytest.mark.parametrize(
    ("key", "answer", "found"),
    [
        ("k", {"applied": False, "reason": "stale_hold"}, "changed"),
        ("k", {"id": 99}, "changed"),
        ("another", {}, "lost"),
    ],
)
def test_an_answer_that_is_not_kept_is_found(
    town: Town, key: str, answer: dict[str, object], found: str
) -> None:
    (call,) = town.calls()
    told = {"id": call.id, "applied": True, **answer}
    log = Log(savings=[saving(key, call.case_id, told), saving("k", call.case_id, None)])

    assert kinds(judge(town.db, log)) == {found}


def test_a_call_on_another_case_is_found(town: Town) -> None:
    (call,) = town.calls()
    log = Log(savings=[saving("k", call.case_id + 1, {"id": call.id, "applied": True})])

    assert kinds(judge(town.db, log)) == {"changed"}


def test_a_call_that_nobody_sent_is_found(town: Town) -> None:
    assert kinds(judge(town.db, Log())) == {"uninvited"}


def test_a_batch_that_is_gone_or_never_ended_is_found(town: Town) -> None:
    (call,) = town.calls()
    known = [saving("k", call.case_id, None)]
    batch = town.batch_of(town.people.volunteer).id

    assert judge(town.db, Log(savings=known, batches=[(batch, "甲")])) == []
    assert kinds(judge(town.db, Log(savings=known, batches=[(99, "甲")]))) == {"lost"}
    assert kinds(judge(town.db, Log(savings=known, ended=[batch]))) == {"lost"}


def test_a_number_that_was_in_two_hands_for_a_while_is_found(town: Town) -> None:
    (call,) = town.calls()
    with town.db.writing() as session:
        hold = session.query(Hold).where(Hold.released_at.is_(None)).one()
        hold.released_at = town.now + timedelta(minutes=5)
        session.flush()
        copy(session, Hold, hold.id, generation=hold.generation + 1, held_at=town.now)

    wrong = judge(town.db, Log(savings=[saving("k", call.case_id, None)]))

    assert "held twice" in kinds(wrong)


@pytest.mark.parametrize(
    ("first", "second", "jumps", "found"),
    [
        ((0, 1, 5), (6, 7, inf), [], set()),
        ((0, 1, 5), (4, 6, inf), [], set()),
        ((0, 1, 5), (2, 4, inf), [], {"held twice"}),
        ((0, 1, inf), (6, 7, inf), [], {"held twice"}),
        ((0, 1, inf), (6, 7, inf), [5], set()),
        ((0, 1, inf), (6, 7, inf), [8], {"held twice"}),
        ((0, 3, inf), (6, 7, inf), [2], set()),
        ((0, 9, inf), (5, 6, inf), [4], set()),
        ((0, 9, inf), (5, 6, inf), [], {"held twice"}),
    ],
)
def test_certain_holds_of_one_number_never_overlap(
    first: tuple[float, ...], second: tuple[float, ...], jumps: list[float], found: set[str]
) -> None:
    had = [Had(NUMBER, "甲", 1, *first), Had(NUMBER, "乙", 2, *second)]

    assert kinds(overlaps(had, jumps)) == found
    assert overlaps([had[0], Had("another", "乙", 2, *second)], jumps) == []


def test_a_generation_that_went_back_is_found() -> None:
    had = [Had(NUMBER, "甲", 2, 0, 1, 5), Had(NUMBER, "乙", 2, 6, 7)]

    assert kinds(overlaps(had, [])) == {"went back"}
