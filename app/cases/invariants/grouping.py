"""Same number, same batch: who shares a household or a number is one call group."""

from collections.abc import Iterator
from datetime import tzinfo
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from app.cases.models import CallGroup, Case
from app.cases.rules.groups import LARGEST_GROUP
from app.i18n.words import later as _l
from app.laws import Finding, named
from app.residents.models import Resident, ResidentChange, ResidentNumber

LAW = "whole_groups"


def whole_groups(session: Session, _zone: tzinfo) -> Iterator[Finding]:
    """A call group has at most eight cases, all of its campaign, and keeps together who shares a
    household or a number, as far as there is room. A shared line ties nobody.
    """
    large = select(Case.group_id).group_by(Case.group_id).having(func.count() > LARGEST_GROUP)
    what = _l("more than %(most)s cases are in it", most=LARGEST_GROUP)
    yield from named(session, LAW, "call_groups", large, what)
    elsewhere = (
        select(Case.id)
        .join(CallGroup, CallGroup.id == Case.group_id)
        .where(CallGroup.campaign_id != Case.campaign_id)
    )
    yield from named(session, LAW, "cases", elsewhere, _l("its group is of another campaign"))
    what = _l("shares a household with another group, and there is room for all")
    yield from _apart(session, _homes(), what)
    what = _l("shares a number with another group, and there is room for all")
    yield from _apart(session, _numbers(), what)


def _homes() -> Select[*tuple[Any, ...]]:
    """Who belongs together by household: what ties them, the campaign, the group."""
    return (
        select(Resident.household_id.label("tie"), Case.campaign_id, Case.group_id)
        .join(Resident, Resident.id == Case.resident_id)
        .where(Resident.household_id.is_not(None), ~_was_changed(Resident.id))
    )


def _numbers() -> Select[*tuple[Any, ...]]:
    return (
        select(ResidentNumber.number_id.label("tie"), Case.campaign_id, Case.group_id)
        .join(ResidentNumber, ResidentNumber.resident_id == Case.resident_id)
        .where(~_was_changed(Case.resident_id))
    )


def _was_changed(resident_id: Any) -> ColumnElement[bool]:
    """Whether a roster gave somebody another address or number: groups that stand stay so."""
    return exists().where(
        ResidentChange.resident_id == resident_id,
        ResidentChange.field.in_(("household", "numbers")),
    )


def _apart(session: Session, members: Select[*tuple[Any, ...]], what: str) -> Iterator[Finding]:
    """Only groups made at the same time are judged: two that stand never become one, though a
    newcomer may tie both.
    """
    tied = members.subquery()
    parted = (
        select(tied.c.campaign_id, tied.c.tie)
        .group_by(tied.c.campaign_id, tied.c.tie)
        .having(func.min(tied.c.group_id) < func.max(tied.c.group_id))
        .having(func.count() <= LARGEST_GROUP)
        .subquery()
    )
    query = (
        select(tied.c.campaign_id, tied.c.tie, *_of_group(tied.c.group_id), tied.c.group_id)
        .distinct()
        .join(
            parted,
            (parted.c.campaign_id == tied.c.campaign_id) & (parted.c.tie == tied.c.tie),
        )
        .order_by(tied.c.campaign_id, tied.c.tie)
    )
    for _tie, rows in groupby(session.execute(query), key=lambda row: row[:2]):
        for _made, groups in groupby(sorted(row[2:] for row in rows), key=lambda row: row[0]):
            smallest = list(groups)[:2]
            if len(smallest) > 1 and sum(size for _, size, _ in smallest) <= LARGEST_GROUP:
                first = min(group_id for _, _, group_id in smallest)
                yield Finding(LAW, f"call_groups {first}", what)


def _of_group(group_id: ColumnElement[int]) -> tuple[ScalarSelect[int], ScalarSelect[int]]:
    """When the group was made, and how many are in it."""
    mate = aliased(Case)
    of_it = mate.group_id == group_id
    made = select(func.min(mate.added_at)).where(of_it)
    size = select(func.count(mate.id)).where(of_it)
    return made.scalar_subquery(), size.scalar_subquery()
