"""Those whom somebody leads: what they hold, and when they rang last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.calls.models import Call
from app.campaigns.models import Campaign
from app.cases.models import Case
from app.cases.queries import held_by
from app.people import queries as people
from app.people.models import User
from app.people.rules import ROLES, may_deactivate
from app.people.service import invites
from app.problems import NotFoundError


@dataclass(frozen=True)
class Member:
    """An account that the actor may stop, close or open."""

    user: User
    held: int
    promised: int
    """Households to which this very user has promised a call."""
    last_call_at: datetime | None


def led_by(session: Session, actor: User) -> list[User]:
    """Return the users whom the actor may deactivate and who work in the actor's communities;
    of a leader those of the team. By role and name, those deactivated too.
    """
    if actor.role == "leader":
        query = select(User).where(User.team_id == actor.team_id, User.team_id.is_not(None))
        found = session.scalars(query.order_by(User.name)).all()
    elif actor.role == "administrator":
        found = session.scalars(select(User).order_by(User.name)).all()
    else:
        found = people.working_in(session, people.scope(actor), ROLES, also_closed=True)
    ranks = list(ROLES)
    mine = [user for user in found if user.id != actor.id and _may(actor, user)]
    return sorted(mine, key=lambda user: ranks.index(user.role))


def _may(actor: User, user: User) -> bool:
    same_team = actor.team_id is not None and actor.team_id == user.team_id
    return may_deactivate(actor.role, user.role, same_team=same_team)


def get(session: Session, actor: User, user_id: int) -> Member:
    """Return one of those. Raises NotFoundError for anybody else."""
    user = next((user for user in led_by(session, actor) if user.id == user_id), None)
    if user is None:
        raise NotFoundError(f"user {user_id}")
    return members(session, [user])[0]


def members(session: Session, users: Sequence[User]) -> list[Member]:
    """Return what each of them holds and did last."""
    ids = [user.id for user in users]
    held, promised, last = held_by(session, ids), _promised(session, ids), _last(session, ids)
    return [
        Member(user, held.get(user.id, 0), promised.get(user.id, 0), last.get(user.id))
        for user in users
    ]


def waiting_to_join(session: Session, actor: User) -> list[User]:
    """Return those whom the actor may invite and who have no password yet, or no more."""
    led = (user for user in led_by(session, actor) if user.active and user.password_hash is None)
    return [user for user in led if invites(actor, user)]


def _promised(session: Session, ids: Sequence[int]) -> Mapping[int, int]:
    query = (
        select(Case.appointment_user_id, func.count(Case.group_id.distinct()))
        .join(Campaign, Campaign.id == Case.campaign_id)
        .where(
            Campaign.status == "open",
            Case.appointment_at.is_not(None),
            Case.appointment_user_id.in_(ids),
            Case.state == "open",
        )
        .group_by(Case.appointment_user_id)
    )
    return {whose: number for whose, number in session.execute(query) if whose is not None}


def _last(session: Session, ids: Sequence[int]) -> Mapping[int, datetime]:
    query = (
        select(Call.user_id, func.max(Call.recorded_at))
        .where(Call.user_id.in_(ids), ~Call.desk)
        .group_by(Call.user_id)
    )
    return {user_id: found for user_id, found in session.execute(query)}  # noqa: C416
