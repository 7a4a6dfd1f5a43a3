"""How a volunteer starts: with a small batch and some practice, or not at all."""

from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.calls import queries
from app.calls.rules import USUAL_BATCH, batch_size
from app.people.models import User


@dataclass(frozen=True)
class Start:
    """What the first page makes of who looks at it."""

    batch: int
    """How many residents they are offered."""
    is_first: bool
    """Whether they have never saved a call."""
    stopped_by: str
    """Who stopped them; '' where nobody did."""


def start(session: Session, user: User) -> Start:
    """Return how this user starts."""
    has_called = queries.has_called(session, user)
    return Start(
        batch=batch_size(USUAL_BATCH, has_called=has_called),
        is_first=not has_called,
        stopped_by=_stopped_by(session, user),
    )


def _stopped_by(session: Session, user: User) -> str:
    if user.stopped_at is None:
        return ""
    found = session.get(User, user.stopped_by_id) if user.stopped_by_id else None
    return found.name if found else str(_("the administrator"))
