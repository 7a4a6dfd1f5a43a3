"""Who asks for work in vain again and again is told to wait: it is dear, and others wait for it."""

from datetime import timedelta

from flask import current_app

from app.people.allowance import Purse
from app.web import database, now


def wait(user_id: int) -> timedelta | None:
    """Return how long the user must wait who asked in vain too often; None for all others."""
    return _purse().wait(_key(user_id), now())


def note(user_id: int) -> None:
    """Note that the user asked in vain."""
    _purse().take(database(), _key(user_id), now())


def _purse() -> Purse:
    purse: Purse = current_app.extensions["purses"]["vain"]
    return purse


def _key(user_id: int) -> str:
    return f"vain:{user_id}"
