"""The signed-in user, for views."""

from typing import cast

from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.people.models import User
from app.people.queries import scope
from app.territory.models import Community


def actor() -> User:
    """Return the signed-in user."""
    return cast("User", current_user._get_current_object())  # noqa: SLF001 - flask-login's proxy


def community_choices(session: Session) -> list[tuple[str, str]]:
    """Return the communities of the user's scope for a list to choose from."""
    query = select(Community).where(Community.code.in_(scope(actor())))
    rows = session.scalars(query.order_by(Community.street_code, Community.code))
    return [(c.code, f"{c.name} · {c.street_name}") for c in rows]
