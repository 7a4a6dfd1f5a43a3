"""What somebody with an invitation is told: whose it is, until when, and who made it anew."""

from datetime import datetime, timedelta

from flask import session as cookie
from sqlalchemy.orm import Session

from app.people.models import User
from app.people.rules import INVITATION_TOLD_FOR
from app.people.signing_in import SINCE, device_of


def maker(session: Session, user: User) -> str:
    """Return the name of whoever made the account's last link; '' for the command line."""
    made_by = session.get(User, user.invited_by_id) if user.invited_by_id else None
    return made_by.name if made_by else ""


def is_renewed(user: User) -> bool:
    """Whether the link takes the place of a password."""
    return user.joined_at is not None


def ended_here(session: Session, now: datetime) -> User | None:
    """Return the account whose session on this browser a new link has ended.

    The session's cookie is signed: nobody is told so of an account that was not theirs.
    """
    user_id, since = cookie.get("_user_id", "").partition(".")[0], cookie.get(SINCE)
    if not user_id or since is None:
        return None
    user = session.get(User, int(user_id))
    if user is None or not _is_told(user, now) or user.invited_at is None:
        return None
    return user if user.invited_at > datetime.fromisoformat(since) else None


def replaced_here(user: User | None, now: datetime) -> bool:
    """Whether to say why a password is wrong: on a browser where the account was signed in."""
    return user is not None and _is_told(user, now) and device_of(user.name) is not None


def _is_told(user: User, now: datetime) -> bool:
    lately: timedelta = INVITATION_TOLD_FOR
    return is_renewed(user) and user.invited_at is not None and now - user.invited_at < lately
