"""Reads about the queue: what a volunteer holds, and what a claim looks for."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, bindparam, exists, func, select
from sqlalchemy.orm import Session, selectinload

from app.campaigns.models import Campaign, CampaignCommunity
from app.campaigns.queries import Terms
from app.cases.models import Batch, CallGroup, Case, Handoff, Hold, Skip
from app.cases.rules.languages import Lane
from app.db import Database
from app.people import queries as people
from app.people.models import User
from app.prepared import Prepared
from app.residents.models import Household, Number, Resident, ResidentNumber
from app.residents.rules.languages import keys
from app.territory.models import Community

_TO_RING = (
    CallGroup.priority, CallGroup.ready_at, CallGroup.community_code, CallGroup.address_key,
    CallGroup.id,
)  # fmt: skip
"""The order of ringing. An address lies in its community: a building of one number is in each."""


def count_held(session: Session, user_id: int, campaign_id: int | None = None) -> int:
    """Return how many cases the user holds in the campaign, or in all together."""
    if campaign_id is None:
        return _HELD.scalar(session, user=user_id) or 0
    return _HELD_THERE.scalar(session, user=user_id, campaign=campaign_id) or 0


def held_and_offered(session: Session, user_id: int) -> tuple[int, int]:
    """Return how many cases the user holds, and how many they have handed to colleagues who have
    not answered yet; of all campaigns together.
    """
    held, offered = _HELD_AND_OFFERED.first(session, user=user_id)
    return held, offered


def held_by(session: Session, user_ids: Sequence[int]) -> dict[int, int]:
    """Return how many cases each of these users holds, of all campaigns; not who holds none."""
    of_each = _HOW_MANY.with_only_columns(Batch.user_id, func.count()).group_by(Batch.user_id)
    query = of_each.where(Batch.user_id.in_(user_ids))
    return {user_id: number for user_id, number in session.execute(query)}  # noqa: C416


def holders_of(session: Session, group_ids: Collection[int]) -> dict[int, int]:
    """Return who has those of the groups in hand that somebody has; an offer is in nobody's."""
    query = (
        select(CallGroup.id, Batch.user_id)
        .join(Batch, Batch.id == CallGroup.batch_id)
        .where(CallGroup.id.in_(group_ids), Batch.ended_at.is_(None), Batch.is_accepted)
    )
    return {group_id: user_id for group_id, user_id in session.execute(query)}  # noqa: C416


def live_batches(session: Session, user: User, campaign_id: int) -> Sequence[Batch]:
    """Return the user's batches that have not ended, oldest first."""
    query = select(Batch).where(
        Batch.user_id == user.id, Batch.campaign_id == campaign_id, Batch.ended_at.is_(None)
    )
    return session.scalars(query.order_by(Batch.id)).all()


def held_groups(session: Session, batch_ids: Sequence[int]) -> Sequence[CallGroup]:
    """Return the groups of these batches that still hold a case, in the order to ring them."""
    query = select(CallGroup).where(CallGroup.batch_id.in_(batch_ids)).order_by(*_TO_RING)
    return session.scalars(query).all()


def cases_of(session: Session, group_ids: Sequence[int]) -> Sequence[Case]:
    """Return all cases of the groups with residents, addresses and numbers loaded."""
    query = select(Case).where(Case.group_id.in_(group_ids)).order_by(Case.group_id, Case.id)
    return session.scalars(with_resident(query)).all()


def with_resident(query: Select[Case]) -> Select[Case]:
    """Add resident, address and numbers to what a query of cases loads."""
    return query.options(
        selectinload(Case.resident).selectinload(Resident.household),
        selectinload(Case.resident).selectinload(Resident.community),
        selectinload(Case.resident)
        .selectinload(Resident.lines)
        .selectinload(ResidentNumber.number),
    )


def has_held(session: Session, user: User, group_id: int, under: int | None = None) -> bool:
    """Whether the user ever held the group; or held it in this batch."""
    if under is None:
        return last_batch(session, user, group_id) is not None
    held = Hold.group_id == group_id, Hold.user_id == user.id, Hold.batch_id == under
    return session.scalar(select(Hold.id).where(*held).limit(1)) is not None


def held_then(session: Session, user: User, group_id: int, moment: datetime) -> bool:
    """Whether the user had the group in hand then, or was still to have it."""
    held = Hold.group_id == group_id, Hold.user_id == user.id
    in_time = Hold.released_at.is_(None) | (Hold.released_at >= moment)
    return session.scalar(select(Hold.id).where(*held, in_time).limit(1)) is not None


def last_batch(session: Session, user: User, group_id: int) -> int | None:
    """Return the last batch in which the user held the group."""
    held = Hold.group_id == group_id, Hold.user_id == user.id
    return session.scalar(select(func.max(Hold.batch_id)).where(*held))


def claim_values(
    user_id: int, campaign: Terms, ways: Sequence[Lane], now: datetime
) -> dict[str, Any]:
    """Return what the statements of the claim are filled with; ``now`` is in the local zone."""
    return {
        "user": user_id,
        "campaign": campaign.id,
        "lanes": json.dumps([(way.community, way.language, way.rank) for way in ways]),
        "now": now,
        "rested": now - timedelta(days=campaign.rules.rest_days),
        "midnight": now.replace(hour=0, minute=0, second=0, microsecond=0),
    }


def languages_of(
    session: Session, user: User, campaign: Campaign
) -> tuple[list[tuple[str, int, list[str]]], int]:
    """Return each language that somebody still to be rung needs, with how many wait for it and
    the names of the volunteers who speak it; and how many volunteers have none on record, who are
    given everything. All of it in the user's communities.
    """
    scope = people.scope(user)
    waiting = (
        select(CallGroup.language, func.count(Case.id))
        .join(Case, Case.group_id == CallGroup.id)
        .where(
            CallGroup.campaign_id == campaign.id,
            CallGroup.community_code.in_(scope),
            CallGroup.language != "",
            Case.state.in_(("open", "held")),
        )
        .group_by(CallGroup.language)
        .order_by(func.count(Case.id).desc(), CallGroup.language)
    )
    codes = select(CampaignCommunity.community_code).where(
        CampaignCommunity.campaign_id == campaign.id, CampaignCommunity.community_code.in_(scope)
    )
    spoken = {
        ringer.name: {key for text in ringer.languages for key in keys(text)}
        for ringer in people.working_in(session, codes, ("volunteer", "leader"))
    }
    rows = [
        (language, number, [name for name, known in spoken.items() if language in known])
        for language, number in session.execute(waiting)
    ]
    return rows, sum(not known for known in spoken.values())


_HOW_MANY = (
    select(func.count())
    .select_from(Batch)
    .join(CallGroup, CallGroup.batch_id == Batch.id)
    .join(Case, Case.group_id == CallGroup.id)
    .where(Batch.ended_at.is_(None), Case.state == "held")
)
_OF_USER = _HOW_MANY.where(Batch.user_id == bindparam("user"))
_HELD = Prepared(_OF_USER)
_HELD_THERE = Prepared(_OF_USER.where(Batch.campaign_id == bindparam("campaign")))
# Of the batches that are alive, for these are few: what was ever handed over grows for years.
_OFFERED = _HOW_MANY.where(
    Batch.handed_by_id == bindparam("user"),
    Batch.opened_at.is_(None),
    exists().where(Handoff.from_user_id == bindparam("user"), Handoff.to_batch_id == Batch.id),
)
_HELD_AND_OFFERED = Prepared(select(_OF_USER.scalar_subquery(), _OFFERED.scalar_subquery()))


@dataclass(frozen=True)
class Holder:
    """Whose batch it is, and how long it was or will be theirs."""

    user: User
    lease_expires_at: datetime
    ended_at: datetime | None


def holder_of(session: Session, batch_id: int, user_id: int) -> Holder | None:
    """Return the batch's volunteer, if it is this one."""
    query = (
        select(User, Batch.lease_expires_at, Batch.ended_at)
        .join(Batch, Batch.user_id == User.id)
        .where(Batch.id == batch_id, User.id == user_id)
    )
    found = session.execute(query).one_or_none()
    return None if found is None else Holder(*found)


@dataclass(frozen=True)
class Line:
    """A number of a resident, and when a campaign last reached somebody on it."""

    number_id: int
    value: str
    reached_at: datetime | None
    reached_by: int | None
    reached_title: str | None


@dataclass(frozen=True)
class InHand:
    """A case in somebody's hands with all that ringing takes."""

    id: int
    group_id: int
    attempts: int
    ready_at: datetime | None
    laid_aside_at: datetime | None
    """When somebody last laid it aside."""
    appointment_at: datetime | None
    appointment_until: datetime | None
    last_disposition: str | None
    last_call_at: datetime | None
    name: str
    language: str
    relation: str
    remark: str
    community_code: str
    community: str
    address: str
    lines: list[Line] = field(default_factory=list)


def in_hand(session: Session, batch_id: int) -> list[InHand]:
    """Return what a batch still holds, in the order to ring: one statement, however many."""
    return _gathered(_IN_HAND.rows(session, batch=batch_id))


def in_hand_now(database: Database, batch_id: int) -> list[InHand]:
    """Return the same, outside any transaction."""
    return _gathered(_IN_HAND.glance(database, batch=batch_id))


def _gathered(rows: Iterable[Any]) -> list[InHand]:
    found: dict[int, InHand] = {}
    for *facts, number_id, value, at, by, title in rows:
        one = found.setdefault(facts[0], InHand(*facts))
        if number_id is not None:
            one.lines.append(Line(number_id, value, at, by, title))
    return list(found.values())


def laid_aside(session: Session, group_ids: Collection[int]) -> dict[int, datetime]:
    """Return when those of the groups' cases that were laid aside were so last."""
    last = select(Skip.case_id, func.max(Skip.skipped_at)).where(Skip.group_id.in_(group_ids))
    rows = session.execute(last.group_by(Skip.case_id))
    return {case_id: at for case_id, at in rows}  # noqa: C416 - dict() loses the types


_LAID_ASIDE = (
    select(func.max(Skip.skipped_at))
    .where(Skip.group_id == Case.group_id, Skip.case_id == Case.id)
    .scalar_subquery()
)
_IN_HAND = Prepared(
    select(
        Case.id, Case.group_id, Case.attempts, Case.ready_at, _LAID_ASIDE,
        Case.appointment_at, Case.appointment_until, Case.last_disposition, Case.last_call_at,
        Resident.name, Resident.language, Resident.relation, Resident.remark,
        Case.community_code, Community.name, func.coalesce(Household.address, ""),
        Number.id, Number.value, Number.reached_at, Number.reached_campaign_id, Campaign.title,
    )
    .select_from(CallGroup)
    .join(Case, Case.group_id == CallGroup.id)
    .join(Resident, Resident.id == Case.resident_id)
    .join(Community, Community.code == Case.community_code)
    .outerjoin(Household, Household.id == Resident.household_id)
    .outerjoin(ResidentNumber, ResidentNumber.resident_id == Resident.id)
    .outerjoin(Number, Number.id == ResidentNumber.number_id)
    .outerjoin(Campaign, Campaign.id == Number.reached_campaign_id)
    .where(CallGroup.batch_id == bindparam("batch"), Case.state == "held")
    .order_by(*_TO_RING, Case.id, ResidentNumber.position)
)  # fmt: skip
