"""A completion report on its way out: drawn, and noted in the trail so that it can be told from
any other.
"""

from datetime import datetime
from hashlib import sha256

from sqlalchemy.orm import Session

from app.audit import service as audit
from app.reports.completion import CompletionReport

PRINTED = "report_printed"


def note(
    session: Session,
    user_id: int | None,
    now: datetime,
    campaign_id: int,
    report: CompletionReport,
    content: bytes,
) -> None:
    """Note who had a report, with all that is needed to print it again and compare."""
    audit.record(
        session, user_id, now, PRINTED, "community", report.community_code,
        campaign=campaign_id, position=report.position, as_of=report.as_of.isoformat(),
        lang=report.lang, masked=report.masked, version=report.version,
        sha256=sha256(content).hexdigest(),
    )  # fmt: skip
