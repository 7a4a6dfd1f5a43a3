"""Kill the server under load, over and over, and judge what is left by what clients were told.

    python -m tests.invariants.kill --engine sqlite --kills 300 --seed 1

Half of the shots fall at a random moment, half at a named place (see ``failpoints``). The plan
follows from the seed alone; under one seed the same shots fall in the same order.
"""

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from random import Random
from statistics import quantiles

from tests.invariants.failpoints import CUT, KILL, LEARN
from tests.invariants.site import Durable, Files, Site, end_commits, site, until
from tests.invariants.verdict import judge

WAITS_FOR_PLACE = 5.0
"""Seconds after which a place that nobody comes by is given up and counted as missed."""


@dataclass(frozen=True)
class Shot:
    """What is killed and when."""

    what: str
    place: str = ""
    passes: int = 1
    after: float = 0.0


@dataclass
class Report:
    """What a run came to."""

    engine: str
    seed: int
    shots: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    recoveries: dict[str, list[float]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    last: Shot | None = None
    recovered: int = 0
    acknowledged: int = 0
    seconds: float = 0.0

    def figures(self) -> dict[str, object]:
        """The figures, as printed."""
        kinds = Counter(line.partition(":")[0] for line in self.wrong)
        return {
            "engine": self.engine,
            "seed": self.seed,
            "kills": self.shots.total(),
            "seconds": round(self.seconds, 1),
            "calls acknowledged": self.acknowledged,
            "saves recovered by key": self.recovered,
            "answers": self.counts,
            "lost": kinds["lost"],
            "duplicated": kinds["duplicated"],
            "held twice": kinds["held twice"],
            "wrong in all": len(self.wrong),
            "p95 recovery, s": {what: _p95(some) for what, some in self.recoveries.items()},
            "missed": self.missed,
            "last shot": str(self.last),
            "kills by place": dict(sorted(self.shots.items())),
        }


def _p95(some: list[float]) -> float:
    return round(quantiles([*some, *some], n=20, method="inclusive")[-1], 3)


def learned(at: Site) -> list[str]:
    """Every place that claim, save, repetition, release and handover pass, each done once."""
    someone = at.volunteer(next(iter(at.town.tokens)), Random("learn"))
    acts = (someone.claim, someone.give_back, someone.claim, someone.save, someone.repeat,
            someone.claim, someone.hand_over)  # fmt: skip
    for act in acts:  # once for what only a first request passes
        act()
    at.orders.aim("", LEARN)
    for act in acts:
        someone.batches = someone.batches[-1:]
        act()
    at.orders.rest()
    someone.hang_up()
    done = {what: at.log.counts[what] for what in ("claim", "save", "release", "handoff")}
    assert all(done.values()), f"{done}: {at.log.wrong} {at.said()}"
    return sorted({place for place in at.orders.noted("places") if not place.startswith("other")})


def plan(engine: str, places: list[str], kills: int, seed: int) -> Iterator[Shot]:
    """Take turns: a random moment, a named place. None comes again before all have come."""
    random = Random(seed)
    kinds, named = (_in_turn(all_, random) for all_ in (RANDOM_SHOTS[engine], places))
    for number in range(kills):
        if number % 2:
            yield Shot(AT_A_PLACE, next(named), random.randint(1, 3))
        else:
            yield Shot(next(kinds), after=random.uniform(0.02, 0.25))


def _in_turn(all_: Sequence[str], random: Random) -> Iterator[str]:
    while True:
        yield from random.sample(all_, len(all_))


def run(at: Site, engine: str, shots: Iterable[Shot], seed: int, minutes: float = inf) -> Report:
    """Let people work, kill as planned, and judge after each kill and at the end."""
    report = Report(engine, seed)
    random = Random(f"{seed} clock")
    began = time.monotonic()
    at.at_work(seed)
    for shot in shots:
        fire(at, shot, report, random)
        if random.random() < 0.3:
            at.set_clock_forward()
        report.wrong += judge(at.db, at.log)
        report.last = shot
        if report.wrong or time.monotonic() - began > minutes * 60:
            break  # what is wrong once would be told again and again
    at.call_it_a_day()
    report.wrong += [] if report.wrong else judge(at.db, at.log)
    report.seconds = time.monotonic() - began
    report.counts = at.log.counts
    report.acknowledged = sum(one.answer is not None for one in at.log.savings)
    report.recovered = sum(one.was_stored for one in at.log.savings)
    return report


def fire(at: Site, shot: Shot, report: Report, random: Random) -> None:
    """Kill, wait until all is up again, and note how long it took."""
    time.sleep(shot.after)
    known = len(at.booted())
    struck = STRIKES[shot.what](at, shot, random)
    if not struck:
        report.missed.append(shot.place or shot.what)
        return
    if shot.what in {AT_A_PLACE, WORKER, GROUP}:
        until(lambda: len(at.booted()) > known, "a worker to come up again")
    until(at.is_ready, "the server to be ready again")
    report.shots[shot.place or shot.what] += 1
    report.recoveries.setdefault(shot.what, []).append(time.monotonic() - struck)


def _at_a_place(at: Site, shot: Shot, _random: Random) -> float:
    return _ordered(at, shot.place, shot.passes, KILL)


def _cut_commit(at: Site, shot: Shot, _random: Random) -> float:
    return _ordered(at, "save: before COMMIT", shot.passes, CUT)


def _ordered(at: Site, place: str, passes: int, action: int) -> float:
    """Give the order and wait until it is carried out; 0 if nobody comes by the place."""
    at.wanted = place.partition(":")[0]
    at.orders.aim(place, passes, action)
    deadline = time.monotonic() + WAITS_FOR_PLACE
    while not at.orders.struck_at and time.monotonic() < deadline:
        time.sleep(0.005)
    at.orders.rest()
    at.wanted = ""
    return at.orders.struck_at


def _kill_worker(at: Site, _shot: Shot, random: Random) -> float:
    victim = random.choice(until(at.serving, "a worker"))
    os.kill(victim, signal.SIGKILL)
    return time.monotonic()


def _kill_group(at: Site, _shot: Shot, _random: Random) -> float:
    struck = time.monotonic()
    at.kill_group()
    at.start()
    return struck


def _crash(at: Site, shot: Shot, _random: Random) -> float:
    """Crash PostgreSQL and start it again; the server itself goes on."""
    assert at.cluster is not None
    struck = time.monotonic()
    if shot.what == POSTMASTER:
        at.cluster.kill()
    else:
        at.cluster.stop_at_once()
    at.cluster.restart()
    at.db.engine.dispose()
    return struck


def _end_commit(at: Site, _shot: Shot, random: Random) -> float:
    return time.monotonic() if end_commits(at.town.url, random) else 0.0


AT_A_PLACE, WORKER, GROUP = "at a place", "worker", "process group"
STOPPED, POSTMASTER = "PostgreSQL stopped at once", "PostgreSQL killed"
CUT_COMMIT, ENDED_COMMIT = "answer to COMMIT cut off", "connection ended in COMMIT"
STRIKES: dict[str, Callable[[Site, Shot, Random], float]] = {
    AT_A_PLACE: _at_a_place,
    WORKER: _kill_worker,
    GROUP: _kill_group,
    STOPPED: _crash,
    POSTMASTER: _crash,
    CUT_COMMIT: _cut_commit,
    ENDED_COMMIT: _end_commit,
}
"""How each is done; they return when it was, or 0 where there was no occasion."""
RANDOM_SHOTS = {
    "sqlite": (*[WORKER] * 7, GROUP),
    "postgresql": (WORKER, WORKER, WORKER, GROUP, STOPPED, POSTMASTER, CUT_COMMIT, ENDED_COMMIT),
}


def main() -> None:
    """Run from the shell: print the report, exit 1 if anything is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.invariants.kill", description=__doc__)
    parser.add_argument("--engine", choices=sorted(RANDOM_SHOTS), default="sqlite")
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=inf, help="stop earlier, and report")
    parser.add_argument("--planted", default="", help="a bug to plant: see failpoints.BUGS")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, ExitStack() as left:
        folder = Path(name)
        makes: Files | Durable = Files(folder)
        if given.engine == "postgresql":
            makes = Durable.new()
            left.callback(makes.remove)
        at = left.enter_context(site(folder, makes, planted=given.planted))
        shots = list(plan(given.engine, learned(at), given.kills, given.seed))
        report = run(at, given.engine, shots, given.seed, given.minutes)
    sys.stdout.write(f"{json.dumps(report.figures(), ensure_ascii=False, indent=2)}\n")
    sys.stderr.writelines(f"{line}\n" for line in report.wrong[:20])
    sys.exit(bool(report.wrong))


if __name__ == "__main__":
    main()
