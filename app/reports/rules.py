"""Who may have a handoff's sheet whole: a pure rule."""

from dataclasses import dataclass
from datetime import datetime, timedelta

WHOLE_FOR = timedelta(hours=24)
"""How long after a handoff those who took part in it may print the sheet with names and numbers."""


@dataclass(frozen=True)
class Reader:
    """How somebody stands to a handoff."""

    in_scope: bool
    """Staff to whom all of its communities belong."""
    handed_over: bool
    holds: bool
    """Whether what was handed over is still in their hands."""


def may_see_whole(reader: Reader, made_at: datetime, now: datetime) -> bool:
    """Whether the sheet shows names and numbers whole; masked otherwise.

    A volunteer sees the personal data of the cases they hold. Whoever hands over has the paper to
    give away, so for a day it is theirs to print again; whoever took over has it for as long as
    the cases are in their hands, and a day at most: after that the screen shows what has changed.
    """
    if reader.in_scope:
        return True
    return (reader.handed_over or reader.holds) and now < made_at + WHOLE_FOR
