"""What it costs to ask in vain: the same however large the campaign, while others wait to write."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app.cases.service.claim import claim, look_ahead
from app.db import Database
from app.people.models import User
from benchmarks.queue_city import CAMPAIGN, fill
from benchmarks.queue_speed import LATER, RESTING, let_nobody_be_rung

STEP = 100


@contextmanager
def counting(session: Session) -> Iterator[list[int]]:
    """Count what SQLite does, in hundreds of steps: no clock says it as exactly."""
    driver: Any = session.connection().connection.driver_connection
    steps = [0]

    def step() -> int:
        steps[0] += 1
        return 0

    driver.set_progress_handler(step, STEP)
    yield steps
    driver.set_progress_handler(None, 0)


def in_vain(folder: Path, cases: int, why: str) -> tuple[int, int]:
    """Return the steps of a claim that finds nobody, and of the look ahead after it."""
    url = f"sqlite:///{folder / str(cases)}.sqlite"
    fill(url, cases)
    database = Database(url)
    moment = let_nobody_be_rung(database, why)
    with database.writing() as session, counting(session) as turn:
        user = session.get_one(User, 1)
        assert claim(session, user, moment, CAMPAIGN, 20).batch is None
    with database.reading() as session, counting(session) as look:
        assert look_ahead(session, user, moment, CAMPAIGN, 20) == []
    database.close()
    return turn[0], look[0]


def test_a_claim_while_all_rest_looks_at_no_more_in_a_large_campaign(tmp_path: Path) -> None:
    small, large = in_vain(tmp_path, 2_000, RESTING), in_vain(tmp_path, 8_000, RESTING)

    assert large[0] <= 1.1 * small[0]
    assert large[1] > 3 * small[1]  # this one goes to the end, and nobody waits for it


def test_a_claim_before_anybody_is_ready_looks_at_nobody(tmp_path: Path) -> None:
    small, large = in_vain(tmp_path, 2_000, LATER), in_vain(tmp_path, 8_000, LATER)

    assert large[0] <= 1.1 * small[0]
    assert large[1] <= 1.1 * small[1]
