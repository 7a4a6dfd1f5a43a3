"""Reproducible: a report printed again is the same, byte for byte."""

from collections.abc import Iterator
from datetime import datetime, tzinfo
from hashlib import sha256

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audit.models import AuditEntry
from app.i18n.words import later as _l
from app.laws import Finding
from app.problems import NotFoundError, Problem
from app.reports.completion import render
from app.reports.printing import PRINTED
from app.reports.queries import completions
from app.version import VERSION

LAW = "reproducible"
PRINTED_AGAIN = 20
"""How many of the last printed reports are printed again."""
CHANGES_NAMES = ("territory_loaded",)
"""Acts after which a report may name things differently."""


def reproducible(session: Session, zone: tzinfo) -> Iterator[Finding]:
    """The last reports that this version printed are printed again and compared.

    Not those from before the names in them could change.
    """
    renamed = select(func.max(AuditEntry.id)).where(AuditEntry.act.in_(CHANGES_NAMES))
    query = (
        select(AuditEntry)
        .where(AuditEntry.act == PRINTED, AuditEntry.id > (session.scalar(renamed) or 0))
        .order_by(AuditEntry.id.desc())
        .limit(PRINTED_AGAIN)
    )
    for entry in session.scalars(query).all():
        if entry.detail.get("version") == VERSION and not _prints_the_same(session, entry, zone):
            what = _l("printed again, it is another report")
            yield Finding(LAW, f"audit_entries {entry.id}", what)


def _prints_the_same(session: Session, entry: AuditEntry, zone: tzinfo) -> bool:
    said = entry.detail
    try:
        report = completions.completion(
            session, None, said["campaign"], entry.subject_id,
            datetime.fromisoformat(said["as_of"]).astimezone(zone), said["lang"],
            masked=said["masked"], position=said["position"],
        )  # fmt: skip
    except (KeyError, ValueError, NotFoundError, Problem):
        return False
    return sha256(render(report)).hexdigest() == said.get("sha256")


LAWS = {LAW: reproducible}
