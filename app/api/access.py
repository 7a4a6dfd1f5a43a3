"""Who asks, by the token a program sends, and how much they may ask."""

from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from flask import Flask, current_app, g, request

from app.api.errors import RefusedError
from app.calls import tickets
from app.cases import queries as cases
from app.config import Settings
from app.people import tokens
from app.people.allowance import Purse, whole_seconds
from app.people.models import User
from app.people.rules import JOINS_PER_MINUTE, is_use_noted
from app.people.tokens import Bearer
from app.problems import ForbiddenError, Problem
from app.web import database, now, reading, settings, writing

BEARER = "Bearer"
DEPOSIT = "Deposit"
FAILURES_PER_MINUTE = 60
"""How often somebody at one address may come without a valid token."""
LEAST_IN_VAIN = 10
"""How often a user may at least ask for work in a minute when there is none: 30 times by default.
Such an ask looks at all that waits: nobody else waits for it, but it is dear."""

QUESTIONS_PER_HOUR, ALL_QUESTIONS_PER_HOUR = 60, 600
"""How often an hour somebody at one address, and all together, may ask whether a code is genuine:
as many as households and offices need, and far too few to find one of 9000 codes by guessing."""
LOOKED_UP_PER_HOUR, MISSED_PER_HOUR = 120, 30
"""How many ring-backs a user may look up in an hour; and how many whole numbers in vain, or the
desk would be a way to learn who is on record."""


def init(app: Flask) -> None:
    """Give the process its purses: what it draws from the allowances in the database."""
    settings: Settings = app.config["RINGROUND"]
    app.extensions["purses"] = {
        "token": Purse(settings.api_per_minute),
        "ticket": Purse(settings.api_per_minute),
        "address": Purse(FAILURES_PER_MINUTE),
        "question": Purse(QUESTIONS_PER_HOUR, timedelta(hours=1)),
        "questions": Purse(ALL_QUESTIONS_PER_HOUR, timedelta(hours=1)),
        "looked_up": Purse(LOOKED_UP_PER_HOUR, timedelta(hours=1)),
        "missed": Purse(MISSED_PER_HOUR, timedelta(hours=1)),
        "join": Purse(JOINS_PER_MINUTE),
        "vain": Purse(max(LEAST_IN_VAIN, settings.api_per_minute // 100), portion=10),
    }


@dataclass(frozen=True)
class Door:
    """Who may come in: nobody is asked anything where no roles are named."""

    roles: tuple[str, ...]
    schemes: tuple[str, ...] = (BEARER,)
    deactivated_too: bool = False


def actor() -> User:
    """Return who asks: the user of the token, in the token's role."""
    return cast("User", g.actor)


def ticket() -> int | None:
    """Return the batch whose deposit ticket was shown; None where it was a token."""
    return cast("int | None", g.get("ticket"))


def credentials() -> tuple[str, str]:
    """Return scheme and secret of the Authorization header; both are '' without one."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    return scheme.capitalize(), secret.strip()


def admit(door: Door) -> None:
    """Let in whom the door is for.

    Raises RefusedError with status 401 or 429, ForbiddenError for a role the door is not for.
    """
    if not door.roles:
        return
    scheme, secret = credentials()
    if scheme == DEPOSIT and scheme in door.schemes:
        _admit_by_ticket(secret)
        return
    bearer = tokens.bearer(database(), secret) if scheme == BEARER and secret else None
    if bearer is None or not (bearer.user.active or door.deactivated_too):
        raise stranger()
    # By the user, not by the token: anybody may make themselves any number of tokens.
    _take("token", str(bearer.user.id))
    _note_use(bearer)
    if bearer.user.role not in door.roles:
        raise ForbiddenError
    g.actor = bearer.user


def _admit_by_ticket(secret: str) -> None:
    """Let in whoever shows a good ticket, as its volunteer, whatever became of the account."""
    deposit = tickets.read(settings().secret_key, secret)
    if deposit is None:
        raise stranger()
    with reading() as session:
        holder = cases.holder_of(session, deposit.batch_id, deposit.user_id)
    if holder is None or not tickets.is_good(holder.lease_expires_at, holder.ended_at, now()):
        raise stranger()
    _take("ticket", str(deposit.batch_id))
    g.actor, g.ticket = holder.user, deposit.batch_id


def stranger() -> RefusedError:
    """Return the refusal of whoever shows nothing valid; raises one of those who try too often."""
    _take("address", request.remote_addr or "")
    challenge = 'Bearer realm="ringround"'
    if "Authorization" in request.headers:
        challenge += ', error="invalid_token"'
    return RefusedError(401, Problem("token_needed"), {"WWW-Authenticate": challenge})


def _take(kind: str, whose: str) -> None:
    """Count a request. Raises RefusedError with status 429 when it is one too many."""
    purse: Purse = current_app.extensions["purses"][kind]
    wait = purse.take(database(), f"{kind}:{whose}", now())
    if wait is not None:
        raise too_many(wait)


def too_many(wait: timedelta) -> RefusedError:
    """Return the refusal of one request too many, which says when to come again."""
    seconds = whole_seconds(wait)
    problem = Problem("requests_too_many", values={"seconds": seconds})
    return RefusedError(429, problem, {"Retry-After": str(seconds)})


def _note_use(bearer: Bearer) -> None:
    if not is_use_noted(bearer.last_used_at, now()):
        with writing() as session:
            tokens.note_use(session, bearer.token_id, now())
