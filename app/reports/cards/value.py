"""What a sheet of invitation cards says: a value whose every word is final."""

from dataclasses import dataclass
from datetime import datetime

from app.reports.wording import Lang


@dataclass(frozen=True)
class Card:
    """One person's card."""

    name: str
    code: str
    """In groups, as it is typed."""
    link: str
    """With the code behind the ``#``, where no server logs it."""
    until: datetime


@dataclass(frozen=True)
class CardSheet:
    """All cards of one printing. Moments are in the zone of the deployment."""

    lang: Lang
    cards: tuple[Card, ...]
    address: str
    """Where the code is typed by whoever has no camera."""
    ask: str
    """Who helps."""
    made_at: datetime
    version: str
