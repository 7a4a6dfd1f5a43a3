"""``ringround check``: every law of the design against the live database."""

from collections.abc import Callable, Iterator

from sqlalchemy.orm import Session

from app.calls import invariants as calls
from app.cases import invariants as cases
from app.cases.invariants import Finding
from app.progress import invariants as progress

LAWS: dict[str, Callable[[Session], Iterator[Finding]]] = {
    **cases.LAWS,
    **calls.LAWS,
    **progress.LAWS,
}
"""The laws by name, in the order in which they are checked."""


def run(session: Session) -> list[Finding]:
    """Return every row that breaks a law; an empty list is a sound database."""
    return [finding for law in LAWS.values() for finding in law(session)]
