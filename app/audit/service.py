"""Writing to the trail. Every other part may call this; it knows none of them."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.audit.models import AuditEntry


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
    entry = AuditEntry(
        at=now, user_id=user_id, act=act, subject=subject, subject_id=str(subject_id), detail=detail
    )
    session.add(entry)
