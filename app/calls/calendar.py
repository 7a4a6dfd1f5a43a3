"""The appointments of a day, as whoever leads volunteers sees them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.calls import queries
from app.calls.models import Call
from app.calls.screen.words import address_of, names_of
from app.campaigns.models import Campaign
from app.cases import queries as cases
from app.cases.models import Case
from app.cases.rules.appointments import AppointmentState, state_of
from app.cases.rules.load import SLOT, Load, load_of, slot_of
from app.people import queries as people
from app.people.models import User

MOST = 500
"""Cases shown at once; a day with more is looked at by community."""


@dataclass(frozen=True)
class Agreed:
    """An agreed call: one line, also where it settles several residents."""

    at: datetime
    until: datetime | None
    cases: Sequence[Case]
    address: str
    whose: str | None
    """The volunteer who is to ring; None where anyone may."""
    note: str
    state: AppointmentState

    @property
    def names(self) -> Sequence[str]:
        """Who is to be rung."""
        return [case.resident.name for case in self.cases]


@dataclass(frozen=True)
class Slot:
    """A half hour with its appointments."""

    begins: datetime
    ends: datetime
    load: Load
    rows: Sequence[Agreed]


@dataclass(frozen=True)
class Day:
    """What is agreed for a day."""

    slots: Sequence[Slot]
    cases: Sequence[int]
    """Whose names are shown."""
    cut: bool
    """Whether there are more than fit."""

    @property
    def agreed(self) -> int:
        """How many calls are agreed."""
        return sum(slot.load.booked for slot in self.slots)


def day_of(
    session: Session,
    user: User,
    campaign: Campaign,
    day: date,
    community: str | None,
    volunteers: int,
    now: datetime,
) -> Day:
    """Return the appointments of the user's communities, or of one of them, by half hour.

    ``now`` is in the deployment's zone, in which days begin and end.
    """
    begins = datetime.combine(day, time(0), now.tzinfo)
    found = _cases(session, user, campaign, (begins, begins + timedelta(days=1)), community)
    shown = {case.id: case for case in found[:MOST]}
    rows = list(_lines(session, shown, day, now))
    load = load_of((row.at for row in rows), volunteers)
    by_slot: dict[datetime, list[Agreed]] = defaultdict(list)
    for row in rows:
        by_slot[slot_of(row.at)].append(row)
    slots = [Slot(slot, slot + SLOT, load[slot], by_slot[slot]) for slot in load]
    return Day(slots, [case.id for row in rows for case in row.cases], len(found) > MOST)


def _cases(
    session: Session,
    user: User,
    campaign: Campaign,
    span: tuple[datetime, datetime],
    community: str | None,
) -> Sequence[Case]:
    agreed = select(Call.case_id).where(
        Call.campaign_id == campaign.id,
        Call.callback_at >= span[0],
        Call.callback_at < span[1],
        Call.applied,
        Call.community_code.in_(people.scope(user)),
    )
    if community is not None:
        agreed = agreed.where(Call.community_code == community)
    query = select(Case).where(Case.id.in_(agreed)).order_by(Case.id).limit(MOST + 1)
    return session.scalars(cases.with_resident(query)).all()


def _lines(
    session: Session, shown: Mapping[int, Case], day: date, now: datetime
) -> Iterator[Agreed]:
    """The day's appointments in the order of their time; those of one call together."""
    together: dict[int, list[tuple[Call, datetime | None]]] = defaultdict(list)
    for calls in queries.history_of(session, list(shown)).values():
        for call, rung_at in _agreed(calls, day, now.tzinfo):
            together[call.with_call_id or call.id].append((call, rung_at))
    rows = list(together.values())
    rows.sort(key=lambda found: (_local(found[0][0].callback_at, now), found[0][0].id))
    holders = cases.holders_of(session, {case.group_id for case in shown.values()})
    whose = [_whose(*row[0], shown, holders) or 0 for row in rows]
    names = names_of(session, set(whose))
    for row, user_id in zip(rows, whose, strict=True):
        yield _row(row, shown, names.get(user_id), now)


def _agreed(
    calls: Sequence[Call], day: date, zone: tzinfo | None
) -> Iterator[tuple[Call, datetime | None]]:
    """The calls of a case, newest first, that agreed on a time of the day, each with when the
    resident was rung next.
    """
    rung_at: datetime | None = None
    for call in calls:
        agreed = None if call.desk else call.callback_at  # a leader's answer was promised nobody
        if agreed and agreed.astimezone(zone).date() == day:
            yield call, rung_at
        if not call.desk:
            rung_at = call.started_at


def _local(moment: datetime | None, now: datetime) -> datetime:
    return (moment or now).astimezone(now.tzinfo)


def _whose(
    call: Call, rung_at: datetime | None, shown: Mapping[int, Case], holders: Mapping[int, int]
) -> int | None:
    """Who is to ring, or was: what waits may be anyone's by now, or in somebody else's hands."""
    if rung_at:
        return call.callback_user_id
    case = shown[call.case_id]
    return holders.get(case.group_id, case.appointment_user_id)


def _row(
    found: Sequence[tuple[Call, datetime | None]],
    shown: Mapping[int, Case],
    whose: str | None,
    now: datetime,
) -> Agreed:
    call, rung_at = found[0]
    case = shown[call.case_id]
    settled = case.state not in {"open", "held"}
    at = _local(call.callback_at, now)
    state = state_of(at, call.callback_until, now, rung_at=rung_at)
    return Agreed(
        at=at,
        until=call.callback_until,
        cases=[shown[one.case_id] for one, _rung in found],
        address=address_of(case),
        whose=whose,
        note=call.note,
        state=AppointmentState.KEPT if settled and rung_at is None else state,
    )
