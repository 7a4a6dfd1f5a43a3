"""The claim: one short transaction that hands whole call groups to one volunteer."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Exists,
    Select,
    String,
    delete,
    exists,
    func,
    literal,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.campaigns import queries as campaigns
from app.campaigns.models import Campaign, CampaignCommunity
from app.campaigns.rules.calling import is_allowed, next_allowed
from app.cases import queries
from app.cases.models import Batch, CallGroup, Case, Hold
from app.cases.service.release import APPOINTMENT, end_expired, free_groups
from app.db import insert
from app.people import queries as people
from app.people.models import User
from app.problems import ForbiddenError, Problem
from app.residents.models import Number, ResidentNumber

LARGEST_BATCH = 60
MOST_ROUNDS = 4


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


@dataclass(frozen=True)
class Asked:
    """What a claim looks for: the batch to fill, where, how much, and since when numbers rest."""

    batch: Batch
    codes: Sequence[str]
    now: datetime
    size: int
    rested_since: datetime


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
    rested_since = now - timedelta(days=campaign.rules.rest_days)
    if not _fill(session, Asked(batch, codes, now, size, rested_since)):
        session.delete(batch)
        return None
    return batch


def _fill(session: Session, asked: Asked) -> int:
    """Take groups until the batch has its size or nothing is left; return how many cases.

    Groups that share a line keep one another out, so that one round may come up short.
    """
    cases = 0
    for _round in range(MOST_ROUNDS):
        taken, lost = _take_groups(session, replace(asked, size=asked.size - cases))
        if taken:
            held = select(func.count()).where(Case.group_id.in_(taken), Case.state == "held")
            cases += session.scalar(held) or 0
        if not lost or cases >= asked.size:
            break
    return cases


def _take_groups(session: Session, asked: Asked) -> tuple[list[int], set[int]]:
    """Take the next groups; return those taken, and those of which a number could not be had."""
    taken = session.scalars(
        update(CallGroup)
        .where(CallGroup.id.in_(next_groups(session, asked)), CallGroup.batch_id.is_(None))
        .values(batch_id=asked.batch.id)
        .returning(CallGroup.id)
        .execution_options(synchronize_session=False)
    ).all()
    session.execute(
        update(Case)
        .where(Case.group_id.in_(taken), Case.state == "open")
        .values(state="held")
        .execution_options(synchronize_session=False)
    )
    lost = _hold_numbers(session, asked, taken)
    if lost:
        _put_back(session, asked, lost)
    return [group for group in taken if group not in lost], lost


def _put_back(session: Session, asked: Asked, lost: Collection[int]) -> None:
    """Undo the taking of groups whose numbers could not all be had: nobody ever held them."""
    session.execute(delete(Hold).where(Hold.batch_id == asked.batch.id, Hold.group_id.in_(lost)))
    free_groups(session, list(lost), asked.now)


def next_groups(session: Session, asked: Asked) -> Select[int]:
    """Return the query for the groups to hand out: the design's order, up to ``size`` cases.

    Own appointments and the best of each community first (an index range each, so the cost does
    not grow with the number of cases), then the best of those. On PostgreSQL the rows are locked
    as they are read, and rows that another claim holds are passed over.
    """
    best = _best(session, asked)
    order = (best.c.mine, best.c.priority, best.c.ready_at, best.c.address_key, best.c.id)
    so_far = func.sum(best.c.open_cases).over(order_by=order)
    ranked = select(best.c.id, (so_far - best.c.open_cases).label("before")).subquery()
    return select(ranked.c.id).where(ranked.c.before < asked.size)


def _best(session: Session, asked: Asked) -> Any:
    code = CallGroup.community_code
    # Not a plain "=": with nobody's appointment, neither this nor its opposite would hold.
    is_mine = CallGroup.appointment_user_id.is_not_distinct_from(asked.batch.user_id)
    is_mine &= CallGroup.priority == APPOINTMENT
    own = _ready(asked, is_mine & code.in_(asked.codes), 0)
    if session.get_bind().dialect.name != "postgresql":
        rest = [_ready(asked, ~is_mine & (code == one), 1) for one in asked.codes]
        return union_all(*(select(rows.subquery()) for rows in (own, *rest))).subquery()
    codes = literal(list(asked.codes)).cast(ARRAY(String))
    wanted = func.unnest(codes).table_valued("code").render_derived(name="wanted")
    best = _locking(_ready(asked, ~is_mine & (code == wanted.c.code), 1)).lateral()
    others = select(best).select_from(wanted).join(best, literal(value=True))
    return union_all(select(_locking(own).subquery()), others).subquery()


def _locking(rows: Select[Any]) -> Select[Any]:
    return rows.with_for_update(skip_locked=True, of=CallGroup)


def _ready(asked: Asked, which: ColumnElement[bool], rank: int) -> Select[Any]:
    group = CallGroup
    mine: Any = literal(rank).label("mine")
    not_avoided = group.avoid_user_id.is_(None) | (group.avoid_user_id != asked.batch.user_id)
    columns = (group.id, group.open_cases, mine, group.priority, group.ready_at, group.address_key)
    return (
        select(*columns)
        .where(
            group.campaign_id == asked.batch.campaign_id,
            which,
            group.batch_id.is_(None),
            group.ready_at.is_not(None),
            group.ready_at <= asked.now,
            not_avoided,
            ~_number_in_other_hands(),
            ~_number_rests(asked),
        )
        .order_by(group.priority, group.ready_at, group.address_key, group.id)
        .limit(asked.size)
    )


def _has_number(*conditions: ColumnElement[bool]) -> Exists:
    """Whether an open case of the group has a number of which all this is true."""
    is_its_number = (
        Case.group_id == CallGroup.id,
        Case.state == "open",
        ResidentNumber.resident_id == Case.resident_id,
    )
    return exists().where(*is_its_number, *conditions).correlate(CallGroup)


def _number_in_other_hands() -> Exists:
    held = Hold.number_id == ResidentNumber.number_id
    return _has_number(held, Hold.released_at.is_(None))


def _number_rests(asked: Asked) -> Exists:
    """Another campaign reached somebody on a number of the group not long ago."""
    return _has_number(
        Number.id == ResidentNumber.number_id,
        Number.reached_at > asked.rested_since,
        Number.reached_campaign_id != asked.batch.campaign_id,
    )


def _hold_numbers(session: Session, asked: Asked, group_ids: Sequence[int]) -> set[int]:
    """Hold every number of the groups; return the groups of which one could not be had.

    Of two claims that find the same number free at the same moment, the one that locks it first
    has it and the other passes over it, so that no claim ever waits for another; behind both
    stands the constraint on live holds. Of two groups that share a number only the first is
    taken: a hold belongs to one group.
    """
    locked = set(session.scalars(_locking_numbers(group_ids)))
    wanted = session.execute(_numbers_of(group_ids)).all()
    first_group: dict[int, int] = {}
    for number, group, *_ in wanted:
        first_group.setdefault(number, group)
    rows = {
        number: {
            "number_id": number, "generation": generation + 1, "group_id": first_group[number],
            "batch_id": asked.batch.id, "user_id": asked.batch.user_id,
            # Whoever waited for a lock has an old clock: no hold begins before the last one ended.
            "held_at": max(asked.now, freed_at or asked.now),
        }
        for number, _group, generation, freed_at, live in wanted
        if number in locked and not live
    }  # fmt: skip
    held: set[int] = set()
    if rows:
        # Rows as parameters: the statement is compiled once, not for every batch anew.
        statement = insert(session, Hold).on_conflict_do_nothing().returning(Hold.number_id)
        held.update(session.scalars(statement, list(rows.values())))
    return {
        group for number, group, *_ in wanted if number not in held or group != first_group[number]
    }


def _locking_numbers(group_ids: Sequence[int]) -> Select[int]:
    of_groups = (
        select(ResidentNumber.number_id)
        .join(Case, Case.resident_id == ResidentNumber.resident_id)
        .where(Case.group_id.in_(group_ids), Case.state == "held")
    )
    rows = select(Number.id).where(Number.id.in_(of_groups)).order_by(Number.id)
    return rows.with_for_update(skip_locked=True, key_share=True)


def _numbers_of(group_ids: Sequence[int]) -> Select[int, int, int, datetime | None, int]:
    """Each number of each group, by number and group: its last generation, when that ended, and
    how many holds on it are live.

    One may be, since the groups were chosen: to insert another would be to wait for a stranger.
    """
    last = (func.coalesce(func.max(Hold.generation), 0), func.max(Hold.released_at))
    live = func.count(Hold.id) - func.count(Hold.released_at)
    return (
        select(ResidentNumber.number_id, Case.group_id, *last, live)
        .join(Case, Case.resident_id == ResidentNumber.resident_id)
        .outerjoin(Hold, Hold.number_id == ResidentNumber.number_id)
        .where(Case.group_id.in_(group_ids), Case.state == "held")
        .group_by(ResidentNumber.number_id, Case.group_id)
        .order_by(ResidentNumber.number_id, Case.group_id)
    )
