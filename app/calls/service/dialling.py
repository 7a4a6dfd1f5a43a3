"""Dials: the taps that start a call. By itself none is an attempt; it may have come to nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.calls import queries, rules
from app.calls.models import Dial
from app.calls.service.deciding import Histories
from app.campaigns import queries as campaigns
from app.campaigns.queries import Terms
from app.campaigns.rules.following import not_too_often
from app.cases import queries as cases
from app.cases.models import Case
from app.cases.service.standing import Member, Standing, lock
from app.people.models import User
from app.problems import NotFoundError

_NEXT_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Dialled:
    """A tap as it was kept, and whether it had been kept before."""

    dial: Dial
    repeated: bool


def dial(
    session: Session,
    actor: User,
    now: datetime,
    case_id: int,
    number: str | int,
    dialled_at: datetime,
    *,
    under: int | None = None,
) -> Dialled:
    """Keep a tap on a number, or the key of one, of a case that the actor holds or once held.

    It is kept however many there were: it may have happened out of reach of any line. The same
    tap sent again is kept once. Where the day has had its dials by it, a case of which nothing
    more is said waits for the next day, unless the actor had let go of it before the tap.
    ``under`` is the batch of a deposit ticket, which is good for the cases of that batch alone. A
    number that is not the resident's, or not any more, is left out: to refuse it would be to tell
    whose it is. Raises NotFoundError for a case the actor never held.
    """
    standing = lock(session, case_id)
    if standing is None or not cases.has_held(session, actor, standing.group_id, under):
        raise NotFoundError(f"case {case_id}")
    key = _number_id(standing.members[case_id], number)
    earlier = session.scalar(
        select(Dial).where(
            Dial.case_id == case_id, Dial.number_id == key, Dial.user_id == actor.id,
            Dial.said_at == dialled_at,
        )
    )  # fmt: skip
    if earlier is not None:
        return Dialled(earlier, repeated=True)
    kept = _keep(session, actor, now, standing, case_id, key, dialled_at)
    return Dialled(kept, repeated=False)


def _number_id(member: Member, number: str | int) -> int | None:
    """The key of the resident's number that was named by its value or its key."""
    return next((key for key, value in member.numbers.items() if number in {key, value}), None)


def withdraw(session: Session, actor: User, now: datetime, case_id: int) -> None:
    """Note that nothing came of the actor's dials on a case: nobody was rung after all.

    They go on counting as taps. Raises NotFoundError for a case the actor never held.
    """
    case = session.get(Case, case_id)
    if case is None or not cases.has_held(session, actor, case.group_id):
        raise NotFoundError(f"case {case_id}")
    for loose in queries.loose_on(session, actor, case_id):
        loose.withdrawn_at = now
        audit.record(session, actor.id, now, "dial_withdrawn", "case", case_id)


def _keep(
    session: Session,
    actor: User,
    now: datetime,
    standing: Standing,
    case_id: int,
    key: int | None,
    said_at: datetime,
) -> Dial:
    histories = Histories(session, standing)
    decided = [call.recorded_at for call in histories.of[case_id]]
    row = Dial(
        case_id=case_id, number_id=key, user_id=actor.id, said_at=said_at,
        dialled_at=min(said_at, now),
        batch_id=standing.batch_id if standing.holder_id == actor.id else None,
        # What was decided before it was known is told by this from what was decided since.
        recorded_at=max([now, *(moment + _NEXT_INSTANT for moment in decided)]),
    )  # fmt: skip
    session.add(row)
    session.flush()
    histories.tap(row)
    campaign = campaigns.get_terms(session, standing.campaign_id)
    if cases.held_then(session, actor, standing.group_id, row.dialled_at):
        _rest(session, campaign, standing, histories, case_id, now)
    standing.settle(session, actor.id, campaign.rules, now)
    audit.record(session, actor.id, now, "dialled", "case", case_id, number=key)
    return row


def _rest(
    session: Session,
    campaign: Terms,
    standing: Standing,
    histories: Histories,
    case_id: int,
    now: datetime,
) -> None:
    """Put a case off whose day is full; an appointment is kept."""
    member = standing.members[case_id]
    if not member.waits or member.ready_at is None or member.appointment_at is not None:
        return
    calls = histories.of[case_id]
    taps = rules.loose_taps(histories.taps[case_id], calls, now)
    ready = max(member.ready_at.astimezone(now.tzinfo), now)
    later = not_too_often(campaign.rules, rules.history(calls, now), taps, ready)
    if later != ready:
        member.ready_at = later
        standing.write(session, member)
