"""Nothing is stuck, and the queue says of each group what its cases say."""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaigns.models import Campaign
from app.cases.models import STILL_TO_RING, Batch, CallGroup, Case
from app.cases.rules.languages import needed
from app.cases.rules.place import Place, place_of
from app.i18n.words import later as _l
from app.laws import Finding, named, stretches
from app.people.models import User
from app.people.queries import GETS_WORK
from app.residents.models import Resident

STUCK, OUT_OF_LINE = "nothing_stuck", "queue_in_line"
END_REASONS = ("finished", "released", "expired", "handed_over", "declined", "recalled",
               "deactivated", "stopped", "closed")  # fmt: skip


def nothing_stuck(session: Session, _zone: tzinfo) -> Iterator[Finding]:
    """A case is open with a time, held under a lease, passed to someone named, or done.

    A batch whose lease, campaign or account is over is no damage: the next claim ends it.
    """
    known = Case.state.in_(("open", "held", "passed", "done"))
    timeless = Case.state.in_(("open", "held")) & Case.ready_at.is_(None)
    astray = (Case.state == "passed") & Case.passed_to.is_distinct_from("leader")
    astray &= Case.passed_to.is_distinct_from("door_list")
    still = (Case.state != "passed") & Case.passed_to.is_not(None)
    stuck = select(Case.id).where(~known | timeless | astray | still)
    what = _l("neither open, held, passed nor done")
    yield from named(session, STUCK, "cases", stuck, what)
    yield from _appointments(session)
    yield from _batches(session)


def _appointments(session: Session) -> Iterator[Finding]:
    """An appointment waits for its own volunteer first; who has left would never come."""
    gone = select(User.id).where(GETS_WORK)
    for table, model in (("cases", Case), ("call_groups", CallGroup)):
        promised = model.appointment_user_id
        query = select(model.id).where(promised.is_not(None), promised.not_in(gone))
        what = _l("its appointment is promised to somebody who is given nothing any more")
        yield from named(session, STUCK, table, query, what)
    kept = Case.appointment_until.is_not(None) | Case.appointment_user_id.is_not(None)
    halves = select(Case.id).where(kept, Case.appointment_at.is_(None))
    yield from named(session, STUCK, "cases", halves, _l("an appointment without a time"))


def _batches(session: Session) -> Iterator[Finding]:
    unsaid = (Batch.ended_at.is_not(None)) & Batch.end_reason.not_in(END_REASONS)
    early = (Batch.ended_at.is_(None)) & (Batch.end_reason != "")
    what = _l("ended without a known reason, or the other way round")
    yield from named(session, STUCK, "batches", select(Batch.id).where(unsaid | early), what)
    endless = select(Batch.id).where(Batch.lease_expires_at < Batch.claimed_at)
    what = _l("its lease ended before it began")
    yield from named(session, STUCK, "batches", endless, what)


_BEGINNING, _END = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class _Case(NamedTuple):
    id: int
    group_id: int
    state: str
    ready_at: datetime | None
    appointment_at: datetime | None
    appointment_until: datetime | None
    appointment_user_id: int | None
    community_code: str
    added_at: int
    language: str


_CASES = (
    select(Case.id, Case.group_id, Case.state, Case.ready_at, Case.appointment_at,
           Case.appointment_until, Case.appointment_user_id, Case.community_code, Case.added_at,
           Resident.language)
    .join(Resident, Resident.id == Case.resident_id)
    .order_by(Case.id)
)  # fmt: skip


def queue_in_line(session: Session, _zone: tzinfo) -> Iterator[Finding]:
    """What the queue says of a group is what its cases say; a group in hand only once it is back.

    A language that its campaign does not know of would be on no volunteer's way.
    """
    for low, high in stretches(session, CallGroup.id):
        members: dict[int, list[_Case]] = {}
        for row in session.execute(_CASES.where(Case.group_id.between(low, high))):
            case = _Case._make(row)
            members.setdefault(case.group_id, []).append(case)
        groups = select(CallGroup, Campaign.languages).join(
            Campaign, Campaign.id == CallGroup.campaign_id
        )
        for group, languages in session.execute(groups.where(CallGroup.id.between(low, high))):
            yield from _group(group, members.get(group.id, []), languages)
        session.expunge_all()


def _group(
    group: CallGroup, members: Sequence[_Case], languages: Sequence[str]
) -> Iterator[Finding]:
    row = f"call_groups {group.id}"
    if not members:
        yield Finding(OUT_OF_LINE, row, _l("no case is in it"))
        return
    if group.batch_id is None:
        for name in min((_wrong(group, place) for place in _places(members)), key=len):
            what = _l("%(field)s is not what its cases say", field=name)
            yield Finding(OUT_OF_LINE, row, what)
    if group.community_code not in {case.community_code for case in members}:
        yield Finding(OUT_OF_LINE, row, _l("in a community of none of its cases"))
    if not _fits(group.language, members, languages):
        what = _l("%(field)s is not what its cases say", field="language")
        yield Finding(OUT_OF_LINE, row, what)


def _wrong(group: CallGroup, place: Place) -> list[str]:
    names = [one.name for one in fields(place)]
    return [name for name in names if getattr(group, name) != getattr(place, name)]


def _places(members: Sequence[_Case]) -> tuple[Place, Place]:
    """Its place in the queue, as ``placing.realign`` and ``standing.settle`` write it: before an
    appointment beside a housemate is due, and since.
    """
    waiting = [case for case in members if case.state in STILL_TO_RING]
    return place_of(waiting, _BEGINNING), place_of(waiting, _END)


def _fits(language: str, members: Sequence[_Case], languages: Sequence[str]) -> bool:
    """Whether it is the language of one of those who were there when the group was made.

    Campaigns of before languages were told know of none.
    """
    first = min(case.added_at for case in members)
    spoken = {needed([case.language]) for case in members if case.added_at == first} - {""}
    if not language:
        return not spoken or not languages
    return language in spoken and language in languages
