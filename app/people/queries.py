"""Reads about users: who they are, and which communities they may see."""

from collections.abc import Collection, Sequence

from sqlalchemy import BindParameter, Select, bindparam, exists, func, select
from sqlalchemy.orm import Session

from app.people.models import Team, User, UserCommunity
from app.problems import NotFoundError
from app.territory.models import Community

GETS_WORK = User.active & User.stopped_at.is_(None)
"""Whom residents are handed out to, as a condition: see ``User.gets_work``."""


def find_user(session: Session, name: str) -> User | None:
    """Return the user of this name, in any case of letters."""
    name = name.strip()
    # SQLite knows the case of a to z only: a name in other letters fits as it is written.
    fits = (func.lower(User.name) == name.lower()) | (User.name == name)
    return session.scalar(select(User).where(fits))


def get_user(session: Session, name: str) -> User:
    """Return the user of this name. Raises NotFoundError."""
    user = find_user(session, name)
    if user is None:
        raise NotFoundError(name)
    return user


def list_users(session: Session) -> Sequence[User]:
    """Return all users by role and name."""
    return session.scalars(select(User).order_by(User.role, User.team_id, User.id)).all()


def street_called(session: Session, name: str) -> str | None:
    """Return the code of the street of this name or code; None where there is none, or several."""
    named = (Community.street_name == name) | (Community.street_code == name)
    codes = session.scalars(select(Community.street_code).where(named).distinct()).all()
    return codes[0] if len(codes) == 1 else None


def own_communities(session: Session, user: User) -> list[str]:
    """Return the codes given to the user by name."""
    query = select(UserCommunity.community_code).where(UserCommunity.user_id == user.id)
    return sorted(session.scalars(query))


def scope(user: User) -> Select[str]:
    """Return the query for the codes of the communities that the user may see or work in.

    An administrator's are all; otherwise those given to the user by name, or, where none were,
    those of the team's street.
    """
    if user.role == "administrator":
        return select(Community.code)
    return _scope(user.id, user.team_id)


def _scope(
    user_id: int | BindParameter[int], team_id: int | BindParameter[int] | None
) -> Select[str]:
    named = select(UserCommunity.community_code).where(UserCommunity.user_id == user_id)
    of_team = (
        select(Community.code)
        .join(Team, Team.street_code == Community.street_code)
        .where(Team.id == team_id, ~named.exists())
    )
    return named.union(of_team).subquery().select()


SCOPE = _scope(bindparam("scope_user"), bindparam("scope_team"))
"""The scope of anybody but an administrator, made once: to be filled with ``scope_values``."""


def scope_values(user: User) -> dict[str, int | None]:
    """Return what ``SCOPE`` is filled with."""
    return {"scope_user": user.id, "scope_team": user.team_id}


def sees(session: Session, user: User, community_code: str) -> bool:
    """Whether the community is in the user's scope."""
    codes = scope(user).subquery()
    found = session.scalar(select(codes.c[0]).where(codes.c[0] == community_code))
    return found is not None


def working_only_in(codes: Select[str]) -> Select[int]:
    """Return the query for the keys of those who work in one of these communities and in no other:
    no administrator, and nobody without a community.
    """
    mine = UserCommunity.user_id == User.id
    of_team = (Team.id == User.team_id) & (Community.street_code == Team.street_code)
    only_named = exists().where(mine) & ~exists().where(
        mine, UserCommunity.community_code.not_in(codes)
    )
    only_of_team = (
        ~exists().where(mine)
        & exists().where(of_team)
        & ~exists().where(of_team, Community.code.not_in(codes))
    )
    return select(User.id).where(User.role != "administrator", only_named | only_of_team)


def working_in(
    session: Session, codes: Select[str], roles: Collection[str], *, also_closed: bool = False
) -> Sequence[User]:
    """Return the users of these roles with one of the communities in their scope, by name.

    Accounts that are closed, or given nothing, are left out unless asked for.
    """
    mine = UserCommunity.user_id == User.id
    of_team = exists().where(
        Team.id == User.team_id,
        Community.street_code == Team.street_code,
        Community.code.in_(codes),
    )
    here = exists().where(mine, UserCommunity.community_code.in_(codes))
    everywhere = User.role == "administrator"
    within = here | (of_team & ~exists().where(mine)) | everywhere
    query = select(User).where(User.role.in_(roles), within)
    if not also_closed:
        query = query.where(GETS_WORK)
    return session.scalars(query.order_by(User.name)).all()
