"""What the volunteer's first page shows: what is in hand, offered, agreed; and why there is
nothing to be had.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.calls import appointments, queries
from app.calls.rules import FARTHEST_APPOINTMENT
from app.calls.screen.duty import Duty, duty, planned
from app.calls.screen.words import address_of, masked
from app.calls.wording import agreed_time, appointment_word, why_now
from app.campaigns import queries as campaigns
from app.campaigns.models import Campaign
from app.campaigns.rules.dispositions import DISPOSITIONS, Follow
from app.cases import offers
from app.cases import queries as cases
from app.cases.models import Batch, CallGroup, Case, Handoff
from app.cases.offers import Left, Offered
from app.cases.rules.appointments import AppointmentState, state_of
from app.cases.rules.turns import is_early
from app.cases.service.claim import Claim
from app.i18n.moments import clock
from app.people.models import User

Agreed = tuple[Case, int | None]
"""An appointment, and who holds it now."""


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
class Offer:
    """What a colleague would hand over."""

    batch_id: int
    who: str
    left: Left
    note: str
    until: datetime


@dataclass(frozen=True)
class Appointment:
    """One of the volunteer's own appointments; masked unless the resident is in their hands."""

    when: str
    who: str
    word: str
    kind: str
    group_id: int
    case_id: int
    in_hand: bool
    taken: bool
    """Whether a colleague has it in hand."""
    due: bool
    """Whether it is time to ring."""
    is_answer: bool
    """Whether it is the leader's answer, and no time was agreed."""


@dataclass(frozen=True)
class Work:
    """One campaign on the volunteer's home page."""

    campaign: Campaign
    batches: Sequence[Batch]
    held: int
    done: int
    """How many of those in these batches have been rung."""
    calls_today: int
    waiting: Sequence[Waiting]
    offers: Sequence[Offer]
    appointments: Sequence[Appointment]
    """The volunteer's own until midnight, those that are overdue first."""
    later: Sequence[Appointment]
    """Those of the days to come."""
    given: Sequence[Offered]
    """What the volunteer handed to colleagues today."""
    in_batch: Mapping[int, int]
    """How many residents are left of each batch."""
    due: bool
    """Whether an own appointment could be rung now and is not in hand yet."""
    is_full: bool
    """Whether the volunteer holds as many as one may, of all campaigns together."""
    gone: str
    """What became of the last batch of the day, where it was not the volunteer who ended it."""

    @property
    def first(self) -> Appointment | None:
        """The appointment that comes next: the one that is longest overdue, else the soonest."""
        return next((one for one in self.appointments if not one.taken), None)

    @property
    def others(self) -> Sequence[Appointment]:
        """All but the next, those of other days too."""
        return [one for one in (*self.appointments, *self.later) if one is not self.first]


@dataclass(frozen=True)
class Home:
    """The first page of whoever rings."""

    duty: Duty | None
    planned: Sequence[str]
    """The shifts to come."""
    work: Sequence[Work]

    @property
    def calls_today(self) -> int:
        """How many calls were saved today, in all campaigns."""
        return sum(item.calls_today for item in self.work)

    @property
    def held(self) -> int:
        """How many residents are in hand, in all campaigns."""
        return sum(item.held for item in self.work)


def home(session: Session, user: User, now: datetime) -> Home:
    """Return the user's shifts, and the open campaigns with what is held in each."""
    in_hand_in_all = cases.count_held(session, user.id)
    return Home(
        duty=duty(session, user, now),
        planned=planned(session, user, now),
        work=[
            _work(session, user, campaign, in_hand_in_all, now)
            for campaign in campaigns.open_campaigns(session, user)
        ],
    )


def _work(
    session: Session, user: User, campaign: Campaign, in_hand_in_all: int, now: datetime
) -> Work:
    held = held_cases(session, user, campaign.id)
    aside = cases.laid_aside(session, {case.group_id for case in held})
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    tomorrow = midnight + timedelta(days=1)
    agreed = appointments.own(session, user, [campaign.id], tomorrow + FARTHEST_APPOINTMENT)
    agreed = _with_those_in_hand(session, user, agreed, held)
    today, later = _parted(agreed, tomorrow)
    today = _but_of_others(session, user, today, midnight)
    batches = in_hand(session, user, campaign.id)
    return Work(
        campaign=campaign,
        batches=batches,
        held=len(held),
        done=queries.count_rung_in(session, [batch.id for batch in batches]),
        calls_today=queries.count_since(session, user, campaign.id, midnight),
        waiting=[_waiting(campaign, case, now, aside.get(case.id)) for case in held],
        offers=_offers(session, user, campaign.id, now),
        appointments=[_appointment(case, user, holder, now) for case, holder in today],
        later=[_appointment(case, user, holder, now) for case, holder in later],
        given=offers.given(session, user, campaign.id, midnight, now),
        in_batch=_in_batch(session, held),
        due=any(
            holder is None and _state(case, now) is not AppointmentState.COMING
            for case, holder in today
        ),
        is_full=in_hand_in_all >= campaign.rules.max_held,
        gone="" if batches else _gone(session, user, campaign.id, midnight),
    )


def _gone(session: Session, user: User, campaign_id: int, since: datetime) -> str:
    """Say when the last batch was taken back, or its time ran out: nobody else tells them."""
    mine = Batch.user_id == user.id, Batch.campaign_id == campaign_id, Batch.is_accepted
    last = session.scalar(select(Batch).where(*mine).order_by(Batch.id.desc()).limit(1))
    if last is None or last.ended_at is None or last.ended_at < since:
        return ""
    time = clock(last.ended_at)
    words = {
        "recalled": _("What was left was taken back at %(time)s, for others to ring.", time=time),
        "expired": _(
            "The time for your last residents ran out at %(time)s: they are free again.", time=time
        ),
    }
    return str(words.get(last.end_reason, ""))


def _with_those_in_hand(
    session: Session, user: User, agreed: Sequence[Agreed], held: Sequence[Case]
) -> Sequence[Agreed]:
    """Add what was agreed with others and is in the user's hands now, all in order of time."""
    known, never = {case.id for case, _holder in agreed}, datetime.max.replace(tzinfo=UTC)
    others = [case.id for case in held if case.appointment_at and case.id not in known]
    taken = [(case, user.id) for case in appointments.of_cases(session, others)]
    return sorted([*agreed, *taken], key=lambda row: (row[0].appointment_at or never, row[0].id))


def _parted(
    agreed: Sequence[Agreed], tomorrow: datetime
) -> tuple[Sequence[Agreed], Sequence[Agreed]]:
    """Part the appointments of today, and of before, from those of the days to come."""
    due = [row for row in agreed if (row[0].appointment_at or tomorrow) < tomorrow]
    return due, agreed[len(due) :]


def _but_of_others(
    session: Session, user: User, agreed: Sequence[Agreed], midnight: datetime
) -> Sequence[Agreed]:
    """Leave out what a claim would not give to the user: somebody else rings there today."""
    free = {case.group_id for case, holder in agreed if holder is None}
    others = appointments.of_others(session, user, free, midnight)
    return [row for row in agreed if row[1] is not None or row[0].group_id not in others]


def _in_batch(session: Session, held: Sequence[Case]) -> Mapping[int, int]:
    groups = {case.group_id for case in held}
    query = select(CallGroup.id, CallGroup.batch_id).where(CallGroup.id.in_(groups))
    batch_of = {group: batch or 0 for group, batch in session.execute(query)}
    return Counter(batch_of[case.group_id] for case in held)


def in_hand(session: Session, user: User, campaign_id: int) -> list[Batch]:
    """Return the user's batches; what is only offered is in nobody's hands yet."""
    batches = cases.live_batches(session, user, campaign_id)
    return [batch for batch in batches if batch.is_accepted]


def held_cases(session: Session, user: User, campaign_id: int) -> list[Case]:
    """Return the cases in the user's hands, in the order to ring them."""
    batches = in_hand(session, user, campaign_id)
    groups = cases.held_groups(session, [batch.id for batch in batches])
    order = {group.id: index for index, group in enumerate(groups)}
    held = [case for case in cases.cases_of(session, list(order)) if case.state == "held"]
    return sorted(held, key=lambda case: (order[case.group_id], case.id))


def held_in_all(session: Session, user: User) -> tuple[int, datetime | None]:
    """Return how many residents the user holds, in all campaigns, and until when; None where none.

    What is only offered is not counted.
    """
    query = (
        select(func.count(Case.id), func.max(Batch.lease_expires_at))
        .join(CallGroup, CallGroup.id == Case.group_id)
        .join(Batch, Batch.id == CallGroup.batch_id)
        .where(Batch.user_id == user.id, Batch.ended_at.is_(None), Case.state == "held")
        .where(Batch.is_accepted)
    )
    held, until = session.execute(query).one()
    return held, until


def next_case(session: Session, user: User, campaign_id: int, now: datetime) -> Case | None:
    """Return the case that the user rings next, those last whose time has not come."""
    held = held_cases(session, user, campaign_id)
    return min(held, key=lambda case: is_early(case.ready_at, now), default=None)


def _waiting(campaign: Campaign, case: Case, now: datetime, aside: datetime | None) -> Waiting:
    return Waiting(
        group_id=case.group_id,
        case_id=case.id,
        name=case.resident.name,
        address=address_of(case),
        why=why_now(campaign, case, now, aside),
        early=is_early(case.ready_at, now),
    )


def _offers(session: Session, user: User, campaign_id: int, now: datetime) -> list[Offer]:
    batches = cases.live_batches(session, user, campaign_id)
    offered = [batch for batch in batches if not batch.is_accepted and batch.lease_expires_at > now]
    return [_offer(session, batch, now) for batch in offered]


def _offer(session: Session, batch: Batch, now: datetime) -> Offer:
    note = session.scalar(select(Handoff.note).where(Handoff.to_batch_id == batch.id))
    who = session.scalar(select(User.name).where(User.id == batch.handed_by_id))
    left = offers.left_in(session, [batch.id], now)
    return Offer(batch.id, who or "", left, note or "", batch.lease_expires_at)


def _state(case: Case, now: datetime) -> AppointmentState:
    at = case.appointment_at or now  # the query finds cases with an appointment only
    return state_of(at, case.appointment_until, now)


def _appointment(case: Case, user: User, holder: int | None, now: datetime) -> Appointment:
    mine = holder == user.id and case.state == "held"
    taken = holder not in {None, user.id}
    state = _state(case, now)
    answered = is_answer(case)
    word, kind = appointment_word(state, in_hand=mine, taken=taken, answered=answered)
    if case.appointment_at is not None and not taken:
        # The day stands with the time of those that are not today's.
        is_today = case.appointment_at.astimezone(now.tzinfo).date() == now.date()
        word = word if is_today or answered or state is not AppointmentState.COMING else ""
    household = case.resident.household
    building = household.building if household else None
    place = f"{building.estate or ''}{building.name or ''}" if building else ""
    name = case.resident.name
    return Appointment(
        when=agreed_time(case.appointment_at, case.appointment_until, now),
        who=f"{name} {place}".strip() if mine else masked(name, place),
        word=word,
        kind=kind,
        group_id=case.group_id,
        case_id=case.id,
        in_hand=mine,
        taken=taken,
        due=state is not AppointmentState.COMING,
        is_answer=answered,
    )


def is_answer(case: Case) -> bool:
    """Whether it is the leader's answer, to be rung as soon as may be: no time was agreed."""
    last = case.last_disposition
    return last is not None and DISPOSITIONS[last].follow is Follow.LEADER


def causes(claim: Claim) -> list[str]:
    """Say in counts why there is nobody to ring, the most first."""
    ordered = sorted(claim.waiting.items(), key=lambda item: -item[1])
    return [_cause(cause, number) for cause, number in ordered if cause in CAUSES]


CAUSES: Collection[str] = (
    "calling_hours", "resting", "held", "for_others", "skipped", "language", "other_campaign",
)  # fmt: skip


def _cause(cause: str, n: int) -> str:
    words = {
        "calling_hours": lambda: ngettext(
            "%(num)s outside the hours of ringing", "%(num)s outside the hours of ringing", n
        ),
        "resting": lambda: ngettext("%(num)s to be rung later", "%(num)s to be rung later", n),
        "held": lambda: ngettext(
            "%(num)s with another volunteer now", "%(num)s with another volunteer now", n
        ),
        "for_others": lambda: ngettext(
            "%(num)s whom somebody else is to ring", "%(num)s whom somebody else is to ring", n
        ),
        "skipped": lambda: ngettext(
            "%(num)s whom you laid aside today", "%(num)s whom you laid aside today", n
        ),
        "language": lambda: ngettext(
            "%(num)s who speaks a language you don't speak",
            "%(num)s who speak a language you don't speak",
            n,
        ),
        "other_campaign": lambda: ngettext(
            "%(num)s whom another campaign rang in the last days",
            "%(num)s whom another campaign rang in the last days",
            n,
        ),
    }
    return str(words[cause]())
