"""Appointments: how full a half hour is, and what has become of each."""

from datetime import datetime, timedelta

import pytest

from app.cases.rules.load import CALLS_A_SLOT, load_of, slot_of
from app.cases.rules.promises import Promise, promise_of
from tests.cast import NOW


def at(text: str) -> datetime:
    return NOW.replace(hour=int(text[:2]), minute=int(text[3:]))


def test_a_slot_is_a_half_hour() -> None:
    assert [slot_of(at(t)) for t in ("16:00", "16:29", "16:30", "16:59")] == [
        at("16:00"), at("16:00"), at("16:30"), at("16:30"),
    ]  # fmt: skip


def test_a_slot_is_over_when_more_is_promised_than_can_be_kept() -> None:
    load = load_of([at("16:10")] * (CALLS_A_SLOT + 2) + [at("09:40")], volunteers=1)

    assert list(load) == [at("09:30"), at("16:00")]
    assert [(one.booked, one.over) for one in load.values()] == [(1, 0), (CALLS_A_SLOT + 2, 2)]


def test_where_nobody_can_ring_each_appointment_is_one_too_many() -> None:
    assert load_of([at("16:10")], volunteers=0)[at("16:00")].over == 1


@pytest.mark.parametrize(
    ("now", "rung", "wanted"),
    [
        ("15:59", None, Promise.AHEAD),
        ("16:00", None, Promise.DUE),
        ("16:10", None, Promise.DUE),
        ("16:11", None, Promise.OVERDUE),
        ("17:00", None, Promise.OVERDUE),
        ("17:01", None, Promise.MISSED),
        ("20:00", "15:30", Promise.KEPT),
        ("20:00", "17:00", Promise.KEPT),
        ("20:00", "17:01", Promise.MISSED),
    ],
)
def test_what_becomes_of_an_appointment(now: str, rung: str | None, wanted: Promise) -> None:
    assert promise_of(at("16:00"), None, rung and at(rung), at(now)) is wanted


def test_in_a_window_it_is_due_until_the_window_ends() -> None:
    until = at("16:00") + timedelta(hours=2)

    assert promise_of(at("16:00"), until, None, at("18:05")) is Promise.DUE
    assert promise_of(at("16:00"), until, None, at("18:30")) is Promise.OVERDUE
    assert promise_of(at("16:00"), until, at("18:59"), at("20:00")) is Promise.KEPT
