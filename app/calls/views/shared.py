"""What the volunteer's pages have in common."""

from datetime import date

from flask import flash, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.calls.models import Call
from app.calls.screen import slots
from app.calls.wording import disposition_name, kept_reason
from app.campaigns.models import Campaign
from app.i18n.forms import Form
from app.people.rules import STAFF
from app.people.session import actor
from app.web import now

RINGS = ("volunteer", "leader")
HEARS = ("volunteer", *STAFF)
"""Who may be rung back: volunteers by those they rang, staff by anybody who rings the office."""
YEARS = range(2000, 2101)
"""Of which years a page shows a day."""


def asked_day(today: date) -> date:
    """Return the day that the address asks for; today where none is, or none that can be."""
    try:
        day = date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        return today
    return day if day.year in YEARS else today


def first_error(form: Form) -> str:
    """Return what is wrong with a form: the first thing is enough on a phone."""
    return str(next(text for errors in form.errors.values() for text in errors))


def say_saved(campaign: Campaign, saved: Call) -> None:
    """Say on the next page what became of a call."""
    what = disposition_name(campaign, saved.disposition)
    if saved.applied:
        flash(_("Saved: %(what)s", what=what), "success")
    else:
        why = kept_reason(saved.reason)
        flash(_("Kept, but it changes nothing: %(what)s. %(why)s", what=what, why=why), "warning")


def warn_of_crowd(session: Session, saved: Call) -> None:
    """Say on the next page when more is agreed for one time than can be kept."""
    warning = slots.crowd_warning(session, actor(), saved, now()) if saved.applied else ""
    if warning:
        flash(warning, "warning")
