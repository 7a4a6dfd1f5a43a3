"""The laws hold while everybody works at once, by the database and by what the clients saw."""

import logging
from pathlib import Path

import pytest

from app.db import Database
from tests.conftest import THOROUGH
from tests.invariants.crowd import CLIENTS, Storm, drained, gathered, laws_broken

LOG = logging.getLogger(__name__)
STEPS = 40 if THOROUGH else 12


@pytest.mark.parametrize(("processes", "seed"), [(1, 1), (4, 2)], ids=["threads", "processes"])
def test_the_laws_hold_in_a_storm(
    db: Database, engine_url: str, tmp_path: Path, processes: int, seed: int
) -> None:
    storm = gathered(db, engine_url, tmp_path, seed)
    storm.break_loose(STEPS, processes=processes)

    assert storm.unknown() == []
    assert laws_broken(db) == []
    verdict = storm.verdict(db)
    LOG.info("seed %s, %s processes: %s", seed, processes, verdict.figures)
    assert verdict.broken == []
    assert_it_was_a_storm(verdict.figures)
    assert_nobody_starves(db, storm)


def assert_it_was_a_storm(figures: dict[str, int]) -> None:
    """One that rang nobody proves nothing."""
    assert figures["ok"] > CLIENTS * STEPS // 3
    assert figures["stored"] > CLIENTS
    assert figures["certain holds"] > CLIENTS // 2
    assert figures["handed on"] > 0
    assert figures["repeats"] > 0
    assert figures["info"] == 0
    assert figures["fairness"] > 0.5


def assert_nobody_starves(db: Database, storm: Storm) -> None:
    assert drained(db, storm) == 0
    assert laws_broken(db) == []
