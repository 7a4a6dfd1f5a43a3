"""The place of a call group in the queue: since when it waits, how urgent it is, and for whom."""

from collections.abc import Collection, Sequence
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
    that is due.
    """
    moments = [case.ready_at for case in waiting if case.ready_at is not None]
    if not moments:
        return Place(0, ORDINARY, None)
    soonest = min(moments)
    promised = _first_promised(list(waiting))
    if promised is None or promised.ready_at is None:
        return Place(len(moments), ORDINARY, soonest)
    due = promised.ready_at
    if due > max(soonest, now):
        return Place(len(moments), ORDINARY, soonest, due_at=due)
    whose = promised.appointment_user_id
    anyones = None if whose is None else anyones_from(due, promised.appointment_until)
    return Place(len(moments), APPOINTMENT, due, whose, anyones)


def _first_promised(waiting: Sequence[Waiting]) -> Waiting | None:
    promised = [
        (case.ready_at, case.id, case)
        for case in waiting
        if case.appointment_at is not None and case.ready_at is not None
    ]
    return min(promised, key=lambda one: one[:2])[2] if promised else None
