"""Taking an import back: what it changed is as it was, whom it brought are gone."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, exists, func, select, update
from sqlalchemy.orm import Session

from app import bulk
from app.audit import service as audit
from app.calls.models import Call, Dial
from app.calls.service.following_up import follow_up
from app.cases.models import Batch, CallGroup, Case, HandoffCase, Hold, Skip
from app.cases.service.placing import realign
from app.cases.service.standing import keep_out_of_hands
from app.people.models import User
from app.problems import Problem
from app.residents.models import (
    Number,
    Resident,
    ResidentChange,
    ResidentNumber,
    RosterImport,
    RosterSeen,
)
from app.residents.rules.stages import Stage
from app.rosters.service.staging import begin

PART = 200


def undo(session: Session, actor: User, now: datetime, record: RosterImport) -> None:
    """Begin to take a whole import back.

    Raises Problem for one that is not done, or on whose residents calls have been made since, or
    whom somebody is just ringing.
    """
    if record.status != Stage.DONE:
        raise Problem("import_not_done")
    if calls := session.scalar(select(func.count()).select_from(_calls(record).subquery())):
        raise Problem("import_has_calls", values={"n": calls})
    if held := session.scalar(select(func.count()).select_from(_held(record).subquery())):
        raise Problem("import_in_hand", values={"n": held})
    begin(record, Stage.UNDOING, then=Stage.UNDONE)
    audit.record(session, actor.id, now, "roster_undone", "import", record.id)


def _calls(record: RosterImport) -> Select[int]:
    """The calls, and the taps of a dial button, on what an import brought."""
    changed = exists().where(
        ResidentChange.import_id == record.id,
        ResidentChange.resident_id == Case.resident_id,
        ResidentChange.changed_at <= Call.recorded_at,
    )
    brought = exists().where(Resident.id == Case.resident_id, Resident.import_id == record.id)
    calls = select(Call.id).join(Case, Case.id == Call.case_id).where(brought | changed)
    dials = select(Dial.id).join(Case, Case.id == Dial.case_id).where(brought)
    return calls.union_all(dials)  # type: ignore[return-value]


def _held(record: RosterImport) -> Select[int]:
    return (
        select(Case.id)
        .join(CallGroup, CallGroup.id == Case.group_id)
        .join(Resident, Resident.id == Case.resident_id)
        .where(
            (Resident.import_id == record.id)
            | exists().where(
                ResidentChange.import_id == record.id, ResidentChange.resident_id == Resident.id
            ),
            CallGroup.batch_id.is_not(None),
        )
    )


def undo_part(session: Session, import_id: int, now: datetime) -> int:
    """Take some of an import back; return how much it was, 0 when nothing is left to be done.

    Changes go back, the last first; then the newcomers go, but for those whom another roster lists,
    too. What somebody has in hand by now stays: the numbers of those to be rung, and newcomers
    whose numbers a volunteer has ever seen, for a call on them may still be handed in.
    """
    return (
        _put_back(session, import_id, now)
        or _hand_on(session, import_id)
        or _remove(session, import_id, now)
    )


def _put_back(session: Session, import_id: int, now: datetime) -> int:
    query = select(ResidentChange).where(ResidentChange.import_id == import_id, ~_in_hand())
    query = query.order_by(ResidentChange.id.desc())
    found = session.scalars(query.limit(PART)).all()
    keep_out_of_hands(session, {change.resident_id for change in found})
    ids = [change.id for change in found]
    changes = session.scalars(query.where(ResidentChange.id.in_(ids))).all()
    later = _later(session, changes)
    renumbered = set()
    for change in changes:
        since = next((one for one in later[_what(change)] if one.id > change.id), None)
        if since is not None:
            since.before = change.before  # what stands there now is another roster's
            continue
        _restore(session, change)
        if change.field == "numbers":
            renumbered.add(change.resident_id)
    follow_up(session, renumbered, now)
    done = [change.id for change in changes]
    session.execute(delete(ResidentChange).where(ResidentChange.id.in_(done)))
    return len(found)


def _later(
    session: Session, changes: Sequence[ResidentChange]
) -> dict[tuple[int, str], list[ResidentChange]]:
    """What else was changed of the same people, by other rosters, in the order in which it was."""
    ids, own = {change.resident_id for change in changes}, {change.import_id for change in changes}
    query = select(ResidentChange).where(
        ResidentChange.resident_id.in_(ids), ResidentChange.import_id.not_in(own)
    )
    found: dict[tuple[int, str], list[ResidentChange]] = defaultdict(list)
    for change in session.scalars(query.order_by(ResidentChange.id)):
        found[_what(change)].append(change)
    return found


def _what(change: ResidentChange) -> tuple[int, str]:
    return change.resident_id, change.field


def _in_hand() -> ColumnElement[bool]:
    """Whether it changed the numbers of somebody whom a volunteer is to ring now, or who was rung
    since: they keep these.
    """
    called = exists().where(Call.case_id == Case.id, Call.recorded_at >= ResidentChange.changed_at)
    held = exists().where(CallGroup.id == Case.group_id, CallGroup.batch_id.is_not(None))
    touched = exists().where(Case.resident_id == ResidentChange.resident_id, held | called)
    return ResidentChange.field.in_(("numbers", "unusable")) & touched


def _restore(session: Session, change: ResidentChange) -> None:
    if change.field == "numbers":
        _renumber(session, change.resident_id, change.before)
    elif change.field != "address":  # which is the household's
        column = {"household": "household_id", "community": "community_code"}.get(change.field)
        value = change.before or None if column else change.before
        session.execute(
            update(Resident)
            .where(Resident.id == change.resident_id)
            .values({column or change.field: value})
        )


def _renumber(session: Session, resident_id: int, values: Sequence[str]) -> None:
    session.execute(delete(ResidentNumber).where(ResidentNumber.resident_id == resident_id))
    query = select(Number.value, Number.id).where(Number.value.in_(values))
    ids = {value: key for value, key in session.execute(query)}  # noqa: C416
    lines = [(resident_id, ids[value], position) for position, value in enumerate(values)]
    bulk.add(session, ResidentNumber, ("resident_id", "number_id", "position"), lines)


def _hand_on(session: Session, import_id: int) -> int:
    """Newcomers whom a later roster lists are its newcomers from now on, in a row not known."""
    stands = RosterImport.status.in_((Stage.TAKING, Stage.DONE))
    others = (
        select(RosterSeen.resident_id, func.min(RosterSeen.import_id))
        .join(RosterImport, RosterImport.id == RosterSeen.import_id)
        .join(Resident, Resident.id == RosterSeen.resident_id)
        .where(Resident.import_id == import_id, RosterSeen.import_id != import_id, stands)
        .group_by(RosterSeen.resident_id)
        .limit(PART)
    )
    found = session.execute(others).all()
    for resident_id, other in found:
        values = {"import_id": other, "sheet": "", "row": None}
        session.execute(update(Resident).where(Resident.id == resident_id).values(values))
    return len(found)


def _remove(session: Session, import_id: int, now: datetime) -> int:
    query = select(Resident.id).where(Resident.import_id == import_id, ~_has_been_rung())
    found = session.scalars(query.order_by(Resident.id).limit(PART)).all()
    if not found:
        return 0
    keep_out_of_hands(session, found)
    ids = session.scalars(query.where(Resident.id.in_(found))).all()
    _remove_cases(session, ids, now)
    theirs: tuple[Any, ...] = (ResidentNumber, RosterSeen, ResidentChange)
    for model in theirs:
        session.execute(delete(model).where(model.resident_id.in_(ids)))
    session.execute(delete(Resident).where(Resident.id.in_(ids)))
    return len(found)


def _has_been_rung() -> ColumnElement[bool]:
    """Or may be: somebody has them in hand, or has seen the number and may hand in a call yet."""
    shown = Batch.id == Hold.batch_id, Batch.seen_at.is_not(None)
    return exists().where(
        Case.resident_id == Resident.id,
        exists().where(CallGroup.id == Case.group_id, CallGroup.batch_id.is_not(None))
        | exists().where(Hold.group_id == Case.group_id, *shown)
        | exists().where(Call.case_id == Case.id)
        | exists().where(Dial.case_id == Case.id),
    )


def _remove_cases(session: Session, resident_ids: Sequence[int], now: datetime) -> None:
    """Their cases go, with the groups in which nobody is left; none of them is held."""
    rows = session.execute(
        select(Case.id, Case.group_id).where(Case.resident_id.in_(resident_ids))
    ).all()
    if not rows:
        return
    cases, groups = [row.id for row in rows], sorted({row.group_id for row in rows})
    for model in (Skip, HandoffCase):
        session.execute(delete(model).where(model.case_id.in_(cases)))
    session.execute(delete(Case).where(Case.id.in_(cases)))
    left = set(session.scalars(select(Case.group_id).where(Case.group_id.in_(groups))))
    empty = [group for group in groups if group not in left]
    session.execute(delete(Hold).where(Hold.group_id.in_(empty)))
    session.execute(delete(Skip).where(Skip.group_id.in_(empty)))
    session.execute(delete(CallGroup).where(CallGroup.id.in_(empty)))
    realign(session, sorted(left), now)
