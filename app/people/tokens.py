"""Bearer tokens: what a program shows to act for a user, in the user's role or a lesser one."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session, make_transient_to_detached

from app.audit import service as audit
from app.db import Base, Database, unattached
from app.people.models import ApiToken, User
from app.people.rules import (
    ROLES,
    TOKEN_BYTES,
    TOKEN_PREFIX,
    USE_NOTED_EVERY,
    checked_label,
    is_above,
    lesser_role,
)
from app.prepared import Prepared
from app.problems import ForbiddenError, NotFoundError, Problem


@dataclass(frozen=True)
class Bearer:
    """Who shows a token, in the role that it gives them now."""

    user: User
    token_id: int
    last_used_at: datetime | None = None
    """As noted: up to an hour behind."""


def issue(
    session: Session,
    actor: User | None,
    now: datetime,
    user: User,
    role: str | None = None,
    label: str = "",
) -> tuple[ApiToken, str]:
    """Return a new token and its secret, which is kept nowhere.

    Raises Problem for an unknown role or one above the user's, an account that is deactivated, or
    a label that won't do; ForbiddenError for an actor who gives others a token without being
    administrator, or one of a role above that which the actor has here.
    """
    role = role or user.role
    if role not in ROLES:
        raise Problem("role_unknown", field="role", values={"choices": ", ".join(ROLES)})
    if not user.active:
        raise Problem("user_deactivated", field="name", values={"name": user.name})
    if is_above(role, user.role):
        raise Problem("token_role", field="role", values={"role": user.role})
    if not _has_say(actor, user.id) or (actor is not None and is_above(role, actor.role)):
        raise ForbiddenError
    secret = TOKEN_PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    token = ApiToken(
        user_id=user.id, role=role, label=checked_label(label), token_hash=_digest(secret),
        created_at=now, created_by_id=_id(actor),
    )  # fmt: skip
    session.add(token)
    session.flush()
    audit.record(
        session, _id(actor), now, "token_issued", "token", token.id, user=user.id, role=role
    )
    return token, secret


def list_tokens(session: Session, user: User | None) -> Sequence[tuple[ApiToken, str]]:
    """Return the tokens of one user, or of all, each with the user's name; oldest first."""
    query = select(ApiToken, User.name).join(User, User.id == ApiToken.user_id)
    if user is not None:
        query = query.where(ApiToken.user_id == user.id)
    return session.execute(query.order_by(ApiToken.id)).all()


def revoke(session: Session, actor: User | None, now: datetime, token_id: int) -> None:
    """Make a token worthless; once more changes nothing.

    Raises NotFoundError when there is none, or it is another's and the actor no administrator.
    """
    token = session.get(ApiToken, token_id, with_for_update=True)
    if token is None or not _has_say(actor, token.user_id):
        raise NotFoundError(f"token {token_id}")
    if token.revoked_at is None:
        token.revoked_at = now
        audit.record(session, _id(actor), now, "token_revoked", "token", token_id)


def revoke_all(session: Session, actor: User | None, now: datetime, user: User) -> None:
    """Make all tokens of an account worthless: its password may have been somebody else's."""
    live = select(ApiToken).where(ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None))
    for token in session.scalars(live.order_by(ApiToken.id).with_for_update()):
        token.revoked_at = now
        audit.record(session, _id(actor), now, "token_revoked", "token", token.id)


def bearer(database: Database, secret: str) -> Bearer | None:
    """Return whose token this is; None when there is no such token, or it was revoked.

    A deactivated user is returned too, and must be told by ``user.active``.
    """
    rows = _BEARER.glance(database, hash=_digest(secret))
    if not rows:
        return None
    token_id, token_role, last_used_at, *facts = rows[0]
    return Bearer(_detached(facts, token_role), token_id, last_used_at)


def note_use(session: Session, token_id: int, now: datetime) -> None:
    """Note that a token was used, unless that was noted within the hour."""
    values = {"token": token_id, "moment": now, "long_ago": now - USE_NOTED_EVERY}
    session.execute(_NOTE_USE, values)


def _detached(facts: Sequence[Any], token_role: str) -> User:
    """Return the user in the lesser of the account's role and the token's.

    Belongs to no session on purpose: what the token takes away must never be written to the
    account, and what was not read here (the password's hash, the team) fails loudly.
    """
    values = dict(zip(_FACTS, facts, strict=True))
    values["role"] = lesser_role(values["role"], token_role)
    user = unattached(User, values)
    make_transient_to_detached(user)
    return user


def _has_say(actor: User | None, user_id: int) -> bool:
    """Everybody over their own tokens, an administrator and the command line over all."""
    return actor is None or actor.id == user_id or actor.role == "administrator"


def _id(user: User | None) -> int | None:
    return None if user is None else user.id


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


_TOKENS, _USERS = (Base.metadata.tables[model.__tablename__] for model in (ApiToken, User))
_FACTS = (
    "id", "name", "role", "team_id", "languages", "lang", "session_epoch", "active", "stopped_at",
    "created_at",
)  # fmt: skip
# Asked with every request: by columns, for nothing else of the account is needed.
_BEARER = Prepared(
    select(
        _TOKENS.c.id, _TOKENS.c.role, _TOKENS.c.last_used_at, *(_USERS.c[name] for name in _FACTS)
    )
    .join(_USERS, _USERS.c.id == _TOKENS.c.user_id)
    .where(_TOKENS.c.token_hash == bindparam("hash"), _TOKENS.c.revoked_at.is_(None))
)
_NOTE_USE = (
    update(_TOKENS)
    .where(
        _TOKENS.c.id == bindparam("token"),
        _TOKENS.c.last_used_at.is_(None) | (_TOKENS.c.last_used_at <= bindparam("long_ago")),
    )
    .values(last_used_at=bindparam("moment"))
)
