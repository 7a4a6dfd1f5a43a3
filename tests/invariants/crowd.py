"""Sixteen volunteers at once, each in a thread with transactions of their own."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from time import monotonic

from app.calls import queries as calls
from app.calls.rules import CallInput
from app.calls.service import correcting, recording
from app.campaigns.models import Campaign
from app.cases import queries
from app.cases.service import release
from app.cases.service.claim import claim
from app.cases.service.settling import renew
from app.db import Database
from app.people.models import User
from app.problems import Problem
from tests import cast
from tests.cast import BRIDGE, NOW, SCHOOL, mobile, resident

VOLUNTEERS = 16
STEPS = 22
MINUTES_A_SECOND = 15
"""Time runs fast here, so that leases end and pauses pass while the crowd is at work."""
SAID = ("completed", "no_answer", "busy", "busy", "callback_requested", "needs_leader",
        "respondent_unavailable", "soft_refusal", "invalid_number")  # fmt: skip


@dataclass(frozen=True)
class Saving:
    """One save as it was sent, to be sent again."""

    case_id: int
    call: CallInput
    key: str


@dataclass
class Worker:
    """One volunteer, who does at random what volunteers do."""

    db: Database
    user: User
    campaigns: list[int]
    clock: Callable[[], datetime]
    random: Random
    mine: dict[int, int] = field(default_factory=dict)
    """Cases ever held, each with the campaign; by now others may hold them."""
    saved: list[Saving] = field(default_factory=list)
    acknowledged: dict[str, int] = field(default_factory=dict)
    failures: list[BaseException] = field(default_factory=list)

    def run(self, start: threading.Barrier) -> None:
        start.wait()
        acts = (self.claim, self.claim, self.save, self.save, self.save, self.save, self.again,
                self.correct, self.give_back, self.look)  # fmt: skip
        for _step in range(STEPS):
            try:
                self.random.choice(acts)()
            except Problem as problem:
                if problem.code not in {"holds_enough", "already_corrected"}:
                    self.failures.append(problem)
            except Exception as error:  # noqa: BLE001 - whatever reaches a volunteer is a failure
                self.failures.append(error)

    def claim(self) -> None:
        campaign, size = self.random.choice(self.campaigns), self.random.randint(1, 6)
        with self.db.writing() as session:
            batch = claim(session, self.user, self.clock(), campaign, size).batch
            groups = queries.held_groups(session, [batch.id]) if batch else []
            cases = queries.cases_of(session, [group.id for group in groups])
        self.mine |= {case.id: campaign for case in cases}

    def save(self) -> None:
        if not self.mine:
            return
        now, disposition = self.clock(), self.random.choice(SAID)
        agreed = now + timedelta(hours=1) if disposition == "callback_requested" else None
        call = CallInput(disposition, now - timedelta(minutes=1), now, callback_at=agreed)
        key = f"{self.user.id}-{len(self.saved)}"
        self._send(Saving(self.random.choice(list(self.mine)), call, key))

    def _send(self, saving: Saving) -> None:
        with self.db.writing() as session:
            saved = recording.record(
                session, self.user, self.clock(), saving.case_id, saving.call, saving.key
            )
        assert self.acknowledged.setdefault(saving.key, saved.call.id) == saved.call.id
        self.saved.append(saving)

    def again(self) -> None:
        if self.saved:
            self._send(self.random.choice(self.saved))

    def correct(self) -> None:
        with self.db.writing() as session:
            own = calls.own_calls(session, self.user, 5)
            if own:
                call, now = self.random.choice(own)[0], self.clock()
                meant = CallInput(self.random.choice(["completed", "no_answer"]), now, now)
                correcting.correct(session, self.user, now, call.id, meant)

    def give_back(self) -> None:
        with self.db.writing() as session:
            for batch in queries.live_batches(session, self.user, self.campaigns[0])[:1]:
                release.release(session, self.user, self.clock(), batch.id)

    def look(self) -> None:
        with self.db.writing() as session:
            campaign = session.get_one(Campaign, self.campaigns[0])
            for batch in queries.live_batches(session, self.user, campaign.id)[:1]:
                renew(session, batch, campaign.rules, self.clock())


def crowd(db: Database, seed: int) -> list[Worker]:
    """Two campaigns over the same residents: alone, in families, with shared numbers."""
    cast.communities(db)
    users = [
        cast.add(db, f"志愿者{n}", "volunteer", team="观音山街道").user for n in range(VOLUNTEERS)
    ]
    single = [resident(f"单{n}", mobile(n), mobile(500 + n)) for n in range(24)]
    families = [resident(f"户{n}", mobile(100 + n // 2), room=f"{n // 3}") for n in range(24)]
    office = [resident(f"职{n}", mobile(999), mobile(700 + n)) for n in range(10)]
    cast.residents(db, BRIDGE, single + families)
    cast.residents(db, SCHOOL, office)
    rules = {"unopened_minutes": 2, "lease_minutes": 10, "max_attempts_per_day": 9, "rest_days": 0}
    campaigns = [cast.open_campaign(db, [BRIDGE, SCHOOL], **rules) for _ in range(2)]
    began = monotonic()

    def clock() -> datetime:
        return NOW + timedelta(minutes=(monotonic() - began) * MINUTES_A_SECOND)

    return [Worker(db, user, campaigns, clock, Random(f"{seed} {user.id}")) for user in users]


def let_work(workers: list[Worker]) -> None:
    """Let all of them begin at the same moment, and wait for the last."""
    start = threading.Barrier(len(workers))
    threads = [threading.Thread(target=worker.run, args=[start]) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
