"""One holder: a number is in one volunteer's hands at most, and nothing is held by halves."""

from collections.abc import Iterator
from datetime import tzinfo

from sqlalchemy import Exists, func, inspect, select
from sqlalchemy.orm import Session, aliased

from app.cases.models import Batch, CallGroup, Case, Hold
from app.i18n.words import later as _l
from app.laws import Finding, named
from app.residents.models import ResidentNumber

LAW = "one_holder"


def one_holder(session: Session, _zone: tzinfo) -> Iterator[Finding]:
    """A number is in one volunteer's hands at most, and whoever holds a case holds its number."""
    live = Hold.released_at.is_(None)
    twice = select(Hold.number_id).where(live).group_by(Hold.number_id).having(func.count() > 1)
    what = _l("held more than once at this moment")
    yield from named(session, LAW, "numbers", twice, what)
    yield from _unguarded(session)
    yield from _holds(session)
    yield from _overlapping_holds(session)
    yield from _batches(session)
    yield from _cases(session)


def _unguarded(session: Session) -> Iterator[Finding]:
    """A database that was mended by hand may have lost what holds the law."""
    indexes = inspect(session.connection()).get_indexes(Hold.__tablename__)
    if not any(index["name"] == "uq_holds_live" and index["unique"] for index in indexes):
        yield Finding(LAW, "holds", _l("the unique index on live holds is missing"))


def _holds(session: Session) -> Iterator[Finding]:
    joined = select(Hold.id).join(Batch, Batch.id == Hold.batch_id)
    orphans = joined.join(CallGroup, CallGroup.id == Hold.group_id).where(
        Hold.released_at.is_(None), CallGroup.batch_id.is_distinct_from(Hold.batch_id)
    )
    what = _l("live, but its group is not in the batch")
    yield from named(session, LAW, "holds", orphans, what)
    what = _l("its generation is not its batch")
    yield from named(
        session, LAW, "holds", select(Hold.id).where(Hold.generation != Hold.batch_id), what
    )
    what = _l("its user is not the one of its batch")
    yield from named(session, LAW, "holds", joined.where(Hold.user_id != Batch.user_id), what)


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
        what = _l("overlaps the later hold %(other)s of the same number", other=second)
        yield Finding(LAW, f"holds {first}", what)


def _batches(session: Session) -> Iterator[Finding]:
    has_group = select(CallGroup.id).where(CallGroup.batch_id == Batch.id).correlate(Batch).exists()
    live = Batch.ended_at.is_(None)
    empty = select(Batch.id).where(live, ~has_group)
    yield from named(session, LAW, "batches", empty, _l("live, but nothing is in it"))
    over = select(Batch.id).where(~live, has_group)
    yield from named(session, LAW, "batches", over, _l("ended, but groups are still in it"))
    elsewhere = (
        select(CallGroup.id)
        .join(Batch, Batch.id == CallGroup.batch_id)
        .where(CallGroup.campaign_id != Batch.campaign_id)
    )
    what = _l("in a batch of another campaign")
    yield from named(session, LAW, "call_groups", elsewhere, what)


def _cases(session: Session) -> Iterator[Finding]:
    held = select(Case.id).where(Case.state == "held")
    yield from named(session, LAW, "cases", held.where(~_in_live_batch()), _l("held, in no batch"))
    without = held.distinct().join(
        ResidentNumber, ResidentNumber.resident_id == Case.resident_id
    )  # fmt: skip
    what = _l("held, but not its number")
    yield from named(session, LAW, "cases", without.where(~_has_hold()), what)


def _in_live_batch() -> Exists:
    query = select(Batch.id).join(CallGroup, CallGroup.batch_id == Batch.id)
    query = query.where(CallGroup.id == Case.group_id, Batch.ended_at.is_(None))
    return query.correlate(Case).exists()


def _has_hold() -> Exists:
    query = select(Hold.id).where(
        Hold.number_id == ResidentNumber.number_id,
        Hold.group_id == Case.group_id,
        Hold.released_at.is_(None),
    )
    return query.correlate(Case, ResidentNumber).exists()
