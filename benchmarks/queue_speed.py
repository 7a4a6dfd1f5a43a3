"""The queue through its use cases against the same work written by hand in bare SQL.

Run ``python -m benchmarks.queue_speed [--engine postgresql] [--cases 10000 100000 1000000]`` from
the repository root. Both ways start from copies of one database of invented residents and take
turns, so that whatever the machine does meanwhile meets both; then both must have left the same
rows behind. Then the plan of the claim's statement is shown.
"""

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import bindparam, select, text, update

from app.calls.rules import CallInput
from app.calls.service.recording import record
from app.campaigns import queries as campaigns
from app.campaigns.rules.calling import Ringing
from app.cases import queries, statements
from app.cases.models import CallGroup, Case
from app.cases.rules.languages import lanes
from app.cases.service.claim import LOOKED_AT, claim, look_ahead, why_nothing
from app.cases.service.release import release
from app.db import Database, UTCDateTime, engine_of
from app.people.models import User
from app.residents.models import Number
from benchmarks import queue_by_hand as by_hand
from benchmarks.queue_city import (
    CAMPAIGN,
    CODES,
    NOW,
    VOLUNTEERS,
    Databases,
    databases,
    fill,
    number_of,
)

ROUNDS = 150
SIZE = 20
CALLS_A_BATCH = 4
LATER, RESTING = "all to be rung later", "all ready, but resting"

Times = dict[str, list[float]]


@contextmanager
def timed(times: Times, name: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    times.setdefault(name, []).append(time.perf_counter() - start)


class ThroughUseCases:
    """The way the app does it."""

    def __init__(self, url: str) -> None:
        self.database = Database(url)
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

    def close(self) -> None:
        self.database.close()


def measure(places: Databases, cases: int) -> Times:
    """Fill a database and let both ways take turns at the same claims and calls."""
    first = places.new(f"app_{cases}")
    fill(first, cases)
    second = places.copy(f"bare_{cases}", of=f"app_{cases}")
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
    _measure_vain(ways["app"], times)
    for way in ways.values():
        way.close()
    return times


def _measure_vain(way: ThroughUseCases, times: Times) -> None:
    """The worst moments: nobody can be rung now, and the volunteers ask all the same."""
    for why in (LATER, RESTING):
        moment = let_nobody_be_rung(way.database, why)
        for number in range(15):
            _ask_in_vain(way, way.users[1 + number], moment, times, why)


def let_nobody_be_rung(database: Database, why: str) -> datetime:
    """Make it so for a reason, and return the moment at which it is so."""
    tomorrow = NOW + timedelta(days=1)
    ready_at = tomorrow + timedelta(days=1) if why == LATER else NOW
    reached_by = CAMPAIGN + 1 if why == RESTING else None
    with database.writing() as session:
        waiting = update(CallGroup).where(CallGroup.ready_at.is_not(None))
        session.execute(waiting.values(ready_at=ready_at))
        session.execute(update(Number).values(reached_at=NOW, reached_campaign_id=reached_by))
    return tomorrow


def _ask_in_vain(
    way: ThroughUseCases, user: User, moment: datetime, times: Times, name: str
) -> None:
    """As the pages and the API do; others wait to write during the first of the three alone."""
    with timed(times, f"{name} asked"):
        with timed(times, f"{name} turn"), way.database.writing() as session:
            assert claim(session, user, moment, CAMPAIGN, SIZE).batch is None
        with way.database.reading() as session:
            assert not look_ahead(session, user, moment, CAMPAIGN, SIZE)
        with way.database.reading() as session:
            assert why_nothing(session, user, moment, CAMPAIGN).waiting


def plan_of_claim(url: str, codes: int) -> list[str]:
    """What the engine says it will do for the claim's statement, for so many communities."""
    database = Database(url)
    explain = "EXPLAIN QUERY PLAN" if url.startswith("sqlite") else "EXPLAIN"
    ways = lanes(CODES[:codes], [], [], fallback=False)
    with database.reading() as session:
        take = statements.take(engine_of(session), Ringing.FREE).statement
        values = queries.claim_values(1, campaigns.get_terms(session, CAMPAIGN), ways, NOW)
        moments = [
            bindparam(name, type_=UTCDateTime())
            for name, value in values.items()
            if isinstance(value, datetime)
        ]
        explained = text(f"{explain} {take.element}").bindparams(*moments)
        values |= {"batch": 1, "size": SIZE, "most": LOOKED_AT // len(ways)}
        lines = [row[-1] for row in session.execute(explained, values)]
    database.close()
    return lines


def tell(engine: str, counts: list[int], all_times: list[Times]) -> None:
    """Print the table."""
    print(f"{engine}, {ROUNDS} claims each way, in turns")
    print(f"{'median, milliseconds':26}{'cases':>10}{'app':>9}{'bare':>9}{'ratio':>8}")
    for what in (f"claim of {SIZE}", "call saved"):
        for cases, times in zip(counts, all_times, strict=True):
            kind = what.split()[0]
            app, bare = (1000 * median(times[f"{kind} {way}"]) for way in ("app", "bare"))
            print(f"{what:26}{cases:10,}{app:9.2f}{bare:9.2f}{app / bare:8.1f}")
    first, last = (median(times["claim app"]) for times in (all_times[0], all_times[-1]))
    print(f"claim at {counts[-1]:,} cases against {counts[0]:,}: {last / first:.2f}")
    _tell_vain(counts, all_times)


def _tell_vain(counts: list[int], all_times: list[Times]) -> None:
    print("Asked in vain: in all, and how long others wait to write meanwhile, against a claim")
    print(f"{'median, milliseconds':26}{'cases':>10}{'in all':>9}{'turn':>9}{'ratio':>8}")
    for name in (LATER, RESTING):
        for cases, times in zip(counts, all_times, strict=True):
            whole, turn = (1000 * median(times[f"{name} {part}"]) for part in ("asked", "turn"))
            ratio = turn / 1000 / median(times["claim app"])
            print(f"{name:26}{cases:10,}{whole:9.2f}{turn:9.2f}{ratio:8.2f}")


def main() -> None:
    """Measure at each number of cases, and show the plans."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--engine", choices=["sqlite", "postgresql"], default="sqlite")
    reader.add_argument("--cases", type=int, nargs="+", default=[10_000, 100_000])
    asked = reader.parse_args()
    with databases(asked.engine) as places:
        all_times = [measure(places, cases) for cases in asked.cases]
        tell(asked.engine, asked.cases, all_times)
        fresh = places.new("plan")
        fill(fresh, asked.cases[-1])
        for codes in (1, len(CODES)):
            print(f"\nPlan of the claim over {codes} communities:")
            print("\n".join(f"  {line}" for line in plan_of_claim(fresh, codes)))


if __name__ == "__main__":
    main()
