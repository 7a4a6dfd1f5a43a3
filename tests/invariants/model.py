"""A model of the queue: dictionaries and no database.

It knows what the design says of cases, groups, batches and calls, and nothing of how the app keeps
it. Caps, quiet hours and rests are switched off in its campaign: they have tests of their own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.cast import NOW

GROUPS = ("甲", "乙", "父母", "丙丁")
"""In the order in which one walks past them."""
PAUSES = {
    "no_answer": timedelta(hours=3),
    "busy": timedelta(minutes=20),
    "soft_refusal": timedelta(days=3),
}
UNOPENED, OPENED = timedelta(minutes=30), timedelta(minutes=240)
SKIPPED, ANYONES = timedelta(minutes=30), timedelta(minutes=10)
SILENT = {"no_answer", "busy"}
REACHED = {"completed", "callback_requested", "needs_leader", "soft_refusal", "moved"}


@dataclass
class Said:
    """A call that counts, as it was last corrected."""

    who: str
    disposition: str
    started_at: datetime
    callback_at: datetime | None
    direction: str = "out"
    desk: bool = False
    whose: str | None = None
    """Who is to ring back."""


@dataclass
class ModelCase:
    state: str = "open"
    ready_at: datetime = NOW
    appointment_at: datetime | None = None
    whose: str | None = None
    calls: list[Said] = field(default_factory=list)
    """In the order in which they were first recorded."""

    @property
    def attempts(self) -> int:
        return sum(call.direction == "out" for call in self.calls)

    @property
    def past(self) -> list[Said]:
        """In the order in which they took place."""
        return sorted(self.calls, key=lambda call: call.started_at)

    @property
    def word(self) -> Said:
        """The call that says how the case goes on: the last, unless it came to nothing while the
        leader was asked, or an appointment was still to come."""
        past, last = self.past, self.past[-1]
        told = [n for n, call in enumerate(past) if call.desk or call.disposition not in SILENT]
        if not told:
            return last
        word, since = past[told[-1]], past[told[-1] + 1 :]
        if word.disposition == "needs_leader":
            return word if all(call.direction == "in" for call in since) else last
        rung = last.started_at + timedelta(minutes=15)
        to_come = word.callback_at is not None and word.callback_at > rung
        return word if to_come else last

    @property
    def is_completed(self) -> bool:
        return any(call.disposition == "completed" for call in self.calls)

    def decide(self, now: datetime) -> str:
        """Where the case belongs by its calls; takes over all but the state."""
        said = [call.disposition for call in self.calls]
        self.appointment_at = self.whose = None
        if {"completed", "moved"} & set(said) or said.count("soft_refusal") > 1:
            return "done"
        if not said:
            self.ready_at = now
            return "open"
        last = self.word
        if last.disposition == "needs_leader" and not last.desk:
            return "passed"
        due = now if last.desk else last.callback_at
        if due is not None:
            self.appointment_at, self.whose = max(due, now), last.whose
        self.ready_at = max(due or last.started_at + PAUSES[last.disposition], now)
        return "open"


@dataclass
class ModelBatch:
    who: str
    expires_at: datetime
    groups: set[str]
    offer: bool = False


@dataclass
class ModelShift:
    begins: datetime
    ends: datetime
    left: datetime | None = None

    @property
    def end(self) -> datetime:
        return self.left or self.ends

    def covers(self, moment: datetime) -> bool:
        return self.left is None and self.begins <= moment < self.ends


class Model:
    """Everything that is to be true after each act."""

    def __init__(self) -> None:
        self.cases = {name: ModelCase() for group in GROUPS for name in group}
        self.batches: dict[int, ModelBatch] = {}
        self.history: dict[str, list[tuple[int, str]]] = {group: [] for group in GROUPS}
        """Of each group, under which batch it was held, and whose that was."""
        self.spared: dict[str, str | None] = dict.fromkeys(GROUPS)
        self.skips: set[tuple[str, str, object]] = set()
        self.active = {"volunteer": True, "colleague": True}
        self.shifts: dict[str, list[ModelShift]] = {"volunteer": [], "colleague": []}
        self.closed = False

    @staticmethod
    def group(name: str) -> str:
        return next(group for group in GROUPS if name in group)

    def members(self, group: str) -> list[ModelCase]:
        return [self.cases[name] for name in group]

    def waiting(self, group: str) -> list[ModelCase]:
        return [case for case in self.members(group) if case.state in {"open", "held"}]

    def batch_of(self, group: str) -> tuple[int, ModelBatch] | None:
        return next((found for found in self.batches.items() if group in found[1].groups), None)

    def holder(self, group: str) -> str | None:
        found = self.batch_of(group)
        return found[1].who if found else None

    def sweep(self, now: datetime) -> None:
        """What is over is free before the next claim."""
        self.free(
            id_ for id_, batch in list(self.batches.items())
            if batch.expires_at <= now or not self.active[batch.who] or self.closed
        )  # fmt: skip

    def free(self, ids: Iterator[int] | Sequence[int]) -> None:
        for id_ in list(ids):
            for group in self.batches.pop(id_).groups:
                self.put_back(group)

    def put_back(self, group: str) -> None:
        for case in self.members(group):
            if case.state == "held":
                case.state = "open"

    def next_groups(self, who: str, size: int, now: datetime) -> list[str]:
        """Which groups the design hands out next."""
        ready = [
            (*order, place, group)
            for place, group in enumerate(GROUPS)
            if (order := self.turn(who, group, now)) is not None
        ]
        taken, cases = [], 0
        for *_order, group in sorted(ready):
            if cases < size:
                taken.append(group)
                cases += len(self.waiting(group))
        return taken

    def turn(self, who: str, group: str, now: datetime) -> tuple[bool, bool, datetime] | None:
        """How soon this volunteer is given the group; None where they are not."""
        waiting = self.waiting(group)
        promised = [case for case in waiting if case.appointment_at is not None]
        first = min(promised, key=lambda case: case.ready_at, default=None)
        due = min((case.ready_at for case in waiting), default=None)
        if first is not None and due is not None and due < first.ready_at and first.ready_at > now:
            first = None  # for a housemate's sake, until it is due
        if first is not None:
            due = first.ready_at
        whose = first.whose if first else None
        not_now = due is None or due > now or self.batch_of(group) is not None
        barred = self.spared[group] == who or (group, who, now.date()) in self.skips
        if due is None or not_now or barred:
            return None
        anyones = [case.ready_at + (ANYONES if case.whose else timedelta()) for case in promised]
        if whose not in {None, who} and min(anyones) > now:
            return None
        return whose != who or whose is None, first is None, due

    def give(self, id_: int, batch: ModelBatch) -> None:
        """Put its groups into a batch: all that is open in them is held."""
        self.batches[id_] = batch
        for group in batch.groups:
            self.history[group].append((id_, batch.who))
            for case in self.waiting(group):
                case.state = "held"

    def own_hold(self, who: str, group: str, hold: int | None) -> int | None:
        own = [id_ for id_, whose in self.history[group] if whose == who]
        return max(own, default=None) if hold is None else hold if hold in own else None

    def why_not(
        self, who: str, name: str, disposition: str, direction: str, hold: int | None
    ) -> str | None:
        group, case = self.group(name), self.cases[name]
        own, newest = self.own_hold(who, group, hold), self.history[group][-1][0]
        if self.closed:
            return "campaign_closed"
        if not self.active[who]:
            return "deactivated"
        after_all = (disposition, direction) == ("completed", "in")
        if case.state == "done" and not (after_all and not case.is_completed):
            return "already_done"
        stale = direction == "out" and (own is None or own < newest)
        return "stale_hold" if stale else None

    def settle_case(self, name: str, now: datetime, *, by_holder: bool) -> None:
        """Bring a case in line with its calls. In another's hands it stays, unless settled."""
        case = self.cases[name]
        state = case.decide(now)
        whose, at = case.whose, case.appointment_at
        if whose and at and (not self.active[whose] or self.is_away(whose, at)):
            case.whose = None
        stays = case.state == "held" and not by_holder and state == "open"
        case.state = "held" if stays else state

    def spare(self, group: str) -> None:
        """Whom the last call that reached somebody asks to be spared."""
        last = [
            reached[-1] for case in self.waiting(group)
            if (reached := [call for call in case.past if call.disposition in REACHED])
        ]  # fmt: skip
        asking = [call for call in last if call.disposition == "soft_refusal"]
        soonest = max(asking, key=lambda call: call.started_at, default=None)
        self.spared[group] = soonest.who if soonest else None

    def settle_group(self, who: str, group: str, now: datetime) -> None:
        """A group goes back with its last case, a batch ends with its last group."""
        found = self.batch_of(group)
        if found is None:
            return
        id_, batch = found
        if all(case.state != "held" for case in self.members(group)):
            batch.groups.remove(group)
        if not batch.groups:
            del self.batches[id_]
        elif batch.who == who:
            self.renew(batch, now)

    def renew(self, batch: ModelBatch, now: datetime) -> None:
        until = self.lease_end(batch.who, now)
        batch.expires_at, batch.offer = max(batch.expires_at, until), False

    def lease_end(self, who: str, now: datetime) -> datetime:
        """Until the end of the shift, where one is kept; but never shorter than unopened."""
        soon, lately = now + timedelta(minutes=15), now - timedelta(hours=1)
        kept = [one for one in self.shifts[who] if one.begins <= soon and one.ends > lately]
        if not kept:
            return now + OPENED
        return max(max(kept, key=lambda one: one.begins).end, now + UNOPENED)

    def is_away(self, who: str, moment: datetime) -> bool:
        """Whether they keep shifts that day, and none of them then."""
        of_day = [one for one in self.shifts[who] if one.begins.date() == moment.date()]
        return bool(of_day) and not any(one.covers(moment) for one in of_day)

    def leave(self, who: str, shift: ModelShift, now: datetime) -> None:
        """What they hold is theirs for a short while, what they promised for today anyone's."""
        shift.left = now
        for batch in self.batches.values():
            if batch.who == who:
                batch.expires_at = min(batch.expires_at, now + UNOPENED)
        for case in self.cases.values():
            at = case.appointment_at
            waits = case.state in {"open", "held"} and at is not None and at.date() == now.date()
            if waits and case.whose == who and at is not None and self.is_away(who, at):
                case.whose = None

    def give_up(self, who: str) -> None:
        """Deactivated: what was promised by them is anyone's, what they held is free."""
        self.active[who] = False
        for case in self.cases.values():
            if case.whose == who and case.state in {"open", "held"}:
                case.whose = None
        self.free([id_ for id_, batch in self.batches.items() if batch.who == who])
