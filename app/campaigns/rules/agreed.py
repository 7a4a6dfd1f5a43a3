"""What "at the agreed time" means, from shortly before it to when it was missed."""

from datetime import timedelta

SHORTLY_BEFORE = timedelta(minutes=15)
"""A call no earlier than this before an agreed time is the agreed call."""
ANYONES_AFTER = timedelta(minutes=10)
"""How long after its time an appointment waits for its own volunteer."""
MISSED_AFTER = timedelta(hours=1)
"""Whoever is not rung by then has waited in vain."""
