"""Deposit tickets: with one alone a call can be handed in, and nothing can be read.

A ticket names a batch and its volunteer, signed with the instance's key. It carries no date: how
long it is good follows from the batch's lease, so that one on a phone need never be renewed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from itsdangerous import BadSignature, URLSafeSerializer

GOOD_FOR = timedelta(days=30)
"""After the lease, or the end of the batch if that came later."""
LONGEST = 200
_PURPOSE = "ringround deposit ticket"


@dataclass(frozen=True)
class Deposit:
    """What a ticket says: calls on cases of this batch, made by this volunteer."""

    batch_id: int
    user_id: int


def ticket(key: str, batch_id: int, user_id: int) -> str:
    """Return the ticket of a batch, the same each time."""
    return str(_signer(key).dumps([batch_id, user_id]))


def read(key: str, text: str) -> Deposit | None:
    """Return what the ticket says; None for one that this instance did not sign."""
    if len(text) > LONGEST:
        return None
    try:
        batch_id, user_id = _signer(key).loads(text)
    except (BadSignature, ValueError, TypeError):
        return None
    return Deposit(batch_id, user_id)


def is_good(lease_expires_at: datetime, ended_at: datetime | None, now: datetime) -> bool:
    """Whether calls of a batch may still be handed in by its ticket."""
    return now < max(lease_expires_at, ended_at or lease_expires_at) + GOOD_FOR


def _signer(key: str) -> URLSafeSerializer:
    return URLSafeSerializer(key, salt=_PURPOSE, signer_kwargs={"digest_method": sha256})
