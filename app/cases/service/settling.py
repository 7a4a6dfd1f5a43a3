"""Signs of life: a volunteer who looks at a batch or works on it keeps it."""

from datetime import datetime

from sqlalchemy import func, literal, update
from sqlalchemy.orm import Session

from app.campaigns.rules.calling import CallingRules
from app.cases.models import Batch
from app.cases.rules.leases import lease_end
from app.db import UTCDateTime
from app.people import shifts


def renew(session: Session, batch: Batch, rules: CallingRules, now: datetime) -> None:
    """Note that a volunteer looks at a batch or works on it: the longer lease runs from now."""
    until = lease_end(rules, shifts.end_of_current(session, batch.user_id, now), now)
    # Inside a function the value is bound as it is, unless its type is named.
    opened = func.coalesce(Batch.opened_at, literal(now, UTCDateTime))
    session.execute(
        update(Batch)
        .where(Batch.id == batch.id, Batch.ended_at.is_(None))
        .values(opened_at=opened, seen_at=now, lease_expires_at=max(batch.lease_expires_at, until))
        .execution_options(synchronize_session=False)
    )
