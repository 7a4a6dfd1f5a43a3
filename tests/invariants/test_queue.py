"""The queue against a model of it (``model.py``): every act (``machine.py``) in any order."""

import shutil
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from app.db import Database
from tests.cases.town import Town
from tests.cast import mobile, resident
from tests.conftest import Clock
from tests.invariants.on_duty import OnDuty
from tests.postgres import Reset

NO_LIMITS = {
    "max_attempts": 999, "max_attempts_per_day": 999, "max_dials": 999, "max_dials_per_day": 999,
    "spread_days": 0,
}  # fmt: skip


def small_town(db: Database) -> Town:
    """Two alone, a household, and two who share a number."""
    drafts = [
        resident("甲", mobile(1), room="1"), resident("乙", mobile(2), room="2"),
        resident("父", mobile(3), room="3"), resident("母", mobile(4), room="3"),
        resident("丙", mobile(5), room="5"), resident("丁", mobile(5), room="6"),
    ]  # fmt: skip
    return Town.of(db, Clock(), drafts, **NO_LIMITS)


def check(town_for: Callable[[], Town], examples: int) -> None:
    machine = type("Queue", (OnDuty,), {"town_for": staticmethod(town_for)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples, stateful_step_count=40, deadline=None, derandomize=True,
            phases=[Phase.generate], suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip


def test_the_queue_does_what_its_model_does(sqlite_template: Path, tmp_path: Path) -> None:
    template, used = tmp_path / "template.sqlite", tmp_path / "used.sqlite"
    shutil.copyfile(sqlite_template, template)
    first = small_town(Database(f"sqlite:///{template}"))
    first.db.close()

    def town() -> Town:
        for left in tmp_path.glob("used*"):
            left.unlink()
        shutil.copyfile(template, used)
        return Town(Database(f"sqlite:///{used}"), Clock(), first.people, first.campaign)

    check(town, 8)


def test_and_on_postgresql(postgresql_reset: Reset) -> None:
    def town() -> Town:
        postgresql_reset()
        url = postgresql_reset.cluster.url(postgresql_reset.database)
        return small_town(Database(url))

    check(town, 2)
