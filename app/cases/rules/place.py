"""The place of a call group in the queue: since when it waits, how urgent it is, and for whom."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.campaigns.rules.agreed import anyones_from

ORDINARY = 5
APPOINTMENT = 0
"""Priorities of a call group: the smaller the sooner."""


class Waiting(Protocol):
    """A case that is still to be rung."""

    @property
    def id(self) -> int: ...
    @property
    def ready_at(self) -> datetime | None: ...
    @property
    def appointment_at(self) -> datetime | None: ...
    @property
    def appointment_until(self) -> datetime | None: ...
    @property
    def appointment_user_id(self) -> int | None: ...


@dataclass(frozen=True)
class Place:
    """What the queue says of a group that nobody holds: the columns of ``CallGroup``."""

    open_cases: int
    priority: int
    ready_at: datetime | None
    appointment_user_id: int | None = None
    anyones_at: datetime | None = None
    due_at: datetime | None = None


def place_of(waiting: Collection[Waiting], now: datetime) -> Place:
    """Return the place of a group of which these cases wait.

    A group is handed out as a whole. So where somebody asked for a time, and a housemate may be
    rung before it, it waits among the others for the housemate's sake, and as an appointment once
    that is due. Of several it is the first that decides whose it is; anyone's it is as soon as one
    of them is.
    """
    moments = [case.ready_at for case in waiting if case.ready_at is not None]
    if not moments:
        return Place(0, ORDINARY, None)
    soonest = min(moments)
    promised = sorted(_promised(waiting))
    if not promised:
        return Place(len(moments), ORDINARY, soonest)
    due, _id, whose, _anyones = promised[0]
    if due > max(soonest, now):
        return Place(len(moments), ORDINARY, soonest, due_at=due)
    anyones = None if whose is None else min(one[-1] for one in promised)
    return Place(len(moments), APPOINTMENT, due, whose, anyones)


def _promised(waiting: Collection[Waiting]) -> Iterator[tuple[datetime, int, int | None, datetime]]:
    """Of each appointment: when it is due, its case, whose it is, and from when it is anyone's."""
    for case in waiting:
        due, whose = case.ready_at, case.appointment_user_id
        if case.appointment_at is not None and due is not None:
            anyones = due if whose is None else anyones_from(due, case.appointment_until)
            yield due, case.id, whose, anyones
