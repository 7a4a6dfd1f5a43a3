"""The queue through its use cases against the same work written by hand in bare SQLite.

Run ``python -m benchmarks.queue_speed [--cases 100000]`` from the repository root. Both ways start
from copies of one database of invented residents in a temporary folder and take turns, so that
whatever the machine does meanwhile meets both. The by-hand way has the same pragmas and leaves the
same rows behind; it checks nothing that a volunteer could get wrong.
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

import pysqlite3.dbapi2
from sqlalchemy import event, select

from app.calls.rules import CallInput
from app.calls.service.recording import record
from app.cases.models import CallGroup, Case
from app.cases.service.claim import claim
from app.cases.service.release import release
from app.db import Database
from app.people.models import User
from benchmarks import queue_by_hand as by_hand
from benchmarks.queue_city import CAMPAIGN, CODES, NOW, VOLUNTEERS, fill, number_of

ROUNDS = 150
SIZE = 20
CALLS_A_BATCH = 4

Times = dict[str, list[float]]


@contextmanager
def timed(times: Times, name: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    times.setdefault(name, []).append(time.perf_counter() - start)


class ThroughUseCases:
    """The way the app does it."""

    def __init__(self, path: Path) -> None:
        self.database = Database(f"sqlite:///{path}")
        with self.database.reading() as session:
            self.users = {user.id: user for user in session.scalars(select(User))}

    def claim(self, user: int, moment: Any) -> int:
        with self.database.writing() as session:
            found = claim(session, self.users[user], moment, CAMPAIGN, SIZE)
            assert found.batch
            return found.batch.id

    def record(self, user: int, moment: Any, case: int) -> None:
        call = CallInput("completed", moment - timedelta(minutes=2), moment, number=number_of(case))
        with self.database.writing() as session:
            record(session, self.users[user], moment, case, call, f"key-{case}-{moment}")

    def release(self, user: int, moment: Any, batch: int) -> None:
        with self.database.writing() as session:
            release(session, self.users[user], moment, batch)

    def held(self, batch: int) -> list[int]:
        query = (
            select(Case.id)
            .join(CallGroup, CallGroup.id == Case.group_id)
            .where(CallGroup.batch_id == batch)
            .order_by(Case.id)
        )
        with self.database.reading() as session:
            return list(session.scalars(query))


def measure(folder: Path, cases: int) -> Times:
    """Fill a database and let both ways take turns at the same claims and calls."""
    first, second = folder / f"{cases}-app.sqlite", folder / f"{cases}-bare.sqlite"
    fill(first, cases)
    shutil.copyfile(first, second)
    ways: dict[str, Any] = {"app": ThroughUseCases(first), "bare": by_hand.ByHand(second, SIZE)}
    times: Times = {}
    for number in range(ROUNDS):
        moment, user = NOW + timedelta(minutes=number), 1 + number % VOLUNTEERS
        order = list(ways.items())[:: 1 if number % 2 else -1]
        batches = {}
        for name, way in order:
            with timed(times, f"claim {name}"):
                batches[name] = way.claim(user, moment)
        held = {name: way.held(batches[name]) for name, way in order}
        assert held["app"] == held["bare"], "the two ways disagree about who is next"
        for case in held["app"][:CALLS_A_BATCH]:
            for name, way in order:
                with timed(times, f"call {name}"):
                    way.record(user, moment, case)
        for name, way in order:
            way.release(user, moment, batches[name])
    by_hand.compare(first, second)
    _measure_resting(ways["app"], times)
    return times


def _measure_resting(way: ThroughUseCases, times: Times) -> None:
    """The worst moment: nobody can be rung now, and the volunteers ask all the same."""
    moment = NOW + timedelta(days=1)
    with way.database.writing() as session:
        session.connection().exec_driver_sql(
            "UPDATE call_groups SET ready_at = datetime(ready_at, '+9 days')"
        )
    for number in range(15):
        with timed(times, "claim of nothing app"), way.database.writing() as session:
            assert claim(session, way.users[1 + number], moment, CAMPAIGN, SIZE).batch is None


def plan_of_claim(path: Path, codes: int) -> list[str]:
    """What SQLite says it will do for the claim's statement, for so many communities."""
    database = Database(f"sqlite:///{path}")
    seen: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith("UPDATE call_groups SET batch_id"):
            seen.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    with database.writing() as session:
        user = session.get_one(User, 1)
        code = CODES[0] if codes == 1 else None
        claim(session, user, NOW, CAMPAIGN, SIZE, code)
        statement, parameters = seen[0]
        rows = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        lines = [row[3] for row in rows]
        session.rollback()
    database.close()
    return lines


def tell(counts: list[int], all_times: list[Times]) -> None:
    """Print the table."""
    print(f"{'median, milliseconds':26}{'cases':>9}{'app':>9}{'bare':>9}{'ratio':>8}")
    for what in (f"claim of {SIZE}", "call saved"):
        for cases, times in zip(counts, all_times, strict=True):
            kind = what.split()[0]
            app, bare = (1000 * median(times[f"{kind} {way}"]) for way in ("app", "bare"))
            print(f"{what:26}{cases:9,}{app:9.2f}{bare:9.2f}{app / bare:8.1f}")
    for cases, times in zip(counts, all_times, strict=True):
        nothing = 1000 * median(times["claim of nothing app"])
        print(f"{'claim that finds nothing':26}{cases:9,}{nothing:9.2f}")


def main() -> None:
    """Measure at a tenth of the cases and at all of them, and show the plans."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--cases", type=int, default=100_000)
    counts = [reader.parse_args().cases // 10, reader.parse_args().cases]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        all_times = [measure(folder, cases) for cases in counts]
        print(f"SQLite {pysqlite3.dbapi2.sqlite_version}, {ROUNDS} claims each way, in turns")
        tell(counts, all_times)
        fresh = folder / "plan.sqlite"
        fill(fresh, counts[-1])
        for codes in (1, len(CODES)):
            print(f"\nPlan of the claim over {codes} communities:")
            print("\n".join(f"  {line}" for line in plan_of_claim(fresh, codes)))


if __name__ == "__main__":
    main()
