"""A campaign's calling rules, and the hours of the day they allow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import Any

from app.campaigns.rules.dispositions import DISPOSITIONS
from app.problems import Problem

MINUTES_IN_A_YEAR = 366 * 24 * 60


@dataclass(frozen=True)
class CallingRules:
    """When and how often residents are rung; the keys of ``[rules]`` in a campaign's TOML."""

    hours: tuple[str, ...] = ("09:00-12:00", "14:00-20:30")
    """Spans of the day when ringing is allowed; none means always."""
    lease_minutes: int = 240
    unopened_minutes: int = 30
    max_held: int = 60
    max_attempts: int = 6
    max_attempts_per_day: int = 2
    max_dials_per_day: int = 4
    rest_days: int = 3
    pause_minutes: Mapping[str, int] = field(default_factory=dict)
    """By disposition; those not named keep the disposition's own pause."""

    def pause_after(self, disposition: str) -> timedelta:
        """Return how long a case rests after a call of this disposition."""
        default = DISPOSITIONS[disposition].pause_minutes
        return timedelta(minutes=self.pause_minutes.get(disposition, default))

    def as_table(self) -> dict[str, Any]:
        """Return the rules as plain values that ``rules_from`` reads back."""
        table = {f.name: getattr(self, f.name) for f in fields(self)}
        return {**table, "hours": list(self.hours), "pause_minutes": dict(self.pause_minutes)}


LOWEST = {"rest_days": 0}
"""Every other number must be at least 1."""


def rules_from(table: Mapping[str, Any]) -> CallingRules:
    """Read calling rules from a parsed table; keys left out keep their default.

    Raises Problem for an unknown key or a value out of range, naming the key.
    """
    known = {f.name for f in fields(CallingRules)}
    for key in table:
        if key not in known:
            raise Problem("rules_unknown_key", field=key, values={"key": key})
    numbers = {k: _number(k, v) for k, v in table.items() if k not in {"hours", "pause_minutes"}}
    return CallingRules(
        hours=_hours(table.get("hours", CallingRules.hours)),
        pause_minutes=_pauses(table.get("pause_minutes", {})),
        **numbers,
    )


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


def _hours(value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise Problem("rules_hours", field="hours", values={"text": str(value)})
    spans = tuple(str(text) for text in value)
    for earlier, later in pairwise(spans):
        if span(earlier)[1] > span(later)[0]:
            raise Problem("rules_hours_order", field="hours", values={"text": later})
    for text in spans:
        span(text)
    return spans


def span(text: str) -> tuple[time, time]:
    """Read ``09:00-12:00``. Raises Problem when it is no span of one day."""
    try:
        start, end = (time.fromisoformat(part.strip()) for part in text.split("-"))
    except ValueError as error:
        raise Problem("rules_hours", field="hours", values={"text": text}) from error
    if start.tzinfo or end.tzinfo:
        raise Problem("rules_hours", field="hours", values={"text": text})
    if start >= end:
        raise Problem("rules_hours_end", field="hours", values={"text": text})
    return start, end


def is_allowed(rules: CallingRules, local: datetime) -> bool:
    """Whether ringing is allowed at this moment; ``local`` is in the deployment's zone."""
    if not rules.hours:
        return True
    return any(start <= local.time() < end for start, end in map(span, rules.hours))


def next_allowed(rules: CallingRules, local: datetime) -> datetime:
    """Return ``local`` itself, or the next moment when ringing is allowed, in the same zone."""
    if is_allowed(rules, local):
        return local
    starts = [span(text)[0] for text in rules.hours]
    later_today = [start for start in starts if start > local.time()]
    day = local.date() if later_today else local.date() + timedelta(days=1)
    return datetime.combine(day, later_today[0] if later_today else starts[0], local.tzinfo)
