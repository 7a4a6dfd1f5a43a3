"""One client of a storm: a volunteer's phone or a leader's desk that does at random what people do,
and logs what it saw for the judge."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.calls import queries as calls
from app.calls.models import Call
from app.calls.rules import CallInput
from app.calls.service import answering, correcting, recording
from app.campaigns.models import Campaign
from app.cases import queries
from app.cases.models import Batch, Case, Hold
from app.cases.service import handing, leaving, moving, opening, release, skipping
from app.cases.service.claim import claim, look_ahead
from app.cases.service.moving import Which
from app.cases.service.settling import renew
from app.db import Database
from app.people.models import User
from app.problems import ForbiddenError, NotFoundError, Problem
from app.progress import queries as progress
from app.rosters.service import importing
from app.rosters.service.importing import Roster
from tests.cast import BRIDGE, NOW, mobile, resident
from tests.invariants.history import History

SECONDS_A_STEP = 10
"""The clock moves with the work, however fast the machine is: so leases end and pauses pass."""
REFUSALS = (Problem, NotFoundError, ForbiddenError)
SAID = ("completed", "no_answer", "busy", "busy", "busy", "callback_requested", "needs_leader",
        "respondent_unavailable", "soft_refusal", "invalid_number")  # fmt: skip


@dataclass(frozen=True)
class Ticks:
    """A clock for all processes: as late as its file is long."""

    path: Path

    def tick(self) -> datetime:
        with self.path.open("ab", buffering=0) as file:
            file.write(b".")
            return self.at(os.fstat(file.fileno()).st_size)

    @staticmethod
    def at(ticks: int) -> datetime:
        return NOW + timedelta(seconds=ticks * SECONDS_A_STEP)


@dataclass(frozen=True)
class Found:
    """A case that was in one's hands, with its campaign, its group and the batch."""

    case: int
    campaign: int
    group: int
    batch: int


@dataclass(frozen=True)
class Sent:
    """A save as it was sent, to be sent again."""

    found: Found
    call: CallInput
    key: str


@dataclass
class Desk:
    """What a person knows; their two devices share it. Little of it is still true."""

    user_id: int
    found: list[Found] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    saved: list[tuple[int, int]] = field(default_factory=list)
    """Calls that were acknowledged, each with its group."""
    batches: list[int] = field(default_factory=list)


def body(case_id: int, call: Call | CallInput) -> str:
    """A hash of what was said, made by the client's own means."""
    started = (call.started_at - NOW).total_seconds()
    facts = [case_id, call.disposition, call.direction, started, call.note]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def since(moment: datetime) -> float:
    return (moment - NOW).total_seconds()


@dataclass
class Client:
    db: Database
    desk: Desk
    clock: Ticks
    history: History
    random: Random
    campaigns: Sequence[int]
    people: Sequence[tuple[int, str]]
    """The volunteers."""
    now: datetime = NOW
    me: User = field(default_factory=User)

    def run(self, acts: Sequence[str], steps: int) -> None:
        for _step in range(steps):
            act: Callable[[], None] = getattr(self, self.random.choice(acts))
            act()

    def op(self, f: str, **value: Any) -> AbstractContextManager[dict[str, Any]]:
        self.now = self.clock.tick()
        return self.history.op(f, user=self.desk.user_id, at=since(self.now), **value)

    @contextmanager
    def acting(self, *, closed_too: bool = False) -> Iterator[Session]:
        """One request: who asks is looked up first, then everything is one transaction. Calls
        may be handed in by those too whose account was closed meanwhile."""
        self.come_in(closed_too=closed_too)
        with self.db.writing() as session:
            yield session

    def come_in(self, *, closed_too: bool = False) -> None:
        with self.db.reading() as session:
            self.me = session.get_one(User, self.desk.user_id)
        if not (self.me.active or closed_too):
            raise ForbiddenError

    def claim(self) -> None:
        campaign, size = self.random.choice(self.campaigns), self.random.randint(1, 6)

        def take(session: Session) -> dict[str, Any]:
            batch = claim(session, self.me, self.now, campaign, size).batch
            return self.seen(session, batch.id if batch else None)

        with self.op("claim", campaign=campaign, size=size) as answer:
            self.come_in()
            answer.update(self.db.in_turn(take))

    def claim_ahead(self) -> None:
        """Look first, then take those found: others may have been faster."""
        campaign, size = self.random.choice(self.campaigns), self.random.randint(1, 6)
        with self.op("claim", campaign=campaign, size=size) as answer:
            with self.db.reading() as session:
                me = session.get_one(User, self.desk.user_id)
                these = look_ahead(session, me, self.now, campaign, size)
            with self.acting() as session:
                batch = claim(session, self.me, self.now, campaign, size, these=these).batch
                answer.update(self.seen(session, batch.id if batch else None))

    def open(self) -> None:
        batch_id = self.one_of(self.desk.batches)
        if batch_id is not None:
            with self.op("open", batch=batch_id) as answer, self.acting() as session:
                batch = session.get_one(Batch, batch_id)
                campaign = session.get_one(Campaign, batch.campaign_id)
                renew(session, batch, campaign.rules, self.now)
                answer.update(self.seen(session, batch_id))

    def save(self) -> None:
        # Mostly what came last: what is old was settled long ago.
        found = self.one_of(self.desk.found[-12:])
        if found is not None:
            key = f"{self.history.process}-{len(self.desk.sent)}-{self.random.random()}"
            self.send(Sent(found, self.said(found, key), key))

    def said(self, found: Found, note: str) -> CallInput:
        now = self.clock.at(self.clock.path.stat().st_size)
        disposition = self.random.choice(SAID)
        agreed = now + timedelta(hours=1) if disposition == "callback_requested" else None
        mates = {one.case for one in self.desk.found if one.group == found.group}
        return CallInput(
            disposition, now - timedelta(minutes=1), now, callback_at=agreed, note=note,
            direction=self.random.choice(["out"] * 9 + ["in"]),
            hold=self.random.choice([None, found.batch]),
            also=tuple(sorted(mates - {found.case})) if self.random.random() < 0.3 else (),
        )  # fmt: skip

    def send(self, sent: Sent) -> None:
        found, call = sent.found, sent.call
        facts = {"key": sent.key, "hash": body(found.case, call), "group": found.group}
        taken = {"takes": {"group": found.group}, "direction": call.direction}

        def record(session: Session) -> dict[str, Any]:
            saved = recording.record(session, self.me, self.now, found.case, call, sent.key)
            row = saved.call
            return {
                "id": row.id, "applied": row.applied, "reason": row.reason,
                "generation": row.batch_id, "repeated": saved.repeated,
                **self.seen_of_group(session, found.group),
            }  # fmt: skip

        with self.op("save", **facts, **taken) as answer:
            self.come_in(closed_too=True)
            answer.update(self.db.in_turn(record))
        self.desk.sent.append(sent)
        if "id" in answer:
            self.desk.saved.append((answer["id"], found.group))

    def again(self) -> None:
        sent = self.one_of(self.desk.sent)
        if sent is not None:
            self.send(sent)

    def reuse(self) -> None:
        """Another body under a key that was used."""
        sent = self.one_of(self.desk.sent)
        if sent is not None:
            self.send(replace(sent, call=replace(sent.call, note="something else")))

    def correct(self) -> None:
        call_id, group = self.one_of(self.desk.saved) or (0, 0)
        if call_id:
            with self.op("correct", takes={"group": group}) as answer, self.acting() as session:
                last = session.scalar(select(func.max(Call.id)).where(Call.corrects_id == call_id))
                meant = CallInput(self.random.choice(SAID[:5]), self.now, self.now)
                correcting.correct(
                    session, self.me, self.now, last or call_id, meant, together=True
                )
                answer.update(self.seen_of_group(session, group))

    def undo(self) -> None:
        call_id, group = (self.desk.saved or [(0, 0)])[-1]
        if call_id:
            with self.op("undo", takes={"group": group}) as answer, self.acting() as session:
                correcting.undo(session, self.me, self.now, call_id)
                answer.update(self.seen_of_group(session, group))

    def skip(self) -> None:
        found = self.one_of(self.desk.found[-12:])
        if found is not None:
            with self.op("skip", takes={"group": found.group}) as answer, self.acting() as session:
                skipping.skip(session, self.me, self.now, found.case, "not_now")
                answer.update(self.seen_of_group(session, found.group))

    def give_back(self) -> None:
        batch_id = self.one_of(self.desk.batches)
        if batch_id is not None:
            with self.op("release", takes={"batch": batch_id}) as answer, self.acting() as session:
                release.release(session, self.me, self.now, batch_id)
                if session.get_one(Batch, batch_id).end_reason == "released":
                    answer["frees"] = batch_id

    def hand_over(self) -> None:
        batch_id, to = self.one_of(self.desk.batches), self.random.choice(self.people)[1]
        if batch_id is not None:
            with self.op("handoff", takes={"batch": batch_id}), self.acting() as session:
                to_whom = self.random.choice([None, to, to])
                handing.hand_over(session, self.me, self.now, batch_id, to_whom, "")

    def offered(self) -> int | None:
        query = select(Batch.id).where(
            Batch.user_id == self.desk.user_id, Batch.handed_by_id.is_not(None),
            Batch.opened_at.is_(None), Batch.ended_at.is_(None),
        )  # fmt: skip
        with self.db.reading() as session:
            return session.scalar(query.limit(1))

    def accept(self) -> None:
        batch_id = self.offered()
        if batch_id is not None:
            with self.op("accept", batch=batch_id) as answer, self.acting() as session:
                handing.accept(session, self.me, self.now, batch_id)
                answer.update(self.seen(session, batch_id))

    def decline(self) -> None:
        batch_id = self.offered()
        if batch_id is not None:
            with self.op("decline", takes={"batch": batch_id}) as answer, self.acting() as session:
                handing.decline(session, self.me, self.now, batch_id)
                if session.get_one(Batch, batch_id).end_reason == "declined":
                    answer["frees"] = batch_id

    def seen(self, session: Session, batch_id: int | None) -> dict[str, Any]:
        """What one holds of a batch, by the server's answer; kept in mind for later acts."""
        live = select(Batch).where(Batch.id == batch_id, Batch.ended_at.is_(None))
        batch = session.scalar(live.execution_options(populate_existing=True))
        if batch is None:
            return {"holds": []}
        held = Hold.batch_id == batch.id, Hold.released_at.is_(None)
        for case_id, group_id in session.execute(
            select(Case.id, Case.group_id)
            .where(Case.group_id.in_(select(Hold.group_id).where(*held)), Case.state == "held")
            .order_by(Case.id)
        ):
            self.desk.found.append(Found(case_id, batch.campaign_id, group_id, batch.id))
        self.desk.batches.append(batch.id)
        return self.certainty(session, batch, *held)

    def seen_of_group(self, session: Session, group_id: int) -> dict[str, Any]:
        """What one still holds of a group."""
        held = Hold.group_id == group_id, Hold.released_at.is_(None)
        mine = select(Hold.batch_id).where(*held, Hold.user_id == self.desk.user_id)
        live = select(Batch).where(Batch.id.in_(mine), Batch.ended_at.is_(None))
        batch = session.scalar(live.execution_options(populate_existing=True))
        return {"holds": []} if batch is None else self.certainty(session, batch, *held)

    @staticmethod
    def certainty(session: Session, batch: Batch, *held: Any) -> dict[str, Any]:
        rows = session.execute(select(Hold.number_id, Hold.generation, Hold.group_id).where(*held))
        holds = sorted(list(row) for row in rows)
        return {"batch": batch.id, "until": since(batch.lease_expires_at), "holds": holds}

    def move(self) -> None:
        """Recall, or pass to another volunteer: of one, of a batch, of a whole community."""
        user_id, _name = self.random.choice(self.people)
        to = self.random.choice([None, self.random.choice(self.people)[1]])
        what = self.random.choice(["user"] * 4 + ["batch"] * 4 + ["community"])
        batch_id = self.live_batch()
        takes = {"user": {"user": user_id}, "batch": {"batch": batch_id}}.get(what, {})
        which = {
            "user": Which(user=user_id), "batch": Which(batch=batch_id),
            "community": Which(community=BRIDGE),
        }[what]  # fmt: skip
        with self.op("move", takes=takes, to=to) as answer, self.acting() as session:
            answer["moved"] = moving.move(session, self.me, self.now, which, to)

    def live_batch(self) -> int:
        with self.db.reading() as session:
            live = session.scalars(select(Batch.id).where(Batch.ended_at.is_(None))).all()
        return self.random.choice(live) if live else 0

    def deactivate(self) -> None:
        user_id = self.random.choice(self.people)[0]
        with self.op("deactivate", takes={"user": user_id}), self.acting() as session:
            leaving.deactivate(session, None, self.now, user_id)
        self.activate()

    def activate(self) -> None:
        for user_id, _name in self.people:
            with self.db.reading() as session:
                closed = select(User.id).where(User.id == user_id, User.active.is_(False))
                if not session.scalar(closed):
                    continue
            with self.op("activate"), self.acting() as session:
                leaving.activate(session, None, self.now, user_id)

    def answer(self) -> None:
        """Answer what is on the leader's list."""
        with self.db.reading() as session:
            waiting = select(Case.id, Case.group_id).where(Case.passed_to == "leader")
            found = session.execute(waiting).all()
        if found:
            case_id, group_id = self.random.choice(found)
            what = self.random.choice(["needs_leader", "needs_leader", "moved"])
            with self.op("answer", takes={"group": group_id}), self.acting() as session:
                answering.answer(session, self.me, self.now, case_id, what, "请再打一次")

    def welcome(self) -> None:
        """Residents come later: some to households, some to numbers that others have."""
        n = self.random.randint(0, 10**6)
        drafts = [
            resident(f"新{n}", mobile(n + 10**6), room=f"{n % 8}"),
            resident(f"后{n}", mobile(100 + n % 12), room=f"新{n}"),
        ]
        with self.op("welcome") as answer:
            with self.acting() as session:
                roster = Roster("newcomers.xlsx", (), tuple(drafts), ())
                importing.take(session, None, self.now, roster, BRIDGE)
            # In two transactions, as anybody does it: who opens a campaign asks for its row with
            # nothing in hand that others wait for.
            with self.acting() as session:
                answer["added"] = opening.open_campaign(session, None, self.now, self.campaigns[0])

    def count(self) -> None:
        """Count as of a position, as a report does."""
        with self.op("count", campaign=self.campaigns[0]) as answer, self.db.reading() as session:
            campaign = session.get_one(Campaign, self.campaigns[0])
            position = self.random.randint(0, campaign.last_position)
            found = progress.by_community_as_of(session, campaign, None, position)
            answer["position"] = position
            answer["counts"] = [[one.community.code, vars(one.tally)] for one in found]

    def one_of(self, things: Sequence[Any]) -> Any:
        return self.random.choice(things) if things else None

    def look_back(self) -> None:
        """The volunteer's own page."""
        with self.db.reading() as session:
            calls.own_calls(session, self.me, 5)
            queries.live_batches(session, self.me, self.campaigns[0])
