"""Whose turn it is not: who must not be given a call group again."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from app.campaigns.rules.dispositions import DISPOSITIONS, Follow
from app.campaigns.rules.following import PastCall


def is_early(ready_at: datetime | None, now: datetime) -> bool:
    """Whether somebody is to be rung later: in hand all the same, it is for a housemate's sake."""
    return ready_at is not None and ready_at > now


def whom_to_avoid(histories: Iterable[Sequence[PastCall]]) -> int | None:
    """Return the user whom a group's waiting cases ask to be spared, None when none does.

    ``histories`` are the calls of each waiting case, oldest first. The last call that reached
    somebody decides for its case: a try that nobody answered is not yet the other person's. Of
    several such cases the latest call decides, as a group spares one user at a time.
    """
    last = [reached[-1] for calls in histories if (reached := _reached(calls))]
    asking = [call for call in last if _asks_for_another(call)]
    return max(asking, key=lambda call: call.started_at).user_id if asking else None


def _reached(calls: Iterable[PastCall]) -> list[PastCall]:
    return [call for call in calls if DISPOSITIONS[call.disposition].reached]


def _asks_for_another(call: PastCall) -> bool:
    return DISPOSITIONS[call.disposition].follow in {Follow.OTHER_PERSON, Follow.LANGUAGE}
