"""The place of call groups in the queue, written down as their cases make it."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, null, select, update
from sqlalchemy.orm import Session

from app.cases.models import STILL_TO_RING, CallGroup, Case
from app.cases.rules.place import Place, place_of
from app.db import Base
from app.prepared import Prepared, without_waiting

_GROUPS = Base.metadata.tables[CallGroup.__tablename__]
TO_PLACE: dict[str, Any] = {
    "batch_id": null(),
    **{one.name: bindparam(f"to_{one.name}") for one in fields(Place)},
}
"""What an update of a group that nobody holds sets; to be filled with ``placed``."""
_PLACE = Prepared(update(_GROUPS).where(_GROUPS.c.id == bindparam("group")).values(TO_PLACE))


def placed(place: Place) -> dict[str, Any]:
    """Return a place as the values that ``TO_PLACE`` asks for."""
    return {f"to_{one.name}": getattr(place, one.name) for one in fields(Place)}


def realign(session: Session, group_ids: Collection[int], now: datetime) -> None:
    """Make groups that nobody holds any more say what their cases say: how many of them wait,
    since when, how urgent.
    """
    if not group_ids:
        return
    session.flush()
    of_groups = select(
        Case.group_id, Case.id, Case.ready_at, Case.appointment_at, Case.appointment_until,
        Case.appointment_user_id,
    ).where(Case.group_id.in_(group_ids), Case.state.in_(STILL_TO_RING))  # fmt: skip
    waiting: dict[int, list[Any]] = defaultdict(list)
    for case in session.execute(of_groups):
        waiting[case.group_id].append(case)
    with without_waiting(session):
        for group_id in group_ids:
            _PLACE.send(session, group=group_id, **placed(place_of(waiting[group_id], now)))
