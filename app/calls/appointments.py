"""Reads about appointments: a volunteer's own, and how many stand in a half hour."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, selectinload

from app.cases.models import Batch, CallGroup, Case
from app.cases.rules.load import SLOT, Load, slot_of
from app.people import queries as people
from app.people.models import User
from app.residents.models import Household, Resident

_WAITS = Case.state.in_(("open", "held"))


def own(
    session: Session, user: User, campaign_ids: Collection[int], before: datetime
) -> Sequence[tuple[Case, int | None]]:
    """Return the user's appointments before a moment by time, each with who holds it now."""
    query = (
        select(Case, Batch.user_id)
        .join(CallGroup, CallGroup.id == Case.group_id)
        .outerjoin(Batch, Batch.id == CallGroup.batch_id)
        .where(
            Case.campaign_id.in_(campaign_ids),
            Case.appointment_at < before,
            Case.appointment_user_id == user.id,
            _WAITS,
        )
        .order_by(Case.appointment_at, Case.id)
        .options(
            selectinload(Case.resident)
            .selectinload(Resident.household)
            .selectinload(Household.building)
        )
    )
    return [(case, holder) for case, holder in session.execute(query)]


def loads(
    session: Session, user: User, campaign_id: int, moments: Collection[datetime]
) -> Mapping[datetime, Load]:
    """Return how much is agreed in the half hour of each moment, where the user rings."""
    volunteers = session.scalar(
        select(func.count(Batch.user_id.distinct())).where(
            Batch.ended_at.is_(None), Batch.campaign_id == campaign_id
        )
    )
    agreed = _agreed(session, user, campaign_id, {slot_of(moment) for moment in moments})
    found = {}
    ringing = max(1, volunteers or 0)  # who asks is there too
    for moment in moments:
        begins = slot_of(moment)
        there = [whose for at, whose in agreed if begins <= at < begins + SLOT]
        found[moment] = Load(len(there), ringing, there.count(user.id))
    return found


def _agreed(
    session: Session, user: User, campaign_id: int, half_hours: Collection[datetime]
) -> Sequence[tuple[datetime, int | None]]:
    """The appointments of these half hours: when, and whose."""
    if not half_hours:
        return []
    within = (
        (Case.appointment_at >= begins) & (Case.appointment_at < begins + SLOT)
        for begins in half_hours
    )
    query = select(Case.appointment_at, Case.appointment_user_id).where(
        Case.campaign_id == campaign_id,
        or_(*within),
        Case.community_code.in_(people.scope(user)),
        _WAITS,
    )
    return [(at, whose) for at, whose in session.execute(query) if at is not None]
