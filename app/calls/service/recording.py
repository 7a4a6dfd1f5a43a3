"""Saving a call. A call that took place is kept, whoever holds the case by then."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, exists, func, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import instance_dict

from app.audit import service as audit
from app.calls import rules
from app.calls.models import Call, Dial
from app.calls.rules import CallInput, Circumstances
from app.calls.service.deciding import Histories, decide, next_position, spare
from app.campaigns import queries as campaigns
from app.campaigns.models import Campaign
from app.campaigns.queries import Terms
from app.campaigns.rules.dispositions import DISPOSITIONS, OUT_OF_SERVICE
from app.cases.models import Case, Hold
from app.cases.service.standing import Member, Standing, lock
from app.db import LARGEST_ID, Base, engine_of, insert_in, unattached
from app.people import queries as people
from app.people.models import User
from app.people.rules import STAFF
from app.prepared import Prepared, without_waiting
from app.problems import NotFoundError, Problem
from app.residents.models import Number

_CALLS, _CAMPAIGNS, _CASES, _DIALS, _HOLDS, _NUMBERS = (
    Base.metadata.tables[model.__tablename__]
    for model in (Call, Campaign, Case, Dial, Hold, Number)
)
_COLUMNS = [column.name for column in _CALLS.c if column.name != "id"]
_NOT_WRITTEN_YET = 0
"""Stands for the key of a call while the case is worked out: it is written later."""
_LAST_SO_FAR = LARGEST_ID
"""Stands for its place in the campaign's sequence meanwhile."""


@dataclass(frozen=True)
class Saved:
    """A recorded call, and whether this save was a repetition of an earlier one."""

    call: Call
    repeated: bool


@dataclass(frozen=True)
class _Save:
    """One save under way: what is the same for every case that it settles."""

    session: Session
    actor: User
    now: datetime
    campaign: Terms
    standing: Standing
    histories: Histories
    call: CallInput
    number_id: int | None
    generation: int | None
    newest: int | None


@dataclass(frozen=True)
class _Known:
    """What is on record of the campaign, the actor and the group."""

    campaign: Terms
    earlier: int | None
    """The call saved under the key."""
    ever_held: bool
    named: bool
    """Whether the hold that the call names was the actor's."""
    generation: int | None
    """The hold under which the call was made: the one it names, else the actor's last."""
    newest: int | None
    """The newest hold, whoever had it."""
    tapped: bool
    """Whether anybody ever dialled one of the group's cases."""


def record(
    session: Session,
    actor: User,
    now: datetime,
    case_id: int,
    call: CallInput,
    key: str,
    *,
    by_ticket: bool = False,
) -> Saved:
    """Record a call on a case that the actor holds or once held.

    ``now`` is in the deployment's zone. The same key with the same call answers the same again;
    with another call it raises Problem ``key_reused``. ``by_ticket`` stands for a deposit ticket,
    which is good for the cases of the batch that the call names as its hold. Raises
    NotFoundError for a case the actor never held, Problem for a call that can't be one. What
    can't take effect any more is kept with the reason: see ``rules.why_not_applied``.
    """
    if not key or len(key) > rules.LONGEST_KEY:
        raise Problem("key_missing", values={"longest": rules.LONGEST_KEY})
    standing = lock(session, case_id)
    if standing is None:
        raise NotFoundError(f"case {case_id}")
    # Looked for under the lock, so that two deliveries of one save can't both be the first.
    known = _known(session, actor, standing, call, key)
    may_save = known.named if by_ticket else known.ever_held
    if not may_save and (by_ticket or not _may_hear(session, actor, standing, case_id, call)):
        raise NotFoundError(f"case {case_id}")
    fingerprint = rules.fingerprint(case_id, call)
    if known.earlier is not None:
        return _again(session, known.earlier, fingerprint)
    call = _on_which_number(call, standing.members[case_id])
    save = _begin(session, actor, now, standing, case_id, call, known)
    wanted = _wanted(standing, case_id, call, save.number_id)
    rows = [_take_in(save, member, fingerprint) for member in wanted]
    with without_waiting(session):
        _settle(save, rows)
        _write_down(save, rows, key)
    return Saved(rows[0], repeated=False)


def _known(session: Session, actor: User, standing: Standing, call: CallInput, key: str) -> _Known:
    earlier, own, named, newest, tapped, *terms = _KNOWN.first(
        session, user=actor.id, group=standing.group_id, key=key, hold=call.hold,
        campaign=standing.campaign_id,
    )  # fmt: skip
    generation = own if call.hold is None else named
    return _Known(
        campaigns.terms(*terms), earlier, own is not None, named is not None, generation, newest,
        tapped,
    )  # fmt: skip


def _may_hear(
    session: Session, actor: User, standing: Standing, case_id: int, call: CallInput
) -> bool:
    """Staff may be rung back by any resident of theirs."""
    community = standing.members[case_id].community_code
    return call.direction == "in" and actor.role in STAFF and people.sees(session, actor, community)


def _on_which_number(call: CallInput, member: Member) -> CallInput:
    """Leave out a number that is not the resident's, or not any more: a call on it took place all
    the same, and to be told so would be to read whose it is. Who named none rang the only one.
    """
    known = list(member.numbers.values())
    if call.number is None and call.direction == "out" and len(known) == 1:
        return replace(call, number=known[0])
    return call if call.number in known else replace(call, number=None)


def _again(session: Session, call_id: int, fingerprint: str) -> Saved:
    earlier = session.get_one(Call, call_id)
    if earlier.request_hash != fingerprint:
        raise Problem("key_reused")
    return Saved(earlier, repeated=True)


def _begin(
    session: Session,
    actor: User,
    now: datetime,
    standing: Standing,
    case_id: int,
    call: CallInput,
    known: _Known,
) -> _Save:
    rules.check(call, now)
    number_id_ = number_id(standing.members[case_id], call.number)
    histories = Histories(session, standing, tapped=known.tapped)
    return _Save(
        session, actor, now, known.campaign, standing, histories, call, number_id_,
        known.generation, known.newest,
    )  # fmt: skip


def _wanted(
    standing: Standing, case_id: int, call: CallInput, number_id: int | None
) -> list[Member]:
    """The case itself, and those of its group that the call settled too.

    One that is not of the group, or not any more, is left out: the call took place all the same.
    A number out of service is so for every housemate who has it.
    """
    also = set(call.also) & standing.members.keys()
    if call.disposition == OUT_OF_SERVICE:
        also |= {member.id for member in standing.waiting if number_id in member.numbers}
    others = sorted(also - {case_id})
    return [standing.members[one] for one in (case_id, *others)]


def number_id(member: Member, value: str | None) -> int | None:
    """Return the key of the resident's number. Raises Problem for one of somebody else's."""
    if value is None:
        return None
    found = next((key for key, number in member.numbers.items() if number == value), None)
    if found is None:
        raise Problem("number_elsewhere", field="number")
    return found


def _take_in(save: _Save, member: Member, fingerprint: str) -> Call:
    """Work out what the call does to a case; it is written down when all else has been."""
    reason = _why_not(save, member)
    row = unattached(Call, {
        **_facts(save, member), "request_hash": fingerprint, "applied": reason is None,
        "reason": reason, "desk": False, "voided": False, "only_note": False,
        "correction_reason": "",
        "corrects_id": None, "with_call_id": None, "idempotency_key": None,
        "id": _NOT_WRITTEN_YET, "position": _LAST_SO_FAR,
    })  # fmt: skip
    if row.applied:
        save.histories.add(row)
        decide(save.session, save.standing, save.histories, row, save.campaign.rules, save.now)
    return row


def _facts(save: _Save, member: Member) -> dict[str, Any]:
    call = save.call
    return {
        "campaign_id": save.campaign.id,
        "community_code": member.community_code,
        "case_id": member.id,
        "user_id": save.actor.id,
        "batch_id": save.generation,
        "number_id": save.number_id,
        "direction": call.direction,
        "disposition": call.disposition,
        "started_at": call.started_at,
        "ended_at": call.ended_at,
        "recorded_at": save.now,
        "note": call.note.strip(),
        "answers": dict(call.answers) if call.answers else None,
        "callback_at": call.callback_at,
        "callback_until": call.callback_until,
        "callback_user_id": None if call.callback_anyone else save.actor.id,
    }


def _why_not(save: _Save, member: Member) -> str | None:
    return rules.why_not_applied(
        Circumstances(
            campaign_open=save.campaign.status == "open",
            user_active=save.actor.active,
            offered=save.call.disposition in (save.campaign.dispositions or DISPOSITIONS),
            done=member.state == "done" and not _rings_back_after_all(save.call, member),
            generation=save.generation,
            newest=save.newest,
            direction=save.call.direction,
        )
    )


def _rings_back_after_all(call: CallInput, member: Member) -> bool:
    """Whether somebody whose case was over, who refused for one, rang back and it was completed:
    of all outcomes that goes before the others.
    """
    is_it = call.direction == "in" and call.disposition == "completed"
    return is_it and member.outcome != "completed"


def _settle(save: _Save, rows: Sequence[Call]) -> None:
    session, call = save.session, save.call
    # Of a call that settled a housemate too, the first row may have come too late, and no other.
    if any(row.applied for row in rows):
        spare(save.standing, save.histories, save.now)
    if save.number_id is not None and DISPOSITIONS[call.disposition].reached:
        # Other campaigns leave a number alone for a while once somebody was reached on it. A
        # phone's clock may run ahead: for years, if it were believed.
        at = min(call.ended_at, save.now)
        _REACHED.rows(session, number=save.number_id, at=at, then=at, campaign=save.campaign.id)
    save.standing.settle(session, save.actor.id, save.campaign.rules, save.now)


def _write_down(save: _Save, rows: Sequence[Call], key: str) -> None:
    """Give the records their places in the campaign's sequence, and write them.

    Last of all: from the first place on, all who save in the campaign wait until the commit.
    """
    first, *others = rows
    first.idempotency_key = key
    _insert(save.session, first)
    for other in others:
        other.with_call_id = first.id
        _insert(save.session, other)
    audit.record(
        save.session, save.actor.id, save.now, "call_recorded", "call", first.id,
        case=first.case_id,
    )  # fmt: skip


def _insert(session: Session, row: Call) -> None:
    """Write a record down. Raises Problem when its key is being used for another case."""
    row.position, _is_open = next_position(session, row.campaign_id)
    known = instance_dict(row)
    values = {name: known.get(name) for name in _COLUMNS}
    call_id: int | None = _writing(engine_of(session)).scalar(session, **values)
    if call_id is None:
        raise Problem("key_in_work")
    row.id = call_id


@cache
def _writing(engine: str) -> Prepared:
    statement = insert_in(engine, _CALLS).on_conflict_do_nothing().returning(_CALLS.c.id)
    return Prepared(statement, _COLUMNS)


_EARLIER = select(_CALLS.c.id).where(
    _CALLS.c.user_id == bindparam("user"), _CALLS.c.idempotency_key == bindparam("key")
)
_OWN_HOLD = select(func.max(_HOLDS.c.generation)).where(
    _HOLDS.c.group_id == bindparam("group"), _HOLDS.c.user_id == bindparam("user")
)
_NEWEST_HOLD = select(func.max(_HOLDS.c.generation)).where(_HOLDS.c.group_id == bindparam("group"))
_TAPPED = exists().where(_CASES.c.group_id == bindparam("group"), _DIALS.c.case_id == _CASES.c.id)
_KNOWN = Prepared(
    select(
        _EARLIER.scalar_subquery(),
        _OWN_HOLD.scalar_subquery(),
        _OWN_HOLD.where(_HOLDS.c.generation == bindparam("hold")).scalar_subquery(),
        _NEWEST_HOLD.scalar_subquery(),
        _TAPPED,
        *campaigns.TERMS,
    ).where(_CAMPAIGNS.c.id == bindparam("campaign"))
)
_REACHED = Prepared(
    update(_NUMBERS)
    .where(
        _NUMBERS.c.id == bindparam("number"),
        # A call that comes late says nothing new of a number that was reached since.
        _NUMBERS.c.reached_at.is_(None) | (_NUMBERS.c.reached_at <= bindparam("then")),
    )
    .values(reached_at=bindparam("at"), reached_campaign_id=bindparam("campaign"))
)
