"""A volunteer's public code in a campaign: how it is drawn, and when it is genuine."""

from collections.abc import Iterator
from dataclasses import dataclass
from secrets import randbelow
from unicodedata import normalize

SHORTEST, LONGEST = 4, 6
TRIES = 12
"""How many codes of one length are tried: in vain only where nearly all of them are given."""


def draws() -> Iterator[str]:
    """Give codes to try, drawn at random; longer ones once a campaign has used the short ones up.

    None begins with a zero, which people leave out when they repeat a number.
    """
    for length in (SHORTEST, LONGEST):
        for _try in range(TRIES):
            yield str(10 ** (length - 1) + randbelow(9 * 10 ** (length - 1)))


def typed_code(text: str) -> str:
    """Return the figures of a code as people type it; '' where they can't be one."""
    figures = "".join(one for one in normalize("NFKC", text) if one in "0123456789")
    return figures if SHORTEST <= len(figures) <= LONGEST else ""


@dataclass(frozen=True)
class Ringer:
    """Who has the code, as it concerns one community on one day."""

    campaign_open: bool
    covers: bool
    """Whether the campaign covers the community."""
    works_there: bool
    """Whether it is an account in use, with the community among its own. Staff have codes, too:
    nothing is given to them to ring, but residents ring them back."""
    holds: bool
    """Whether somebody of the community is in the volunteer's hands."""
    rang: bool
    """Whether a call with somebody there was noted that day, a ring-back too, or a dial."""
    on_shift: bool
    """Whether the volunteer is planned to ring there at this moment, and has not left."""


def is_genuine(ringer: Ringer) -> bool:
    """Whether the code rings for the community that day: what the public page answers."""
    at_work = ringer.holds or ringer.rang or ringer.on_shift
    return ringer.campaign_open and ringer.covers and ringer.works_there and at_work
