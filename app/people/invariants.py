"""One shift at a time: nobody is planned to be in two places at once."""

from collections.abc import Iterator
from datetime import datetime, tzinfo

from sqlalchemy import ColumnElement, case, select
from sqlalchemy.orm import Session, aliased

from app.i18n.words import later as _l
from app.laws import Finding, named
from app.people.models import Shift

LAW = "one_shift"


def one_shift(session: Session, _zone: tzinfo) -> Iterator[Finding]:
    """No shift begins before another of the same volunteer is over, and none ends before it
    begins. Who has left a shift early is free for another; who leaves late was in the next.
    """
    backwards = select(Shift.id).where(Shift.ends_at <= Shift.starts_at)
    yield from named(session, LAW, "shifts", backwards, _l("ends before it begins"))
    earlier = aliased(Shift)
    overlap = (
        select(Shift.id)
        .join(earlier, (earlier.user_id == Shift.user_id) & (earlier.id != Shift.id))
        .where(
            (earlier.starts_at < Shift.starts_at)
            | ((earlier.starts_at == Shift.starts_at) & (earlier.id < Shift.id)),
            Shift.starts_at < _end(earlier),
            earlier.starts_at < _end(Shift),
        )
        .order_by(Shift.id)
        .distinct()
    )
    yield from named(session, LAW, "shifts", overlap, _l("begins before another one is over"))


def _end(shift: type[Shift]) -> ColumnElement[datetime]:
    left_early = shift.checked_out_at < shift.ends_at
    return case((left_early, shift.checked_out_at), else_=shift.ends_at)


LAWS = {LAW: one_shift}
