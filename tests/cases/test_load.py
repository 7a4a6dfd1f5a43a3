"""Appointments: how full a half hour is."""

from datetime import datetime

import pytest

from app.cases.rules.load import CALLS_A_SLOT, Load, load_of, slot_of
from tests.cast import NOW


def at(text: str) -> datetime:
    return NOW.replace(hour=int(text[:2]), minute=int(text[3:]))


def test_a_slot_is_a_half_hour() -> None:
    assert [slot_of(at(t)) for t in ("16:00", "16:29", "16:30", "16:59")] == [
        at("16:00"), at("16:00"), at("16:30"), at("16:30"),
    ]  # fmt: skip


def test_a_slot_is_over_when_more_is_agreed_than_can_be_kept() -> None:
    load = load_of([at("16:10")] * (CALLS_A_SLOT + 2) + [at("09:40")], volunteers=1)

    assert list(load) == [at("09:30"), at("16:00")]
    assert [(one.booked, one.over) for one in load.values()] == [(1, 0), (CALLS_A_SLOT + 2, 2)]


def test_where_nobody_can_ring_each_appointment_is_one_too_many() -> None:
    assert load_of([at("16:10")], volunteers=0)[at("16:00")].over == 1


@pytest.mark.parametrize(
    ("load", "own", "all_in_all"),
    [
        (Load(0, volunteers=1), 3, 3),
        (Load(4, volunteers=3, mine=3), 0, 5),
        (Load(10, volunteers=3, mine=4), -1, -1),
        (Load(3, volunteers=1), 3, 0),
    ],
)
def test_there_is_room_for_ones_own_and_for_anyones(load: Load, own: int, all_in_all: int) -> None:
    assert (load.own_room, load.room) == (own, all_in_all)
