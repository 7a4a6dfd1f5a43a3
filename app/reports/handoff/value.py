"""What a handoff sheet says: a value whose every word and figure is final."""

from dataclasses import dataclass
from datetime import datetime

from app.reports.wording import Lang


@dataclass(frozen=True)
class NumberLine:
    """A number as people write it, masked where the sheet is."""

    display: str
    wrong: bool = False
    shared_by: int = 1
    """How many residents have it."""


@dataclass(frozen=True)
class NoteLine:
    """What somebody wrote of a call."""

    at: datetime
    by: str
    text: str


@dataclass(frozen=True)
class PersonLine:
    """A resident who is still to be rung."""

    place: int
    """From 1, in the order of ringing."""
    name: str
    address: str
    numbers: tuple[NumberLine, ...]
    attempts: int = 0
    last: tuple[datetime, str] | None = None
    """When the last call was, and what it came to."""
    notes: tuple[NoteLine, ...] = ()
    dialled_at: datetime | None = None
    """When the volunteer dialled without saving what came of it."""
    not_before: datetime | None = None
    declined_to: str = ""
    """Who rang when the resident declined politely: the next must be somebody else."""
    not_understood: str = ""
    """Who rang when they shared no language."""
    language: str = ""
    remark: str = ""


@dataclass(frozen=True)
class AppointmentLine:
    """An agreed time. ``place`` is the resident's in the list; None where the queue has it."""

    begin: datetime
    until: datetime | None
    name: str
    address: str
    numbers: tuple[NumberLine, ...]
    note: str
    for_whom: str | None
    place: int | None


@dataclass(frozen=True)
class HandoffSheet:
    """All a handoff sheet says. Moments are aware, in the zone of the deployment."""

    lang: Lang
    handoff_id: int
    campaign: str
    communities: tuple[str, ...]
    giver: str
    taker: str | None
    """None for the pool."""
    made_at: datetime
    position: int
    note: str
    calls: int
    completed: int
    results: tuple[tuple[str, int], ...]
    appointments: tuple[AppointmentLine, ...]
    groups: tuple[tuple[PersonLine, ...], ...]
    """Who is left, those of one household or number together."""
    queued: tuple[str, ...]
    """Those who could not be passed on to the taker: masked, as they are in nobody's hands."""
    version: str
    masked: bool

    @property
    def left(self) -> int:
        """How many are left."""
        return sum(map(len, self.groups))

    @property
    def marks(self) -> str:
        """What parts the name of its file from the full Chinese sheet's: "-masked", "-en"."""
        return ("-masked" if self.masked else "") + ("-en" if self.lang == "en" else "")
