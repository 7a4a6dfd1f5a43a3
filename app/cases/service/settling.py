"""Signs of life: a volunteer who looks at a batch or works on it keeps it."""

from datetime import datetime, timedelta

from sqlalchemy import func, literal, update
from sqlalchemy.orm import Session

from app.campaigns.rules.calling import CallingRules
from app.cases.models import Batch
from app.db import UTCDateTime


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
