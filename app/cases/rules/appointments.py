"""Appointments: where one stands, and how many fit into half an hour."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from app.cases.rules.load import CALLS_A_SLOT
from app.cases.rules.turns import ANYONES_AFTER


class Turn(Enum):
    """Where an appointment stands for the volunteer who made it."""

    COMING = "coming"
    DUE = "due"
    OVERDUE = "overdue"
    """Its time has passed, and it is still in their hands."""
    MISSED = "missed"
    """Its time has passed, and anyone may be given it."""


def turn_of(at: datetime, until: datetime | None, now: datetime, *, in_hand: bool) -> Turn:
    """Say where an appointment stands; who holds it has to the end of the window agreed."""
    if at > now:
        return Turn.COMING
    passed = at + ANYONES_AFTER
    if in_hand:
        return Turn.DUE if now < max(passed, until or passed) else Turn.OVERDUE
    return Turn.DUE if now < passed else Turn.MISSED


@dataclass(frozen=True)
class Room:
    """How much is agreed for a half hour: one volunteer's own, and everybody's."""

    mine: int
    everybodys: int
    volunteers: int
    """Who is there to ring; it takes one to make an appointment."""

    def room(self, *, anyone: bool) -> int:
        """Return for how many more there is room: for the volunteer's, or for anyone's."""
        if anyone:
            return CALLS_A_SLOT * max(1, self.volunteers) - self.everybodys
        return CALLS_A_SLOT - self.mine
