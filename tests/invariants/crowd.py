"""A storm: thirty-two clients at once, in threads of one process or of several.

Each has its seed, its own transactions and its own log. What they did is judged afterwards: by the
laws of the database, by its history of holds, and by what the clients saw (``judge``).
"""

import multiprocessing
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import func, select

from app.calls.models import Call
from app.calls.rules import CallInput
from app.calls.service import recording
from app.cases import queries
from app.cases.models import Case
from app.cases.service import leaving, moving, opening
from app.cases.service.claim import claim
from app.cases.service.moving import Which
from app.db import Database
from app.people.models import User
from app.upkeep import check
from tests import cast
from tests.cast import BRIDGE, HARBOUR, SCHOOL, mobile, resident
from tests.invariants.client import REFUSALS, Client, Desk, Ticks, body
from tests.invariants.history import History, merged
from tests.invariants.judge import Verdict, judge
from tests.invariants.verdict import held_twice

VOLUNTEERS, STAFF = 13, 3
DEVICES = 2
CLIENTS = (VOLUNTEERS + STAFF) * DEVICES
VOLUNTEERS_DO = (
    *["claim"] * 5, *["claim_ahead"] * 3, *["save"] * 12, *["again"] * 2, "reuse",
    *["open"] * 2, *["give_back"] * 2, "hand_over", *["accept"] * 2, "decline",
    *["skip"] * 2, *["undo"] * 2, "correct", "look_back",
)  # fmt: skip
STAFF_DO = (*["move"] * 3, "deactivate", *["answer"] * 3, "welcome", *["count"] * 3)
RULES = {
    "unopened_minutes": 12, "lease_minutes": 40, "max_attempts": 9, "max_attempts_per_day": 9,
    "rest_days": 0, "spread_days": 0,
    "pause_minutes": {"busy": 0, "no_answer": 2, "respondent_unavailable": 5},
}  # fmt: skip
FORK = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Storm:
    """A town before or after the storm, and where the clients' logs are."""

    url: str
    folder: Path
    seed: int
    campaigns: tuple[int, ...]
    volunteers: tuple[tuple[int, str], ...]
    staff: tuple[int, ...]

    @property
    def clock(self) -> Ticks:
        return Ticks(self.folder / "clock")

    def break_loose(self, steps: int, *, processes: int = 1) -> None:
        """Let every client do so many steps, and wait for the last."""
        if processes == 1:
            self.run(0, 1, steps)
            return
        started = [
            FORK.Process(target=self.run, args=(number, processes, steps))
            for number in range(processes)
        ]
        for process in started:
            process.start()
        for process in started:
            process.join()
            assert process.exitcode == 0

    def run(self, number: int, of: int, steps: int) -> None:
        """The clients of one process, each in a thread."""
        db = Database(self.url)
        clients = self.clients(db)[number::of]
        begin = threading.Barrier(len(clients))

        def work(client: Client, acts: Sequence[str]) -> None:
            begin.wait()
            client.run(acts, steps)

        together([lambda c=client, a=acts: work(c, a) for client, acts in clients])
        db.close()

    def clients(self, db: Database) -> list[tuple[Client, Sequence[str]]]:
        """Everybody has two devices."""
        work = [(user_id, VOLUNTEERS_DO) for user_id, _name in self.volunteers]
        work += [(user_id, STAFF_DO) for user_id in self.staff]
        desks = {user_id: Desk(user_id) for user_id, _acts in work}
        return [
            (self.client(db, desks[user_id], number), acts)
            for number, (user_id, acts) in enumerate(work * DEVICES)
        ]

    def client(self, db: Database, desk: Desk, number: int) -> Client:
        history = History(self.folder / f"{number}.jsonl", number, REFUSALS)
        dice = Random(f"{self.seed} {number}")
        return Client(db, desk, self.clock, history, dice, self.campaigns, self.volunteers)

    def verdict(self, db: Database) -> Verdict:
        """What the judge says of the clients' logs and the calls that are stored."""
        return judge(merged(sorted(self.folder.glob("*.jsonl"))), stored(db))

    def unknown(self) -> list[str]:
        """What reached a client that is no answer."""
        events = merged(sorted(self.folder.glob("*.jsonl")))
        return [str(e["value"]["error"]) for e in events if e["type"] == "info"]


def together(acts: Sequence[Callable[[], None]]) -> None:
    """Do all of them at once."""
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def gathered(db: Database, url: str, folder: Path, seed: int) -> Storm:
    """Two campaigns over the same residents: alone, in families, with shared numbers; in the
    harbour everybody has a number of their own, and only the first campaign rings there."""
    cast.communities(db)
    everywhere = {"communities": [BRIDGE, SCHOOL, HARBOUR]}
    volunteers = [
        cast.add(db, f"志愿者{n}", "volunteer", **everywhere).user for n in range(VOLUNTEERS)
    ]
    staff = [cast.add(db, f"督导{n}", "supervisor", **everywhere).user for n in range(STAFF)]
    single = [resident(f"单{n}", mobile(n), mobile(500 + n)) for n in range(12)]
    families = [resident(f"户{n}", mobile(100 + n // 2), room=f"{n // 3}") for n in range(24)]
    office = [resident(f"职{n}", mobile(999), mobile(700 + n)) for n in range(10)]
    cast.residents(db, BRIDGE, single + families)
    cast.residents(db, SCHOOL, office)
    cast.residents(db, HARBOUR, [resident(f"港{n}", mobile(800 + n)) for n in range(10)])
    campaigns = (
        cast.open_campaign(db, [BRIDGE, SCHOOL, HARBOUR], **RULES),
        cast.open_campaign(db, [BRIDGE, SCHOOL], **RULES),
    )
    people = tuple((user.id, user.name) for user in volunteers)
    return Storm(url, folder, seed, campaigns, people, tuple(user.id for user in staff))


def stored(db: Database) -> list[dict[str, Any]]:
    """The calls that were sent as such: no corrections, and of a household's call the first."""
    with db.reading() as session:
        rows = session.scalars(select(Call).where(Call.idempotency_key.is_not(None))).all()
    return [
        {
            "user": row.user_id, "key": row.idempotency_key, "hash": body(row.case_id, row),
            "id": row.id, "applied": row.applied, "reason": row.reason,
        }
        for row in rows
    ]  # fmt: skip


def laws_broken(db: Database) -> list[str]:
    """What ``ringround check`` finds, and numbers that were ever held twice at one moment."""
    with db.reading() as session:
        found = [f"{one.law}: {one.row}: {one.what}" for one in check.run(session)]
        return found + held_twice(session)


def drained(db: Database, storm: Storm) -> int:
    """After the storm: all is taken back, a month passes, and two volunteers finish the work.

    Returns how many cases are left that nobody was given. The second campaign is closed.
    """
    now = storm.clock.tick().replace(month=12, day=28)
    with db.writing() as session:
        for user_id, _name in storm.volunteers:
            leaving.activate(session, None, now, user_id)
        moving.move(session, session.get_one(User, storm.staff[0]), now, Which())
        opening.close_campaign(session, None, now, storm.campaigns[1])
        opening.open_campaign(session, None, now, storm.campaigns[0])
    # Of those who share an office's line one at a time is given to anybody.
    (one, _name), (other, _name) = storm.volunteers[:2]
    while _finish(db, storm, one, now) + _finish(db, storm, other, now):
        pass
    query = select(func.count()).where(
        Case.campaign_id == storm.campaigns[0], Case.state.in_(("open", "held"))
    )
    with db.reading() as session:
        return session.scalar(query) or 0


def _finish(db: Database, storm: Storm, user_id: int, now: datetime) -> int:
    """Claim once and complete every case; return how many."""
    with db.writing() as session:
        me = session.get_one(User, user_id)
        batch = claim(session, me, now, storm.campaigns[0], 60).batch
        groups = [g.id for g in queries.held_groups(session, [batch.id])] if batch else []
        held = [case for case in queries.cases_of(session, groups) if case.state == "held"]
        for case in held:
            call = CallInput("completed", now, now)
            recording.record(session, me, now, case.id, call, f"last {case.id}")
    return len(held)
