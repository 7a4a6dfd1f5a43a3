"""A town in which a campaign is running: what the tests of the queue and of calls act in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import count
from typing import Any

from sqlalchemy import select, update

from app.calls.models import Call
from app.calls.rules import CallInput
from app.calls.service import correcting, recording
from app.calls.service.recording import Saved
from app.campaigns.models import Campaign
from app.cases import queries
from app.cases.models import Batch, CallGroup, Case, Handoff, Hold
from app.cases.service import claim as claiming
from app.cases.service import handing, off_shift, opening, release, skipping
from app.cases.service.claim import Claim
from app.cases.service.settling import renew
from app.db import Database
from app.people import shifts
from app.people.models import Shift
from app.people.rules.shifts import Span
from app.residents.models import Number, Resident, ResidentNumber
from app.residents.rules.rows import Draft
from app.upkeep import check
from tests import cast
from tests.cast import BRIDGE, Cast, Person
from tests.conftest import Clock
from tests.remembered import remembered

KEYS = count(1)


@dataclass
class Town:
    """One campaign, and everything people do in it, by the names of the residents."""

    db: Database
    clock: Clock
    people: Cast
    campaign: int

    @classmethod
    def of(cls, db: Database, clock: Clock, drafts: Iterable[Draft | str], **rules: Any) -> "Town":
        """A new town; who is only named has a number and a flat of their own, in this order."""
        residents = drafted(drafts)

        def build() -> tuple[Cast, int]:
            people = cast.standing(db)
            cast.residents(db, BRIDGE, residents)
            return people, cast.open_campaign(db, [BRIDGE], **rules)

        return cls(db, clock, *remembered(db, f"{residents} {sorted(rules.items())}", build))

    @property
    def now(self) -> datetime:
        return self.clock()

    def wait(self, **delta: float) -> None:
        self.clock.now += timedelta(**delta)

    def claim(self, who: Person, size: int = 20, **more: Any) -> Claim:
        """Claim as the pages do; who gets nobody is told why, and there is nobody further back."""
        found = self.claim_at_once(who, size, **more)
        if found.batch is not None:
            return found
        these = self.ahead(who, size, **more)
        if these:
            return self.claim_at_once(who, size, these=these, **more)
        campaign = more.pop("campaign", self.campaign)
        with self.db.reading() as session:
            return claiming.why_nothing(session, who.user, self.now, campaign, **more)

    def claim_at_once(self, who: Person, size: int = 20, **more: Any) -> Claim:
        """What one claim comes to by itself."""
        campaign = more.pop("campaign", self.campaign)
        with self.db.writing() as session:
            return claiming.claim(session, who.user, self.now, campaign, size, **more)

    def sweep(self) -> None:
        """End what is over, as every claim does first."""
        with self.db.writing() as session:
            release.end_expired(session, self.now)

    def ahead(self, who: Person, size: int = 20, **more: Any) -> Sequence[int]:
        """The groups that a look ahead finds for somebody."""
        campaign = more.pop("campaign", self.campaign)
        with self.db.reading() as session:
            return claiming.look_ahead(session, who.user, self.now, campaign, size, **more)

    def reach_elsewhere(self, names: Iterable[str]) -> None:
        """Have another campaign reach them, so that their numbers rest for three days."""
        other, leader = cast.open_campaign(self.db, [BRIDGE]), self.people.leader
        batch = self.batch(leader, campaign=other)
        for name in names:
            case = self.case(name, other)
            with self.db.reading() as session:
                members = queries.cases_of(session, [case.group_id])
            line = next(one for one in members if one.id == case.id).resident.lines[0]
            self.save(leader, name, case_id=case.id, number=line.number.value)
        self.release(leader, batch)

    def take(self, who: Person, size: int = 20, **more: Any) -> list[str]:
        """Claim and return whom, in the order of ringing."""
        taken = self.claim(who, size, **more)
        return [] if taken.batch is None else self.held(taken.batch)

    def batch(self, who: Person, size: int = 20, **more: Any) -> Batch:
        """Claim where there is something to be had."""
        taken = self.claim(who, size, **more).batch
        assert taken is not None
        return taken

    def held(self, batch: Batch) -> list[str]:
        with self.db.reading() as session:
            groups = [group.id for group in queries.held_groups(session, [batch.id])]
            cases = queries.cases_of(session, groups)
        order = {group: place for place, group in enumerate(groups)}
        found = [case for case in cases if case.state == "held"]
        found.sort(key=lambda case: (order[case.group_id], case.id))
        return [case.resident.name for case in found]

    def in_hand(self, who: Person) -> set[str]:
        with self.db.reading() as session:
            batches = queries.live_batches(session, who.user, self.campaign)
        return {name for batch in batches for name in self.held(batch)}

    def batch_of(self, who: Person, campaign: int | None = None) -> Batch:
        """The one batch somebody holds."""
        with self.db.reading() as session:
            (batch,) = queries.live_batches(session, who.user, campaign or self.campaign)
        return batch

    def batch_of_id(self, batch_id: int) -> Batch:
        with self.db.reading() as session:
            return session.get_one(Batch, batch_id)

    def release(self, who: Person, batch: Batch) -> None:
        with self.db.writing() as session:
            release.release(session, who.user, self.now, batch.id)

    def look_at(self, batch: Batch) -> None:
        """Open a batch, as its first page does."""
        with self.db.writing() as session:
            campaign = session.get_one(Campaign, self.campaign)
            renew(session, session.get_one(Batch, batch.id), campaign.rules, self.now)

    def at(self, text: str) -> datetime:
        """A time of the day on which the clock stands, ``14:30``."""
        return datetime.combine(self.now.date(), time.fromisoformat(text), self.now.tzinfo)

    def plan(self, who: Person, begins: str, ends: str) -> Shift:
        """Plan somebody for some hours of this day."""
        with self.db.writing() as session:
            span = Span(self.at(begins), self.at(ends))
            off_shift.plan(session, None, self.now, [who.user], [span])
            return max(shifts.ahead(session, who.user.id, self.now), key=lambda one: one.id)

    def check_in(self, who: Person, shift: Shift) -> Shift:
        with self.db.writing() as session:
            return shifts.check_in(session, who.user, self.now, shift.id)

    def check_out(self, who: Person, shift: Shift) -> Shift:
        with self.db.writing() as session:
            return off_shift.check_out(session, who.user, self.now, shift.id)

    def remove(self, who: Person | None, shift: Shift) -> None:
        with self.db.writing() as session:
            actor = None if who is None else who.user
            off_shift.remove_shift(session, actor, self.now, shift.id)

    def renumber(self, name: str, number: str) -> None:
        """Give a resident another number instead of theirs, as a roster put right does."""
        with self.db.writing() as session:
            other = Number(value=number)
            session.add(other)
            session.flush()
            whose = ResidentNumber.resident_id == self.case(name).resident_id
            session.execute(update(ResidentNumber).where(whose).values(number_id=other.id))

    def close(self) -> None:
        with self.db.writing() as session:
            opening.close_campaign(session, None, self.now, self.campaign)

    def case(self, name: str, campaign: int | None = None) -> Case:
        query = (
            select(Case)
            .join(Resident, Resident.id == Case.resident_id)
            .where(Resident.name == name, Case.campaign_id == (campaign or self.campaign))
        )
        with self.db.reading() as session:
            return session.scalars(query).one()

    def group(self, name: str) -> CallGroup:
        with self.db.reading() as session:
            return session.get_one(CallGroup, self.case(name).group_id)

    def freed_at(self, name: str) -> datetime | None:
        """When the last hold of a resident's group ended; None while it lasts."""
        query = select(Hold.released_at).where(Hold.group_id == self.case(name).group_id)
        with self.db.reading() as session:
            return session.scalars(query.order_by(Hold.id.desc()).limit(1)).first()

    def calls(self, name: str | None = None) -> Sequence[Call]:
        """The calls on a resident, or all, in the order of commits."""
        query = select(Call).order_by(Call.campaign_id, Call.position)
        if name is not None:
            query = query.where(Call.case_id == self.case(name).id)
        with self.db.reading() as session:
            return session.scalars(query).all()

    def said(self, disposition: str = "completed", **more: Any) -> CallInput:
        """A call of two minutes that has just ended."""
        if disposition == "callback_requested":
            more.setdefault("callback_at", self.now + timedelta(hours=3))
        if "also" in more:
            more["also"] = tuple(self.case(name).id for name in more["also"])
        started = more.pop("started_at", self.now - timedelta(minutes=2))
        return CallInput(disposition, started, more.pop("ended_at", self.now), **more)

    def save(self, who: Person, name: str, disposition: str = "completed", **more: Any) -> Saved:
        key = more.pop("key", f"key {next(KEYS)}")
        case_id = more.pop("case_id", None) or self.case(name).id
        wanted = self.said(disposition, **more)
        with self.db.writing() as session:
            return recording.record(session, who.user, self.now, case_id, wanted, key)

    def skip(self, who: Person, name: str, reason: str = "not_now") -> None:
        with self.db.writing() as session:
            skipping.skip(session, who.user, self.now, self.case(name).id, reason)

    def hand_over(self, who: Person, to: Person | None, note: str = "") -> Handoff:
        """Hand over the one batch somebody holds, to the pool where ``to`` is None."""
        batch, name = self.batch_of(who), None if to is None else to.name
        with self.db.writing() as session:
            return handing.hand_over(session, who.user, self.now, batch.id, name, note)

    def correct(self, who: Person, call: Call, disposition: str, **more: Any) -> Call:
        together = bool(more.pop("together", False))
        wanted = self.said(disposition, **more)
        with self.db.writing() as session:
            return correcting.correct(
                session, who.user, self.now, call.id, wanted, together=together
            )

    def broken(self) -> list[str]:
        """What ``ringround check`` finds."""
        with self.db.reading() as session:
            return [f"{one.law}: {one.row}: {one.what}" for one in check.run(session)]


def drafted(drafts: Iterable[Draft | str]) -> list[Draft]:
    """Rows of a roster; the names alone get a flat and a number each, in order."""
    return [
        cast.resident(one, cast.mobile(number), room=f"{number:03}")
        if isinstance(one, str)
        else one
        for number, one in enumerate(drafts, 1)
    ]
