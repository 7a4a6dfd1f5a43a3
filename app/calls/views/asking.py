"""Asking for work: taken from the front of the queue, or from further back where a look ahead
found somebody there. Who asks in vain again and again is told to wait: it is dear.
"""

from datetime import timedelta
from functools import partial

from flask import current_app

from app.cases.service.claim import Claim, claim, look_ahead
from app.people.allowance import Purse
from app.people.models import User
from app.web import database, in_turn, now, reading

TRIES = 4
"""How often somebody tries to have those found by a look ahead, if others are always faster."""


def ask(
    actor: User, campaign_id: int, size: int, community: str | None = None, *, told: bool = False
) -> Claim | None:
    """Claim the next cases. ``told`` says that they are shown in answer: that is noted.

    None when there was nobody, at the moment of the last look ahead; or when others were faster
    each time, and then somebody may be ready all the same.
    """
    moment, these = now(), None
    take = partial(
        claim, actor=actor, now=moment, campaign_id=campaign_id, size=size, community=community,
        told=told,
    )  # fmt: skip
    for _try in range(TRIES):
        found = in_turn(partial(take, these=these))
        if found.batch is not None:
            return found
        with reading() as session:
            these = look_ahead(session, actor, moment, campaign_id, size, community)
        if not these:
            break
    _purse().take(database(), _key(actor.id), now())
    return None


def wait(user_id: int) -> timedelta | None:
    """Return how long the user must wait who asked in vain too often; None for all others."""
    return _purse().wait(_key(user_id), now())


def _purse() -> Purse:
    purse: Purse = current_app.extensions["purses"]["vain"]
    return purse


def _key(user_id: int) -> str:
    return f"vain:{user_id}"
