"""Laying a case aside: why, for how long, and how often."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.labels import Labelled

SKIP_PAUSE = timedelta(minutes=30)
MOST_SKIPS = {timedelta(hours=1): 40, timedelta(days=1): 120}
"""How many one person may lay aside within such a time: two batches of twenty to the last resident
within an hour, six within a day. Who rings lays aside a few of a batch; who claims and skips
without end would keep a whole town from being rung."""
SKIPS_COUNT_FOR = max(MOST_SKIPS)
LONGEST_NOTE = 200


class SkipReason(Labelled):
    """Why a volunteer lays a case aside; each with the words to choose it by."""

    NOT_NOW = ("not_now", "现在不方便打给这户", "Not a good moment for them")
    KNOW_THEM = ("know_them", "我认识对方，换人打更合适", "I know them: better somebody else")
    LANGUAGE = ("language", "我不会说对方的话", "I don't speak their language")
    DOUBTFUL_NUMBER = ("doubtful_number", "号码看着不对", "The number looks wrong")
    OTHER = ("other", "其他原因", "Another reason")


def free_from(skipped: Sequence[datetime], now: datetime) -> datetime | None:
    """Return when somebody may lay aside one more, who did so at these times; None for now.

    What lies ahead of a clock that was set back does not count.
    """
    waits = [
        past[-most] + span
        for span, most in MOST_SKIPS.items()
        if len(past := sorted(at for at in skipped if now - span < at <= now)) >= most
    ]
    return max(waits, default=None)


SKIP_REASONS = {reason.code: reason for reason in SkipReason}
