"""Names and addresses of residents, whole and as a volunteer sees them of earlier calls."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases.models import Case
from app.people.models import User
from app.residents.rules.names import masked_name


def address_of(case: Case) -> str:
    """Return community and address of the case's resident."""
    resident = case.resident
    community = resident.community.name if resident.community else ""
    return f"{community} {resident.household.address if resident.household else ''}".strip()


def masked(name: str, building: str) -> str:
    """Return a masked name and the building."""
    return f"{masked_name(name)} {building}".strip()


def names_of(session: Session, ids: Collection[int]) -> dict[int, str]:
    """Return the names of users by their keys."""
    rows = session.execute(select(User.id, User.name).where(User.id.in_(ids)))
    return {user_id: name for user_id, name in rows}  # noqa: C416 - dict() loses the types
