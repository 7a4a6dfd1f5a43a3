"""Appointments: what has become of one."""

from datetime import datetime, timedelta

import pytest

from app.cases.rules.appointments import AppointmentState, state_of
from tests.cast import NOW

COMING, DUE, OVERDUE, MISSED, KEPT = AppointmentState


def at(text: str) -> datetime:
    return NOW.replace(hour=int(text[:2]), minute=int(text[3:]))


@pytest.mark.parametrize(
    ("now", "rung", "wanted"),
    [
        ("15:59", None, COMING),
        ("16:00", None, DUE),
        ("16:09", None, DUE),
        ("16:10", None, OVERDUE),
        ("17:00", None, OVERDUE),
        ("17:01", None, MISSED),
        ("20:00", "15:30", KEPT),
        ("20:00", "17:00", KEPT),
        ("20:00", "17:01", MISSED),
    ],
)
def test_what_becomes_of_an_appointment(
    now: str, rung: str | None, wanted: AppointmentState
) -> None:
    assert state_of(at("16:00"), None, at(now), rung_at=at(rung) if rung else None) is wanted


def test_in_a_window_it_is_due_until_the_window_ends() -> None:
    until = at("16:00") + timedelta(hours=2)

    assert state_of(at("16:00"), until, at("18:05")) is DUE
    assert state_of(at("16:00"), until, at("18:30")) is OVERDUE
    assert state_of(at("16:00"), until, at("20:00"), rung_at=at("18:59")) is KEPT
