"""Gathering the handoff sheet's value.

What happened comes from calls up to the handoff's position, and from dials recorded by then, so
that the sheet printed next week says what it said that evening. Who somebody is (name, address,
numbers, language, remark) follows the current record: a number put right since is the one to ring.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.calls.models import Call, Dial
from app.calls.queries import history_of, loose
from app.calls.rules import history, wrong_numbers
from app.campaigns.models import Campaign
from app.campaigns.rules.dispositions import DISPOSITIONS, Follow
from app.campaigns.rules.following import attempts
from app.cases import queries as cases
from app.cases.models import Case, Handoff, HandoffCase, Hold
from app.cases.rules.languages import needed
from app.people.models import User
from app.progress import queries as progress
from app.reports.handoff.value import (
    AppointmentLine,
    HandoffSheet,
    NoteLine,
    NumberLine,
    PersonLine,
)
from app.reports.wording import Lang
from app.residents.models import ResidentNumber
from app.residents.rules import phones
from app.residents.rules.names import masked_name
from app.territory.models import Building, Community
from app.version import VERSION

_NOTES = 2
"""So many of the last notes on a resident are printed."""


@dataclass(frozen=True)
class _Facts:
    """What the lines of one sheet are made from."""

    handoff: Handoff
    campaign: Campaign
    lang: Lang
    zone: tzinfo
    masked: bool
    users: Mapping[int, str]
    calls: Mapping[int, Sequence[Call]]
    """By case, newest first, as they stood at the handoff."""
    dialled: Mapping[int, datetime]
    sharing: Mapping[int, int]
    """How many residents have a number."""
    not_before: Mapping[int, datetime]
    """Until when those are to wait who were to be rung later, by case."""
    buildings: Mapping[int, str]

    def at(self, moment: datetime) -> datetime:
        """Return the moment in the deployment's zone."""
        return moment.astimezone(self.zone)

    def label(self, disposition: str) -> str:
        """Return what the campaign calls the disposition."""
        own = self.campaign.dispositions.get(disposition)
        return own or DISPOSITIONS[disposition].label(self.lang)

    def name(self, case: Case, *, masked: bool) -> str:
        """Return the resident's name."""
        return masked_name(case.resident.name) if masked else case.resident.name

    def address(self, case: Case, *, masked: bool) -> str:
        """Return where the resident lives: the building only, where it is masked."""
        household = case.resident.household
        if household is None:
            return ""
        return self.buildings.get(household.building_id or 0, "") if masked else household.address


def sheet(
    session: Session, handoff: Handoff, lang: Lang, zone: tzinfo, *, masked: bool
) -> HandoffSheet:
    """Return the sheet of a handoff. Who may have it, and how, was asked before (``handoffs``)."""
    left = _left(session, handoff)
    promised = _promised(session, handoff, left)
    facts = _facts(session, handoff, [*left, *promised], lang, zone, masked=masked)
    mine, queued = _parted(session, handoff, left)
    groups = _groups(facts, mine)
    work = progress.of_batch(session, handoff.from_batch_id, handoff.position)
    return HandoffSheet(
        lang=lang,
        handoff_id=handoff.id,
        campaign=facts.campaign.title,
        communities=_communities(session, handoff, left),
        giver=facts.users[handoff.from_user_id],
        taker=facts.users.get(handoff.to_user_id or 0),
        made_at=facts.at(handoff.made_at),
        position=handoff.position,
        note="" if masked else handoff.note,
        calls=work.calls,
        completed=work.completed,
        results=tuple((facts.label(code), n) for code, n in work.dispositions.items() if n),
        appointments=_appointments(facts, mine, [*queued, *promised]),
        groups=groups,
        queued=tuple(facts.name(case, masked=True) for case in queued),
        version=VERSION,
        masked=masked,
    )


def _left(session: Session, handoff: Handoff) -> list[Case]:
    """The cases that were left, in the order of ringing."""
    query = select(HandoffCase.case_id).where(HandoffCase.handoff_id == handoff.id)
    return _loaded(session, session.scalars(query.order_by(HandoffCase.place)).all())


def _loaded(session: Session, case_ids: Sequence[int]) -> list[Case]:
    groups = session.scalars(select(Case.group_id).where(Case.id.in_(case_ids)).distinct()).all()
    found = {case.id: case for case in cases.cases_of(session, groups)}
    return [found[case_id] for case_id in case_ids]


def _promised(session: Session, handoff: Handoff, left: Sequence[Case]) -> list[Case]:
    """Those with whom a time was agreed in the batch: they went back to the queue with it."""
    query = (
        select(Call.case_id)
        .where(Call.batch_id == handoff.from_batch_id, Call.position <= handoff.position)
        .where(Call.callback_at.is_not(None), Call.case_id.not_in([case.id for case in left]))
        .distinct()
        .order_by(Call.case_id)
    )
    return _loaded(session, session.scalars(query).all())


def _parted(
    session: Session, handoff: Handoff, left: Sequence[Case]
) -> tuple[list[Case], list[Case]]:
    """Part what went to the taker from what could not, by the history of holds.

    What went to the pool is all on the sheet: nobody else's list has it.
    """
    if handoff.to_user_id is None:
        return list(left), []
    query = select(Hold.group_id).where(
        Hold.batch_id == handoff.to_batch_id, Hold.held_at <= handoff.made_at
    )
    taken = set(session.scalars(query.distinct()))
    return (
        [case for case in left if case.group_id in taken],
        [case for case in left if case.group_id not in taken],
    )


def _facts(
    session: Session,
    handoff: Handoff,
    concerned: Sequence[Case],
    lang: Lang,
    zone: tzinfo,
    *,
    masked: bool,
) -> _Facts:
    calls = history_of(session, [case.id for case in concerned], handoff.position)
    return _Facts(
        handoff=handoff,
        campaign=session.get_one(Campaign, handoff.campaign_id),
        lang=lang,
        zone=zone,
        masked=masked,
        users=_users(session, handoff, calls.values()),
        calls=calls,
        dialled=_dialled(session, handoff),
        sharing=_sharing(session, concerned),
        not_before=_not_before(session, handoff),
        buildings=_buildings(session, concerned),
    )


def _users(
    session: Session, handoff: Handoff, histories: Iterable[Sequence[Call]]
) -> dict[int, str]:
    calls = [call for one in histories for call in one]
    ids = {handoff.from_user_id, handoff.to_user_id, *(call.user_id for call in calls)}
    ids |= {call.callback_user_id for call in calls}
    rows = session.execute(select(User.id, User.name).where(User.id.in_(ids - {None})))
    return {user_id: name for user_id, name in rows}  # noqa: C416 - dict() loses the types


def _dialled(session: Session, handoff: Handoff) -> dict[int, datetime]:
    """When the volunteer last dialled a resident without saving what came of it."""
    at = handoff.made_at
    within = Dial.batch_id == handoff.from_batch_id, Dial.recorded_at <= at
    query = (
        select(Dial.case_id, func.max(Dial.dialled_at))
        .where(*within, loose(at, handoff.campaign_id, handoff.position))
        .group_by(Dial.case_id)
    )
    return {case_id: moment for case_id, moment in session.execute(query)}  # noqa: C416


def _sharing(session: Session, concerned: Sequence[Case]) -> dict[int, int]:
    numbers = {line.number_id for case in concerned for line in case.resident.lines}
    query = (
        select(ResidentNumber.number_id, func.count())
        .where(ResidentNumber.number_id.in_(numbers))
        .group_by(ResidentNumber.number_id)
    )
    return {number_id: count for number_id, count in session.execute(query)}  # noqa: C416


def _not_before(session: Session, handoff: Handoff) -> dict[int, datetime]:
    query = select(HandoffCase.case_id, HandoffCase.not_before).where(
        HandoffCase.handoff_id == handoff.id
    )
    return {case_id: at for case_id, at in session.execute(query) if at is not None}


def _buildings(session: Session, concerned: Sequence[Case]) -> dict[int, str]:
    homes = (case.resident.household for case in concerned)
    ids = {home.building_id for home in homes if home is not None}
    rows = session.scalars(select(Building).where(Building.id.in_(ids - {None})))
    return {building.id: f"{building.estate or ''}{building.name}" for building in rows}


def _communities(session: Session, handoff: Handoff, left: Sequence[Case]) -> tuple[str, ...]:
    """The communities that were rung or left."""
    rung = select(Call.community_code).where(
        Call.batch_id == handoff.from_batch_id, Call.position <= handoff.position
    )
    query = select(Community.name).where(
        or_(Community.code.in_(rung), Community.code.in_({case.community_code for case in left}))
    )
    return tuple(session.scalars(query.order_by(Community.street_code, Community.code)))


def _groups(facts: _Facts, left: Sequence[Case]) -> tuple[tuple[PersonLine, ...], ...]:
    groups: dict[int, list[PersonLine]] = {}
    for place, case in enumerate(left, start=1):
        groups.setdefault(case.group_id, []).append(_person(facts, case, place))
    return tuple(map(tuple, groups.values()))


def _person(facts: _Facts, case: Case, place: int) -> PersonLine:
    calls = facts.calls.get(case.id, ())
    last = next((call for call in calls if not call.desk), None)  # a leader's answer is a note
    dialled = facts.dialled.get(case.id)
    follow = None if last is None else DISPOSITIONS[last.disposition].follow
    rang = "" if last is None else facts.users[last.user_id]
    waits_until = facts.not_before.get(case.id)
    return PersonLine(
        place=place,
        name=facts.name(case, masked=facts.masked),
        address=facts.address(case, masked=facts.masked),
        numbers=_numbers(facts, case),
        attempts=attempts(history(calls, facts.at(facts.handoff.made_at))),
        last=None if last is None else (facts.at(last.started_at), facts.label(last.disposition)),
        notes=_notes(facts, calls),
        dialled_at=None if dialled is None else facts.at(dialled),
        not_before=None if waits_until is None else facts.at(waits_until),
        declined_to=rang if follow is Follow.OTHER_PERSON else "",
        not_understood=rang if follow is Follow.LANGUAGE else "",
        language=needed([case.resident.language]),
        remark="" if facts.masked else case.resident.remark,
    )


def _agreed(calls: Sequence[Call]) -> datetime | None:
    """The time agreed in the last call, if one was; ``calls`` are newest first."""
    asks = calls and DISPOSITIONS[calls[0].disposition].follow is Follow.APPOINTMENT
    return calls[0].callback_at if asks else None


def _numbers(facts: _Facts, case: Case) -> tuple[NumberLine, ...]:
    """The resident's numbers in the order to ring them, those that proved wrong last."""
    past = history(facts.calls.get(case.id, ()), facts.at(facts.handoff.made_at))
    wrong = wrong_numbers(past)
    written = phones.mask if facts.masked else phones.display
    lines = sorted(case.resident.lines, key=lambda one: (one.number_id in wrong, one.position))
    return tuple(
        NumberLine(
            written(line.number.value),
            wrong=line.number_id in wrong,
            shared_by=facts.sharing[line.number_id],
        )
        for line in lines
    )


def _notes(facts: _Facts, calls: Sequence[Call]) -> tuple[NoteLine, ...]:
    """The last notes. A masked sheet has none: people write names into them."""
    if facts.masked:
        return ()
    noted = [call for call in calls if call.note][:_NOTES]
    return tuple(
        NoteLine(facts.at(call.started_at), facts.users[call.user_id], call.note) for call in noted
    )


def _appointments(
    facts: _Facts, left: Sequence[Case], elsewhere: Sequence[Case]
) -> tuple[AppointmentLine, ...]:
    """The times agreed, soonest first.

    Who is in nobody's hands here is masked and has no number on the paper: the queue gives them
    to somebody at their time, and two volunteers must never ring one number.
    """
    places: list[tuple[Case, int | None]] = [(case, n) for n, case in enumerate(left, start=1)]
    places += [(case, None) for case in elsewhere]
    lines = [
        _appointment(facts, case, place, begin)
        for case, place in places
        if (begin := _agreed(facts.calls.get(case.id, ()))) is not None
    ]
    return tuple(sorted(lines, key=lambda line: (line.begin, line.place or len(places))))


def _appointment(facts: _Facts, case: Case, place: int | None, begin: datetime) -> AppointmentLine:
    call = facts.calls[case.id][0]
    masked = facts.masked or place is None
    until = call.callback_until
    return AppointmentLine(
        begin=facts.at(begin),
        until=None if until is None else facts.at(until),
        name=facts.name(case, masked=masked),
        address=facts.address(case, masked=masked),
        numbers=() if place is None else _numbers(facts, case),
        note="" if masked else call.note,
        for_whom=facts.users.get(call.callback_user_id or 0),
        place=place,
    )
