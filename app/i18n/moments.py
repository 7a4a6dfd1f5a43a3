"""Moments, days and shares as people of either language write them, in the deployment's zone."""

from datetime import date, datetime
from fractions import Fraction

from flask_babel import format_date, format_datetime, format_percent, get_timezone, gettext


def moment(value: datetime | None) -> str:
    """Return day and time of day, e.g. ``11月24日 16:00``; '' for None."""
    if value is None:
        return ""
    # Translators: a pattern of Unicode TR 35 for day and time of day.
    return str(format_datetime(value, gettext("d MMM HH:mm")))


def day(value: date | datetime | None) -> str:
    """Return the day with its year; '' for None."""
    if value is None:
        return ""
    return str(format_date(value, gettext("d MMM yyyy")))


def clock(value: datetime) -> str:
    """Return the time of day."""
    return str(format_datetime(value, "HH:mm"))


def share(value: Fraction | float | None) -> str:
    """Return a share as a percentage with one decimal; "undefined" for None."""
    if value is None:
        return str(gettext("undefined"))
    return str(format_percent(float(value), "0.0%"))


def past(value: datetime, now: datetime) -> str:
    """Return a past moment in words: today, yesterday or the day, and the time of day."""
    zone = get_timezone()
    then, today = value.astimezone(zone), now.astimezone(zone).date()
    if then.date() == today:
        return str(gettext("today %(time)s", time=clock(value)))
    if (today - then.date()).days == 1:
        return str(gettext("yesterday %(time)s", time=clock(value)))
    return moment(value)


def coming(value: datetime, now: datetime) -> str:
    """Return a moment to come, or one that came and was missed: the time of day, with its day
    where that is another one.
    """
    zone = get_timezone()
    days = (value.astimezone(zone).date() - now.astimezone(zone).date()).days
    if days == 0:
        return clock(value)
    if days == 1:
        return str(gettext("tomorrow %(time)s", time=clock(value)))
    return past(value, now) if days == -1 else moment(value)
