"""Accounts: adding, inviting, joining, signing in."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import case, delete, select, update
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.db import insert
from app.people import queries, tokens
from app.people.models import SignInFailures, SpentInvitation, Team, User, UserCommunity
from app.people.rules import (
    ACCOUNT_AND_DEVICE,
    ADDRESS,
    CODE_LENGTH,
    CODE_LETTERS,
    INVITATION_LASTS,
    ROLES,
    Throttle,
    checked_name,
    checked_password,
    is_good_until,
    may_invite,
    tidy_code,
)
from app.problems import ForbiddenError, Problem, Value
from app.territory.models import Community

# argon2id as OWASP's password storage sheet advises it for one lane: 46 MiB, one pass.
_hasher = PasswordHasher(time_cost=1, memory_cost=47_104, parallelism=1)


@cache
def nobody() -> str:
    """Return the hash verified when there is no such user: the answer then takes as long."""
    return _hasher.hash(secrets.token_hex(16))


def add_user(
    session: Session,
    actor: User | None,
    now: datetime,
    name: str,
    role: str,
    team: str | None = None,
    communities: Sequence[str] = (),
    languages: Sequence[str] = (),
) -> User:
    """Add an account that nobody can sign in to until it is invited.

    Raises Problem for a name that is taken, or an unknown role or community. A team is made when
    it is first named; bears it a street's name, the street's communities are the team's.
    """
    name = checked_name(name)
    if queries.find_user(session, name):
        raise Problem("user_exists", field="name", values={"name": name})
    if role not in ROLES:
        raise Problem("role_unknown", field="role", values={"choices": ", ".join(ROLES)})
    user = User(name=name, role=role, languages=list(languages), created_at=now)
    user.team = team_named(session, team) if team else None
    session.add(user)
    session.flush()
    _give_communities(session, user, communities)
    audit.record(session, _id(actor), now, "user_added", "user", user.id, role=role)
    return user


def team_named(session: Session, name: str) -> Team:
    """Return the team, made if there is none of this name."""
    name = checked_name(name)
    team = session.scalar(select(Team).where(Team.name == name))
    if team is None:
        team = Team(name=name, street_code=queries.street_called(session, name))
        session.add(team)
        session.flush()
    return team


def _give_communities(session: Session, user: User, codes: Sequence[str]) -> None:
    for code in dict.fromkeys(codes):
        if session.get(Community, code) is None:
            raise Problem("community_unknown", field="community", values={"code": code})
        session.add(UserCommunity(user_id=user.id, community_code=code))


def invite(session: Session, actor: User | None, user: User, now: datetime) -> str:
    """Return a one-time invitation code; any earlier one, the password and all sessions end.

    Who had a password loses the tokens of programs, too: a password that somebody else knew may
    have made some. Raises ForbiddenError for an actor who may not be this user, Problem for an
    account that is deactivated.
    """
    # Whoever joins at this moment has the row locked.
    session.flush()
    session.refresh(user, with_for_update={"of": User})
    if actor is not None and not invites(actor, user):
        raise ForbiddenError
    if not user.active:
        raise Problem("user_deactivated", field="name", values={"name": user.name})
    renewed = user.password_hash is not None
    if renewed:
        user.joined_at = user.joined_at or user.created_at
        tokens.revoke_all(session, actor, now, user)
    _spend(session, user, "replaced", now)
    code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
    user.invitation_hash = digest(code)
    user.invitation_expires_at = now + INVITATION_LASTS
    user.invited_at, user.invited_by_id = now, _id(actor)
    user.password_hash = None
    user.session_epoch += 1
    why = "renewed" if renewed else "first"
    audit.record(session, _id(actor), now, "user_invited", "user", user.id, why=why)
    return code


def invites(actor: User, user: User) -> bool:
    """Whether the actor may give the user a link."""
    same_team = actor.team_id is not None and actor.team_id == user.team_id
    return may_invite(actor.role, user.role, same_team=same_team)


def _spend(session: Session, user: User, how: str, now: datetime) -> None:
    """Let an invitation be worth nothing any more, and remember why."""
    if user.invitation_hash is not None:
        spent = SpentInvitation(
            code_hash=user.invitation_hash, user_id=user.id, ended_at=now, how=how
        )
        session.add(spent)
    user.invitation_hash = None
    user.invitation_expires_at = None


def find_invited(session: Session, typed: str, now: datetime, *, lock: bool = False) -> User:
    """Return the user whom this code invites; ``now`` is in the deployment's zone.

    Raises Problem for any other code, and says why it is none: ``invitation_used``,
    ``invitation_replaced``, ``invitation_expired``, ``invitation_closed``, or
    ``invitation_unknown``. Whoever has a code of 60 bits was given it, so that this gives away
    nothing to those who guess.
    """
    code_hash = digest(tidy_code(typed))
    query = select(User).where(User.invitation_hash == code_hash)
    user = session.scalar(query.with_for_update(of=User) if lock else query)
    if user is None:
        raise _why_none(session.get(SpentInvitation, code_hash), now)
    if not user.active:
        raise Problem("invitation_closed", field="code")
    ends = user.invitation_expires_at
    if not is_good_until(ends, now):
        raise Problem("invitation_expired", field="code", values=_when(ends, now))
    return user


def _why_none(spent: SpentInvitation | None, now: datetime) -> Problem:
    if spent is None:
        return Problem("invitation_unknown", field="code")
    return Problem(f"invitation_{spent.how}", field="code", values=_when(spent.ended_at, now))


def _when(moment: datetime | None, now: datetime) -> dict[str, Value]:
    return {"when": moment or now}


def join(session: Session, typed: str, password_hash: str, now: datetime) -> User:
    """Give an invited user a password, and use the invitation up. Raises as ``find_invited``."""
    user = find_invited(session, typed, now, lock=True)
    user.password_hash = password_hash
    user.joined_at = now
    _spend(session, user, "used", now)
    audit.record(session, user.id, now, "user_joined", "user", user.id)
    return user


def hashed(password: str, name: str) -> str:
    """Return the password's argon2id hash. Raises Problem for a password that won't do.

    Slow on purpose: call it outside any transaction.
    """
    return _hasher.hash(checked_password(password, name))


def admit(
    session: Session, name: str, device: str | None, address: str, now: datetime
) -> User | None:
    """Count a try to sign in and return whom it is about, before anybody looks at the password.

    Counted first and given back on success, so that guesses made at once can't all slip past.
    ``device`` is the identifier of a browser in which this account was signed in before. Raises
    Problem ``sign_in_throttled`` after too many failures.
    """
    for key, throttle in _limits(name, device, address).items():
        count, since = _count(session, key, throttle, now)
        if throttle.blocks(count - 1, since, now):
            minutes = -(-(since + throttle.window - now) // timedelta(minutes=1))
            raise Problem("sign_in_throttled", values={"minutes": minutes})
    return queries.find_user(session, name)


def password_fits(user: User | None, password: str) -> bool:
    """Whether this is the user's password; takes as long when there is no such user.

    Slow on purpose: call it outside any transaction.
    """
    try:
        _hasher.verify(user.password_hash if user and user.password_hash else nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return user is not None


def sign_in(
    session: Session,
    name: str,
    device: str | None,
    address: str,
    now: datetime,
    *,
    fits: bool,
) -> User | None:
    """Return the user, or None for a wrong name or password (which of the two is not told)."""
    user = queries.find_user(session, name)
    if not fits or user is None or not user.active:
        audit.record(session, _id(user), now, "sign_in_failed", "user", _id(user) or 0)
        return None
    own, *shared = _limits(name, device, address)
    failures = SignInFailures
    session.execute(delete(failures).where(failures.key == own))
    session.execute(
        update(failures).where(failures.key.in_(shared)).values(count=failures.count - 1)
    )
    audit.record(session, user.id, now, "signed_in", "user", user.id)
    return user


def _limits(name: str, device: str | None, address: str) -> dict[str, Throttle]:
    """The counts that a try falls under. A device known to the account has but its own: nobody
    who guesses from the same office can lock it out.
    """
    account = digest(name.strip().lower())
    if device is not None:
        return {f"account:{account}:{device}"[:200]: ACCOUNT_AND_DEVICE}
    return {
        f"account:{account}:new": ACCOUNT_AND_DEVICE,
        f"address:{address}"[:200]: ADDRESS,
    }


def _count(session: Session, key: str, throttle: Throttle, now: datetime) -> tuple[int, datetime]:
    """Count in one statement, for two tries at the same moment are two; return how many since."""
    row = SignInFailures
    starts_anew = row.since <= now - throttle.window
    statement = insert(session, row).values(key=key, count=1, since=now)
    statement = statement.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "count": case((starts_anew, 1), else_=row.count + 1),
            "since": case((starts_anew, statement.excluded.since), else_=row.since),
        },
    )
    count, since = session.execute(statement.returning(row.count, row.since)).one()
    return count, since


def end_sessions(session: Session, user_id: int, now: datetime) -> None:
    """End all sessions of an account: a copy of a cookie is then worth nothing either."""
    user = session.get_one(User, user_id)
    user.session_epoch += 1
    audit.record(session, user_id, now, "signed_out", "user", user_id)


def _id(user: User | None) -> int | None:
    return None if user is None else user.id


def digest(text: str) -> str:
    """Return as what a code is kept."""
    return hashlib.sha256(text.encode()).hexdigest()
