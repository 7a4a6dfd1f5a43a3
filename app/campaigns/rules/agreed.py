"""What "at the agreed time" means, from shortly before it to when it was missed."""

from datetime import datetime, timedelta

SHORTLY_BEFORE = timedelta(minutes=15)
"""A call no earlier than this before an agreed time is the agreed call."""
ANYONES_AFTER = timedelta(minutes=10)
"""How long after its time an appointment waits for its own volunteer."""
ONCE_MORE_AFTER = timedelta(minutes=20)
"""Who does not answer within an agreed window is tried once more after so long, if it is still
within the window."""
MISSED_AFTER = timedelta(hours=1)
"""Whoever is not rung by then has waited in vain."""


def anyones_from(at: datetime, until: datetime | None) -> datetime:
    """Return from when anyone may keep somebody's appointment.

    In a window when half of it is over: its own volunteer has time, and whoever comes then still
    rings within it.
    """
    soon = at + ANYONES_AFTER
    return soon if until is None else max(soon, at + (until - at) / 2)
