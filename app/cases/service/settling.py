"""Putting a decision into effect: the case, its call group, and what the volunteer still holds."""

from datetime import datetime, timedelta

from sqlalchemy import func, literal, select, update
from sqlalchemy.orm import Session

from app.campaigns.rules.calling import CallingRules
from app.campaigns.rules.following import Decision, State
from app.cases.models import Batch, CallGroup, Case
from app.cases.service.release import end_batches, realign, release_numbers
from app.db import UTCDateTime
from app.people.models import User


def apply_decision(case: Case, decision: Decision) -> None:
    """Write what the rules decided into the case."""
    case.state = decision.state.value
    case.outcome = decision.outcome
    case.passed_to = decision.passed_to.value if decision.passed_to else None
    case.ready_at = decision.ready_at if decision.state is State.OPEN else None
    case.appointment_at = case.ready_at if decision.appointment else None


def regroup(session: Session, group: CallGroup, now: datetime) -> None:
    """Bring a call group in line with its cases, once nobody holds one of them any more.

    While the volunteer still holds another case of the group, its numbers stay theirs.
    """
    session.flush()
    held = select(Case.id).where(Case.group_id == group.id, Case.state == "held").limit(1)
    if session.scalar(held) is None:
        realign(session, [group.id])
        release_numbers(session, [group.id], now)


def renew_or_end(
    session: Session, batch: Batch, actor: User, rules: CallingRules, now: datetime
) -> None:
    """A saved call of its holder is a sign of life: the lease runs on; an empty batch ends."""
    session.flush()
    left = select(func.count()).where(CallGroup.batch_id == batch.id)
    if not session.scalar(left):
        end_batches(session, [batch.id], now, "finished")
    elif batch.user_id == actor.id:
        renew(session, batch, rules, now)


def renew(session: Session, batch: Batch, rules: CallingRules, now: datetime) -> None:
    """Note that a volunteer looks at a batch or works on it: the longer lease runs from now."""
    ends = max(batch.lease_expires_at, now + timedelta(minutes=rules.lease_minutes))
    # Inside a function the value is bound as it is, unless its type is named.
    opened = func.coalesce(Batch.opened_at, literal(now, UTCDateTime))
    session.execute(
        update(Batch)
        .where(Batch.id == batch.id, Batch.ended_at.is_(None))
        .values(opened_at=opened, lease_expires_at=ends)
        .execution_options(synchronize_session=False)
    )
