"""The queue against a model of it: dictionaries and no database."""

import shutil
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from app.calls.models import Call
from app.calls.rules import CallInput
from app.calls.service import recording
from app.cases.models import Case
from app.db import Database
from app.problems import NotFoundError, Problem
from app.residents.models import Resident
from tests.cases.town import Town
from tests.cast import NOW, Person, mobile, resident
from tests.conftest import Clock

GROUPS = ("甲", "乙", "父母", "丙丁")
PAUSES = {"no_answer": timedelta(hours=3), "busy": timedelta(minutes=20)}
SAID = ("completed", "no_answer", "busy", "callback_requested", "needs_leader")
ATTEMPTS = 4

NAMES = st.sampled_from("".join(GROUPS))
WHO = st.sampled_from(["volunteer", "colleague"])
SAYS = st.sampled_from(SAID)


@dataclass
class Said:
    """A call that counts, as it was last corrected."""

    disposition: str
    started_at: datetime
    callback_at: datetime | None
    who: str


@dataclass
class ModelCase:
    state: str = "open"
    ready_at: datetime = NOW
    appointment: bool = False
    calls: list[Said] = field(default_factory=list)

    def decide(self, now: datetime) -> None:
        """Work out where the case is from its calls."""
        last = self.calls[-1]
        self.appointment = False
        at_the_last = self.calls[ATTEMPTS - 1 : ATTEMPTS]
        most = ATTEMPTS + any(call.callback_at is not None for call in at_the_last)
        if any(call.disposition == "completed" for call in self.calls):
            self.state = "done"
        elif last.disposition == "needs_leader" or len(self.calls) >= most:
            self.state = "passed"
        else:
            self.state, self.appointment = "open", last.callback_at is not None
            due = last.callback_at or last.started_at + PAUSES[last.disposition]
            self.ready_at = max(due, now)


@dataclass
class ModelBatch:
    who: str
    expires_at: datetime
    groups: set[str]


@dataclass
class Sent:
    """A save as it went over the line, with what it became."""

    who: str
    name: str
    call: CallInput
    key: str
    row: Call
    counts: Said | None


class Queue(RuleBasedStateMachine):
    """Two volunteers, and every act in any order."""

    template: Path
    town_of: Town

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        path = Path(self.folder.name) / "town.sqlite"
        shutil.copyfile(self.template, path)
        clock = Clock()
        self.town = Town(
            Database(f"sqlite:///{path}"), clock, self.town_of.people, self.town_of.campaign
        )
        self.cases = {name: ModelCase() for group in GROUPS for name in group}
        self.batches: dict[int, ModelBatch] = {}
        self.agreed_by: dict[str, str] = {}
        self.ever_held: set[tuple[str, str]] = set()
        self.sent: list[Sent] = []
        self.correctable: list[Sent] = []
        self.closed = False

    def teardown(self) -> None:
        self.town.db.close()
        self.folder.cleanup()

    def person(self, who: str) -> Person:
        found: Person = getattr(self.town.people, who)
        return found

    @rule(minutes=st.sampled_from([1, 19, 20, 30, 180, 240, 1500]))
    def wait(self, minutes: int) -> None:
        self.town.wait(minutes=minutes)

    @rule(who=WHO, size=st.integers(1, 5))
    def claim(self, who: str, size: int) -> None:
        if self.closed:
            with pytest.raises(Problem, match="campaign_not_open"):
                self.town.claim(self.person(who), size)
            return
        self.free([id_ for id_, b in self.batches.items() if b.expires_at <= self.town.now])
        expected = self.next_groups(who, size)
        batch = self.town.claim(self.person(who), size).batch
        assert (batch is None) == (not expected)
        if batch is None:
            return
        expires = self.town.now + timedelta(minutes=30)
        self.batches[batch.id] = ModelBatch(who, expires, set(expected))
        for name in "".join(expected):
            self.ever_held.add((who, name))
            if self.cases[name].state == "open":
                self.cases[name].state = "held"

    def next_groups(self, who: str, size: int) -> list[str]:
        """Which groups the design hands out next."""
        ready = []
        for place, group in enumerate(GROUPS):
            waiting = [c for c in map(self.cases.get, group) if c and c.state == "open"]
            if waiting and not self.batch_of(group):
                due = min(case.ready_at for case in waiting)
                appointment = any(case.appointment for case in waiting)
                own = appointment and self.agreed_by[group] == who
                if due <= self.town.now:
                    ready.append((not own, not appointment, due, place, group, len(waiting)))
        taken, cases = [], 0
        for *_order, group, waiting_cases in sorted(ready):
            if cases < size:
                taken.append(group)
                cases += waiting_cases
        return taken

    def batch_of(self, group: str) -> ModelBatch | None:
        return next((b for b in self.batches.values() if group in b.groups), None)

    def free(self, ids: list[int]) -> None:
        for id_ in ids:
            for name in "".join(self.batches.pop(id_).groups):
                if self.cases[name].state == "held":
                    self.cases[name].state = "open"

    @rule(who=WHO, name=NAMES, disposition=SAYS)
    def save(self, who: str, name: str, disposition: str) -> None:
        """Held, held once, held by the other by now, or never."""
        call, key = self.town.said(disposition), f"key {len(self.sent)}"
        if (who, name) not in self.ever_held:
            with pytest.raises(NotFoundError):
                self.send(who, name, call, key)
            return
        reason = self.why_not(who, name)
        row = self.send(who, name, call, key).call
        assert (row.applied, row.reason) == (reason is None, reason)
        counts = None
        if reason is None:
            counts = Said(disposition, call.started_at, call.callback_at, who)
            self.cases[name].calls.append(counts)
            self.cases[name].decide(self.town.now)
        self.note(name, counts is not None)
        self.settle(who, name)
        self.sent.append(Sent(who, name, call, key, row, counts))
        self.correctable.append(self.sent[-1])

    def send(self, who: str, name: str, call: CallInput, key: str) -> recording.Saved:
        case_id = self.town.case(name).id
        with self.town.db.writing() as session:
            user = self.person(who).user
            return recording.record(session, user, self.town.now, case_id, call, key)

    def why_not(self, who: str, name: str) -> str | None:
        batch = self.batch_of(self.group(name))
        if self.closed:
            return "campaign_closed"
        if self.cases[name].state in {"done", "passed"}:
            return "already_done"
        mine = self.cases[name].state == "held" and batch is not None and batch.who == who
        return None if mine else "stale_hold"

    @staticmethod
    def group(name: str) -> str:
        return next(group for group in GROUPS if name in group)

    def note(self, name: str, applied: bool) -> None:
        if applied and self.cases[name].appointment:
            self.agreed_by[self.group(name)] = self.cases[name].calls[-1].who

    def settle(self, who: str, name: str) -> None:
        """A group goes back with its last case, a batch ends with its last group."""
        group = self.group(name)
        for id_, batch in list(self.batches.items()):
            if group not in batch.groups:
                continue
            if all(self.cases[member].state != "held" for member in group):
                batch.groups.remove(group)
            if not batch.groups:
                del self.batches[id_]
            elif batch.who == who:
                batch.expires_at = max(batch.expires_at, self.town.now + timedelta(minutes=240))

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def save_again(self, data: st.DataObject) -> None:
        sent = data.draw(st.sampled_from(self.sent), label="sent")
        again = self.send(sent.who, sent.name, sent.call, sent.key)

        assert (again.repeated, again.call.id) == (True, sent.row.id)

    @precondition(lambda self: self.correctable)
    @rule(data=st.data(), disposition=SAYS)
    def correct(self, data: st.DataObject, disposition: str) -> None:
        place = data.draw(st.integers(0, len(self.correctable) - 1))
        sent = self.correctable.pop(place)
        case, was = self.cases[sent.name], self.cases[sent.name].state
        row = self.town.correct(self.person(sent.who), sent.row, disposition)
        with pytest.raises(Problem, match="already_corrected"):
            self.town.correct(self.person(sent.who), sent.row, disposition)
        assert row.applied == (sent.counts is not None and not self.closed)
        if not row.applied or sent.counts is None:
            return
        sent.counts.disposition, sent.counts.callback_at = disposition, row.callback_at
        case.decide(self.town.now)
        if was == "held" and case.state == "open":
            case.state = "held"
        self.note(sent.name, applied=True)
        self.settle(sent.who, sent.name)
        self.correctable.append(Sent(sent.who, sent.name, sent.call, sent.key, row, sent.counts))

    @precondition(lambda self: self.batches)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        id_ = data.draw(st.sampled_from(sorted(self.batches)), label="batch")
        batch = self.town.batch_of_id(id_)
        self.town.release(self.person(self.batches[id_].who), batch)
        self.free([id_])

    @precondition(lambda self: len(self.sent) > 8 and not self.closed)
    @rule()
    def close(self) -> None:
        self.town.close()
        self.closed = True
        self.free(list(self.batches))

    @invariant()
    def the_database_says_the_same(self) -> None:
        query = select(Resident.name, Case).join(Case, Case.resident_id == Resident.id)
        with self.town.db.reading() as session:
            for name, case in session.execute(query):
                model = self.cases[name]
                assert (name, case.state) == (name, model.state)
                assert case.attempts == len(model.calls)
                if model.state == "open":
                    assert (name, case.ready_at) == (name, model.ready_at)

    @invariant()
    def every_law_holds(self) -> None:
        assert self.town.broken() == []


@pytest.fixture(scope="module")
def template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Town]:
    """A town where nobody has rung yet, to be copied for each run."""
    path = tmp_path_factory.mktemp("queue") / "town.sqlite"
    shutil.copyfile(sqlite_template, path)
    drafts = [
        resident("甲", mobile(1), room="1"), resident("乙", mobile(2), room="2"),
        resident("父", mobile(3), room="3"), resident("母", mobile(4), room="3"),
        resident("丙", mobile(5), room="5"), resident("丁", mobile(5), room="6"),
    ]  # fmt: skip
    db = Database(f"sqlite:///{path}")
    town = Town.of(
        db, Clock(), drafts, max_attempts=ATTEMPTS, max_attempts_per_day=99, spread_days=0
    )
    db.close()
    return path, town


def test_the_queue_does_what_its_model_does(template: tuple[Path, Town]) -> None:
    Queue.template, Queue.town_of = template
    run_state_machine_as_test(
        Queue,
        settings=settings(
            max_examples=15,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
