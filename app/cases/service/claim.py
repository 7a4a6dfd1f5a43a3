"""The claim: one short transaction that hands whole call groups to one volunteer."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.campaigns import queries as campaigns
from app.campaigns.models import Campaign, CampaignCommunity
from app.campaigns.queries import Terms
from app.campaigns.rules.calling import CallingRules, Ringing, ringing_at
from app.cases import queries, statements, waits
from app.cases.models import Batch, CallGroup, Hold
from app.cases.rules.languages import Lane, lanes
from app.cases.service.release import catch_up, free_groups
from app.db import LARGEST_ID, Base, engine_of, unattached
from app.people import queries as people
from app.people.models import User
from app.prepared import Prepared, without_waiting
from app.problems import ForbiddenError, NotFoundError, Problem

LARGEST_BATCH = 60
LOOKED_AT = 600
"""At how many ready call groups a claim looks, in all lanes together; or a few more."""
AHEAD = 5
"""For how many batches a look ahead finds cases: others may be just before with theirs."""
MOST_ROUNDS = 4
MAY_RING = ("volunteer", "leader")


@dataclass(frozen=True)
class Claim:
    """What a claim came to: a batch, or none; and why there is none, where that was asked."""

    batch: Batch | None
    waiting: dict[str, int]
    """Cases by the cause that they can't be given now."""
    next_at: datetime | None
    """When the next one will be ready, if a time is known."""
    campaign: Terms | None = field(default=None, compare=False)
    """Of which campaign the batch is, as it was read on the way."""
    cases: int = 0
    """How many cases the batch holds."""


def claim(
    session: Session,
    actor: User,
    now: datetime,
    campaign_id: int,
    size: int,
    community: str | None = None,
    these: Sequence[int] | None = None,
    *,
    told: bool = False,
) -> Claim:
    """Hand out the next cases, as many as ``size`` or a few more where a group is large.

    Others wait to write meanwhile, so that a claim looks no further than ``LOOKED_AT`` groups.
    When it finds nothing, ``look_ahead`` says, in a transaction that only reads, whether there is
    somebody after all: ``these`` are then to be taken. When not, ``why_nothing`` says why.
    ``told`` says that the actor is shown their numbers in answer, and may ring them at once: that
    is noted.

    ``now`` is in the deployment's zone. Raises Problem for a size that is no batch, a campaign
    that is not open, a community that is not the actor's there, when the actor holds as many as
    one may, or was stopped.
    """
    if actor.role not in MAY_RING:
        raise ForbiddenError
    if not actor.gets_work:
        raise Problem("stopped")
    if not 1 <= size <= LARGEST_BATCH:
        raise Problem("batch_size", field="size", values={"largest": LARGEST_BATCH})
    campaign, codes = _campaign(session, actor, campaign_id)
    if community is not None and community not in codes:
        raise Problem("community_unknown", field="community", values={"code": community})
    if campaign.status != "open":
        raise Problem("campaign_not_open")
    catch_up(session, now)
    free = _free(session, actor.id, campaign.rules)
    ways = _lanes(campaign, actor, [code for code in codes if community in {None, code}])
    if not ways or ringing_at(campaign.rules, now) is Ringing.CLOSED:
        return Claim(None, {}, None, campaign)
    asked = Asked(actor.id, campaign, ways, now, min(size, free), these, told)
    batch, cases = _take(session, asked)
    if told and batch is not None:
        note_seen(session, actor.id, now, batch.id, cases)
    return Claim(batch, {}, None, campaign, cases)


def note_seen(session: Session, user_id: int, now: datetime, batch_id: int, cases: int) -> None:
    """Note that somebody was shown the cases of a batch."""
    audit.record(session, user_id, now, "batch_seen", "batch", batch_id, n=cases)


def room(session: Session, user_id: int, rules: CallingRules) -> int:
    """Return how many more cases the user may take, whatever campaign those in hand are of.

    Who asks twice at once is answered one after the other: both would find the same room.
    """
    with without_waiting(session):
        statements.one_at_a_time(session, user_id)
        return rules.max_held - queries.count_held(session, user_id)


def _free(session: Session, user_id: int, rules: CallingRules) -> int:
    """Return how many more cases somebody may claim.

    What colleagues have not answered yet counts too: who hands over and claims without end would
    keep a whole town from being rung. Raises Problem where there is no room.
    """
    with without_waiting(session):
        statements.one_at_a_time(session, user_id)
        held, offered = queries.held_and_offered(session, user_id)
    most = rules.max_held
    if held >= most:
        raise Problem("holds_enough", values={"most": most})
    if held + offered >= most:
        values: dict[str, str | int] = {"held": held, "offered": offered, "most": most}
        raise Problem("offers_enough", values=values)
    return most - held - offered


def look_ahead(
    session: Session,
    actor: User,
    now: datetime,
    campaign_id: int,
    size: int,
    community: str | None = None,
) -> Sequence[int]:
    """Return the call groups that the actor could be given next, however far back they are.

    It may take its time, for it locks nothing; so others may have them before the actor's claim.
    Nobody being found, there was nobody at this moment. Raises NotFoundError.
    """
    campaign, ways = _ways(session, actor, campaign_id, community)
    ringing = ringing_at(campaign.rules, now)
    if not ways or ringing is Ringing.CLOSED:
        return []
    values = queries.claim_values(actor.id, campaign, ways, now)
    look = statements.look_ahead(engine_of(session), ringing)
    rows = look.rows(session, size=AHEAD * size, most=LARGEST_ID, **values)
    return [group_id for (group_id,) in rows]


def why_nothing(
    session: Session,
    actor: User,
    now: datetime,
    campaign_id: int,
    community: str | None = None,
) -> Claim:
    """Say why the actor is given nobody, without asking for anybody. Raises NotFoundError."""
    campaign, ways = _ways(session, actor, campaign_id, community)
    return Claim(None, *waits.why_nothing(session, actor, campaign, ways, now))


def _ways(
    session: Session, actor: User, campaign_id: int, community: str | None
) -> tuple[Terms, Sequence[Lane]]:
    campaign, codes = _campaign(session, actor, campaign_id)
    return campaign, _lanes(campaign, actor, [one for one in codes if community in {None, one}])


def _lanes(campaign: Terms, actor: User, codes: Sequence[str]) -> Sequence[Lane]:
    fallback = campaign.language_fallback
    return lanes(codes, campaign.languages, actor.languages, fallback=fallback)


def _campaign(session: Session, actor: User, campaign_id: int) -> tuple[Terms, Sequence[str]]:
    """The campaign, and those of its communities in which the actor works.

    Raises NotFoundError where there are none.
    """
    rows = _COMMUNITIES.rows(session, campaign=campaign_id, **people.scope_values(actor))
    if not rows:
        raise NotFoundError(f"campaign {campaign_id}")
    return campaigns.terms(*rows[0][1:]), [row[0] for row in rows]


@dataclass(frozen=True)
class Asked:
    """What a claim looks for: for whom, where, and how much."""

    user_id: int
    campaign: Terms
    lanes: Sequence[Lane]
    now: datetime
    size: int
    these: Sequence[int] | None
    """The groups that a look ahead has found; None where the queue is to be searched."""
    told: bool
    """Whether those found are shown in answer."""


def _take(session: Session, asked: Asked) -> tuple[Batch | None, int]:
    until = asked.now + timedelta(minutes=asked.campaign.rules.unopened_minutes)
    seen_at = asked.now if asked.told else None
    batch = start_batch(
        session, asked.campaign.id, asked.user_id, asked.now, until, seen_at=seen_at
    )
    cases = _fill(session, asked, batch.id)
    if not cases:
        drop_batch(session, batch)
        return None, 0
    return batch, cases


def start_batch(
    session: Session, campaign_id: int, user_id: int, now: datetime, until: datetime, **more: object
) -> Batch:
    """Write an empty batch down, held until this moment, and return it.

    What is returned belongs to no session: it is read, and changed only by statements.
    """
    values: dict[str, object] = {
        "campaign_id": campaign_id, "user_id": user_id, "claimed_at": now, "end_reason": "",
        "lease_expires_at": until, "handed_by_id": None, "opened_at": None, "seen_at": None,
        "ended_at": None, **more,
    }  # fmt: skip
    values["id"] = _START.scalar(session, **values)
    return unattached(Batch, values)


def drop_batch(session: Session, batch: Batch) -> None:
    """Take back a batch into which nothing came."""
    _DROP.rows(session, batch=batch.id)


def _fill(session: Session, asked: Asked, batch_id: int) -> int:
    """Take groups until the batch has its size or nothing is left; return how many cases.

    Groups that share a line keep one another out, so that one round may come up short.
    """
    take, values = _search(session, asked)
    cases = 0
    for _round in range(MOST_ROUNDS):
        values |= {"batch": batch_id, "size": asked.size - cases}
        if not take.rows(session, **values):
            break
        held, all_had = _hold(session, asked.user_id, batch_id, asked.now)
        cases += held
        if all_had or cases >= asked.size:
            break
    return cases


def _search(session: Session, asked: Asked) -> tuple[Prepared, dict[str, Any]]:
    """Return the statement that takes the next groups, and what it is filled with."""
    ringing = ringing_at(asked.campaign.rules, asked.now)
    values = queries.claim_values(asked.user_id, asked.campaign, asked.lanes, asked.now)
    if asked.these is not None:
        values["these"] = json.dumps(list(asked.these))
        return statements.take_these(engine_of(session), ringing), values
    # Each lane may have a whole batch.
    values["most"] = max(asked.size, LOOKED_AT // len(asked.lanes))
    return statements.take(engine_of(session), ringing), values


def hold_groups(session: Session, batch: Batch, group_ids: Sequence[int], now: datetime) -> int:
    """Put groups that the caller has locked into a batch, with their numbers; return how many
    cases it holds then. Groups of which a number is in other hands stay in the queue.
    """
    session.execute(
        update(CallGroup)
        .where(CallGroup.id.in_(group_ids), CallGroup.batch_id.is_(None))
        .values(batch_id=batch.id)
        .execution_options(synchronize_session=False)
    )
    return _hold(session, batch.user_id, batch.id, now)[0]


def _hold(session: Session, user_id: int, batch_id: int, now: datetime) -> tuple[int, bool]:
    """Hold cases and numbers of the groups just taken; return how many cases were held, and
    whether every number could be had.

    Groups of which one could not are put back untouched: nobody ever held them.
    """
    with without_waiting(session):
        cases = statements.MARK.send(session, batch=batch_id)
        hold = statements.hold(engine_of(session))
        hold.send(session, batch=batch_id, user=user_id, now=now)
        groups = statements.LOST.send(session, batch=batch_id)
        marked, lost = len(cases()), [group_id for (group_id,) in groups()]
    if not lost:
        return marked, True
    session.execute(delete(Hold).where(Hold.batch_id == batch_id, Hold.group_id.in_(lost)))
    return marked - free_groups(session, lost, now), False


_BATCHES = Base.metadata.tables[Batch.__tablename__]
_START = Prepared(
    insert(_BATCHES).returning(_BATCHES.c.id),
    [column.name for column in _BATCHES.c if column.name != "id"],
)
_DROP = Prepared(delete(_BATCHES).where(_BATCHES.c.id == bindparam("batch")))
_COMMUNITIES = Prepared(
    select(CampaignCommunity.community_code, *campaigns.TERMS)
    .join(Campaign, Campaign.id == CampaignCommunity.campaign_id)
    .where(
        CampaignCommunity.campaign_id == bindparam("campaign"),
        CampaignCommunity.community_code.in_(people.SCOPE),
    )
    .order_by(CampaignCommunity.community_code)
)
