"""Three communities in which a campaign goes its way: for tests of what is counted."""

from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any

from sqlalchemy.orm import Session

from app.campaigns.models import Campaign
from app.db import Database
from app.problems import NotFoundError, Problem
from app.progress import queries
from app.progress.queries import CaseAsOf
from app.progress.rules.counting import Tally
from tests import cast
from tests.cases.town import Town
from tests.cast import BRIDGE, HARBOUR, SCHOOL, Person
from tests.conftest import Clock

CODES = (BRIDGE, SCHOOL, HARBOUR)
DISPOSITIONS = (
    *("completed",) * 4, *("no_answer",) * 3, "busy", "callback_requested", "soft_refusal",
    "hard_refusal", "moved", "deceased", "wrong_person", "needs_leader", "unable", "partial",
)  # fmt: skip

NAMES = [f"居民{100 * place + n}" for place in range(len(CODES)) for n in range(1, 9)]
"""Those who can be rung."""

Figures = tuple[int, int, dict[str, int]]


def city(db: Database, clock: Clock, **rules: Any) -> Town:
    """Households of two and three, single people, one without a number, one without a home."""
    people = cast.standing(db)
    for place, code in enumerate(CODES):
        first = 100 * place
        drafts = [
            cast.resident(
                f"居民{first + n}", cast.mobile(first + n // 2), building=f"{n // 4 + 1}幢",
                room=f"{n // 2:03}",
            )
            for n in range(1, 9)
        ]  # fmt: skip
        drafts.append(cast.resident(f"无号{first}", building="3幢"))
        cast.residents(db, code, drafts)
    return Town(db, clock, people, cast.open_campaign(db, CODES, **rules))


def figures(tally: Tally) -> Figures:
    return tally.total, tally.accounted_for, dict(sorted(tally.outcomes.items()))


def campaign_of(session: Session, town: Town) -> Campaign:
    return session.get_one(Campaign, town.campaign)


def dashboard(town: Town) -> dict[str, Figures]:
    """What the pages count now."""
    with town.db.reading() as session:
        rows = queries.by_community(session, campaign_of(session, town), None)
    return {row.community.code: figures(row.tally) for row in rows}


def position(town: Town) -> int:
    with town.db.reading() as session:
        return campaign_of(session, town).last_position


def as_of(town: Town, at: int) -> dict[str, list[CaseAsOf]]:
    """Every case as it stood at a position."""
    with town.db.reading() as session:
        campaign = campaign_of(session, town)
        return {code: queries.cases_as_of(session, campaign, code, at) for code in CODES}


@dataclass
class Walk:
    """People who do, in some order, what people do."""

    town: Town
    random: Random

    def step(self) -> None:
        people = self.town.people
        who = self.random.choice([people.volunteer, people.colleague, people.outsider])
        act = self.random.choice([self._take, self._ring, self._ring, self._ring, self._correct])
        # What is refused must leave no trace either.
        with suppress(Problem, NotFoundError):
            act(who)
        self.town.wait(minutes=self.random.choice((1, 10, 60, 300)))

    def _take(self, who: Person) -> None:
        self.town.take(who, self.random.randint(1, 5))

    def _ring(self, who: Person) -> None:
        """Now and then somebody whom they don't hold any more, or never held."""
        held = sorted(self.town.in_hand(who)) or self.town.take(who, 3)
        name = self.random.choice(held if held and self.random.random() < 0.85 else NAMES)
        together = [other for other in _home(name) if self.random.random() < 0.5]
        disposition = self.random.choice(DISPOSITIONS)
        direction = "in" if self.random.random() < 0.1 else "out"
        self.town.save(who, name, disposition, also=together, direction=direction)

    def _correct(self, who: Person) -> None:
        own = [call for call in self.town.calls() if call.user_id == who.user.id]
        if own:
            self.town.correct(who, self.random.choice(own), self.random.choice(DISPOSITIONS))


def _home(name: str) -> list[str]:
    """The other one of a pair: two and two have a flat and a number together."""
    number = int(name.removeprefix("居民"))
    place, n = divmod(number, 100)
    other = f"居民{100 * place + (n ^ 1)}"
    return [other] if other in NAMES else []
