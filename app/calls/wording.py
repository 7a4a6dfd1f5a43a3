"""What the call screen says: why a case comes now, what earlier calls came to, when to ring."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from flask_babel import gettext as _
from flask_babel import ngettext

from app.calls.models import Call
from app.campaigns.models import Campaign
from app.campaigns.queries import Terms
from app.campaigns.rules.calling import CallingRules, spans_of
from app.campaigns.rules.dispositions import DISPOSITIONS, Follow, Group
from app.cases.rules.appointments import AppointmentState
from app.cases.rules.load import Load
from app.cases.rules.turns import is_early
from app.i18n import lang
from app.i18n.moments import clock, coming, moment, past

MOST_TOLD = 2
"""So many of the last attempts are told in a line; the rest unfold."""
ONE_TAP = ("no_answer", "busy", "unreachable")
"""What is saved with the tap that says it: nobody was on the line, so there is nothing to add."""
QUICK = (
    "completed", "no_answer", "busy", "unreachable", "callback_requested", "respondent_unavailable",
)  # fmt: skip
"""What most calls come to: these stand first, the rest in a fold."""
QUICK_BACK = (
    "completed", "callback_requested", "partial", "soft_refusal", "wrong_person", "needs_leader",
)  # fmt: skip
"""The same for residents who ring back."""


class InTurn(Protocol):
    """What decides why a case comes now."""

    @property
    def ready_at(self) -> datetime | None: ...
    @property
    def appointment_at(self) -> datetime | None: ...
    @property
    def appointment_until(self) -> datetime | None: ...
    @property
    def last_disposition(self) -> str | None: ...
    @property
    def last_call_at(self) -> datetime | None: ...


@dataclass(frozen=True)
class Option:
    """A tile to choose."""

    code: str
    label: str
    hint: str | None = None
    selected: bool = False
    opens: bool = False
    crowded: bool = False
    """Whether more is agreed for this time than can be kept."""


@dataclass(frozen=True)
class Attempt:
    """An earlier call in words."""

    when: str
    what: str
    by: str | None
    note: str | None


def disposition_options(
    campaign: Campaign, chosen: str | None = None, first: Sequence[str] = QUICK
) -> tuple[list[Option], list[tuple[str, list[Option]]]]:
    """Return the quick choices, and the rest under their headings."""
    names = campaign.dispositions or dict.fromkeys(DISPOSITIONS, "")
    options = {code: _option(code, names[code], chosen) for code in DISPOSITIONS if code in names}
    quick = [options[code] for code in first if code in options]
    others = {code: option for code, option in options.items() if code not in first}
    rest = [(group.zh if lang() == "zh" else group.en, _of_group(group, others)) for group in Group]
    return quick, [(label, rows) for label, rows in rest if rows]


def _option(code: str, name: str, chosen: str | None) -> Option:
    row = DISPOSITIONS[code]
    return Option(
        code=code,
        label=name or row.label(lang()),
        selected=code == chosen,
        opens=row.follow is Follow.APPOINTMENT,
    )


def _of_group(group: Group, options: Mapping[str, Option]) -> list[Option]:
    return [option for code, option in options.items() if DISPOSITIONS[code].group is group]


def slot_options(
    slots: Sequence[tuple[str, datetime]], loads: Mapping[datetime, Load], chosen: str | None
) -> list[Option]:
    """Return the times to ring again as tiles, each with how much is agreed for it.

    None is chosen before anybody chooses: a time must not be saved by mistake.
    """
    words = {
        "in_an_hour": _("In an hour"),
        "this_evening": _("This evening"),
        "tomorrow_morning": _("Tomorrow morning"),
        "tomorrow_evening": _("Tomorrow evening"),
        "next_shift": _("In my next shift"),
    }
    return [
        Option(
            when.isoformat(), words[code],
            "\n".join(part for part in (moment(when), load_word(loads[when])) if part),
            selected=when.isoformat() == chosen, crowded=is_crowded(loads[when]),
        )
        for code, when in slots
    ]  # fmt: skip


def is_crowded(load: Load) -> bool:
    """Whether an appointment at that time would better be at another."""
    return load.own_room <= 0 or not load.volunteers


def load_word(load: Load) -> str:
    """Say who is there in a half hour, or how many appointments it holds already; '' for none."""
    if not load.volunteers:
        return str(_("nobody is there"))
    if load.away:
        return str(_("you are off"))
    if not load.booked:
        return ""
    if load.own_room <= 0:
        return str(_("full: you have %(mine)s", mine=load.mine))
    if load.room <= 0:
        return str(_("full: %(all)s in all", all=load.booked))
    return _agreed(load)


def _agreed(load: Load) -> str:
    if not load.mine:
        return str(ngettext("%(num)s agreed", "%(num)s agreed", load.booked))
    return str(_("%(mine)s yours, %(all)s in all", mine=load.mine, all=load.booked))


def agreed_option(agreed: datetime, chosen: str | None) -> Option:
    """Return the time that was agreed before, as a tile; chosen unless another was."""
    code = agreed.isoformat()
    return Option(code, _("As agreed before"), moment(agreed), selected=chosen in {None, "", code})


def disposition_name(campaign: Campaign | Terms | None, code: str) -> str:
    """Return what this campaign calls the disposition."""
    own = campaign.dispositions.get(code) if campaign else None
    return own or DISPOSITIONS[code].label(lang())


def result_of(campaign: Campaign | None, call: Call) -> str:
    """Return what a call came to, or what the leader answered."""
    if not call.desk:
        return disposition_name(campaign, call.disposition)
    if DISPOSITIONS[call.disposition].follow is Follow.LEADER:
        return str(_("Leader's answer: ring again"))
    what = disposition_name(campaign, call.disposition)
    return str(_("Leader's answer: %(what)s", what=what))


def agreed_time(at: datetime | None, until: datetime | None, now: datetime) -> str:
    """Return the time that was agreed, or the window."""
    if at is None:
        return ""
    return f"{coming(at, now)}–{clock(until)}" if until else coming(at, now)


def why_now(
    campaign: Campaign | Terms, case: InTurn, now: datetime, aside: datetime | None = None
) -> str:
    """Say why the case comes now, or that it should not be rung yet.

    ``aside`` is when somebody last laid it aside.
    """
    if is_early(case.appointment_at, now):
        when = agreed_time(case.appointment_at, case.appointment_until, now)
        return str(_("Asked for %(time)s: don't ring before", time=when))
    what = _what_came_before(campaign, case, now, aside)
    if case.ready_at is None or not is_early(case.ready_at, now):
        return what
    when = coming(case.ready_at, now)
    return str(_("%(what)s: don't ring before %(time)s", what=what, time=when))


def _what_came_before(
    campaign: Campaign | Terms, case: InTurn, now: datetime, aside: datetime | None
) -> str:
    if aside is not None and (case.last_call_at is None or case.last_call_at < aside):
        return str(_("Laid aside %(when)s", when=past(aside, now)))
    if case.appointment_at is not None:
        when = agreed_time(case.appointment_at, case.appointment_until, now)
        return str(_("Asked for %(time)s", time=when))
    if case.last_disposition is None or case.last_call_at is None:
        return str(_("First call"))
    what = disposition_name(campaign, case.last_disposition)
    return str(_("%(what)s %(when)s", what=what, when=past(case.last_call_at, now)))


def rung_before(last: tuple[datetime, str] | None, now: datetime) -> str:
    """Say when another campaign rang the resident, and which; '' where none did."""
    if last is None:
        return ""
    when, title = last
    return str(_("Rung before: %(when)s, for “%(title)s”", when=past(when, now), title=title))


def appointment_word(
    state: AppointmentState, *, in_hand: bool, taken: bool = False, answered: bool = False
) -> tuple[str, str]:
    """Say where an own appointment stands, with the kind of tag that shows it; or that it is the
    leader's answer, for which nobody waits at a time.
    """
    if taken:
        return str(_("with a colleague now")), "neutral"
    if answered:
        return str(_("the leader has answered")), "info"
    words = {
        AppointmentState.COMING: (_("later today"), "neutral"),
        AppointmentState.DUE: (_("now"), "info"),
        AppointmentState.OVERDUE: (
            _("overdue: ring soon") if in_hand else _("overdue: anyone may ring now"), "warn"
        ),
        AppointmentState.MISSED: (
            _("missed: ring soon") if in_hand else _("missed: anyone may ring now"), "warn"
        ),
    }  # fmt: skip
    text, kind = words[state]
    return str(text), kind


def attempts_of(
    campaign: Campaign, calls: Iterable[Call], names: Mapping[int, str], now: datetime
) -> Sequence[Attempt]:
    """Return the earlier calls in words, newest first."""
    return [
        Attempt(
            when=past(call.started_at, now),
            what=result_of(campaign, call),
            by=names.get(call.user_id),
            note=call.note or None,
        )
        for call in calls
    ]


def so_far(attempts: Sequence[Attempt], why: str) -> str:
    """Say in words what the last attempts came to, but for what ``why`` says already."""
    last = [told(one) for one in attempts[:MOST_TOLD]]
    return " · ".join(one for one in last if one != why)


def told(attempt: Attempt) -> str:
    """Say in words what an attempt came to, and when."""
    return str(_("%(what)s %(when)s", what=attempt.what, when=attempt.when))


def rung_at(dialled_at: datetime, now: datetime) -> str:
    """Say when somebody dialled: the time of day, with its day where that is another one."""
    zone = now.tzinfo
    is_today = dialled_at.astimezone(zone).date() == now.date()
    return clock(dialled_at) if is_today else moment(dialled_at)


def hours_word(rules: CallingRules, now: datetime) -> str:
    """Return the hours of a day in which one rings."""
    spans = spans_of(rules, now.date())
    return ", ".join(f"{start:%H:%M}–{end:%H:%M}" for start, end in spans)


def kept_reason(reason: str | None) -> str:
    """Say why a call was kept without taking effect."""
    words = {
        "stale_hold": _("The resident was not in your hands any more by then."),
        "already_done": _("The resident was settled already."),
        "campaign_closed": _("The campaign is closed."),
        "deactivated": _("The account was closed by then."),
        "old_form": _("The campaign does not offer this result any more."),
        "invalid_answers": _("Some answers don't fit the questionnaire."),
        "erased": _("The resident's data was erased by then."),
    }
    return str(words.get(reason or "", ""))
