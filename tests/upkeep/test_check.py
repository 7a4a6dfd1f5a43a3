"""``ringround check``: every law on the live database, and what a program is told of it."""

import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import text

from app.db import Database
from app.upkeep.check import LAWS
from tests.conftest import Clock
from tests.invariants.damage import worked_in

DAMAGE = "UPDATE cases SET attempts = 9 WHERE id = :id"


@pytest.fixture
def ringround(app: Flask) -> Callable[..., Result]:
    def run(*words: str) -> Result:
        with app.app_context():
            from app.cli.commands import ringround

            return CliRunner().invoke(ringround, words)

    return run


def test_every_law_of_the_design_is_checked() -> None:
    assert list(LAWS) == [
        "one_holder",
        "whole_groups",
        "nothing_stuck",
        "queue_in_line",
        "handed_on",
        "append_only",
        "no_call_lost",
        "derivable",
        "numbers_rest",
        "counts_agree",
        "reproducible",
        "one_shift",
        "least_sight",
    ]


def test_an_empty_database_is_sound(db: Database, ringround: Callable[..., Result]) -> None:
    assert ringround("check").exit_code == 0


def test_a_sound_database_passes(
    db: Database, clock: Clock, ringround: Callable[..., Result]
) -> None:
    worked_in(db, clock)
    for_people, for_programs = ringround("check"), ringround("check", "--json")

    assert (for_people.exit_code, for_programs.exit_code) == (0, 0)
    assert [line.split(":")[0] for line in for_people.stdout.splitlines()] == list(LAWS)
    assert json.loads(for_programs.stdout) == {"laws": list(LAWS), "broken": []}


def test_a_broken_law_is_named_with_its_row(
    db: Database, clock: Clock, ringround: Callable[..., Result]
) -> None:
    case = worked_in(db, clock).case("甲")
    with db.writing() as session:
        session.execute(text(DAMAGE), {"id": case.id})
    for_people, for_programs = ringround("check"), ringround("check", "--json")

    assert (for_people.exit_code, for_programs.exit_code) == (1, 1)
    assert f"  cases {case.id}: " in for_people.stdout
    (found,) = json.loads(for_programs.stdout)["broken"]
    assert (found["law"], found["row"]) == ("derivable", f"cases {case.id}")


def test_checking_changes_nothing(
    db: Database, clock: Clock, ringround: Callable[..., Result]
) -> None:
    """A lease that is over stays so: the check looks, and mends nothing."""
    town = worked_in(db, clock)
    clock.now = clock.now.replace(year=2027)
    assert ringround("check").exit_code == 0

    assert town.in_hand(town.people.volunteer) == {"丙"}
