"""``ringround check``: every law of the design against the live database."""

from collections.abc import Iterator
from datetime import tzinfo

from sqlalchemy.orm import Session

from app.calls import invariants as calls
from app.cases import invariants as cases
from app.config import TIMEZONE
from app.i18n.words import later as _l
from app.laws import Finding, Law
from app.people import invariants as people
from app.progress import invariants as progress
from app.reports import invariants as reports
from app.upkeep import trail

LAWS: dict[str, Law] = {
    **cases.LAWS,
    **calls.LAWS,
    **progress.LAWS,
    **reports.LAWS,
    **people.LAWS,
    **trail.LAWS,
}
"""The laws by name, in the order in which they are checked."""


def broken(session: Session, law: str, zone: tzinfo) -> Iterator[Finding]:
    """Find the rows that break one law; days run by ``zone``.

    Data so damaged that a law can't read it must not keep the other laws from speaking.
    """
    try:
        yield from LAWS[law](session, zone)
    except (LookupError, ValueError, TypeError, AttributeError) as error:
        what = _l("can't be checked to the end (%(error)s)", error=type(error).__name__)
        yield Finding(law, "database", what)


def run(session: Session, zone: tzinfo = TIMEZONE) -> list[Finding]:
    """Return every row that breaks a law; an empty list is a sound database."""
    return [finding for law in LAWS for finding in broken(session, law, zone)]
