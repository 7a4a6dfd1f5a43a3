"""Which handoffs somebody may see, and how whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.calls.models import Call
from app.campaigns.models import Campaign, CampaignCommunity
from app.cases.models import Batch, Case, Handoff, HandoffCase
from app.cases.offers import BECAME
from app.cases.rules.offers import Became, became
from app.people.models import User
from app.people.queries import scope
from app.people.rules import STAFF
from app.problems import NotFoundError
from app.reports.rules import Reader, may_see_whole

RECENT = 100


@dataclass(frozen=True)
class HandoffLine:
    """A handoff in a list.

    ``taker`` is None for the pool; ``became`` too, and where nothing could be passed on to them.
    """

    id: int
    made_at: datetime
    campaign: str
    giver: str
    taker: str | None
    left: int
    later: int
    """How many of them were to be rung later."""
    became: Became | None = None
    when: datetime | None = None
    """As ``app.cases.rules.offers`` has it."""


def get_handoff(session: Session, actor: User, handoff_id: int) -> Handoff:
    """Return the handoff if the actor took part in it or it lies in their scope.

    Raises NotFoundError.
    """
    handoff = session.scalar(select(Handoff).where(Handoff.id == handoff_id, _visible(actor)))
    if handoff is None:
        raise NotFoundError(f"handoff {handoff_id}")
    return handoff


def recent(session: Session, actor: User, now: datetime) -> Sequence[HandoffLine]:
    """Return the last handoffs that the actor may see, newest first."""
    giver, taker = aliased(User), aliased(User)
    left, later = (
        select(func.count(column)).where(HandoffCase.handoff_id == Handoff.id).scalar_subquery()
        for column in (HandoffCase.case_id, HandoffCase.not_before)
    )
    line = (Handoff.id, Handoff.made_at, Campaign.title, giver.name, taker.name, left, later)
    query = (
        select(*line, *BECAME)
        .join(Campaign, Campaign.id == Handoff.campaign_id)
        .join(giver, giver.id == Handoff.from_user_id)
        .outerjoin(taker, taker.id == Handoff.to_user_id)
        .outerjoin(Batch, Batch.id == Handoff.to_batch_id)
        .where(_visible(actor))
        .order_by(Handoff.id.desc())
        .limit(RECENT)
    )
    rows = [(row[: len(line)], row[len(line) :]) for row in session.execute(query)]
    return [HandoffLine(*told, *_became(batch, now)) for told, batch in rows]


def _became(batch: Sequence[Any], now: datetime) -> tuple[Became, datetime] | tuple[()]:
    """What became of the batch that was offered; nothing where there was none."""
    opened_at, ended_at, end_reason, lease_expires_at = batch
    if lease_expires_at is None:
        return ()
    return became(opened_at, ended_at, end_reason, lease_expires_at, now)


def sees_whole(session: Session, actor: User, handoff: Handoff, now: datetime) -> bool:
    """Whether the sheet shows the actor names and numbers whole."""
    in_scope = select(Handoff.id).where(Handoff.id == handoff.id, _in_scope(actor))
    reader = Reader(
        in_scope=actor.role in STAFF and session.scalar(in_scope) is not None,
        handed_over=handoff.from_user_id == actor.id and _was_held(session, handoff),
        holds=handoff.to_user_id == actor.id and _is_held(session, handoff),
    )
    return may_see_whole(reader, handoff.made_at, now)


def _was_held(session: Session, handoff: Handoff) -> bool:
    """Not where an offer was passed on that was never taken over: it shows nobody."""
    return session.get_one(Batch, handoff.from_batch_id).is_accepted


def _is_held(session: Session, handoff: Handoff) -> bool:
    batch = session.get(Batch, handoff.to_batch_id or 0)
    return batch is not None and batch.ended_at is None and batch.is_accepted


def _visible(user: User) -> ColumnElement[bool]:
    took_part = or_(Handoff.from_user_id == user.id, Handoff.to_user_id == user.id)
    return or_(took_part, _in_scope(user)) if user.role in STAFF else took_part


def _in_scope(user: User) -> ColumnElement[bool]:
    """Whether the user sees every community that was rung or left, and one of the campaign's."""
    seen = scope(user)
    left_elsewhere = exists().where(
        HandoffCase.handoff_id == Handoff.id,
        Case.id == HandoffCase.case_id,
        Case.community_code.not_in(seen),
    )
    rung_elsewhere = exists().where(
        Call.batch_id == Handoff.from_batch_id, Call.community_code.not_in(seen)
    )
    in_campaign = exists().where(
        CampaignCommunity.campaign_id == Handoff.campaign_id,
        CampaignCommunity.community_code.in_(seen),
    )
    return and_(in_campaign, ~left_elsewhere, ~rung_elsewhere)
