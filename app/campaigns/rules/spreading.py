"""Spreading tries over the parts of the day and week: who is out on weekday mornings will be out
on the next one too.

A case that nobody answered is tried in a part of the day that was not tried yet; once each part
was, on the other kind of day, weekday or weekend. It never waits longer for that than the rule
``spread_days`` says; what no part within that time can better is rung as soon as it may be.
"""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from enum import Enum

from app.campaigns.rules.calling import MIDNIGHT, WEEKEND, CallingRules, after, next_allowed

NOBODY_ANSWERED = frozenset({"no_answer", "unreachable", "voicemail"})
"""What makes a part of the day one that failed. A line that is busy shows somebody at home."""
FARTHEST = 7
"""Days within which each part of each kind of day comes: nobody looks farther ahead."""


class Part(Enum):
    """Parts of the day, each with the time at which it begins."""

    MORNING = MIDNIGHT
    AFTERNOON = time(12)
    EVENING = time(18)


Tried = frozenset[tuple[Part, bool]]
"""Parts of the day, each on weekends (True) or on weekdays, in which nobody answered."""


def part_of(local: datetime) -> tuple[Part, bool]:
    """Return the part of the day, and whether it is a weekend's; in the deployment's zone."""
    begun = [part for part in Part if part.value <= local.time()]
    return begun[-1], local.weekday() in WEEKEND


def spread(rules: CallingRules, tried: Tried, ready: datetime) -> datetime:
    """Return when to ring somebody who could be rung from ``ready`` on: that moment itself, or
    the beginning of a later part of the day that has better chances.
    """
    until = after(ready, timedelta(days=rules.spread_days)).timestamp()
    moments = [moment for moment in _parts(rules, ready) if moment.timestamp() <= until]
    return min([ready, *moments], key=lambda moment: (_tried(tried, moment), moment.timestamp()))


def _tried(tried: Tried, moment: datetime) -> int:
    """How worn a moment is: 0 in a part not tried, 1 tried on the other kind of day, 2 on this."""
    part, weekend = part_of(moment)
    return 2 if (part, weekend) in tried else int((part, not weekend) in tried)


def _parts(rules: CallingRules, ready: datetime) -> Iterator[datetime]:
    """When each part of the days to come begins that ringing is allowed in."""
    for days in range(min(rules.spread_days, FARTHEST) + 1):
        for part in Part:
            day = ready.date() + timedelta(days=days)
            begins = after(datetime.combine(day, part.value, ready.tzinfo))
            if begins.timestamp() > ready.timestamp():
                yield next_allowed(rules, begins)
