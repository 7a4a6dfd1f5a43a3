"""The picker of a time to ring again: sensible times, and how much is agreed for each."""

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.calls import appointments
from app.calls.models import Call
from app.calls.rules import appointment_slots
from app.calls.wording import Option, agreed_option, slot_options
from app.campaigns.models import Campaign
from app.i18n.moments import moment
from app.people import shifts
from app.people.models import User


def slots(
    session: Session, user: User, campaign: Campaign, chosen: str | None, now: datetime
) -> list[Option]:
    """Return the times to ring again as tiles."""
    found = appointment_slots(campaign.rules, now, shifts.ahead(session, user.id, now))
    loads = appointments.loads(session, user, campaign.id, [when for _code, when in found])
    return slot_options(found, loads, chosen)


def slots_again(
    session: Session, user: User, campaign: Campaign, call: Call, chosen: str | None, now: datetime
) -> list[Option]:
    """Return the times to ring again; the one agreed before is chosen while it lies ahead.

    A span of time is no tile: it stands in the fields.
    """
    found = slots(session, user, campaign, chosen, now)
    if not lies_ahead(call, now) or call.callback_at is None or call.callback_until is not None:
        return found
    return [agreed_option(call.callback_at, chosen), *found]


def lies_ahead(call: Call, now: datetime) -> bool:
    """Whether the time agreed in a call is still to come."""
    return call.callback_at is not None and call.callback_at > now


def crowd_warning(session: Session, user: User, saved: Call, now: datetime) -> str:
    """Say that more is agreed for the time of this appointment than can be kept, or that nobody
    is there, or not who agreed on it; else ''.
    """
    at = saved.callback_at
    if at is None:
        return ""
    at = at.astimezone(now.tzinfo)
    load = appointments.loads(session, user, saved.campaign_id, [at])[at]
    if not load.volunteers:
        return str(_("Nobody is planned for %(time)s: tell your leader.", time=moment(at)))
    if load.away and saved.callback_user_id == user.id:
        text = _("You are not on shift at %(time)s: whoever is there rings then.", time=moment(at))
        return str(text)
    if saved.callback_user_id is not None and load.own_room < 0:
        text = _(
            "You now have %(number)s appointments around %(time)s. Let someone else take some.",
            number=load.mine, time=moment(at),
        )  # fmt: skip
        return str(text)
    if load.over:
        text = _(
            "There are now %(number)s appointments around %(time)s: more than can be kept.",
            number=load.booked, time=moment(at),
        )  # fmt: skip
        return str(text)
    return ""
