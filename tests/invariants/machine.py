"""Everything people do to the queue, each act also done to the model of it (``model.py``)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.calls.models import Call
from app.calls.rules import CallInput
from app.calls.service import answering, correcting, recording
from app.cases.models import Batch, CallGroup, Case
from app.cases.service import handing, leaving, moving, skipping
from app.cases.service.moving import Which
from app.people.models import User
from app.problems import NotFoundError, Problem
from app.residents.models import Resident
from tests.cases.town import Town
from tests.cast import Person
from tests.invariants.model import GROUPS, SKIPPED, UNOPENED, Model, ModelBatch, Said

SAID = ("completed", "no_answer", "busy", "callback_requested", "needs_leader", "soft_refusal")
PEOPLE = ("volunteer", "colleague")
ACTS_BETWEEN = 8
"""How many acts lie between two looks at every law."""

NAMES = st.sampled_from("".join(GROUPS))
WHO = st.sampled_from(PEOPLE)
SAYS = st.sampled_from(SAID)


@dataclass
class Sent:
    """A save as it went over the line, with what it became."""

    who: str
    name: str
    call: CallInput
    key: str
    row: Call
    counts: Said | None
    latest: Call
    """Its last correction."""
    in_hand: bool = False
    """Whether the case was in the volunteer's hands, or had been up to that moment."""


class Queue(RuleBasedStateMachine):
    """Two volunteers and their leader."""

    town_for: Callable[[], Town]

    def __init__(self) -> None:
        super().__init__()
        self.town = type(self).town_for()
        self.model = Model()
        self.sent: list[Sent] = []
        self.acts = 0

    def teardown(self) -> None:
        assert self.town.broken() == []
        self.town.db.close()

    def person(self, who: str) -> Person:
        found: Person = getattr(self.town.people, who)
        return found

    def act(self, who: str, what: Callable[[Session, User], object]) -> object:
        """Do something as this person, as their account stands."""
        with self.town.db.writing() as session:
            return what(session, session.get_one(User, self.person(who).user.id))

    @rule(minutes=st.sampled_from([1, 9, 19, 20, 30, 180, 240, 1500]))
    def wait(self, minutes: int) -> None:
        self.town.wait(minutes=minutes)

    @rule(who=WHO, size=st.integers(1, 5), ahead=st.booleans())
    def claim(self, who: str, size: int, ahead: bool) -> None:
        """From the front of the queue, or those whom a look ahead found: they are the same."""
        if self.model.closed:
            with pytest.raises(Problem, match="campaign_not_open"):
                self.town.claim(self.person(who), size)
            return
        if not self.model.active[who]:
            return
        self.model.sweep(self.town.now)
        expected = self.model.next_groups(who, size, self.town.now)
        person = self.person(who)
        more = {"these": self.look_ahead(person, size)} if ahead else {}
        batch = self.town.claim_at_once(person, size, **more).batch
        assert (batch is None) == (not expected)
        if batch is not None:
            self.gives(batch.id, who, expected)

    def look_ahead(self, person: Person, size: int) -> Sequence[int]:
        """A claim that found nobody goes before it, and frees what nobody holds any more."""
        self.town.sweep()
        return self.town.ahead(person, size)

    def gives(self, id_: int, who: str, groups: list[str], *, offer: bool = False) -> None:
        expires = self.town.now + UNOPENED
        self.model.give(id_, ModelBatch(who, expires, set(groups), offer))

    @rule(
        who=WHO, name=NAMES, disposition=SAYS, data=st.data(),
        direction=st.sampled_from(["out", "out", "out", "in"]),
    )  # fmt: skip
    def save(
        self, who: str, name: str, disposition: str, direction: str, data: st.DataObject
    ) -> None:
        """Held, held once, held by the other by now, or never."""
        group, now = self.model.group(name), self.town.now
        holds = [id_ for id_, _who in self.model.history[group]]
        hold = data.draw(st.sampled_from([None, None, *holds]), label="hold")
        call = self.town.said(disposition, direction=direction, hold=hold)
        key = f"key {len(self.sent)}"
        if self.model.own_hold(who, group, None) is None:
            with pytest.raises(NotFoundError):
                self.send(who, name, call, key)
            return
        reason = self.model.why_not(who, name, disposition, direction, hold)
        by_holder = self.model.holder(group) == who
        in_hand = by_holder or self.town.freed_at(group[0]) == now
        row = self.send(who, name, call, key).call
        assert (row.applied, row.reason) == (reason is None, reason)
        counts = None
        if reason is None:
            counts = Said(who, disposition, call.started_at, call.callback_at, direction, whose=who)
            self.model.cases[name].calls.append(counts)
            self.model.settle_case(name, now, by_holder=by_holder)
            if direction == "out":
                self.model.spare(group)
        self.model.settle_group(who, group, now)
        self.sent.append(Sent(who, name, call, key, row, counts, row, in_hand))

    def send(self, who: str, name: str, call: CallInput, key: str) -> recording.Saved:
        case_id = self.town.case(name).id
        with self.town.db.writing() as session:
            user = session.get_one(User, self.person(who).user.id)
            return recording.record(session, user, self.town.now, case_id, call, key)

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def save_again(self, data: st.DataObject) -> None:
        sent = data.draw(st.sampled_from(self.sent), label="sent")
        again = self.send(sent.who, sent.name, sent.call, sent.key)

        assert (again.repeated, again.call.id) == (True, sent.row.id)
        assert (again.call.applied, again.call.reason) == (sent.row.applied, sent.row.reason)

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), disposition=SAYS)
    def correct(self, data: st.DataObject, disposition: str) -> None:
        sent = data.draw(st.sampled_from(self.sent), label="sent")
        if sent.latest is not sent.row:
            with pytest.raises(Problem, match="already_corrected"):
                self.town.correct(self.person(sent.who), sent.row, disposition)
        was_voided = sent.latest.voided
        row = sent.latest = self.town.correct(self.person(sent.who), sent.latest, disposition)
        assert row.applied == (sent.counts is not None and not self.model.closed)
        if row.applied and sent.counts is not None:
            sent.counts.disposition, sent.counts.callback_at = disposition, row.callback_at
            if was_voided:
                self.bring_back(sent)
            self.model.settle_case(sent.name, self.town.now, by_holder=False)
        self.finish_correction(sent)

    def bring_back(self, sent: Sent) -> None:
        """What was undone is said after all; among the calls it has its old place."""
        mine = [one.counts for one in self.sent if one.name == sent.name and one.counts]
        calls = self.model.cases[sent.name].calls
        after = mine[mine.index(sent.counts) + 1 :] if sent.counts else []
        place = next((i for i, call in enumerate(calls) if any(call is a for a in after)), None)
        calls.insert(len(calls) if place is None else place, sent.counts)  # type: ignore[arg-type]

    def finish_correction(self, sent: Sent) -> None:
        group = self.model.group(sent.name)
        self.model.spare(group)
        self.model.settle_group(sent.who, group, self.town.now)

    @precondition(lambda self: self.sent)
    @rule(who=WHO)
    def undo(self, who: str) -> None:
        own = [sent for sent in self.sent if sent.who == who]
        if not own:
            return
        sent, now = own[-1], self.town.now
        late = (now - sent.row.recorded_at).total_seconds() > 300
        if late or sent.latest is not sent.row:
            with pytest.raises(Problem, match="undo_late" if late else "already_corrected"):
                self.undone(who, sent)
            return
        row = sent.latest = self.undone(who, sent)
        applied = sent.counts is not None and not self.model.closed and self.model.active[who]
        assert (row.voided, row.applied) == (True, applied)
        case, group = self.model.cases[sent.name], self.model.group(sent.name)
        if applied:
            case.calls = [call for call in case.calls if call is not sent.counts]
            self.model.settle_case(sent.name, now, by_holder=False)
        self.finish_correction(sent)
        if applied and sent.in_hand:
            self.take_back(who, group, sent)

    def undone(self, who: str, sent: Sent) -> Call:
        row = self.act(
            who, lambda session, me: correcting.undo(session, me, self.town.now, sent.row.id)
        )
        assert isinstance(row, Call)
        return row

    def take_back(self, who: str, group: str, sent: Sent) -> None:
        """Nobody else has had it, so it is in their hands again, under a new generation; or under
        the old one, where the rest of the group is there still.
        """
        under, case = sent.row.batch_id, self.model.cases[sent.name]
        batch = self.model.batch_of(group)
        if batch is not None and batch[0] == under and case.state == "open":
            case.state = "held"
        newest = self.model.history[group][-1][0]
        free = self.model.batch_of(group) is None and self.model.waiting(group)
        if free and newest == under:
            with self.town.db.reading() as session:
                id_ = session.get_one(CallGroup, self.town.group(group[0]).id).batch_id
            assert id_ is not None
            self.gives(id_, who, [group])
            self.model.renew(self.model.batches[id_], self.town.now)

    @rule(who=WHO, name=NAMES)
    def skip(self, who: str, name: str) -> None:
        group, case = self.model.group(name), self.model.cases[name]
        mine = self.model.holder(group) == who and case.state == "held"
        case_id, now = self.town.case(name).id, self.town.now

        def skip(session: Session, me: User) -> None:
            skipping.skip(session, me, now, case_id, "not_now")

        if not mine:
            with pytest.raises(NotFoundError):
                self.act(who, skip)
            return
        self.act(who, skip)
        case.state, case.ready_at, case.whose = "open", max(now + SKIPPED, case.ready_at), None
        self.model.skips.add((group, who, now.date()))
        self.model.settle_group(who, group, now)

    @precondition(lambda self: self.model.batches)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        id_ = data.draw(st.sampled_from(sorted(self.model.batches)), label="batch")
        batch = self.town.batch_of_id(id_)
        self.town.release(self.person(self.model.batches[id_].who), batch)
        self.model.free([id_])

    @precondition(lambda self: self.model.batches)
    @rule(data=st.data(), to_pool=st.booleans())
    def hand_over(self, data: st.DataObject, to_pool: bool) -> None:
        id_ = data.draw(st.sampled_from(sorted(self.model.batches)), label="batch")
        who = self.model.batches[id_].who
        other = next(one for one in PEOPLE if one != who)
        to = None if to_pool else self.person(other).name

        def hand_over(session: Session, me: User) -> int | None:
            return handing.hand_over(session, me, self.town.now, id_, to).to_batch_id

        if not to_pool and not self.model.active[other]:
            with pytest.raises(Problem, match="handoff_to_whom"):
                self.act(who, hand_over)
            return
        offer = self.act(who, hand_over)
        assert (offer is None) == to_pool
        assert self.act(who, hand_over) == offer, "asked again it answers the same"
        self.pass_on([id_], other, offer)

    def pass_on(self, ids: list[int], to: str, offer: object) -> None:
        groups = [group for id_ in ids for group in self.model.batches[id_].groups]
        self.model.free(ids)
        if isinstance(offer, int):
            self.gives(offer, to, groups, offer=True)

    @precondition(lambda self: any(batch.offer for batch in self.model.batches.values()))
    @rule(data=st.data(), accepts=st.booleans())
    def answer_an_offer(self, data: st.DataObject, accepts: bool) -> None:
        offers = [id_ for id_, batch in sorted(self.model.batches.items()) if batch.offer]
        id_ = data.draw(st.sampled_from(offers), label="offer")
        batch = self.model.batches[id_]
        do = handing.accept if accepts else handing.decline
        self.act(batch.who, lambda session, me: do(session, me, self.town.now, id_))
        if accepts:
            self.model.renew(batch, self.town.now)
        else:
            self.model.free([id_])

    @rule(whose=WHO, to=st.sampled_from([None, *PEOPLE]))
    def move(self, whose: str, to: str | None) -> None:
        which = Which(user=self.person(whose).user.id)
        receiver = None if to is None else self.person(to).name

        def move(session: Session, me: User) -> int:
            return moving.move(session, me, self.town.now, which, receiver)

        if to is not None and not self.model.active[to]:
            with pytest.raises(Problem, match="handoff_to_whom"):
                self.act("leader", move)
            return
        ids = [id_ for id_, b in sorted(self.model.batches.items()) if b.who == whose != to]
        groups = [group for id_ in ids for group in self.model.batches[id_].groups]
        along = [case for group in groups for case in self.model.waiting(group)]
        assert self.act("leader", move) == len(along)
        self.pass_on(ids, to or "", self.newest_batch() if to and ids else None)

    def newest_batch(self) -> int | None:
        with self.town.db.reading() as session:
            return session.scalar(select(Batch.id).order_by(Batch.id.desc()).limit(1))

    @rule(who=WHO)
    def leave_or_return(self, who: str) -> None:
        do = leaving.deactivate if self.model.active[who] else leaving.activate
        user_id = self.person(who).user.id
        self.act("leader", lambda session, me: do(session, me, self.town.now, user_id))
        if self.model.active[who]:
            self.model.give_up(who)
        else:
            self.model.active[who] = True

    @precondition(lambda self: any(c.state == "passed" for c in self.model.cases.values()))
    @rule(data=st.data(), what=st.sampled_from(["needs_leader", "moved"]))
    def answer(self, data: st.DataObject, what: str) -> None:
        asked = [name for name, case in self.model.cases.items() if case.state == "passed"]
        name = data.draw(st.sampled_from(asked), label="name")
        case_id, now = self.town.case(name).id, self.town.now

        def answer(session: Session, me: User) -> None:
            answering.answer(session, me, now, case_id, what, "再打一次")

        if self.model.closed:
            with pytest.raises(Problem, match="campaign_closed"):
                self.act("leader", answer)
            return
        self.act("leader", answer)
        case, group = self.model.cases[name], self.model.group(name)
        whose = [call.who for call in case.calls if not call.desk][-1]
        again = what == "needs_leader"
        case.calls.append(
            Said("leader", what, now, None, "in", desk=again, whose=whose if again else None)
        )
        self.model.settle_case(name, now, by_holder=False)
        self.model.spare(group)
        self.model.settle_group("leader", group, now)

    @precondition(lambda self: len(self.sent) > 12 and not self.model.closed)
    @rule()
    def close(self) -> None:
        self.town.close()
        self.model.closed = True
        self.model.free(list(self.model.batches))

    @invariant()
    def the_database_says_the_same(self) -> None:
        query = select(Resident.name, Case).join(Case, Case.resident_id == Resident.id)
        with self.town.db.reading() as session:
            for name, case in session.execute(query):
                model = self.model.cases[name]
                assert (name, case.state) == (name, model.state)
                assert (name, case.attempts) == (name, model.attempts)
                if model.state == "open":
                    assert (name, case.ready_at) == (name, model.ready_at)

    @invariant()
    def the_same_hands_hold_it(self) -> None:
        query = (
            select(Resident.name, Batch.id, Batch.user_id, Batch.lease_expires_at)
            .join(Case, Case.resident_id == Resident.id)
            .join(CallGroup, CallGroup.id == Case.group_id)
            .join(Batch, Batch.id == CallGroup.batch_id)
            .where(Batch.ended_at.is_(None))
        )
        with self.town.db.reading() as session:
            found = {name: tuple(row) for name, *row in session.execute(query)}
        expected = {
            name: (id_, self.person(batch.who).user.id, batch.expires_at)
            for id_, batch in self.model.batches.items()
            for group in batch.groups
            for name in group
        }
        assert found == expected

    @invariant()
    def every_law_holds(self) -> None:
        """Asked now and then, and when all is done: it takes longer than the acts themselves."""
        self.acts += 1
        if self.acts % ACTS_BETWEEN == 0:
            assert self.town.broken() == []
