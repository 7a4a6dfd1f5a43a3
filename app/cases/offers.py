"""What goes from hand to hand: how much it is, and what has become of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from app.cases.models import STILL_TO_RING, Batch, CallGroup, Case, Handoff, Hold
from app.cases.rules.offers import Became, became
from app.people import queries as people
from app.people.models import User

_Rows = Select[str, str, datetime | None, datetime | None, str, datetime]


@dataclass(frozen=True)
class Left:
    """How many residents are still to be rung, and how many of them later.

    Those rest, were laid aside or asked for a time; they go along with their housemates.
    """

    cases: int
    later: int


@dataclass(frozen=True)
class Offered:
    """Work that was handed to somebody; ``when`` is as ``rules.offers.became`` has it."""

    giver: str
    taker: str
    became: Became
    when: datetime


def left_in(session: Session, batch_ids: Sequence[int], now: datetime) -> Left:
    """Return what is left in batches: the whole of their groups, as they go on together."""
    query = (
        select(func.count(Case.id), to_be_later(now))
        .join(CallGroup, CallGroup.id == Case.group_id)
        .where(CallGroup.batch_id.in_(batch_ids), Case.state.in_(STILL_TO_RING))
    )
    return Left(*session.execute(query).one())


def to_be_later(now: datetime) -> Any:
    """Return the column that counts the cases to be rung later."""
    return func.count(Case.id).filter(Case.ready_at > now)


def given(
    session: Session, giver: User, campaign_id: int, since: datetime, now: datetime
) -> list[Offered]:
    """Return what the user handed to colleagues since a moment, the newest first."""
    query = _offered().join(Handoff, Handoff.to_batch_id == Batch.id)
    query = query.where(
        Handoff.from_user_id == giver.id,
        Handoff.campaign_id == campaign_id,
        Handoff.made_at >= since,
    )
    return _told(session, query, now)


def in_scope(
    session: Session, actor: User, campaign_id: int, since: datetime, now: datetime
) -> list[Offered]:
    """Return what anybody handed on or moved to somebody since a moment, in the actor's
    communities, the newest first.
    """
    lies_there = exists().where(
        Hold.batch_id == Batch.id,
        CallGroup.id == Hold.group_id,
        CallGroup.community_code.in_(people.scope(actor)),
    )
    query = _offered().where(
        Batch.campaign_id == campaign_id, Batch.claimed_at >= since, lies_there
    )
    return _told(session, query, now)


def _offered() -> _Rows:
    giver, taker = aliased(User), aliased(User)
    return (
        select(giver.name, taker.name, *BECAME)
        .select_from(Batch)
        .join(giver, giver.id == Batch.handed_by_id)
        .join(taker, taker.id == Batch.user_id)
        .order_by(Batch.id.desc())
    )


BECAME = (Batch.opened_at, Batch.ended_at, Batch.end_reason, Batch.lease_expires_at)
"""What ``became`` asks of a batch."""


def _told(session: Session, query: _Rows, now: datetime) -> list[Offered]:
    rows = session.execute(query)
    return [
        Offered(giver, taker, *became(opened, ended, reason, lease, now))
        for giver, taker, opened, ended, reason, lease in rows
    ]
