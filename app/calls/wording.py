"""What the call screen says: why a case comes now, what earlier calls came to, when to ring."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from flask_babel import get_timezone
from flask_babel import gettext as _

from app.calls.models import Call
from app.calls.rules import appointment_slots
from app.campaigns.models import Campaign
from app.campaigns.queries import Terms
from app.campaigns.rules.dispositions import DISPOSITIONS, Follow, Group
from app.i18n import lang
from app.i18n.moments import clock, moment, past

QUICK = (
    "completed", "no_answer", "busy", "unreachable", "callback_requested", "respondent_unavailable",
)  # fmt: skip
"""What most calls come to: these stand first, the rest in a fold."""


class InTurn(Protocol):
    """What decides why a case comes now."""

    @property
    def appointment_at(self) -> datetime | None: ...
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


@dataclass(frozen=True)
class Attempt:
    """An earlier call in words."""

    when: str
    what: str
    by: str | None
    note: str | None


def disposition_options(
    campaign: Campaign, chosen: str | None = None
) -> tuple[list[Option], list[tuple[str, list[Option]]]]:
    """Return the quick choices, and the rest under their headings."""
    names = campaign.dispositions or dict.fromkeys(DISPOSITIONS, "")
    options = {code: _option(code, names[code], chosen) for code in DISPOSITIONS if code in names}
    quick = [options[code] for code in QUICK if code in options]
    rest = [
        (group.zh if lang() == "zh" else group.en, _of_group(group, options)) for group in Group
    ]
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
    return [
        option
        for code, option in options.items()
        if DISPOSITIONS[code].group is group and code not in QUICK
    ]


def slot_options(campaign: Campaign, now: datetime) -> list[Option]:
    """Return the times to ring again as tiles, the first of them chosen."""
    words = {
        "in_an_hour": _("In an hour"),
        "this_evening": _("This evening"),
        "tomorrow_morning": _("Tomorrow morning"),
        "tomorrow_evening": _("Tomorrow evening"),
    }
    return [
        Option(when.isoformat(), words[code], moment(when), selected=index == 0)
        for index, (code, when) in enumerate(appointment_slots(campaign.rules, now))
    ]


def agreed_option(agreed: datetime) -> Option:
    """Return the time that was agreed before, as a tile that is chosen."""
    return Option(agreed.isoformat(), _("As agreed before"), moment(agreed), selected=True)


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


def is_early(case: InTurn, now: datetime) -> bool:
    """Whether the resident asked for a time that has not come: held for a housemate's sake."""
    return case.appointment_at is not None and case.appointment_at > now


def why_now(campaign: Campaign | Terms, case: InTurn, now: datetime) -> str:
    """Say why the case comes now, or that it should not be rung yet."""
    if case.appointment_at is not None:
        if is_early(case, now):
            when = moment(case.appointment_at)
            return str(_("Asked for %(time)s: don't ring before", time=when))
        zone = get_timezone()
        if case.appointment_at.astimezone(zone).date() == now.astimezone(zone).date():
            return str(_("Asked for %(time)s", time=clock(case.appointment_at)))
        return str(_("Asked for %(time)s", time=moment(case.appointment_at)))
    if case.last_disposition is None or case.last_call_at is None:
        return str(_("First call"))
    what = disposition_name(campaign, case.last_disposition)
    return str(_("%(what)s %(when)s", what=what, when=past(case.last_call_at, now)))


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


def kept_reason(reason: str | None) -> str:
    """Say why a call was kept without taking effect."""
    words = {
        "stale_hold": _("The resident was not in your hands any more by then."),
        "already_done": _("The resident was settled already."),
        "campaign_closed": _("The campaign is closed."),
    }
    return str(words.get(reason or "", ""))
