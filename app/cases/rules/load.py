"""Appointments against the people there are: how full a half hour is."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

SLOT = timedelta(minutes=30)
CALLS_A_SLOT = 3
"""How many appointments a volunteer keeps in a slot: a call takes some minutes, and one before it
may run late."""


@dataclass(frozen=True)
class Load:
    """How many calls are promised in a slot, and how many can be kept."""

    booked: int
    capacity: int

    @property
    def over(self) -> int:
        """How many more are promised than can be kept."""
        return max(0, self.booked - self.capacity)


def slot_of(moment: datetime) -> datetime:
    """Return the beginning of the half hour in which the moment lies, in the same zone."""
    half = moment.minute // 30 * 30
    return moment.replace(minute=half, second=0, microsecond=0)


def load_of(moments: Iterable[datetime], volunteers: int) -> dict[datetime, Load]:
    """Return the load of each slot in which a call is promised, in their order.

    A call that settles a household is one moment; ``volunteers`` is how many may ring.
    """
    booked = Counter(slot_of(moment) for moment in moments)
    capacity = volunteers * CALLS_A_SLOT
    return {slot: Load(booked[slot], capacity) for slot in sorted(booked)}
