"""Asking for work when those in front can't be rung: a claim looks no further than at them."""

from collections.abc import Sequence
from typing import Any

import pytest
from flask import Flask

from app.calls.views import asking
from app.cases.service import claim as claiming
from app.db import Database
from tests.api.conftest import Program, program
from tests.cases.town import Town
from tests.conftest import Clock


@pytest.fixture
def town(db: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Town:
    monkeypatch.setattr(claiming, "LOOKED_AT", 1)
    town = Town.of(db, clock, "甲乙丙")
    town.reach_elsewhere("甲乙")
    assert town.claim_at_once(town.people.volunteer, 1).batch is None
    return town


@pytest.fixture
def mine(app: Flask, town: Town) -> Program:
    return program(app, town.db, town.people.volunteer)


def test_who_is_far_back_is_found(mine: Program, town: Town) -> None:
    answer = mine.post(f"/campaigns/{town.campaign}/batches", {"size": 1})

    assert answer.status_code == 201
    assert [case["resident"]["name"] for case in answer.json["cases"]] == ["丙"]


def test_somebody_else_may_be_faster_with_those_found(
    mine: Program, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_and_lose(*asked: Any) -> Sequence[int]:
        these = claiming.look_ahead(*asked)
        town.claim_at_once(town.people.colleague, these=these)
        return these

    monkeypatch.setattr(asking, "look_ahead", look_and_lose)
    answer = mine.post(f"/campaigns/{town.campaign}/batches", {"size": 1})

    assert answer.status_code == 200
    assert answer.json["waiting"] == {"other_campaign": 2, "held": 1}
    assert town.in_hand(town.people.colleague) == {"丙"}
    assert town.broken() == []
