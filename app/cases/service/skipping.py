"""Laying a case aside: it goes behind its group, and not back to the same person today."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.campaigns.models import Campaign
from app.campaigns.rules.following import State
from app.cases.models import Skip
from app.cases.rules.skips import (
    LONGEST_NOTE,
    SKIP_PAUSE,
    SKIP_REASONS,
    SKIPS_COUNT_FOR,
    free_from,
)
from app.cases.service.standing import lock
from app.people.models import User
from app.problems import NotFoundError, Problem


def skip(
    session: Session, actor: User, now: datetime, case_id: int, reason: str, note: str = ""
) -> None:
    """Lay a case aside that the actor holds.

    It is open again after a pause; an appointment of the actor's is anyone's then. Raises
    NotFoundError for a case that the actor does not hold, Problem for an unknown reason and for
    one case too many in so short a time.
    """
    if reason not in SKIP_REASONS or len(note) > LONGEST_NOTE:
        raise Problem("skip_reason", field="reason")
    standing = lock(session, case_id)
    if standing is None or standing.batch is None or standing.holder_id != actor.id:
        raise NotFoundError(f"case {case_id}")
    member = standing.members[case_id]
    if member.state != State.HELD.value:
        raise NotFoundError(f"case {case_id}")
    _refuse_too_many(session, actor, now)
    # Who rests or asked for a later time waits until then, as before.
    member.ready_at = max(now + SKIP_PAUSE, member.ready_at or now)
    member.state = State.OPEN.value
    member.appointment_user_id = None
    standing.write(session, member)
    session.add(
        Skip(
            group_id=standing.group_id, case_id=case_id, user_id=actor.id, reason=reason,
            batch_id=standing.batch.id, note=note.strip(), skipped_at=now,
        )
    )  # fmt: skip
    campaign = session.get_one(Campaign, standing.campaign_id)
    standing.settle(session, actor.id, campaign.rules, now)
    audit.record(session, actor.id, now, "case_skipped", "case", case_id, why=reason)


def _refuse_too_many(session: Session, actor: User, now: datetime) -> None:
    """Two at the same moment may both be the last: against abuse it does well enough."""
    since = Skip.user_id == actor.id, Skip.skipped_at > now - SKIPS_COUNT_FOR
    skipped = session.scalars(select(Skip.skipped_at).where(*since)).all()
    free = free_from(skipped, now)
    if free is not None:
        local = free.astimezone(now.tzinfo)
        time = f"{local:%H:%M}" if local.date() == now.date() else f"{local:%m-%d %H:%M}"
        raise Problem("skipped_enough", values={"time": time})
