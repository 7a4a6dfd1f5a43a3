"""Five days of calls, as volunteers would have made them."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from random import Random

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.calls.models import Call
from app.calls.rules import CallInput
from app.calls.service import recording
from app.campaigns import service as campaigns
from app.campaigns.rules.calling import CallingRules
from app.campaigns.rules.definition import Definition
from app.campaigns.rules.dispositions import OUT_OF_SERVICE
from app.cases import queries
from app.cases.models import Case
from app.cases.service import opening
from app.cases.service.claim import claim
from app.db import Database
from app.people.models import User

DAYS = 5
SHIFTS_A_DAY = 31
BATCH = 20
GOING_ON = (50, 45, 40, 35, 30, 25)
"""How many minutes ago those began who are ringing still."""

OUTCOMES = {
    "completed": 74, "no_answer": 19, "busy": 4, "unreachable": 6, "callback_requested": 5,
    "respondent_unavailable": 5, "soft_refusal": 3, "hard_refusal": 1, "hung_up": 2, "moved": 2,
    "invalid_number": 3, "wrong_person": 1, "unable": 1, "partial": 1, "not_resident": 1,
}  # fmt: skip
NOTES = {
    "respondent_unavailable": ("家人说晚上回来", "上班去了，周末在家"),
    "callback_requested": ("正在开会，约好再打",),
    "unable": ("听力不好，建议上门",),
}


def ring(database: Database, random: Random, now: datetime) -> int:
    """Open the demo campaign five days ago and ring until now; return how many calls were made."""
    begin = (now - timedelta(days=DAYS)).replace(hour=8, minute=0, second=0, microsecond=0)
    with database.writing() as session:
        made = campaigns.create(session, None, begin, _definition(now.date()))
        opening.open_campaign(session, None, begin, made.id)
        query = select(User.id).where(User.role == "volunteer").order_by(User.id)
        volunteers = list(session.scalars(query))
    for moment in _shifts(random, begin, now):
        with database.writing() as session:
            volunteer = session.get_one(User, random.choice(volunteers))
            _ring_batch(session, random, volunteer, made.id, moment, now)
    for user_id, minutes in zip(random.sample(volunteers, len(GOING_ON)), GOING_ON, strict=True):
        with database.writing() as session:
            volunteer = session.get_one(User, user_id)
            _ring_on(session, random, volunteer, made.id, now - timedelta(minutes=minutes), now)
    with database.reading() as session:
        return session.scalar(select(func.count(Call.id))) or 0


def _definition(today: date) -> Definition:
    # No hours, so that the demo can be tried at night too.
    rules = CallingRules(hours=())
    return Definition(
        title="基本信息核对", communities=None, deadline=today + timedelta(days=9), rules=rules
    )


def _shifts(random: Random, begin: datetime, now: datetime) -> Iterator[datetime]:
    """When each shift begins that is over: by day."""
    for day in range(DAYS + 1):
        morning = begin + timedelta(days=day, hours=1)
        starts = sorted(random.uniform(0, 10 * 60) for _ in range(SHIFTS_A_DAY))
        for minutes in starts:
            moment = morning + timedelta(minutes=minutes)
            if moment < now - timedelta(hours=2):
                yield moment


def _ring_on(
    session: Session,
    random: Random,
    volunteer: User,
    campaign_id: int,
    begin: datetime,
    now: datetime,
) -> None:
    """Take batch after batch: who is ringing still has one in hand."""
    moment, ended = begin, _ring_batch(session, random, volunteer, campaign_id, begin, now)
    while moment < ended < now:
        moment, ended = ended, _ring_batch(session, random, volunteer, campaign_id, ended, now)


def _ring_batch(
    session: Session,
    random: Random,
    volunteer: User,
    campaign_id: int,
    begin: datetime,
    now: datetime,
) -> datetime:
    """Take a batch and ring through it, or until now; return when that ended."""
    taken = claim(session, volunteer, begin, campaign_id, BATCH)
    if taken.batch is None:
        return begin
    moment = begin
    groups = queries.held_groups(session, [taken.batch.id])
    members: dict[int, list[Case]] = {}
    for case in queries.cases_of(session, [group.id for group in groups]):
        if case.state == "held":
            members.setdefault(case.group_id, []).append(case)
    for group in groups:
        moment = _ring_group(session, random, volunteer, members.get(group.id, []), moment, now)
        if moment >= now:
            break
    return moment


def _ring_group(
    session: Session,
    random: Random,
    volunteer: User,
    cases: Sequence[Case],
    moment: datetime,
    now: datetime,
) -> datetime:
    """Ring the first; whoever answers often speaks for the household."""
    waiting = list(cases)
    while waiting:
        case = waiting.pop(0)
        started = moment + timedelta(seconds=random.randint(20, 90))
        ended = started + timedelta(seconds=random.randint(15, 200))
        if ended >= now:
            return now
        disposition = random.choices(list(OUTCOMES), weights=list(OUTCOMES.values()))[0]
        together = [c.id for c in waiting] if disposition in {"completed", "no_answer"} else []
        call = _call(random, case, disposition, (started, ended), together)
        recording.record(session, volunteer, ended, case.id, call, f"demo-{case.id}-{started}")
        if together:
            waiting.clear()
        elif disposition == OUT_OF_SERVICE:
            waiting = [one for one in waiting if call.number not in _numbers(one)]
        moment = ended
    return moment


def _numbers(case: Case) -> set[str]:
    return {line.number.value for line in case.resident.lines}


def _call(
    random: Random, case: Case, disposition: str, times: tuple[datetime, datetime], also: list[int]
) -> CallInput:
    started, ended = times
    agreed = ended + timedelta(hours=random.choice((2, 4, 22, 26)))
    lines = case.resident.lines
    return CallInput(
        disposition=disposition,
        started_at=started,
        ended_at=ended,
        number=lines[0].number.value if lines else None,
        note=random.choice(NOTES.get(disposition, ("",))),
        callback_at=agreed if disposition == "callback_requested" else None,
        also=tuple(also),
    )
