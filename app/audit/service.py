"""Writing to the trail. Every other part may call this; it knows none of them."""

from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.audit.models import AuditEntry
from app.db import Base
from app.prepared import Prepared

# The table, not the entity: an entry is written with nearly every act, and never looked at there.
_ADD = Prepared(
    insert(Base.metadata.tables[AuditEntry.__tablename__]),
    ["at", "user_id", "act", "subject", "subject_id", "detail"],
)


def record(
    session: Session,
    user_id: int | None,
    now: datetime,
    act: str,
    subject: str,
    subject_id: str | int,
    **detail: str | int | None,
) -> None:
    """Add an entry in the transaction of the act itself, so that one is never without the other.

    ``detail`` must hold identifiers and counts, never a name, number or address.
    """
    _ADD.rows(
        session, at=now, user_id=user_id, act=act, subject=subject, subject_id=str(subject_id),
        detail=detail,
    )  # fmt: skip
