"""Who asks, by the token a program sends, and how much they may ask."""

from dataclasses import dataclass
from math import ceil
from typing import cast

from flask import Flask, current_app, g, request
from sqlalchemy.orm import Session

from app.api.errors import RefusedError
from app.config import Settings
from app.people import tokens
from app.people.allowance import Purse
from app.people.models import User
from app.people.rules import is_use_noted
from app.people.tokens import Bearer
from app.problems import ForbiddenError, Problem
from app.web import database, now, writing

BEARER = "Bearer"
DEPOSIT = "Deposit"
FAILURES_PER_MINUTE = 60
"""How often somebody at one address may come without a valid token."""


def init(app: Flask) -> None:
    """Give the process its purses: what it draws from the allowances in the database."""
    settings: Settings = app.config["RINGROUND"]
    app.extensions["purses"] = {
        "token": Purse(settings.api_per_minute),
        "address": Purse(FAILURES_PER_MINUTE),
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
    if scheme != BEARER and scheme in door.schemes:
        return  # what the secret is good for, only the view can tell
    bearer = _bearer(secret) if scheme == BEARER and secret else None
    if bearer is None or not (bearer.user.active or door.deactivated_too):
        raise stranger()
    _take("token", str(bearer.token_id))
    _note_use(bearer)
    if bearer.user.role not in door.roles:
        raise ForbiddenError
    g.actor = bearer.user


def stranger() -> RefusedError:
    """Return the refusal of whoever shows nothing valid; raises one of those who try too often."""
    _take("address", request.remote_addr or "")
    challenge = 'Bearer realm="ringround"'
    if "Authorization" in request.headers:
        challenge += ', error="invalid_token"'
    return RefusedError(401, Problem("token_needed"), {"WWW-Authenticate": challenge})


def _bearer(secret: str) -> Bearer | None:
    # A single statement needs no transaction around it.
    with database().glancing() as connection, Session(connection) as session:
        return tokens.bearer(session, secret)


def _take(kind: str, whose: str) -> None:
    """Count a request. Raises RefusedError with status 429 when it is one too many."""
    purse: Purse = current_app.extensions["purses"][kind]
    wait = purse.take(database(), f"{kind}:{whose}", now())
    if wait is not None:
        seconds = max(1, ceil(wait.total_seconds()))
        problem = Problem("requests_too_many", values={"seconds": seconds})
        raise RefusedError(429, problem, {"Retry-After": str(seconds)})


def _note_use(bearer: Bearer) -> None:
    if not is_use_noted(bearer.last_used_at, now()):
        with writing() as session:
            tokens.note_use(session, bearer.token_id, now())
