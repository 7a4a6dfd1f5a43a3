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
    """How many calls are agreed for a slot, and how many can be kept."""

    booked: int
    volunteers: int
    """How many may ring: those who are planned then, where shifts are kept."""
    mine: int = 0
    """How many of them are the asking volunteer's own."""
    away: bool = False
    """Whether the asking volunteer keeps shifts that day, and none of them then."""

    @property
    def capacity(self) -> int:
        """How many can be kept."""
        return self.volunteers * CALLS_A_SLOT

    @property
    def over(self) -> int:
        """How many more are agreed than can be kept."""
        return max(0, -self.room)

    @property
    def room(self) -> int:
        """For how many more there is room."""
        return self.capacity - self.booked

    @property
    def own_room(self) -> int:
        """For how many more of their own the asking volunteer has room."""
        return CALLS_A_SLOT - self.mine


def slot_of(moment: datetime) -> datetime:
    """Return the beginning of the half hour in which the moment lies, in the same zone."""
    half = moment.minute // 30 * 30
    return moment.replace(minute=half, second=0, microsecond=0)


def load_of(moments: Iterable[datetime], volunteers: int) -> dict[datetime, Load]:
    """Return the load of each slot for which a call is agreed, in their order.

    A call that settles a household is one moment.
    """
    booked = Counter(slot_of(moment) for moment in moments)
    return {slot: Load(booked[slot], volunteers) for slot in sorted(booked)}
