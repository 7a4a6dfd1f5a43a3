"""What a database must hold, judged by what clients were told and not by the server's word.

For the server that is killed (``kill``), whose ``volunteers`` come by HTTP and see real time go by;
the storm (``crowd``), whose clients call the use cases by a common clock, has its ``judge``.
"""

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from math import inf

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.calls.models import Call
from app.cases.models import Batch, Hold
from app.db import Database
from app.upkeep import check
from tests.invariants.volunteers import Had, Log, Saving


@dataclass(frozen=True)
class Told:
    """What clients knew at one moment: of what was acknowledged by then, nothing may be missing."""

    savings: list[tuple[Saving, dict[str, object]]]
    batches: list[tuple[int, str]]
    ended: list[int]

    @classmethod
    def by_now(cls, log: Log) -> "Told":
        answered = [(one, one.answer) for one in list(log.savings)]
        savings = [(one, answer) for one, answer in answered if answer is not None]
        return cls(savings, list(log.batches), list(log.ended))


def judge(db: Database, log: Log) -> list[str]:
    """Everything that is wrong, each in a line that begins with its kind."""
    # First what was acknowledged, then what is stored, then what was asked for: each may only
    # have grown meanwhile.
    told = Told.by_now(log)
    with db.reading() as session:
        wrong = [
            *lost_calls(session, told),
            *lost_batches(session, told),
            *uninvited_calls(session, log),
            *held_twice(session),
            *(f"broken: {one.law}: {one.row}: {one.what}" for one in check.run(session)),
        ]
    return [*wrong, *overlaps(list(log.had), list(log.jumps)), *log.wrong]


def lost_calls(session: Session, told: Told) -> list[str]:
    """Each acknowledged call is stored once, as it was sent and as it was answered."""
    rows = session.scalars(select(Call).where(Call.idempotency_key.is_not(None))).all()
    stored: dict[str, list[Call]] = defaultdict(list)
    for row in rows:
        stored[row.idempotency_key or ""].append(row)
    wrong = [f"duplicated: call {key}" for key, found in stored.items() if len(found) > 1]
    for saving, answer in told.savings:
        if saving.key not in stored:
            wrong.append(f"lost: call {saving.key} was answered {answer}")
            continue
        row = stored[saving.key][0]
        as_answered = {"id": row.id, "applied": row.applied}
        if row.reason is not None:
            as_answered["reason"] = row.reason
        if as_answered != answer:
            wrong.append(f"changed: call {saving.key}: answered {answer}, stored {as_answered}")
        as_sent = (saving.case_id, saving.body["disposition"], saving.key)
        if (row.case_id, row.disposition, row.note) != as_sent:
            wrong.append(f"changed: call {saving.key} is not stored as it was sent")
    return wrong


def lost_batches(session: Session, told: Told) -> list[str]:
    """Each acknowledged batch is there, with holds; each that was given back has ended."""
    rows = {row.id: row for row in session.scalars(select(Batch))}
    with_holds = set(session.scalars(select(Hold.batch_id).distinct()))
    lost = [id_ for id_, _user in told.batches if id_ not in rows or id_ not in with_holds]
    ended = [id_ for id_ in told.ended if id_ not in rows or rows[id_].ended_at is None]
    return [f"lost: batch {id_}" for id_ in lost] + [f"lost: end of batch {id_}" for id_ in ended]


def uninvited_calls(session: Session, log: Log) -> list[str]:
    """Nothing is stored that nobody sent."""
    query = select(Call.idempotency_key).where(Call.idempotency_key.is_not(None))
    stored = set(session.scalars(query))
    return [f"uninvited: call {key}" for key in stored - {one.key for one in list(log.savings)}]


def held_twice(session: Session) -> list[str]:
    """By the history of holds no number was ever in two hands; found by other means than the
    app's own law, which might be wrong.
    """
    holds = session.scalars(select(Hold).order_by(Hold.number_id, Hold.generation)).all()
    return [
        f"held twice: number {earlier.number_id} in batches {earlier.batch_id}, {later.batch_id}"
        for earlier, later in pairwise(holds)
        if earlier.number_id == later.number_id
        and (earlier.released_at is None or earlier.released_at > later.held_at)
    ]


def overlaps(had: list[Had], jumps: list[float]) -> list[str]:
    """By the answers of the server no number was ever in two hands, and its generations grew.

    Whoever was answered ``since`` and let go ``until`` had the number for certain in between,
    unless the server's clock was set past the lease.
    """
    by_number: dict[str, list[Had]] = defaultdict(list)
    for one in had:
        by_number[one.number].append(one)
    wrong = []
    for number, all_ in by_number.items():
        in_order = sorted(all_, key=lambda one: one.since)
        certain = [one for one in in_order if one.since < _end(one, jumps)]
        for earlier, later in pairwise(certain):
            if later.since < _end(earlier, jumps):
                wrong.append(f"held twice: {number} by {earlier.user} and {later.user}")
        for earlier, later in pairwise(in_order):
            if earlier.since < later.asked and earlier.generation >= later.generation:
                wrong.append(f"went back: generation of {number} after {earlier.generation}")
    return wrong


def _end(one: Had, jumps: list[float]) -> float:
    """Until when somebody had a number for certain: before it began, where the clock was set past
    the lease while the answer was under way.
    """
    return min(one.until, min((jump for jump in jumps if jump > one.asked), default=inf))
