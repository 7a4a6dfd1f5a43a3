"""What the call screen shows: a group in the volunteer's hands, or a resident who rings back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.calls import queries
from app.calls.looking_up import check_may_hear
from app.calls.models import Call
from app.calls.rules import history, script_mark, wrong_numbers
from app.calls.screen.saying import said
from app.calls.screen.words import address_of, names_of
from app.calls.service import scripts
from app.calls.wording import (
    Attempt,
    Option,
    attempts_of,
    disposition_name,
    hours_word,
    rung_before,
    so_far,
    told,
    why_now,
)
from app.campaigns.models import Campaign
from app.campaigns.rules.calling import allowed_until, is_allowed
from app.cases import queries as cases
from app.cases.models import Batch, CallGroup, Case
from app.cases.rules.turns import is_early
from app.cases.service import settling
from app.config import DIAL
from app.people.models import User
from app.problems import NotFoundError
from app.residents.rules import phones
from app.residents.rules.languages import tongue
from app.web import settings

LATELY = timedelta(hours=1)


@dataclass(frozen=True)
class Line:
    """A number to ring."""

    key: int
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
    so_far: str
    """What the last attempts came to, in words."""
    held: bool
    early: bool
    """Whether the resident is to be rung later."""
    before: str
    """When another campaign rang the resident, and which; '' where none did."""
    answer: str = ""
    """What the leader wrote who gave the case back; '' where that is not what came last."""

    def number_options(self, chosen: str | None) -> list[Option]:
        """Return the numbers as tiles; the one rung first is chosen unless another was."""
        values = [line.value for line in self.lines]
        picked = chosen if chosen in values else values[0]
        return [
            Option(line.value, line.display, selected=line.value == picked) for line in self.lines
        ]


@dataclass(frozen=True)
class Script:
    """What to say, in the resident's language where the campaign has it, else the deployment's."""

    lang: str
    opening: str
    closing: str
    mark: str = ""
    changed: bool = False
    """Whether the volunteer had another one before them last."""
    is_new: bool = False
    """Whether they never had one of this campaign before them."""
    sentence: str = ""
    """The sentence that tells the code; '' where the script does so itself."""
    doubted: str = ""
    """What is said to somebody who doubts the call."""


@dataclass(frozen=True)
class Hours:
    """When this resident may be rung."""

    words: str
    until: datetime | None
    """None where it is outside the hours now."""


@dataclass(frozen=True)
class CallPage:
    """Everything the call screen shows."""

    campaign: Campaign
    batch_id: int | None
    """In which batch the volunteer has, or had, the group."""
    group_id: int
    person: Person
    others: Sequence[Person]
    script: Script
    left: int
    rings_back: bool = False
    """Whether the resident rang the volunteer: then nobody need hold the case."""
    dialled_at: datetime | None = None
    """When the volunteer dialled without saying what came of it."""
    hours: Hours | None = None
    """Where ringing is bound to hours."""


def call_page(
    session: Session, user: User, group_id: int, case_id: int | None, now: datetime, dial: str
) -> CallPage | None:
    """Return the call screen of a group that the user holds, and renew its lease.

    None when the user does not hold it; what a colleague offers is held once it is accepted.
    ``case_id`` chooses who of the group stands first; None then too, if that one is settled.
    ``dial`` is the address behind the dial button.
    """
    group = session.get(CallGroup, group_id)
    batch = session.get(Batch, group.batch_id or 0) if group else None
    if group is None or batch is None or batch.user_id != user.id or batch.ended_at is not None:
        return None
    if not batch.is_accepted:  # whoever looked would have taken it over
        return None
    campaign = session.get_one(Campaign, group.campaign_id)
    settling.renew(session, batch, campaign.rules, now)
    people = _people(session, campaign, group_id, now, dial)
    first = _first(people, case_id)
    if first is None:
        return None
    audit.record(session, user.id, now, "case_seen", "group", group_id)
    loose = queries.loose_on(session, user, first.case.id)
    return CallPage(
        campaign=campaign,
        batch_id=batch.id,
        group_id=group_id,
        person=first,
        others=[person for person in people if person is not first],
        script=_script(session, user, campaign, first, now),
        left=cases.count_held(session, user.id, campaign.id),
        dialled_at=next((one.dialled_at for one in loose), None),
        hours=_hours(campaign, first.case, now),
    )


def _script(
    session: Session, user: User, campaign: Campaign, person: Person, now: datetime
) -> Script:
    spoken = tongue(person.case.resident.language, campaign.script, settings().lang)
    mark, seen = script_mark(campaign.script), scripts.seen(session, user, campaign.id)
    texts = said(session, user, campaign, person.case, spoken, now)
    return Script(
        lang=spoken, opening=texts.script["opening"], closing=texts.script["closing"], mark=mark,
        changed=seen is not None and seen != mark, is_new=seen is None, sentence=texts.sentence,
        doubted=texts.doubted,
    )  # fmt: skip


def _hours(campaign: Campaign, case: Case, now: datetime) -> Hours | None:
    """None where one may ring at any time."""
    agreed = case.appointment_at is not None and not is_early(case.appointment_at, now)
    until = allowed_until(campaign.rules, now, agreed=agreed)
    if until is None and is_allowed(campaign.rules, now, agreed=agreed):
        return None
    return Hours(hours_word(campaign.rules, now), until)


def ring_back_page(session: Session, user: User, case_id: int, now: datetime) -> CallPage:
    """Return the screen for a resident who rang back, whoever holds the case now.

    Raises NotFoundError for one who can't ring this user back.
    """
    check_may_hear(session, user, case_id, now)
    case = session.get_one(Case, case_id)
    campaign = session.get_one(Campaign, case.campaign_id)
    people = _people(session, campaign, case.group_id, now)
    person = next(one for one in people if one.case.id == case_id)
    audit.record(session, user.id, now, "case_seen", "case", case_id)
    return CallPage(
        campaign=campaign,
        batch_id=cases.last_batch(session, user, case.group_id),
        group_id=case.group_id,
        person=person,
        others=[],
        script=_script(session, user, campaign, person, now),
        left=cases.count_held(session, user.id, campaign.id),
        rings_back=True,
    )


def _first(people: Sequence[Person], case_id: int | None) -> Person | None:
    """The one asked for if still held; else the first, those last whose time has not come."""
    held = [person for person in people if person.held]
    if case_id is not None:
        return next((person for person in held if person.case.id == case_id), None)
    return min(held, key=lambda person: person.early, default=None)


def _people(
    session: Session, campaign: Campaign, group_id: int, now: datetime, dial: str = DIAL
) -> list[Person]:
    members = cases.cases_of(session, [group_id])
    calls = queries.history_of(session, [case.id for case in members])
    names = names_of(session, {call.user_id for rows in calls.values() for call in rows})
    rung = _rung_lately([call for rows in calls.values() for call in rows], now)
    before = queries.rung_by_others(session, [case.resident_id for case in members], campaign.id)
    aside = cases.laid_aside(session, [group_id])
    known = _Known(campaign, calls, names, rung, before, aside, dial)
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
    dial: str


def _rung_lately(calls: Sequence[Call], now: datetime) -> dict[int, Call]:
    """The last call on each number within the hour, whomever of the group it was about."""
    recent = (call for call in calls if call.number_id and call.started_at > now - LATELY)
    ordered = sorted(recent, key=lambda call: call.started_at)
    return {call.number_id: call for call in ordered if call.number_id is not None}


def _person(known: _Known, case: Case, now: datetime) -> Person:
    resident, campaign = case.resident, known.campaign
    calls = known.calls.get(case.id, [])
    aside = known.aside.get(case.id)
    attempts = attempts_of(campaign, calls, known.names, now)
    gave_back = next((one for one in calls[:1] if one.desk), None)
    if gave_back and (aside is None or aside < gave_back.started_at):  # nobody asked for that time
        why = told(attempts[0])
    else:
        why = why_now(campaign, case, now, aside)
    return Person(
        case=case,
        name=resident.name,
        address=address_of(case),
        chips=[text for text in (resident.relation, resident.language) if text],
        remark=resident.remark,
        why=why,
        lines=_lines(known, case, calls, now),
        attempts=attempts,
        so_far=so_far(attempts, why),
        held=case.state == "held",
        early=is_early(case.ready_at, now),
        before=rung_before(known.before.get(resident.id), now),
        answer=gave_back.note if gave_back else "",
    )


def _lines(known: _Known, case: Case, calls: Sequence[Call], now: datetime) -> list[Line]:
    """The resident's numbers, those that proved wrong last."""
    wrong = wrong_numbers(history(calls, now))
    ordered = sorted(case.resident.lines, key=lambda line: (line.number_id in wrong, line.position))
    return [
        Line(
            key=line.number_id,
            value=line.number.value,
            display=phones.display(line.number.value),
            href=phones.dial_uri(line.number.value, known.dial),
            label=_line_label(known, line.number_id, wrong=line.number_id in wrong),
        )
        for line in ordered
    ]


def _line_label(known: _Known, number_id: int, *, wrong: bool) -> str:
    if wrong:
        return str(_("Proved wrong"))
    last = known.rung.get(number_id)
    if last is None:
        return str(_("Tap to ring"))
    what = disposition_name(known.campaign, last.disposition)
    return str(_("Rung just now: %(what)s", what=what))


def held_case(session: Session, user: User, case_id: int) -> Case:
    """Return a case in the user's hands. Raises NotFoundError for any other."""
    if not queries.in_hand(session, user, [case_id]):
        raise NotFoundError(f"case {case_id}")
    return session.get_one(Case, case_id)
