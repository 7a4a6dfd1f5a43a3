"""Least sight, one half: the trail itself holds nothing that erasure would have to reach."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.models import AuditEntry
from app.audit.rules import indiscreet
from app.i18n.words import later as _l
from app.laws import Finding, stretches


def discreet(session: Session, law: str) -> Iterator[Finding]:
    """The trail tells who did what to which row, and no more."""
    for low, high in stretches(session, AuditEntry.id):
        columns = (AuditEntry.id, AuditEntry.subject_id, AuditEntry.detail)
        query = select(*columns).where(AuditEntry.id.between(low, high))
        for entry_id, subject_id, detail in session.execute(query):
            if indiscreet(subject_id, detail):
                what = _l("the trail may hold identifiers and counts only")
                yield Finding(law, f"audit_entries {entry_id}", what)
