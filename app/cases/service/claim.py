"""The claim: one short transaction that hands whole call groups to one volunteer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, String, case, exists, func, literal, select, union_all, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.campaigns import queries as campaigns
from app.campaigns.models import Campaign, CampaignCommunity
from app.campaigns.rules.calling import is_allowed, next_allowed
from app.cases import queries
from app.cases.models import Batch, CallGroup, Case, Hold
from app.cases.service.release import end_expired, free_groups
from app.db import insert
from app.people import queries as people
from app.people.models import User
from app.problems import ForbiddenError, Problem
from app.residents.models import ResidentNumber

LARGEST_BATCH = 60


@dataclass(frozen=True)
class Claim:
    """What a claim came to: a batch, or why there is none."""

    batch: Batch | None
    waiting: dict[str, int]
    """Cases by the cause that they can't be given now."""
    next_at: datetime | None
    """When the next one will be ready, if a time is known."""


def claim(
    session: Session,
    actor: User,
    now: datetime,
    campaign_id: int,
    size: int,
    community: str | None = None,
) -> Claim:
    """Hand out the next cases, as many as ``size`` or a few more where a group is large.

    ``now`` is in the deployment's zone. Raises Problem for a size that is no batch, a campaign
    that is not open, or when the actor holds as many as one may.
    """
    if actor.role not in {"volunteer", "leader"}:
        raise ForbiddenError
    if not 1 <= size <= LARGEST_BATCH:
        raise Problem("batch_size", field="size", values={"largest": LARGEST_BATCH})
    campaign = campaigns.get_campaign(session, actor, campaign_id)
    if campaign.status != "open":
        raise Problem("campaign_not_open")
    end_expired(session, now)
    room = campaign.rules.max_held - queries.count_held(session, actor, campaign_id)
    if room <= 0:
        raise Problem("holds_enough", values={"most": campaign.rules.max_held})
    if not is_allowed(campaign.rules, now):
        return _nothing(session, actor, campaign, now, community)
    batch = _take(session, actor, campaign, now, min(size, room), community)
    if batch is None:
        return _nothing(session, actor, campaign, now, community)
    return Claim(batch, {}, None)


def _nothing(
    session: Session, actor: User, campaign: Campaign, now: datetime, community: str | None
) -> Claim:
    codes = _communities(session, actor, campaign, community)
    waiting, ready_at = queries.why_nothing(session, campaign, codes, now)
    if ready_at is not None:
        ready_at = next_allowed(campaign.rules, max(ready_at.astimezone(now.tzinfo), now))
    return Claim(None, waiting, ready_at)


def _communities(
    session: Session, actor: User, campaign: Campaign, community: str | None
) -> Sequence[str]:
    query = select(CampaignCommunity.community_code).where(
        CampaignCommunity.campaign_id == campaign.id,
        CampaignCommunity.community_code.in_(people.scope(actor)),
    )
    if community is not None:
        query = query.where(CampaignCommunity.community_code == community)
    return session.scalars(query.order_by(CampaignCommunity.community_code)).all()


def _take(
    session: Session,
    actor: User,
    campaign: Campaign,
    now: datetime,
    size: int,
    community: str | None,
) -> Batch | None:
    codes = _communities(session, actor, campaign, community)
    if not codes:
        return None
    batch = Batch(
        campaign_id=campaign.id, user_id=actor.id, claimed_at=now,
        lease_expires_at=now + timedelta(minutes=campaign.rules.unopened_minutes),
    )  # fmt: skip
    session.add(batch)
    session.flush()
    groups = _take_groups(session, batch, codes, now, size)
    if not groups:
        session.delete(batch)
        return None
    return batch


def _take_groups(
    session: Session, batch: Batch, codes: Sequence[str], now: datetime, size: int
) -> list[int]:
    chosen = next_groups(session, batch, codes, now, size)
    taken = session.scalars(
        update(CallGroup)
        .where(CallGroup.id.in_(chosen), CallGroup.batch_id.is_(None))
        .values(batch_id=batch.id)
        .returning(CallGroup.id)
        .execution_options(synchronize_session=False)
    ).all()
    session.execute(
        update(Case)
        .where(Case.group_id.in_(taken), Case.state == "open")
        .values(state="held")
        .execution_options(synchronize_session=False)
    )
    lost = _hold_numbers(session, batch, taken, now)
    free_groups(session, lost, now)
    return [group for group in taken if group not in lost]


def next_groups(
    session: Session, batch: Batch, codes: Sequence[str], now: datetime, size: int
) -> Select[int]:
    """Return the query for the groups to hand out: the design's order, up to ``size`` cases.

    The best of each community first (an index range each, so the cost does not grow with the
    number of cases), then the best of those. On PostgreSQL the rows are locked as they are
    read, and rows that another claim holds are passed over.
    """
    best = _best(session, batch, codes, now, size)
    order = (best.c.mine, best.c.priority, best.c.ready_at, best.c.address_key, best.c.id)
    so_far = func.sum(best.c.open_cases).over(order_by=order)
    ranked = select(best.c.id, (so_far - best.c.open_cases).label("before")).subquery()
    return select(ranked.c.id).where(ranked.c.before < size)


def _best(session: Session, batch: Batch, codes: Sequence[str], now: datetime, size: int) -> Any:
    if session.get_bind().dialect.name == "postgresql":
        wanted = func.unnest(literal(list(codes)).cast(ARRAY(String))).column_valued("wanted")
        rows = _ready(batch, wanted, now, size).with_for_update(skip_locked=True, of=CallGroup)
        lateral = rows.lateral()
        return select(lateral).select_from(wanted).join(lateral, literal(value=True)).subquery()
    return union_all(
        *(select(_ready(batch, code, now, size).subquery()) for code in codes)
    ).subquery()


def _ready(batch: Batch, community: Any, now: datetime, size: int) -> Select[Any]:
    group = CallGroup
    mine = case((group.appointment_user_id == batch.user_id, 0), else_=1).label("mine")
    someone_else = group.avoid_user_id.is_(None) | (group.avoid_user_id != batch.user_id)
    columns = (group.id, group.open_cases, mine, group.priority, group.ready_at, group.address_key)
    return (
        select(*columns)
        .where(
            group.campaign_id == batch.campaign_id,
            group.community_code == community,
            group.batch_id.is_(None),
            group.ready_at.is_not(None),
            group.ready_at <= now,
            someone_else,
            ~_number_in_other_hands(),
        )
        .order_by(group.priority, group.ready_at, group.address_key, group.id)
        .limit(size)
    )


def _number_in_other_hands() -> Any:
    return (
        exists()
        .where(
            Case.group_id == CallGroup.id,
            Case.state == "open",
            ResidentNumber.resident_id == Case.resident_id,
            Hold.number_id == ResidentNumber.number_id,
            Hold.released_at.is_(None),
        )
        .correlate(CallGroup)
    )


def _hold_numbers(
    session: Session, batch: Batch, group_ids: Sequence[int], now: datetime
) -> list[int]:
    """Hold every number of the groups; return the groups of which one could not be had.

    The constraint on live holds decides between two claims that found the same number free at
    the same moment. In the order of numbers, so that such claims wait for each other in turn.
    """
    wanted = session.execute(_numbers_of(group_ids)).all()
    if not wanted:
        return []
    rows = [
        {
            "number_id": number, "generation": generation + 1, "group_id": group,
            "batch_id": batch.id, "user_id": batch.user_id, "held_at": now,
        }
        for number, group, generation in wanted
    ]  # fmt: skip
    statement = insert(session, Hold).values(rows).on_conflict_do_nothing()
    held = set(session.scalars(statement.returning(Hold.number_id)))
    missing = [number for number, _group, _generation in wanted if number not in held]
    return [] if not missing else _groups_with(session, group_ids, missing)


def _numbers_of(group_ids: Sequence[int]) -> Select[int, int, int]:
    last = (
        select(func.coalesce(func.max(Hold.generation), 0))
        .where(Hold.number_id == ResidentNumber.number_id)
        .correlate(ResidentNumber)
        .scalar_subquery()
    )
    return (
        select(ResidentNumber.number_id, func.min(Case.group_id), last)
        .join(Case, Case.resident_id == ResidentNumber.resident_id)
        .where(Case.group_id.in_(group_ids), Case.state == "held")
        .group_by(ResidentNumber.number_id)
        .order_by(ResidentNumber.number_id)
    )


def _groups_with(session: Session, group_ids: Sequence[int], numbers: Sequence[int]) -> list[int]:
    query = (
        select(Case.group_id)
        .join(ResidentNumber, ResidentNumber.resident_id == Case.resident_id)
        .where(Case.group_id.in_(group_ids), ResidentNumber.number_id.in_(numbers))
    )
    return list(session.scalars(query.distinct()))
