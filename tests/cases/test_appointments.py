"""Appointments: where one stands, and when more is agreed than can be kept."""

from datetime import timedelta

import pytest

from app.cases.rules.appointments import Room, Turn, turn_of
from tests.cast import NOW

# Minutes since the time agreed, length of the window, in the volunteer's hands.
STANDS = [
    (-1, None, False, Turn.COMING),
    (-1, None, True, Turn.COMING),
    (0, None, False, Turn.DUE),
    (9, None, True, Turn.DUE),
    (10, None, True, Turn.OVERDUE),
    (10, None, False, Turn.MISSED),
    (10, 60, False, Turn.MISSED),
    (59, 60, True, Turn.DUE),
    (60, 60, True, Turn.OVERDUE),
]


@pytest.mark.parametrize(("minutes", "window", "in_hand", "turn"), STANDS)
def test_where_an_appointment_stands(
    *, minutes: int, window: int | None, in_hand: bool, turn: Turn
) -> None:
    at = NOW - timedelta(minutes=minutes)
    until = None if window is None else at + timedelta(minutes=window)

    assert turn_of(at, until, NOW, in_hand=in_hand) is turn


@pytest.mark.parametrize(
    ("load", "mine", "anyones"),
    [
        (Room(0, 0, 0), 3, 3),
        (Room(3, 4, 3), 0, 5),
        (Room(4, 10, 3), -1, -1),
        (Room(0, 3, 1), 3, 0),
    ],
)
def test_what_room_there_is(load: Room, mine: int, anyones: int) -> None:
    assert (load.room(anyone=False), load.room(anyone=True)) == (mine, anyones)
