"""The laws hold while everybody works at once."""

import threading
from datetime import timedelta
from itertools import pairwise

from sqlalchemy import select

from app.calls.models import Call
from app.calls.rules import CallInput
from app.calls.service.recording import record
from app.cases.models import Hold
from app.db import Database
from app.upkeep import check
from tests.cases.town import Town
from tests.conftest import Clock
from tests.invariants.crowd import crowd, let_work


def test_the_laws_hold_under_a_crowd(db: Database) -> None:
    workers = crowd(db, seed=1)
    let_work(workers)

    assert [str(failure) for worker in workers for failure in worker.failures] == []
    with db.reading() as session:
        assert check.run(session) == []
        assert_no_number_was_ever_held_twice(list(session.scalars(select(Hold))))
        stored = session.execute(
            select(Call.user_id, Call.idempotency_key, Call.id).where(
                Call.idempotency_key.is_not(None)
            )
        ).all()
    acknowledged = [
        (worker.user.id, key, call_id)
        for worker in workers
        for key, call_id in worker.acknowledged.items()
    ]
    assert sorted(tuple(row) for row in stored) == sorted(acknowledged)
    assert len(stored) > len(workers), "a crowd that rang nobody proves nothing"


def assert_no_number_was_ever_held_twice(holds: list[Hold]) -> None:
    assert len(holds) > 50, "a crowd that held nothing proves nothing"
    holds.sort(key=lambda hold: (hold.number_id, hold.generation))
    for earlier, later in pairwise(holds):
        if earlier.number_id == later.number_id:
            assert earlier.released_at is not None
            assert earlier.released_at <= later.held_at


def test_a_save_delivered_by_several_at_once_is_stored_once(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, "甲")
    town.batch(town.people.volunteer)
    case_id, user = town.case("甲").id, town.people.volunteer.user
    call = CallInput("completed", town.now - timedelta(minutes=1), town.now)
    start, answers = threading.Barrier(6), list[tuple[int, bool]]()

    def deliver() -> None:
        start.wait()
        with db.writing() as session:
            saved = record(session, user, town.now, case_id, call, "one key")
        answers.append((saved.call.id, saved.repeated))

    threads = [threading.Thread(target=deliver) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    (stored,) = town.calls()
    assert sorted(answers) == [(stored.id, False), *[(stored.id, True)] * 5]


def test_two_who_claim_at_once_share_the_work(db: Database, clock: Clock) -> None:
    town = Town.of(db, clock, [f"居民{n}" for n in range(12)])
    start, taken = threading.Barrier(2), list[list[str]]()

    def take(who: str) -> None:
        start.wait()
        taken.append(town.take(getattr(town.people, who), 6))

    threads = [threading.Thread(target=take, args=[who]) for who in ("volunteer", "colleague")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [len(names) for names in taken] == [6, 6]
    assert len({name for names in taken for name in names}) == 12
