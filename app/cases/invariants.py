"""The queries that find rows breaking a law of the queue."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import ScalarSelect, func, inspect, select
from sqlalchemy.orm import Session, aliased

from app.cases.models import Batch, CallGroup, Case, Hold
from app.cases.rules.groups import LARGEST_GROUP
from app.residents.models import Resident, ResidentNumber


@dataclass(frozen=True)
class Finding:
    """A row that breaks a law."""

    law: str
    row: str
    what: str


def one_holder(session: Session) -> Iterator[Finding]:
    """A number is in one volunteer's hands at most, and whoever holds a case holds its number."""
    live = Hold.released_at.is_(None)
    twice = select(Hold.number_id).where(live).group_by(Hold.number_id).having(func.count() > 1)
    for number_id in session.scalars(twice):
        yield Finding("one_holder", f"numbers {number_id}", "held more than once at this moment")
    orphans = (
        select(Hold.id)
        .join(Batch, Batch.id == Hold.batch_id)
        .join(CallGroup, CallGroup.id == Hold.group_id)
        .where(live, (CallGroup.batch_id.is_distinct_from(Hold.batch_id)))
    )
    for hold_id in session.scalars(orphans):
        yield Finding("one_holder", f"holds {hold_id}", "live, but its group is not in the batch")
    yield from _unguarded(session)
    yield from _overlapping_holds(session)
    yield from _held_without_batch(session)
    yield from _held_without_number(session)


def _unguarded(session: Session) -> Iterator[Finding]:
    """A database that was mended by hand may have lost what holds the law."""
    indexes = inspect(session.connection()).get_indexes(Hold.__tablename__)
    if not any(index["name"] == "uq_holds_live" and index["unique"] for index in indexes):
        yield Finding("one_holder", "holds", "the unique index on live holds is missing")


def _overlapping_holds(session: Session) -> Iterator[Finding]:
    later = aliased(Hold)
    query = (
        select(Hold.id, later.id)
        .join(later, later.number_id == Hold.number_id)
        .where(
            later.generation > Hold.generation,
            (Hold.released_at.is_(None)) | (Hold.released_at > later.held_at),
        )
    )
    for first, second in session.execute(query):
        what = f"overlaps the later hold {second} of the same number"
        yield Finding("one_holder", f"holds {first}", what)


def _held_without_batch(session: Session) -> Iterator[Finding]:
    has_batch = (
        select(Batch.id)
        .join(CallGroup, CallGroup.batch_id == Batch.id)
        .where(CallGroup.id == Case.group_id, Batch.ended_at.is_(None))
        .correlate(Case)
        .exists()
    )
    for case_id in session.scalars(select(Case.id).where(Case.state == "held", ~has_batch)):
        yield Finding("one_holder", f"cases {case_id}", "held, but in no live batch")


def _held_without_number(session: Session) -> Iterator[Finding]:
    has_hold = (
        select(Hold.id)
        .where(
            Hold.number_id == ResidentNumber.number_id,
            Hold.group_id == Case.group_id,
            Hold.released_at.is_(None),
        )
        .correlate(Case, ResidentNumber)
        .exists()
    )
    query = (
        select(Case.id)
        .distinct()
        .join(ResidentNumber, ResidentNumber.resident_id == Case.resident_id)
        .where(Case.state == "held", ~has_hold)
    )
    for case_id in session.scalars(query):
        yield Finding("one_holder", f"cases {case_id}", "held, but not its number")


def whole_groups(session: Session) -> Iterator[Finding]:
    """A call group has at most eight cases, all of one campaign, and keeps housemates together
    as far as there is room.
    """
    query = (
        select(Case.group_id, func.count(), func.count(Case.campaign_id.distinct()))
        .group_by(Case.group_id)
        .having((func.count() > LARGEST_GROUP) | (func.count(Case.campaign_id.distinct()) > 1))
    )
    for group_id, cases, campaigns in session.execute(query):
        what = f"{cases} cases of {campaigns} campaigns"
        yield Finding("whole_groups", f"call_groups {group_id}", what)
    yield from _housemates_apart(session)


def _housemates_apart(session: Session) -> Iterator[Finding]:
    homes = (
        select(Case.campaign_id, Resident.household_id)
        .join(Resident, Resident.id == Case.resident_id)
        .where(Resident.household_id.is_not(None))
        .group_by(Case.campaign_id, Resident.household_id)
        .having(func.min(Case.group_id) < func.max(Case.group_id))
        .subquery()
    )
    query = (
        select(Resident.household_id, Case.campaign_id, Case.group_id, _size_of_group())
        .distinct()
        .join(Resident, Resident.id == Case.resident_id)
        .join(
            homes,
            (homes.c.campaign_id == Case.campaign_id)
            & (homes.c.household_id == Resident.household_id),
        )
        .order_by(Resident.household_id, Case.campaign_id, Case.group_id)
    )
    for _home, rows in groupby(session.execute(query), key=lambda row: row[:2]):
        (size, group_id), (other_size, other_id) = sorted((row[3], row[2]) for row in rows)[:2]
        if size + other_size <= LARGEST_GROUP:
            first, second = sorted((group_id, other_id))
            what = f"housemates are in {second} too, and there is room for all"
            yield Finding("whole_groups", f"call_groups {first}", what)


def _size_of_group() -> ScalarSelect[int]:
    mate = aliased(Case)
    query = select(func.count(mate.id)).where(mate.group_id == Case.group_id)
    return query.correlate(Case).scalar_subquery()


def nothing_stuck(session: Session) -> Iterator[Finding]:
    """A case is open with a time, held under a lease, passed to someone named, or done."""
    known = Case.state.in_(("open", "held", "passed", "done"))
    timeless = (Case.state == "open") & Case.ready_at.is_(None)
    to_nobody = (Case.state == "passed") & Case.passed_to.is_(None)
    for case_id in session.scalars(select(Case.id).where(~known | timeless | to_nobody)):
        yield Finding("nothing_stuck", f"cases {case_id}", "neither open, held, passed nor done")
    yield from _groups_out_of_line(session)


def _groups_out_of_line(session: Session) -> Iterator[Finding]:
    waiting = (
        select(
            Case.group_id,
            func.count().label("cases"),
            func.min(Case.ready_at).label("ready_at"),
        )
        .where(Case.state == "open")
        .group_by(Case.group_id)
        .subquery()
    )
    query = (
        select(CallGroup.id)
        .outerjoin(waiting, waiting.c.group_id == CallGroup.id)
        .where(
            CallGroup.batch_id.is_(None),
            (CallGroup.open_cases != func.coalesce(waiting.c.cases, 0))
            | CallGroup.ready_at.is_distinct_from(waiting.c.ready_at),
        )
    )
    for group_id in session.scalars(query):
        what = "the queue does not say what its cases say"
        yield Finding("nothing_stuck", f"call_groups {group_id}", what)


LAWS = {"one_holder": one_holder, "whole_groups": whole_groups, "nothing_stuck": nothing_stuck}
