"""How many residents one may lay aside: more than anybody does who works, and not without end."""

from datetime import datetime, timedelta

import pytest

from app.cases.rules.skips import MOST_SKIPS, free_from
from app.cases.service import skipping
from app.db import Database
from app.problems import NotFoundError, Problem
from tests.cases.town import Town
from tests.cast import NOW, Person
from tests.conftest import Clock

HOUR, DAY = MOST_SKIPS
AN_HOUR, A_DAY = MOST_SKIPS.values()


def ago(**delta: float) -> datetime:
    return NOW - timedelta(**delta)


def spread(number: int, minutes: float) -> list[datetime]:
    """So many moments, the last of them now, with so much between them."""
    return [ago(minutes=minutes * place) for place in reversed(range(number))]


@pytest.mark.parametrize(
    ("skipped", "free"),
    [
        ([], None),
        (spread(AN_HOUR - 1, 0), None),
        (spread(AN_HOUR, 0), NOW + HOUR),
        # The first of the last hour's is forgotten first.
        (spread(AN_HOUR, 1), NOW + timedelta(minutes=60 - (AN_HOUR - 1))),
        (spread(AN_HOUR + 5, 1), NOW + timedelta(minutes=60 - (AN_HOUR - 1))),
        ([ago(hours=1)] * AN_HOUR, None),
        ([ago(hours=2)] * (A_DAY - 1), None),
        ([ago(hours=2)] * A_DAY, NOW + timedelta(hours=22)),
        ([*[ago(hours=2)] * (A_DAY - AN_HOUR), *[NOW] * AN_HOUR], NOW + timedelta(hours=22)),
        ([ago(hours=24)] * A_DAY, None),
        # A clock that was set back.
        ([NOW + timedelta(minutes=5)] * A_DAY, None),
    ],
)
def test_so_many_in_an_hour_and_in_a_day(skipped: list[datetime], free: datetime | None) -> None:
    assert free_from(skipped, NOW) == free


def skip(town: Town, who: Person, name: str) -> None:
    with town.db.writing() as session:
        skipping.skip(session, who.user, town.now, town.case(name).id, "not_now")


def test_two_batches_of_twenty_can_be_laid_aside_and_no_more(db: Database, clock: Clock) -> None:
    names = [f"居民{number:02}" for number in range(1, AN_HOUR + 3)]
    town = Town.of(db, clock, names, max_held=AN_HOUR + 2)
    volunteer = town.people.volunteer
    town.batch(volunteer, AN_HOUR + 2)
    for name in names[:AN_HOUR]:
        skip(town, volunteer, name)
        town.wait(seconds=60)
    with pytest.raises(Problem, match="skipped_enough") as refused:
        skip(town, volunteer, names[AN_HOUR])
    assert refused.value.values == {"time": "11:00"}
    assert town.in_hand(volunteer) == set(names[AN_HOUR:])
    # What somebody else holds is nobody's business, then as ever.
    with pytest.raises(NotFoundError):
        skip(town, town.people.colleague, names[AN_HOUR])
    town.clock.now = NOW + HOUR
    skip(town, volunteer, names[AN_HOUR])

    assert town.in_hand(volunteer) == set(names[AN_HOUR + 1 :])
    assert town.broken() == []


def test_a_colleague_may_lay_aside_as_many_again(
    db: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(MOST_SKIPS, DAY, 1)
    town = Town.of(db, clock, "甲乙丙")
    volunteer, colleague = town.people.volunteer, town.people.colleague
    town.batch(volunteer, 2)
    town.batch(colleague, 1)
    skip(town, volunteer, "甲")
    skip(town, colleague, "丙")

    with pytest.raises(Problem, match="skipped_enough") as refused:
        skip(town, volunteer, "乙")
    assert refused.value.values == {"time": "11-25 10:00"}
