"""Until when a batch that somebody works on is held."""

from datetime import datetime, timedelta

from app.campaigns.rules.calling import CallingRules


def lease_end(rules: CallingRules, shift_end: datetime | None, now: datetime) -> datetime:
    """Return until when a sign of life of its holder keeps a batch.

    A volunteer on a bad line is silent, not idle: until the end of the shift that they are on,
    but never shorter than a batch that nobody has opened yet, so that nobody loses it in the
    middle of the last call. ``shift_end`` may have passed a little ago; None where no shift is
    kept, and then each sign of life counts for ``lease_minutes``.
    """
    if shift_end is None:
        return now + timedelta(minutes=rules.lease_minutes)
    return max(shift_end, now + timedelta(minutes=rules.unopened_minutes))
