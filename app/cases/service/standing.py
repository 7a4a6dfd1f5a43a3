"""A call group under lock: its cases with their numbers, and the batch in which it is held.

Whoever changes a case locks batch and group first, in this order, and reads only then.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import bindparam, case, exists, null, select, update
from sqlalchemy.orm import Session

from app import bulk
from app.campaigns.rules.calling import CallingRules
from app.campaigns.rules.following import Decision, State
from app.cases.models import Batch, CallGroup, Case, Hold
from app.cases.rules.leases import lease_end
from app.cases.rules.place import place_of
from app.cases.service.placing import TO_PLACE, placed
from app.db import Base, UTCDateTime
from app.people import shifts
from app.prepared import Prepared
from app.residents.models import Number, ResidentNumber

# Tables, not entities: these statements run with every save.
_CASES, _GROUPS, _BATCHES, _HOLDS, _LINES, _NUMBERS = (
    Base.metadata.tables[model.__tablename__]
    for model in (Case, CallGroup, Batch, Hold, ResidentNumber, Number)
)
_WRITTEN = (
    "state", "passed_to", "outcome", "ready_at", "attempts", "appointment_at", "appointment_until",
    "appointment_user_id", "last_disposition", "last_call_at",
)  # fmt: skip


@dataclass
class Member:
    """A case of the group. What is changed here is written by ``Standing.write``."""

    id: int
    resident_id: int
    community_code: str
    state: str
    passed_to: str | None
    outcome: str
    ready_at: datetime | None
    attempts: int
    appointment_at: datetime | None
    appointment_until: datetime | None
    appointment_user_id: int | None
    last_disposition: str | None
    last_call_at: datetime | None
    numbers: dict[int, str] = field(default_factory=dict)
    """The resident's numbers by their keys, in order of preference."""

    @property
    def waits(self) -> bool:
        """Whether it is still to be rung."""
        return self.state in {State.OPEN.value, State.HELD.value}

    def follow(self, decision: Decision) -> None:
        """Take over what the rules decided."""
        self.state = decision.state.value
        self.outcome = decision.outcome
        self.passed_to = decision.passed_to.value if decision.passed_to else None
        self.ready_at = decision.ready_at if decision.state is State.OPEN else None
        self.appointment_at = self.ready_at if decision.appointment else None
        self.appointment_until = decision.appointment_until if decision.appointment else None
        self.appointment_user_id = decision.appointment_user_id if decision.appointment else None


@dataclass(frozen=True)
class HeldBatch:
    """The batch that holds the group."""

    id: int
    user_id: int
    opened_at: datetime | None
    seen_at: datetime | None
    lease_expires_at: datetime


@dataclass
class Standing:
    """A call group as it stands, nobody else being able to change it."""

    group_id: int
    campaign_id: int
    batch_id: int | None
    batch: HeldBatch | None
    """None too where the group changed hands just before it was locked."""
    avoid_user_id: int | None
    members: dict[int, Member]

    @property
    def holder_id(self) -> int | None:
        """Who has it in hand."""
        return self.batch.user_id if self.batch else None

    @property
    def waiting(self) -> Iterator[Member]:
        """Its cases that are still to be rung."""
        return (member for member in self.members.values() if member.waits)

    def write(self, session: Session, member: Member) -> None:
        """Write a changed case down."""
        values = {f"to_{name}": getattr(member, name) for name in _WRITTEN}
        _WRITE.rows(session, **values, case=member.id)

    def settle(self, session: Session, actor_id: int, rules: CallingRules, now: datetime) -> None:
        """Bring group, numbers and batch in line with the cases.

        While somebody holds a case of the group, its numbers stay theirs. A sign of life of its
        holder lets the lease run on; a batch in which nothing is left ends.
        """
        if any(member.state == State.HELD.value for member in self.members.values()):
            _SPARE.rows(session, group=self.group_id, spared=self.avoid_user_id)
        else:
            place = placed(place_of(list(self.waiting), now))
            _ALIGN.rows(session, group=self.group_id, spared=self.avoid_user_id, **place)
            if self.batch_id is not None:
                _FREE.rows(session, group=self.group_id, now=now)
        if self.batch is not None:
            self._renew_or_end(session, self.batch, actor_id, rules, now)
        elif self.batch_id is not None:
            # It came into somebody's hands while we waited for it. Whoever has that batch locked
            # may be waiting for the group: to wait for them, too, would be for ever.
            _END_IF_EMPTY.rows(session, batch=self.batch_id, now=now)

    def _renew_or_end(
        self, session: Session, batch: HeldBatch, actor_id: int, rules: CallingRules, now: datetime
    ) -> None:
        opened, seen, lease = batch.opened_at, batch.seen_at, batch.lease_expires_at
        if batch.user_id == actor_id:
            opened, seen = opened or now, now
            until = lease_end(rules, shifts.end_of_current(session, actor_id, now), now)
            lease = max(lease, until)
        _RENEW_OR_END.rows(session, batch=batch.id, opened=opened, seen=seen, lease=lease, now=now)


def lock(session: Session, case_id: int) -> Standing | None:
    """Return the case's group, locked until the transaction ends; None for no such case."""
    # While somebody holds the group, else while nobody does; when it changes hands meanwhile,
    # neither fits, and it is nobody's batch that we have locked.
    found = _LOCK_HELD.first(session, case=case_id)
    group, batch = (None, None) if found is None else (found[:4], HeldBatch(*found[4:]))
    if group is None:
        group = _LOCK_GROUP.first(session, case=case_id)
    if group is None:
        return None
    group_id, campaign_id, batch_id, avoid_user_id = group
    members = _members(session, group_id)
    return Standing(group_id, campaign_id, batch_id, batch, avoid_user_id, members)


def _members(session: Session, group_id: int) -> dict[int, Member]:
    members: dict[int, Member] = {}
    for *facts, number_id, value in _READ_MEMBERS.rows(session, group=group_id):
        member = members.get(facts[0])
        if member is None:
            member = members[facts[0]] = Member(*facts)
        if number_id is not None:
            member.numbers[number_id] = value
    return members


_GROUP = (_GROUPS.c.id, _GROUPS.c.campaign_id, _GROUPS.c.batch_id, _GROUPS.c.avoid_user_id)
_BATCH = (
    _BATCHES.c.id, _BATCHES.c.user_id, _BATCHES.c.opened_at, _BATCHES.c.seen_at,
    _BATCHES.c.lease_expires_at,
)  # fmt: skip
_OF_CASE = (_CASES.c.id == bindparam("case"), _GROUPS.c.id == _CASES.c.group_id)
_LOCK_GROUP = Prepared(select(*_GROUP).where(*_OF_CASE).with_for_update(of=_GROUPS))
# Rows are locked in the order in which the tables are named.
_LOCK_HELD = Prepared(
    select(*_GROUP, *_BATCH)
    .where(*_OF_CASE, _BATCHES.c.id == _GROUPS.c.batch_id, _BATCHES.c.ended_at.is_(None))
    .with_for_update(of=[_BATCHES, _GROUPS])
)
_READ_MEMBERS = Prepared(
    select(
        _CASES.c.id, _CASES.c.resident_id, _CASES.c.community_code,
        *(_CASES.c[name] for name in _WRITTEN),
        _LINES.c.number_id, _NUMBERS.c.value,
    )
    .outerjoin(_LINES, _LINES.c.resident_id == _CASES.c.resident_id)
    .outerjoin(_NUMBERS, _NUMBERS.c.id == _LINES.c.number_id)
    .where(_CASES.c.group_id == bindparam("group"))
    .order_by(_CASES.c.id, _LINES.c.position)
)  # fmt: skip
_WRITE = Prepared(
    update(_CASES)
    .where(_CASES.c.id == bindparam("case"))
    .values({name: bindparam(f"to_{name}") for name in _WRITTEN})
)
_SPARING = (
    update(_GROUPS)
    .where(_GROUPS.c.id == bindparam("group"))
    .values(avoid_user_id=bindparam("spared"))
)
_SPARE = Prepared(_SPARING)
_ALIGN = Prepared(_SPARING.values(TO_PLACE))
_FREE = Prepared(
    update(_HOLDS)
    .where(_HOLDS.c.group_id == bindparam("group"), _HOLDS.c.released_at.is_(None))
    .values(released_at=bindparam("now"))
)
_IS_LEFT = exists().where(_GROUPS.c.batch_id == bindparam("batch"))
_END_IF_EMPTY = Prepared(
    update(_BATCHES)
    .where(
        _BATCHES.c.id.in_(
            select(_BATCHES.c.id)
            .where(_BATCHES.c.id == bindparam("batch"), _BATCHES.c.ended_at.is_(None))
            .with_for_update(skip_locked=True)
        ),
        ~_IS_LEFT,
    )
    .values(ended_at=bindparam("now", type_=UTCDateTime), end_reason="finished")
)
_RENEW_OR_END = Prepared(
    update(_BATCHES)
    .where(_BATCHES.c.id == bindparam("batch"), _BATCHES.c.ended_at.is_(None))
    .values(
        opened_at=bindparam("opened"),
        seen_at=bindparam("seen"),
        lease_expires_at=bindparam("lease"),
        ended_at=case((_IS_LEFT, null()), else_=bindparam("now", type_=UTCDateTime)),
        end_reason=case((_IS_LEFT, ""), else_="finished"),
    )
)


def keep_out_of_hands(session: Session, resident_ids: Collection[int]) -> None:
    """Let nobody be given these residents until the transaction ends; who has them, keeps them."""
    groups = select(Case.group_id).where(bulk.among(session, Case.resident_id, resident_ids))
    locked = select(CallGroup.id).where(CallGroup.id.in_(groups)).order_by(CallGroup.id)
    session.scalars(locked.with_for_update()).all()
