"""Asking for work: taken from the front of the queue, or from further back where a look ahead
found somebody there. Who asks in vain again and again is told to wait: it is dear.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import TypeVar

from flask import current_app
from sqlalchemy.orm import Session

from app.campaigns.queries import Terms
from app.cases.models import Batch
from app.cases.service.claim import claim, look_ahead
from app.people.allowance import Purse
from app.people.models import User
from app.web import database, in_turn, now, reading

TRIES = 4
"""How often somebody tries to have those found by a look ahead, if others are always faster."""
R = TypeVar("R")


def ask(
    actor: User,
    campaign_id: int,
    size: int,
    community: str | None = None,
    *,
    look: Callable[[Session, Batch, Terms | None], R],
) -> tuple[Batch, R] | None:
    """Claim the next cases; return the batch, and what ``look`` saw in the same transaction.

    None when there was nobody, at the moment of the last look ahead; or when others were faster
    each time, and then somebody may be ready all the same.
    """
    moment, these = now(), None

    def take(session: Session, these: Sequence[int] | None) -> tuple[Batch, R] | None:
        found = claim(session, actor, moment, campaign_id, size, community, these)
        if found.batch is None:
            return None
        return found.batch, look(session, found.batch, found.campaign)

    for _try in range(TRIES):
        taken = in_turn(partial(take, these=these))
        if taken is not None:
            return taken
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
