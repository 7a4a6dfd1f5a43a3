"""Why there is nobody to be handed out, and when there will be."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    String,
    TextClause,
    TextualSelect,
    column,
    func,
    select,
    text,
    tuple_,
)
from sqlalchemy.orm import Session

from app.campaigns.queries import Terms
from app.campaigns.rules.calling import Ringing, latest, next_allowed, next_day, ringing_at
from app.cases import queries
from app.cases.models import STILL_TO_RING, CallGroup, Case, Skip
from app.cases.rules.languages import Lane
from app.cases.rules.place import place_of
from app.cases.statements import IS_HELD, MINE, OF, RESTED, RUNG, SOME_NUMBER, URGENT, moments
from app.db import UTCDateTime, engine_of
from app.people.models import User

_MOST_BESIDE = 50
"""At how many appointments beside a housemate is looked for the next time, from the soonest."""

# Why ready groups are not given to this user; at most so many are looked at, for who asks in vain
# asks often.
_MOST_LOOKED_AT = 2000
_MOST_RESTING = 10_000

# What waits in the lanes' communities, in whatever language: the lanes of somebody who speaks all.
_WAITING = """
  {every} AS lane CROSS JOIN {urgent} {join} call_groups g
    ON g.campaign_id = :campaign AND g.community_code = {code} AND g.language = {language}
      AND g.priority = urgent.priority
  WHERE g.batch_id IS NULL"""

_CAUSES = """
SELECT cause, sum(open_cases) AS cases, min(later) AS later, min(priority) AS priority FROM (
  SELECT g.open_cases, g.priority,
    CASE WHEN NOT (1 = 1 {rung}) THEN 'calling_hours'
      WHEN NOT {spoken} THEN 'language'
      WHEN (SELECT 1 FROM skips s WHERE s.group_id = g.id AND s.user_id = :user
            AND s.skipped_at >= :midnight LIMIT 1) IS NOT NULL THEN 'skipped'
      WHEN g.avoid_user_id = :user THEN 'spared'
      WHEN g.appointment_user_id <> :user AND g.anyones_at > :now THEN 'for_others'
      WHEN {held} THEN 'held'
      WHEN {rested} THEN 'other_campaign'
      ELSE 'ready' END AS cause,
    (SELECT max((SELECT max({reached_at}) FROM resident_numbers n
                 WHERE n.resident_id = c.resident_id))
     FROM cases c WHERE c.group_id = g.id AND c.state = 'open') AS later
  FROM {waiting} AND g.ready_at <= :now
  LIMIT {most}) AS looked_at
GROUP BY cause
"""

_RESTING = """
SELECT sum(open_cases) FROM (
  SELECT g.open_cases FROM {waiting} AND g.ready_at > :now
  LIMIT {most}) AS looked_at
"""

_NEXT = """
SELECT priority, min(ready_at) AS ready_at FROM (
  SELECT urgent.priority, (SELECT min(g.ready_at) FROM call_groups g
          WHERE g.campaign_id = :campaign AND g.community_code = {code}
            AND g.language = {language} AND g.priority = urgent.priority
            AND g.batch_id IS NULL AND g.ready_at > :now
            AND (g.appointment_user_id IS NULL OR g.appointment_user_id = :user)
            {mine}) AS ready_at
  FROM {lanes} AS lane CROSS JOIN {urgent}) AS soonest
WHERE ready_at IS NOT NULL GROUP BY priority
"""

_HELD = """
SELECT count(*) FROM batches b
JOIN call_groups g ON g.batch_id = b.id
JOIN cases c ON c.group_id = g.id AND c.state = 'held'
WHERE b.ended_at IS NULL AND b.campaign_id = :campaign AND b.user_id <> :user
  AND g.community_code IN ({codes})
"""


def why_nothing(
    session: Session, user: User, campaign: Terms, ways: Sequence[Lane], now: datetime
) -> tuple[dict[str, int], datetime | None]:
    """Return the cases that wait, counted by cause, and when the next one can be rung.

    Causes: ``calling_hours``; ``resting`` (their time has not come); ``held`` (by others);
    ``for_others`` (somebody else's turn); ``skipped`` (laid aside by this user today);
    ``language`` (that this user does not speak); ``other_campaign`` (which reached the number not
    long ago). Large counts stop at some thousands: nobody needs them exactly.
    """
    engine, ringing = engine_of(session), ringing_at(campaign.rules, now)
    values = queries.claim_values(user.id, campaign, ways, now)
    values |= {"every": _every(campaign, ways)}
    rows = session.execute(_causes(engine, ringing), values)
    found = {row.cause: row for row in rows}
    counts = {cause: int(row.cases) for cause, row in found.items()}
    counts.pop("ready", 0)  # somebody else was just faster
    counts["for_others"] = counts.get("for_others", 0) + counts.pop("spared", 0)
    counts["resting"] = session.scalar(_resting(engine), values) or 0
    others = session.scalar(_held_by_others(engine), values) or 0
    counts["held"] = counts.get("held", 0) + others
    times = [*_times(found, campaign, ringing, now)]
    for priority, ready_at in session.execute(_next_ready(engine), values):
        local = ready_at.astimezone(now.tzinfo)
        times.append(next_allowed(campaign.rules, local, agreed=priority == 0))
    times += _not_at_once(session, user, campaign, ways, now)
    waiting = {cause: int(n) for cause, n in counts.items() if n}
    return waiting, min(times, default=None)


def _every(campaign: Terms, ways: Sequence[Lane]) -> str:
    """The lanes of the ways' communities in every language that the campaign knows of."""
    codes = dict.fromkeys(way.community for way in ways)
    return json.dumps([(code, known) for code in codes for known in {"", *campaign.languages}])


def _times(
    found: Mapping[str, Any], campaign: Terms, ringing: Ringing, now: datetime
) -> Iterator[datetime]:
    """When what is ready, but not for this user now, can be given to them."""
    rules = campaign.rules
    if "calling_hours" in found:
        agreed = ringing is Ringing.CLOSED and found["calling_hours"].priority == 0
        yield next_allowed(rules, now, agreed=agreed)
    if "other_campaign" in found:
        rested = found["other_campaign"].later + timedelta(days=rules.rest_days)
        yield next_allowed(rules, max(rested, now).astimezone(now.tzinfo))
    if "ready" in found:
        yield now


def _not_at_once(
    session: Session, user: User, campaign: Terms, ways: Sequence[Lane], now: datetime
) -> Iterator[datetime]:
    """When the user can have what was promised, by others or beside a housemate who is not to be
    rung now, and what they laid aside today, on the next day.
    """
    lane = tuple_(CallGroup.community_code, CallGroup.language)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    today = Skip.user_id == user.id, Skip.skipped_at >= midnight
    skipped = CallGroup.id.in_(select(Skip.group_id).where(*today))
    waits = (
        CallGroup.campaign_id == campaign.id,
        lane.in_([(way.community, way.language) for way in ways]),
        CallGroup.batch_id.is_(None),
        CallGroup.avoid_user_id.is_(None) | (CallGroup.avoid_user_id != user.id),
    )
    for at in _promised(session, user, (*waits, ~skipped), now):
        yield next_allowed(campaign.rules, at.astimezone(now.tzinfo), agreed=True)
    aside = session.scalar(select(func.min(CallGroup.ready_at)).where(*waits, skipped))
    if aside is not None:
        again = latest(aside.astimezone(now.tzinfo), next_day(now))
        yield next_allowed(campaign.rules, again)


def _promised(
    session: Session, user: User, waits: Sequence[ColumnElement[bool]], now: datetime
) -> Iterator[datetime]:
    theirs = CallGroup.appointment_user_id != user.id, CallGroup.anyones_at > now
    soonest = session.scalar(select(func.min(CallGroup.anyones_at)).where(*waits, *theirs))
    if soonest is not None:
        yield soonest
    for at, members in _beside(session, waits):
        place = place_of(members, at)
        mine = place.appointment_user_id in {None, user.id}
        yield at if mine or place.anyones_at is None else place.anyones_at


def _beside(
    session: Session, waits: Sequence[ColumnElement[bool]]
) -> Iterator[tuple[datetime, Sequence[Case]]]:
    """The groups that become an appointment, with the next claim where nobody asked since it was
    due; the soonest first: when, and who waits.
    """
    groups = select(CallGroup.id, CallGroup.due_at).where(*waits, CallGroup.due_at.is_not(None))
    due = session.execute(groups.order_by(CallGroup.due_at).limit(_MOST_BESIDE)).all()
    is_of_them = Case.group_id.in_([group_id for group_id, _at in due])
    members: dict[int, list[Case]] = defaultdict(list)
    for case in session.scalars(select(Case).where(is_of_them, Case.state.in_(STILL_TO_RING))):
        members[case.group_id].append(case)
    for group_id, at in due:
        if at is not None:
            yield at, members[group_id]


def _waiting(engine: str) -> str:
    return _WAITING.format(urgent=URGENT, **OF[engine])


@cache
def _causes(engine: str, ringing: Ringing) -> TextualSelect:
    """Why the ready groups of the lanes' communities are not for this user: cause, cases, since
    when a number of theirs rests, and how urgent they are.
    """
    sql = _CAUSES.format(
        held=SOME_NUMBER.format(that=IS_HELD), reached_at=RESTED, most=_MOST_LOOKED_AT,
        rested=SOME_NUMBER.format(that=f"{RESTED} IS NOT NULL"),
        spoken=OF[engine]["spoken"], rung=RUNG[ringing], waiting=_waiting(engine),
    )  # fmt: skip
    return moments(sql).columns(
        column("cause", String), column("cases", Integer),
        column("later", UTCDateTime()), column("priority", Integer),
    )  # fmt: skip


@cache
def _resting(engine: str) -> TextClause:
    """How many cases of the lanes' communities wait for a time to come."""
    return moments(_RESTING.format(waiting=_waiting(engine), most=_MOST_RESTING))


@cache
def _next_ready(engine: str) -> TextualSelect:
    """When the next group that may be this user's is ready, of appointments and of the others."""
    found = moments(_NEXT.format(urgent=URGENT, mine=MINE, **OF[engine]))
    return found.columns(column("priority", Integer), column("ready_at", UTCDateTime()))


@cache
def _held_by_others(engine: str) -> TextClause:
    """How many cases of the lanes' communities others have in hand."""
    return text(_HELD.format(codes=OF[engine]["codes"]))
