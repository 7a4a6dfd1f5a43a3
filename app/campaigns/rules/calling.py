"""A campaign's calling rules, and the hours of the day they allow."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from itertools import pairwise
from typing import Any

from app.campaigns.rules.dispositions import DISPOSITIONS
from app.problems import Problem

MINUTES_IN_A_YEAR = 366 * 24 * 60


@dataclass(frozen=True)
class CallingRules:
    """When and how often residents are rung; the keys of ``[rules]`` in a campaign's TOML."""

    hours: tuple[str, ...] = ("09:00-12:00", "14:00-20:30")
    """Spans of the day when one rings of one's own accord; none means always."""
    weekend_hours: tuple[str, ...] = ()
    """The same for Saturday and Sunday; none means as on weekdays."""
    legal_hours: tuple[str, ...] = ()
    """Outside these nobody is rung at all; what of them is outside ``hours`` is quiet: then only
    residents who asked for that time are rung. None means that appointments keep to ``hours``."""
    lease_minutes: int = 240
    unopened_minutes: int = 30
    max_held: int = 60
    max_attempts: int = 6
    max_attempts_per_day: int = 2
    max_dials: int = 20
    max_dials_per_day: int = 4
    rest_days: int = 3
    spread_days: int = 2
    """For how long a case may wait for another part of the day; 0: it never does."""
    pause_minutes: Mapping[str, int] = field(default_factory=dict)
    """By disposition; those not named keep the disposition's own pause."""

    def pause_after(self, disposition: str) -> timedelta:
        """Return how long a case rests after a call of this disposition."""
        default = DISPOSITIONS[disposition].pause_minutes
        return timedelta(minutes=self.pause_minutes.get(disposition, default))

    def as_table(self) -> dict[str, Any]:
        """Return the rules as plain values that ``rules_from`` reads back."""
        table = {f.name: getattr(self, f.name) for f in fields(self)}
        spans = {key: list(table[key]) for key in HOURS}
        return {**table, **spans, "pause_minutes": dict(self.pause_minutes)}


HOURS = ("hours", "weekend_hours", "legal_hours")
"""The keys that hold spans of the day."""
LOWEST = {"rest_days": 0, "spread_days": 0}
"""Every other number must be at least 1."""
WEEKEND = (5, 6)
MIDNIGHT = time()


def rules_from(table: Mapping[str, Any]) -> CallingRules:
    """Read calling rules from a parsed table; keys left out keep their default.

    Raises Problem for an unknown key or a value out of range, naming the key.
    """
    known = {f.name for f in fields(CallingRules)}
    for key in table:
        if key not in known:
            raise Problem("rules_unknown_key", field=key, values={"key": key})
    rules = CallingRules(**{key: _value(key, value) for key, value in table.items()})
    _check_within(rules, "hours")
    _check_within(rules, "weekend_hours")
    return rules


def _value(key: str, value: Any) -> Any:
    if key in HOURS:
        return _hours(key, value)
    return _pauses(value) if key == "pause_minutes" else _number(key, value)


def _number(key: str, value: Any, *, lowest: int | None = None) -> int:
    least = LOWEST.get(key, 1) if lowest is None else lowest
    if type(value) is not int or not least <= value <= MINUTES_IN_A_YEAR:
        raise Problem("rules_number", field=key, values={"key": key, "lowest": least})
    return value


def _pauses(table: Any) -> dict[str, int]:
    if not isinstance(table, Mapping):
        raise Problem("rules_table", field="pause_minutes", values={"key": "pause_minutes"})
    for code in table:
        if code not in DISPOSITIONS:
            raise Problem("disposition_unknown", field="pause_minutes", values={"code": str(code)})
    return {code: _number(code, minutes, lowest=0) for code, minutes in table.items()}


def _hours(key: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise Problem("rules_hours", field=key, values={"text": str(value)})
    spans = tuple(str(text) for text in value)
    for text in spans:
        span(text, key)
    for earlier, later in pairwise(spans):
        if span(earlier)[1] > span(later)[0]:
            raise Problem("rules_hours_order", field=key, values={"text": later})
    return spans


def span(text: str, key: str = "hours") -> tuple[time, time]:
    """Read ``09:00-12:00``. Raises Problem, naming the key, when it is no span of one day."""
    try:
        start, end = (time.fromisoformat(part.strip()) for part in text.split("-"))
    except ValueError as error:
        raise Problem("rules_hours", field=key, values={"text": text}) from error
    if start.tzinfo or end.tzinfo:
        raise Problem("rules_hours", field=key, values={"text": text})
    if start >= end:
        raise Problem("rules_hours_end", field=key, values={"text": text})
    return start, end


def _check_within(rules: CallingRules, key: str) -> None:
    legal = _joined(rules.legal_hours)
    for text in getattr(rules, key) if legal else ():
        start, end = span(text)
        if not any(first <= start and end <= last for first, last in legal):
            values: dict[str, str | int] = {"text": text, "legal": ", ".join(rules.legal_hours)}
            raise Problem("rules_hours_not_legal", field=key, values=values)


def _joined(texts: Sequence[str]) -> list[tuple[time, time]]:
    """The spans, those that touch as one."""
    joined: list[tuple[time, time]] = []
    for start, end in map(span, texts):
        if joined and joined[-1][1] == start:
            start = joined.pop()[0]  # noqa: PLW2901 - it begins where the one before began
        joined.append((start, end))
    return joined


def spans_of(rules: CallingRules, day: date, *, agreed: bool = False) -> list[tuple[time, time]]:
    """Return when residents may be rung that day: of one's own accord, or because they have
    ``agreed`` to it. None means always.
    """
    ordinary = rules.weekend_hours if day.weekday() in WEEKEND else ()
    ordinary = ordinary or rules.hours
    texts = rules.legal_hours or ordinary if agreed else ordinary or rules.legal_hours
    return [span(text) for text in texts]


class Ringing(Enum):
    """Who may be rung at a moment."""

    FREE = "free"
    """Whoever comes next."""
    QUIET = "quiet"
    """Only who asked to be rung then."""
    CLOSED = "closed"
    """Nobody."""


def ringing_at(rules: CallingRules, local: datetime) -> Ringing:
    """Return who may be rung at this moment, which is in the deployment's zone."""
    if is_allowed(rules, local):
        return Ringing.FREE
    return Ringing.QUIET if is_allowed(rules, local, agreed=True) else Ringing.CLOSED


def is_allowed(rules: CallingRules, local: datetime, *, agreed: bool = False) -> bool:
    """Whether one may ring at this moment, which is in the deployment's zone; ``agreed`` asks it
    for a resident who wants to be rung now.
    """
    spans = spans_of(rules, local.date(), agreed=agreed)
    return not spans or any(start <= local.time() < end for start, end in spans)


def allowed_until(rules: CallingRules, local: datetime, *, agreed: bool = False) -> datetime | None:
    """Return when the span ends in which one may ring now, in the same zone; None where none is
    set, or where one may not.
    """
    spans = spans_of(rules, local.date(), agreed=agreed)
    ends = (end for start, end in spans if start <= local.time() < end)
    return next((datetime.combine(local.date(), end, local.tzinfo) for end in ends), None)


def next_allowed(rules: CallingRules, local: datetime, *, agreed: bool = False) -> datetime:
    """Return ``local`` itself, or the next moment when ringing is allowed, in the same zone."""
    if is_allowed(rules, local, agreed=agreed):
        return local
    starts = _starts(rules, local, agreed=agreed)
    return next(start for start in starts if is_allowed(rules, start, agreed=agreed))


def _starts(rules: CallingRules, local: datetime, *, agreed: bool) -> Iterator[datetime]:
    """When the spans begin after a moment, without end."""
    day = local.date()
    while True:
        for start, _end in spans_of(rules, day, agreed=agreed) or [(MIDNIGHT, time.max)]:
            moment = after(datetime.combine(day, start, local.tzinfo))
            if moment.timestamp() > local.timestamp():
                yield moment
        day += timedelta(days=1)


def after(local: datetime, pause: timedelta = timedelta()) -> datetime:
    """Return the moment so much later, in the same zone.

    Reckoned in UTC: where clocks change, an hour on the wall is none, or two; and a time that the
    clocks leap over becomes what they show by then.
    """
    return (local.astimezone(UTC) + pause).astimezone(local.tzinfo)


def next_day(local: datetime) -> datetime:
    """Return the midnight after the moment, in its zone."""
    return after(datetime.combine(local.date() + timedelta(days=1), MIDNIGHT, local.tzinfo))


def latest(*moments: datetime) -> datetime:
    """Return the latest of moments; compared as instants, where clocks are set back too."""
    return max(moments, key=datetime.timestamp)
