"""Adding many people at once: looked at as a whole first, then all of them or nobody."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.people import queries, service
from app.people.models import Team, User
from app.people.rules import newcomers as rules
from app.people.rules import tidy_code
from app.people.rules.newcomers import Newcomer, Row
from app.problems import ForbiddenError, Problem
from app.territory.models import Community


@dataclass(frozen=True)
class Planned:
    """Somebody to be added, with the communities that their row names."""

    newcomer: Newcomer
    named: Sequence[Community]


@dataclass(frozen=True)
class Plan:
    """What a list comes to, and what is wrong with it; with problems nobody is added."""

    team: str | None
    people: Sequence[Planned]
    problems: Sequence[Problem] = field(default=())


@dataclass(frozen=True)
class Invited:
    """An account, and the code that was made for it: known here and now only."""

    user: User
    code: str


def teams_for(session: Session, actor: User) -> list[str]:
    """Return the teams to which the actor may add people: a leader to their own alone; others to
    those of their communities' streets, also where there is none of a street yet.
    """
    if actor.role == "leader":
        return [actor.team.name] if actor.team else []
    streets = select(Community.street_code, Community.street_name).where(
        Community.code.in_(queries.scope(actor))
    )
    named = {code: name for code, name in session.execute(streets.distinct())}  # noqa: C416
    teams = session.execute(select(Team.name, Team.street_code)).all()
    mine = {name for name, street in teams if street in named or actor.role == "administrator"}
    manned = {street for _name, street in teams}
    return sorted(mine | {name for code, name in named.items() if code not in manned})


def plan(session: Session, actor: User, rows: Iterable[Row], team: str | None) -> Plan:
    """Return what a list would come to. Raises Problem for a list that can't be read as one, or a
    team that is not the actor's; ForbiddenError for a leader who leads no team.
    """
    own = teams_for(session, actor)
    if actor.role == "leader":
        team = own[0] if own else None
        if team is None:
            raise ForbiddenError
    elif team is not None and team not in own:
        raise Problem("team_not_yours", field="team")
    found, wrong = rules.read(rows)
    checks = _Checks(session, actor, team, {one.name for one in found})
    people = [Planned(one, checks.named(one, wrong)) for one in found]
    return Plan(team, people, sorted(wrong, key=_row))


def _row(problem: Problem) -> int:
    return (problem.place.row if problem.place else None) or 0


class _Checks:
    """What is on record against which a list is held, read once for all of its rows."""

    def __init__(
        self, session: Session, actor: User, team: str | None, names: Collection[str]
    ) -> None:
        mine = select(Community).where(Community.code.in_(queries.scope(actor)))
        self.mine: Mapping[str, Community] = {one.code: one for one in session.scalars(mine)}
        self.of_team = _communities_of(session, team) if team else frozenset()
        small = [name.lower() for name in names]
        taken = select(User.name).where(func.lower(User.name).in_(small) | User.name.in_(names))
        self.taken = {name.lower() for name in session.scalars(taken)}

    def named(self, one: Newcomer, wrong: list[Problem]) -> Sequence[Community]:
        """Return the communities that a row names; add what is wrong with the row."""
        if one.name.lower() in self.taken:
            values: dict[str, str | int] = {"name": one.name}
            wrong.append(rules.at(one.row, Problem("user_exists", field="name", values=values)))
        try:
            found = [self._called(text) for text in one.communities]
            self._check_reach(found)
        except Problem as problem:
            wrong.append(rules.at(one.row, problem))
            return []
        return found

    def _called(self, text: str) -> Community:
        """The community of this code or name; ``中桥社区`` is enough for ``中桥社区居委会``."""
        same = [one for one in self.mine.values() if text in {one.code, one.name}]
        found = same or [one for one in self.mine.values() if one.name.startswith(text)]
        if len(found) == 1:
            return found[0]
        code = "community_ambiguous" if found else "community_unknown"
        raise Problem(code, field="communities", values={"code": text[:40]})

    def _check_reach(self, named: Sequence[Community]) -> None:
        """Nobody gives others sight of more than they have themselves."""
        if named:
            return
        if not self.of_team:
            raise Problem("newcomer_nowhere", field="communities")
        if not self.of_team <= self.mine.keys():
            raise Problem("newcomer_beyond", field="communities")


def _communities_of(session: Session, team: str) -> frozenset[str]:
    known = session.scalar(select(Team).where(Team.name == team))
    street = known.street_code if known else queries.street_called(session, team)
    return frozenset(session.scalars(select(Community.code).where(Community.street_code == street)))


def take_in(session: Session, actor: User, now: datetime, plan: Plan) -> list[Invited]:
    """Add everybody of a plan made in this transaction, each with a one-time invitation. Raises
    its first problem where it has one.
    """
    if plan.problems:
        raise plan.problems[0]
    return [_added(session, actor, now, plan.team, one) for one in plan.people]


def _added(session: Session, actor: User, now: datetime, team: str | None, one: Planned) -> Invited:
    codes = [place.code for place in one.named]
    newcomer = one.newcomer
    user = service.add_user(
        session, actor, now, newcomer.name, "volunteer", team, codes, newcomer.languages
    )
    return Invited(user, service.invite(session, actor, user, now))


def invited_by_code(
    session: Session, actor: User, now: datetime, codes: Iterable[str]
) -> list[Invited]:
    """Return whom these codes invite now, in their order, as far as the actor may invite them."""
    wanted = {service.digest(code): code for code in map(tidy_code, codes)}
    query = select(User).where(
        User.invitation_hash.in_(wanted), User.active, User.invitation_expires_at >= now
    )
    found = [user for user in session.scalars(query) if service.invites(actor, user)]
    by_hash = {user.invitation_hash: user for user in found}
    return [Invited(by_hash[key], code) for key, code in wanted.items() if key in by_hash]
