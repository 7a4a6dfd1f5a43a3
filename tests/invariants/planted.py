"""Bugs planted at the seams of the app: each takes away one of the guards of the queue.

Planted in a child process only, so that nothing of them is left. Two of them are of two parts: the
queue is guarded twice there, and one alone is not missed.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

import app.db as database
from app.calls import rules
from app.calls.models import Call
from app.calls.service import deciding, recording
from app.cases import statements
from app.cases.models import Batch
from app.cases.service import claim, release, standing
from app.db import Database
from app.prepared import Prepared
from app.turns import Turns, Work
from tests.invariants import client


def execute(db: Database, *wanted: str) -> None:
    with db.writing() as session:
        for statement in wanted:
            session.execute(text(statement))


def constraint_dropped(db: Database) -> None:
    """Nothing in the database forbids a second holder of a number any more."""
    execute(db, "DROP INDEX uq_holds_live")


def numbers_not_asked(db: Database) -> None:
    """A claim holds what others hold; the constraint is gone, too."""
    constraint_dropped(db)
    _hold_without(
        "    AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.number_id = n.number_id\n"
        "                    AND (h.released_at IS NULL OR h.generation >= :batch))\n"
    )
    free = statements._FREE
    asked = """
        OR (SELECT true FROM holds h
            WHERE h.number_id = n.number_id AND h.released_at IS NULL LIMIT 1)"""
    assert asked in free
    statements._FREE = free.replace(asked, "")
    statements.take.cache_clear()


def _hold_without(part: str) -> None:
    sound = statements.hold

    def hold(engine: str) -> Prepared:
        sql = sound(engine).statement.text
        assert part in sql
        return Prepared(statements._moments(sql.replace(part, "")))

    statements.hold = hold  # type: ignore[assignment]


def rows_not_locked(db: Database) -> None:
    """Whoever saves reads the group without keeping others out."""
    for name in ("_LOCK_HELD", "_LOCK_GROUP"):
        unlocked = getattr(standing, name).statement._generate()
        unlocked._for_update_arg = None
        setattr(standing, name, Prepared(unlocked))


def claims_lock_nothing(db: Database) -> None:
    """Claims read the queue without locks, take numbers without keeping others out, and don't
    look again whether a group is free. (Without its locks alone a claim waits, and is right.)"""
    statements._OF["postgresql"] |= {"locked": "", "mine_alone": "1 = 1"}
    again = "WHERE batch_id IS NULL AND id IN ("
    assert again in statements._TAKE
    statements._TAKE = statements._TAKE.replace(again, "WHERE id IN (")
    for cached in (statements.take, statements.hold):
        cached.cache_clear()


@contextmanager
def _at_once(line: Turns) -> Iterator[Session]:
    with Session(line._engine, expire_on_commit=False) as session, session.begin():
        yield session


def no_turn_to_write(db: Database) -> None:
    """Writers of SQLite neither queue nor take the write lock when they begin."""
    Turns.alone = _at_once  # type: ignore[method-assign]
    database._begin = lambda connection: connection.exec_driver_sql("BEGIN")


def key_not_looked_up(db: Database) -> None:
    """A save is not known when it comes again."""
    sound = recording._known
    recording._known = lambda *args: replace(sound(*args), earlier=None)


def key_made_up(db: Database) -> None:
    """A repeated save is stored once more, under another key."""
    key_not_looked_up(db)
    sound = recording._insert

    def insert(session: Session, row: Call) -> int:
        used = select(Call.id).where(
            Call.user_id == row.user_id, Call.idempotency_key == row.idempotency_key
        )
        if session.scalar(used):
            row.idempotency_key = f"{row.idempotency_key}-{random.random()}"
        return sound(session, row)

    recording._insert = insert


def generation_ignored(db: Database) -> None:
    """Who had a case once may settle it for ever."""
    sound = rules.why_not_applied
    rules.why_not_applied = lambda facts: sound(replace(facts, generation=10**9))


def renewal_forgotten(db: Database) -> None:
    """Whoever sweeps knows only of the first, short lease."""
    sound = release.catch_up

    def early(session: Session, now: datetime) -> None:
        first = now - timedelta(minutes=3)
        session.execute(
            update(Batch)
            .where(Batch.ended_at.is_(None), Batch.claimed_at < first)
            .values(lease_expires_at=Batch.claimed_at)
        )
        sound(session, now)

    claim.catch_up = early


def renewal_without_generation(db: Database) -> None:
    """Whoever looks at a batch has it again, whatever became of it."""
    sound = client.renew

    def renew(session: Session, batch: Batch, calling: Any, now: datetime) -> None:
        groups = "SELECT group_id FROM holds WHERE batch_id = :id"
        for statement in (
            f"UPDATE call_groups SET batch_id = :id WHERE id IN ({groups})",
            "UPDATE holds SET released_at = NULL WHERE batch_id = :id",
            "UPDATE batches SET ended_at = NULL WHERE id = :id",
            f"UPDATE cases SET state = 'held' WHERE state = 'open' AND group_id IN ({groups})",
        ):
            session.execute(text(statement), {"id": batch.id})
        sound(session, batch, calling, now)

    client.renew = renew


def clock_runs_ahead(db: Database) -> None:
    """Whoever sweeps believes that it is later than it is."""
    sound = release.catch_up
    claim.catch_up = lambda session, now: sound(session, now + timedelta(hours=1))


class UndoneError(Exception):
    pass


def answered_before_stored(db: Database) -> None:
    """Some answers go out, and then the transaction comes to nothing."""
    sound = Database.writing

    @contextmanager
    def writing(self: Database) -> Iterator[Session]:
        with suppress(UndoneError), sound(self) as session:
            yield session
            if random.random() < 0.05:
                raise UndoneError

    does = Database.in_turn

    def in_turn(self: Database, work: Work) -> Any:
        answers: list[Any] = []

        def undone(session: Session) -> None:
            answers.append(work(session))
            if random.random() < 0.05:
                raise UndoneError

        with suppress(UndoneError):
            does(self, undone)
        return answers[0]

    Database.writing = writing  # type: ignore[method-assign]
    Database.in_turn = in_turn  # type: ignore[method-assign]


def numbers_kept(db: Database) -> None:
    """A batch that is given back keeps its numbers."""
    release.release_numbers = lambda *args: None


def position_read_first(db: Database) -> None:
    """Two calls take the same position, for the campaign is not locked between."""

    def position(session: Session, campaign_id: int) -> tuple[int, bool]:
        asked = {"id": campaign_id}
        last, status = session.execute(
            text("SELECT last_position, status FROM campaigns WHERE id = :id"), asked
        ).one()
        session.execute(
            text("UPDATE campaigns SET last_position = :last + 1 WHERE id = :id"),
            {"last": last, **asked},
        )
        return last + 1, status == "open"

    for module in (deciding, recording):
        module.next_position = position  # type: ignore[attr-defined]


PLANTED: dict[Callable[[Database], None], tuple[str, ...]] = {
    constraint_dropped: ("sqlite",),
    numbers_not_asked: ("sqlite", "postgresql"),
    rows_not_locked: ("postgresql",),
    claims_lock_nothing: ("postgresql",),
    no_turn_to_write: ("sqlite",),
    key_not_looked_up: ("postgresql",),
    key_made_up: ("sqlite",),
    generation_ignored: ("postgresql",),
    clock_runs_ahead: ("postgresql",),
    renewal_forgotten: ("sqlite",),
    renewal_without_generation: ("postgresql",),
    answered_before_stored: ("sqlite",),
    numbers_kept: ("sqlite",),
    position_read_first: ("postgresql",),
}
"""Each bug with the engine on which it is tried: those with locks where there are locks."""
