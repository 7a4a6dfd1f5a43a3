"""What the call screen shows: a group in the volunteer's hands, or a resident who rings back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.calls import queries
from app.calls.looking_up import check_may_hear
from app.calls.models import Call
from app.calls.rules import history, wrong_numbers
from app.calls.screen.saying import Said, said
from app.calls.screen.words import address_of, names_of
from app.calls.wording import (
    Attempt,
    Option,
    attempts_of,
    disposition_name,
    rung_before,
    why_now,
)
from app.campaigns.models import Campaign
from app.cases import queries as cases
from app.cases.models import Batch, CallGroup, Case
from app.cases.rules.turns import is_early
from app.cases.service import settling
from app.i18n import lang
from app.people.models import User
from app.problems import NotFoundError
from app.residents.rules import phones

LATELY = timedelta(hours=1)


@dataclass(frozen=True)
class Line:
    """A number to ring."""

    value: str
    display: str
    href: str
    label: str


@dataclass(frozen=True)
class Person:
    """A case of the group as the call screen shows it."""

    case: Case
    name: str
    address: str
    chips: Sequence[str]
    remark: str
    why: str
    lines: Sequence[Line]
    attempts: Sequence[Attempt]
    held: bool
    early: bool
    """Whether the resident is to be rung later."""
    before: str
    """When another campaign rang the resident, and which; '' where none did."""

    def number_options(self, chosen: str | None) -> list[Option]:
        """Return the numbers as tiles; the one rung first is chosen unless another was."""
        values = [line.value for line in self.lines]
        picked = chosen if chosen in values else values[0]
        return [
            Option(line.value, line.display, selected=line.value == picked) for line in self.lines
        ]


@dataclass(frozen=True)
class CallPage:
    """Everything the call screen shows."""

    campaign: Campaign
    batch_id: int | None
    """In which batch the volunteer has, or had, the group."""
    group_id: int
    person: Person
    others: Sequence[Person]
    said: Said
    """What the volunteer says."""
    left: int
    rings_back: bool = False
    """Whether the resident rang the volunteer: then nobody need hold the case."""


def call_page(
    session: Session, user: User, group_id: int, case_id: int | None, now: datetime
) -> CallPage | None:
    """Return the call screen of a group that the user holds, and renew its lease.

    None when the user does not hold it. ``case_id`` chooses who of the group stands first; None
    then too, if that one is settled.
    """
    group = session.get(CallGroup, group_id)
    batch = session.get(Batch, group.batch_id or 0) if group else None
    if group is None or batch is None or batch.user_id != user.id or batch.ended_at is not None:
        return None
    campaign = session.get_one(Campaign, group.campaign_id)
    settling.renew(session, batch, campaign.rules, now)
    people = _people(session, campaign, group_id, now)
    first = _first(people, case_id)
    if first is None:
        return None
    audit.record(session, user.id, now, "case_seen", "group", group_id)
    return CallPage(
        campaign=campaign,
        batch_id=batch.id,
        group_id=group_id,
        person=first,
        others=[person for person in people if person is not first],
        said=said(session, user, campaign, first.case, lang(), now),
        left=cases.count_held(session, user.id, campaign.id),
    )


def ring_back_page(session: Session, user: User, case_id: int, now: datetime) -> CallPage:
    """Return the screen for a resident who rang back, whoever holds the case now.

    Raises NotFoundError for one who can't ring this user back.
    """
    check_may_hear(session, user, case_id, now)
    case = session.get_one(Case, case_id)
    campaign = session.get_one(Campaign, case.campaign_id)
    people = _people(session, campaign, case.group_id, now)
    audit.record(session, user.id, now, "case_seen", "case", case_id)
    return CallPage(
        campaign=campaign,
        batch_id=cases.last_batch(session, user, case.group_id),
        group_id=case.group_id,
        person=next(person for person in people if person.case.id == case_id),
        others=[],
        said=said(session, user, campaign, case, lang(), now),
        left=cases.count_held(session, user.id, campaign.id),
        rings_back=True,
    )


def _first(people: Sequence[Person], case_id: int | None) -> Person | None:
    """The one asked for if still held; else the first, those last whose time has not come."""
    held = [person for person in people if person.held]
    if case_id is not None:
        return next((person for person in held if person.case.id == case_id), None)
    return min(held, key=lambda person: person.early, default=None)


def _people(session: Session, campaign: Campaign, group_id: int, now: datetime) -> list[Person]:
    members = cases.cases_of(session, [group_id])
    calls = queries.history_of(session, [case.id for case in members])
    names = names_of(session, {call.user_id for rows in calls.values() for call in rows})
    rung = _rung_lately([call for rows in calls.values() for call in rows], now)
    before = queries.rung_by_others(session, [case.resident_id for case in members], campaign.id)
    aside = cases.laid_aside(session, [group_id])
    known = _Known(campaign, calls, names, rung, before, aside)
    return [_person(known, case, now) for case in members]


@dataclass(frozen=True)
class _Known:
    """What is on record of a group, by case, user, number and resident."""

    campaign: Campaign
    calls: Mapping[int, Sequence[Call]]
    names: Mapping[int, str]
    rung: Mapping[int, Call]
    before: Mapping[int, tuple[datetime, str]]
    aside: Mapping[int, datetime]


def _rung_lately(calls: Sequence[Call], now: datetime) -> dict[int, Call]:
    """The last call on each number within the hour, whomever of the group it was about."""
    recent = (call for call in calls if call.number_id and call.started_at > now - LATELY)
    ordered = sorted(recent, key=lambda call: call.started_at)
    return {call.number_id: call for call in ordered if call.number_id is not None}


def _person(known: _Known, case: Case, now: datetime) -> Person:
    resident, campaign = case.resident, known.campaign
    calls = known.calls.get(case.id, [])
    return Person(
        case=case,
        name=resident.name,
        address=address_of(case),
        chips=[text for text in (resident.relation, resident.language) if text],
        remark=resident.remark,
        why=why_now(campaign, case, now, known.aside.get(case.id)),
        lines=_lines(campaign, case, calls, known.rung, now),
        attempts=attempts_of(campaign, calls, known.names, now),
        held=case.state == "held",
        early=is_early(case.ready_at, now),
        before=rung_before(known.before.get(resident.id), now),
    )


def _lines(
    campaign: Campaign, case: Case, calls: Sequence[Call], rung: Mapping[int, Call], now: datetime
) -> list[Line]:
    """The resident's numbers, those that proved wrong last."""
    wrong = wrong_numbers(history(calls, now))
    ordered = sorted(case.resident.lines, key=lambda line: (line.number_id in wrong, line.position))
    return [
        Line(
            value=line.number.value,
            display=phones.display(line.number.value),
            href=phones.dial_uri(line.number.value),
            label=_line_label(campaign, line.number_id in wrong, rung.get(line.number_id)),
        )
        for line in ordered
    ]


def _line_label(campaign: Campaign, wrong: bool, last: Call | None) -> str:
    if wrong:
        return str(_("Proved wrong"))
    if last is None:
        return str(_("Tap to ring"))
    what = disposition_name(campaign, last.disposition)
    return str(_("Rung just now: %(what)s", what=what))


def held_case(session: Session, user: User, case_id: int) -> Case:
    """Return a case in the user's hands. Raises NotFoundError for any other."""
    query = (
        select(Case)
        .join(CallGroup, CallGroup.id == Case.group_id)
        .join(Batch, Batch.id == CallGroup.batch_id)
        .where(
            Case.id == case_id,
            Case.state == "held",
            Batch.user_id == user.id,
            Batch.ended_at.is_(None),
        )
    )
    case = session.scalar(query)
    if case is None:
        raise NotFoundError(f"case {case_id}")
    return case
