"""What the volunteer's pages show, gathered into values before a template sees it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.calls import queries
from app.calls.models import Call
from app.calls.rules import history, wrong_numbers
from app.calls.service import correcting
from app.calls.wording import (
    Attempt,
    Option,
    agreed_option,
    attempts_of,
    disposition_name,
    is_early,
    kept_reason,
    slot_options,
    why_now,
)
from app.campaigns import queries as campaigns
from app.campaigns.models import Campaign
from app.cases import queries as cases
from app.cases.models import Batch, CallGroup, Case
from app.cases.service import settling
from app.cases.service.claim import Claim
from app.i18n import lang
from app.i18n.moments import moment, past
from app.people.models import User
from app.residents.models import Resident
from app.residents.rules import phones
from app.residents.rules.names import masked_name

OWN_CALLS = 50
LATELY = timedelta(hours=1)


@dataclass(frozen=True)
class Work:
    """One campaign on the volunteer's home page."""

    campaign: Campaign
    batches: Sequence[Batch]
    held: int
    calls_today: int
    waiting: Sequence["Waiting"]


@dataclass(frozen=True)
class Waiting:
    """A resident whom the volunteer still has to ring."""

    group_id: int
    case_id: int
    name: str
    address: str
    why: str
    early: bool


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
    """Whether the resident asked for a time that has not come yet."""

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
    batch: Batch
    group_id: int
    person: Person
    others: Sequence[Person]
    script: dict[str, str]
    left: int


@dataclass(frozen=True)
class JustSaved:
    """The call saved a moment ago, for one tap to correct it."""

    call_id: int
    who: str
    what: str
    others: int
    """How many more the same call settled."""


@dataclass(frozen=True)
class OwnCall:
    """A line of "My calls", masked."""

    call: Call
    who: str
    what: str
    when: str
    kept: str


def home(session: Session, user: User, now: datetime) -> list[Work]:
    """Return the user's open campaigns with what is held in each."""
    return [
        _work(session, user, campaign, now) for campaign in campaigns.open_campaigns(session, user)
    ]


def _work(session: Session, user: User, campaign: Campaign, now: datetime) -> Work:
    held = _held(session, user, campaign.id)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return Work(
        campaign=campaign,
        batches=cases.live_batches(session, user, campaign.id),
        held=len(held),
        calls_today=queries.count_since(session, user, campaign.id, midnight),
        waiting=[_waiting(campaign, case, now) for case in held],
    )


def _waiting(campaign: Campaign, case: Case, now: datetime) -> Waiting:
    return Waiting(
        group_id=case.group_id,
        case_id=case.id,
        name=case.resident.name,
        address=address_of(case),
        why=why_now(campaign, case, now),
        early=is_early(case, now),
    )


def address_of(case: Case) -> str:
    """Return community and address of the case's resident."""
    resident = case.resident
    community = resident.community.name if resident.community else ""
    return f"{community} {resident.household.address if resident.household else ''}".strip()


def nothing_ready(claim: Claim) -> str:
    """Say in counts why there is nobody to ring, and when there will be."""
    words = {
        "calling_hours": lambda n: ngettext(
            "%(num)s outside the hours of ringing", "%(num)s outside the hours of ringing", n
        ),
        "resting": lambda n: ngettext("%(num)s to be rung later", "%(num)s to be rung later", n),
        "held": lambda n: ngettext("%(num)s with a volunteer", "%(num)s with a volunteer", n),
        "for_others": lambda n: ngettext("%(num)s for others", "%(num)s for others", n),
        "finished": lambda n: ngettext("%(num)s finished", "%(num)s finished", n),
    }
    causes = _(", ").join(words[cause](number) for cause, number in claim.waiting.items())
    if not causes:
        return str(_("There is nobody to ring in your communities."))
    if claim.next_at is None:
        return str(_("Nobody can be rung now: %(causes)s.", causes=causes))
    return str(
        _(
            "Nobody can be rung now: %(causes)s. The next one is ready at %(time)s.",
            causes=causes,
            time=moment(claim.next_at),
        )
    )


def next_case(session: Session, user: User, campaign_id: int, now: datetime) -> Case | None:
    """Return the case that the user rings next, those last whose time has not come."""
    held = _held(session, user, campaign_id)
    return min(held, key=lambda case: is_early(case, now), default=None)


def _held(session: Session, user: User, campaign_id: int) -> list[Case]:
    """The cases in the user's hands, in the order to ring them."""
    batches = cases.live_batches(session, user, campaign_id)
    groups = cases.held_groups(session, [batch.id for batch in batches])
    order = {group.id: index for index, group in enumerate(groups)}
    held = [case for case in cases.cases_of(session, list(order)) if case.state == "held"]
    return sorted(held, key=lambda case: (order[case.group_id], case.id))


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
        batch=batch,
        group_id=group_id,
        person=first,
        others=[person for person in people if person is not first],
        script=campaign.script[lang()],
        left=cases.count_held(session, user, campaign.id),
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
    return [_person(campaign, case, calls.get(case.id, []), names, rung, now) for case in members]


def _rung_lately(calls: Sequence[Call], now: datetime) -> dict[int, Call]:
    """The last call on each number within the hour, whomever of the group it was about."""
    recent = (call for call in calls if call.number_id and call.started_at > now - LATELY)
    ordered = sorted(recent, key=lambda call: call.started_at)
    return {call.number_id: call for call in ordered if call.number_id is not None}


def names_of(session: Session, ids: Collection[int]) -> dict[int, str]:
    """Return the names of users by their keys."""
    rows = session.execute(select(User.id, User.name).where(User.id.in_(ids)))
    return {user_id: name for user_id, name in rows}  # noqa: C416 - dict() loses the types


def _person(
    campaign: Campaign,
    case: Case,
    calls: Sequence[Call],
    names: dict[int, str],
    rung: dict[int, Call],
    now: datetime,
) -> Person:
    resident = case.resident
    return Person(
        case=case,
        name=resident.name,
        address=address_of(case),
        chips=[text for text in (resident.relation, resident.language) if text],
        remark=resident.remark,
        why=why_now(campaign, case, now),
        lines=_lines(campaign, case, calls, rung, now),
        attempts=attempts_of(campaign, calls, names, now),
        held=case.state == "held",
        early=is_early(case, now),
    )


def _lines(
    campaign: Campaign, case: Case, calls: Sequence[Call], rung: dict[int, Call], now: datetime
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


def just_saved(session: Session, user: User, call_id: int | None) -> JustSaved | None:
    """Return the user's call of this id if it took effect."""
    call = session.get(Call, call_id) if call_id else None
    if call is None or call.user_id != user.id or not call.applied:
        return None
    campaign = session.get_one(Campaign, call.campaign_id)
    what = disposition_name(campaign, call.disposition)
    if call.callback_at is not None:
        what = f"{what} {moment(call.callback_at)}"
    resident = session.get_one(Resident, session.get_one(Case, call.case_id).resident_id)
    others = len(correcting.settled_together(session, call))
    return JustSaved(call.id, _masked(resident.name, ""), what, others)


def last_call_on(session: Session, user: User, case_id: int | None) -> Call | None:
    """Return what the user last saved on the case, if anything."""
    calls = queries.history_of(session, [case_id]) if case_id else {}
    own = [call for call in calls.get(case_id or 0, []) if call.user_id == user.id]
    return own[0] if own else None


def own_calls(session: Session, user: User, now: datetime) -> list[OwnCall]:
    """Return the user's last calls, with masked names and the building only."""
    rows = queries.own_calls(session, user, OWN_CALLS)
    return [
        OwnCall(
            call=call,
            who=_masked(name, building),
            what=disposition_name(None, call.disposition),
            when=past(call.started_at, now),
            kept="" if call.applied else kept_reason(call.reason),
        )
        for call, name, building in rows
    ]


def masked(session: Session, call: Call) -> str:
    """Return whom a call was with, masked."""
    name, building = queries.who(session, call)
    return _masked(name, building)


def slots_again(campaign: Campaign, call: Call, now: datetime) -> list[Option]:
    """Return the times to ring again; the one agreed before is chosen while it lies ahead."""
    slots = slot_options(campaign, now)
    if call.callback_at is None or call.callback_at <= now:
        return slots
    return [agreed_option(call.callback_at), *(replace(slot, selected=False) for slot in slots)]


def _masked(name: str, building: str) -> str:
    return f"{masked_name(name)} {building}".strip()
