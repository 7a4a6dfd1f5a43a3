"""Reads about appointments: a volunteer's own, and how many stand in a half hour."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, selectinload

from app.campaigns.models import Campaign, CampaignCommunity
from app.cases.models import Batch, CallGroup, Case, Skip
from app.cases.rules.load import SLOT, Load, slot_of
from app.cases.service.claim import MAY_RING
from app.people import queries as people
from app.people import shifts
from app.people.models import Shift, User
from app.people.rules.shifts import covers, is_off
from app.residents.models import Household, Resident

_PLACE = (
    selectinload(Case.resident).selectinload(Resident.household).selectinload(Household.building)
)
_WAITS = Case.state.in_(("open", "held"))
_OPEN = select(Campaign.id).where(Campaign.status == "open")


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
        .options(_PLACE)
    )
    return [(case, holder) for case, holder in session.execute(query)]


def of_others(
    session: Session, user: User, group_ids: Collection[int], since: datetime
) -> Collection[int]:
    """Return which of these groups are not given to the user today, whatever was agreed: laid
    aside since this moment, or refused to them.
    """
    if not group_ids:
        return ()
    aside = select(Skip.group_id).where(
        Skip.group_id.in_(group_ids), Skip.user_id == user.id, Skip.skipped_at >= since
    )
    spared = select(CallGroup.id).where(
        CallGroup.id.in_(group_ids), CallGroup.avoid_user_id == user.id
    )
    return set(session.scalars(aside.union(spared)))


def of_cases(session: Session, case_ids: Collection[int]) -> Sequence[Case]:
    """Return these cases with what tells where their residents live."""
    if not case_ids:
        return []
    query = select(Case).where(Case.id.in_(case_ids)).options(_PLACE)
    return session.scalars(query).all()


def loads(
    session: Session, user: User, campaign_id: int, moments: Collection[datetime]
) -> Mapping[datetime, Load]:
    """Return how much is agreed in the half hour of each moment, where the user rings.

    In whatever campaign it was agreed: the same people keep it. The moments are in the
    deployment's zone. Where shifts are kept for a day, who is planned then can ring; else as many
    as ring there now.
    """
    agreed = _agreed(session, user, campaign_id, {slot_of(moment) for moment in moments})
    planned = _planned(session, user, campaign_id, moments)
    ringing = _ringing(session, user, campaign_id)
    found = {}
    for moment in moments:
        begins = slot_of(moment)
        there = [whose for at, whose in agreed if begins <= at < begins + SLOT]
        of_day = [
            one
            for one in planned
            if one.starts_at.astimezone(moment.tzinfo).date() == moment.date()
        ]
        can = len({one.user_id for one in of_day if covers(one, moment)}) if of_day else ringing
        own = [one for one in of_day if one.user_id == user.id]
        found[moment] = Load(len(there), can, there.count(user.id), away=is_off(own, moment))
    return found


def _ringing(session: Session, user: User, campaign_id: int) -> int:
    volunteers = session.scalar(
        select(func.count(Batch.user_id.distinct()))
        .join(CallGroup, CallGroup.batch_id == Batch.id)
        .where(
            Batch.ended_at.is_(None),
            Batch.campaign_id.in_(_OPEN),
            CallGroup.community_code.in_(_covered(user, campaign_id)),
        )
    )
    return max(1, volunteers or 0)  # who asks is there too


def _covered(user: User, campaign_id: int) -> Select[str]:
    """The query for the communities of the campaign in which the user rings."""
    return select(CampaignCommunity.community_code).where(
        CampaignCommunity.campaign_id == campaign_id,
        CampaignCommunity.community_code.in_(people.scope(user)),
    )


def _planned(
    session: Session, user: User, campaign_id: int, moments: Collection[datetime]
) -> Sequence[Shift]:
    """The shifts around these moments of those who ring where the user does."""
    if not moments:
        return []
    begin, end = (
        shifts.day_of(min(moments), min(moments))[0],
        shifts.day_of(max(moments), max(moments))[1],
    )
    found = shifts.between(session, begin, end)
    if not found:
        return []
    covered = _covered(user, campaign_id)
    ring_there = {one.id for one in people.working_in(session, covered, MAY_RING)}
    return [one for one in found if one.user_id in ring_there]


def _agreed(
    session: Session, user: User, campaign_id: int, half_hours: Collection[datetime]
) -> Sequence[tuple[datetime, int | None]]:
    """The appointments of these half hours: when, and whose. The user's own, wherever they are."""
    if not half_hours:
        return []
    within = (
        (Case.appointment_at >= begins) & (Case.appointment_at < begins + SLOT)
        for begins in half_hours
    )
    query = select(Case.appointment_at, Case.appointment_user_id).where(
        Case.campaign_id.in_(_OPEN),
        or_(*within),
        Case.community_code.in_(_covered(user, campaign_id))
        | (Case.appointment_user_id == user.id),
        _WAITS,
    )
    return [(at, whose) for at, whose in session.execute(query) if at is not None]
