"""A volunteer who holds three residents, and what hands in their calls."""

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.calls import tickets
from app.db import Database
from tests.api.conftest import Program, program
from tests.cases.town import Town
from tests.cast import mobile, resident
from tests.conftest import Clock

COUPLE = [
    resident("陈一", mobile(1), room="101"),
    resident("陈二", mobile(2), room="101"),
    resident("李三", mobile(3), room="102"),
]
MADE = {"started_at": "2026-11-24T09:58:00+08:00", "ended_at": "2026-11-24T02:00:00Z"}


@pytest.fixture
def town(db: Database, clock: Clock) -> Town:
    return Town.of(db, clock, COUPLE)


@pytest.fixture
def mine(app: Flask, town: Town) -> Program:
    """The volunteer's program; the volunteer holds everybody."""
    town.batch(town.people.volunteer)
    return program(app, town.db, town.people.volunteer)


@pytest.fixture
def theirs(app: Flask, town: Town) -> Program:
    return program(app, town.db, town.people.colleague)


def deposit(app: Flask, town: Town) -> Program:
    """A program that has nothing but the volunteer's ticket."""
    batch = town.batch_of(town.people.volunteer)
    text = tickets.ticket("no secret " * 4, batch.id, batch.user_id)
    return Program(app.test_client(), text, "Deposit")


def hand_in(
    who: Program, town: Town, name: str = "李三", key: str | None = "k", **body: Any
) -> TestResponse:
    headers = {} if key is None else {"Idempotency-Key": key}
    sent = {"disposition": "completed", **MADE, **body}
    sent = {field: value for field, value in sent.items() if value is not ...}
    return who.post(f"/cases/{town.case(name).id}/calls", sent, headers=headers)
