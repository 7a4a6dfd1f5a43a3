"""Allowances: how many requests, counted in the database whichever process answers."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random
from threading import Barrier

import pytest
from sqlalchemy import select

from app.db import Database
from app.people import allowance
from app.people.allowance import Allowance, Purse
from app.people.models import RateCount
from tests.cast import NOW

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
END = NOW + MINUTE


@pytest.fixture
def other(engine_url: str) -> Iterator[Database]:
    """The same database, as another process has it open."""
    database = Database(engine_url)
    yield database
    database.close()


def draw(db: Database, portion: int, seconds: float = 0, most: int = 10) -> Allowance:
    with db.writing() as session:
        now = NOW + timedelta(seconds=seconds)
        return allowance.draw(session, "token:1", now, most, MINUTE, portion)


def counts(db: Database) -> dict[str, int]:
    with db.reading() as session:
        return {row.key: row.count for row in session.scalars(select(RateCount))}


def test_portions_add_up_to_the_allowance_and_no_further(db: Database) -> None:
    assert [draw(db, 4, second).granted for second in (0, 1, 2, 3, 59)] == [4, 4, 2, 0, 0]
    assert draw(db, 4, 59).until == END


def test_portions_may_differ(db: Database) -> None:
    assert [draw(db, portion).granted for portion in (1, 8, 20, 1)] == [1, 8, 1, 0]


def test_a_portion_larger_than_the_allowance_is_cut(db: Database) -> None:
    assert draw(db, 99).granted == 10


def test_a_window_begins_with_its_first_request(db: Database) -> None:
    draw(db, 10)

    assert draw(db, 3, 59.9) == Allowance(0, END)
    assert draw(db, 3, 60) == Allowance(3, END + MINUTE)
    assert draw(db, 8, 119.9) == Allowance(7, END + MINUTE)
    assert draw(db, 1, 1000) == Allowance(1, NOW + 1000 * SECOND + MINUTE)


def test_a_clock_that_was_set_back_locks_nobody_out(db: Database) -> None:
    draw(db, 10, 3600)

    assert draw(db, 10).granted == 10


def test_nor_does_what_a_purse_remembers(db: Database) -> None:
    purse = Purse(1)
    later = [purse.take(db, "token:1", NOW + timedelta(hours=1)) for _ in range(2)]
    assert later == [None, MINUTE]

    assert purse.take(db, "token:1", NOW) is None


def test_a_clock_a_little_behind_begins_no_new_window(db: Database) -> None:
    draw(db, 10, 5)

    assert draw(db, 10).granted == 0


def test_a_purse_says_how_long_to_wait(db: Database) -> None:
    purse = Purse(3)

    taken = [purse.take(db, "token:1", NOW + second * SECOND) for second in (0, 1, 2, 3, 59.5)]

    assert taken == [None, None, None, 57 * SECOND, SECOND / 2]
    assert purse.take(db, "token:1", END) is None


def test_each_key_has_an_allowance_of_its_own(db: Database) -> None:
    purse = Purse(1)

    assert purse.take(db, "token:1", NOW) is None
    assert purse.take(db, "token:2", NOW) is None
    assert purse.take(db, "token:1", NOW) == MINUTE


def test_a_purse_asks_the_database_once_a_portion(db: Database) -> None:
    purse = Purse(100, MINUTE, portion=10)

    for _ in range(10):
        assert purse.take(db, "token:1", NOW) is None
    assert counts(db) == {"token:1": 10}

    assert purse.take(db, "token:1", NOW) is None
    assert counts(db) == {"token:1": 20}


def test_who_has_to_wait_is_not_written_down_each_time(db: Database) -> None:
    purse = Purse(2, MINUTE, portion=1)
    for _ in range(3):
        purse.take(db, "token:1", NOW)
    before = counts(db)

    for _ in range(5):
        assert purse.take(db, "token:1", NOW) == MINUTE

    assert counts(db) == before


def test_what_is_left_of_an_ended_window_is_worth_nothing(db: Database, other: Database) -> None:
    """Else two purses with leftovers could spend more than the next window allows."""
    one, another = Purse(10, MINUTE, portion=5), Purse(10, MINUTE, portion=5)
    one.take(db, "token:1", NOW)
    another.take(other, "token:1", NOW)

    taken = [another.take(other, "token:1", END) for _ in range(10)]

    assert taken == [None] * 10
    assert one.take(db, "token:1", END) == MINUTE


def test_a_key_too_long_for_its_column_is_cut(db: Database) -> None:
    assert Purse(3).take(db, "address:" + "x" * 500, NOW) is None


@pytest.mark.parametrize(("most", "portion"), [(50, 7), (50, 1), (23, 23), (5, 40)])
def test_purses_together_never_spend_more_than_a_window_allows(
    db: Database, other: Database, most: int, portion: int
) -> None:
    """Two processes of four threads each, over three windows; nor do they spend much less."""
    both = [(db, Purse(most, MINUTE, portion)), (other, Purse(most, MINUTE, portion))]

    def work(number: int, window: int) -> int:
        database, purse = both[number % 2]
        random = Random(number)
        moments = [window * MINUTE + random.random() * 50 * SECOND for _ in range(25)]
        return sum(purse.take(database, "token:1", NOW + moment) is None for moment in moments)

    with ThreadPoolExecutor(8) as pool:
        for window in range(3):
            # Whoever is first says when the window begins; later it must not end too soon.
            first = both[0][1].take(db, "token:1", NOW + window * MINUTE) is None
            spent = first + sum(pool.map(work, range(8), [window] * 8))
            assert most - portion <= spent <= most


def test_threads_of_one_purse_lose_nothing(db: Database) -> None:
    """None is told to wait while another still brings what there is."""
    purse, start = Purse(8, MINUTE, portion=8), Barrier(8)

    def take(_number: int) -> timedelta | None:
        start.wait()
        return purse.take(db, "token:1", NOW)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(take, range(8))) == [None] * 8
    assert counts(db) == {"token:1": 8}


def test_strangers_are_forgotten_after_a_day(db: Database) -> None:
    purse = Purse(5)
    purse.take(db, "address:old", NOW)
    purse.take(db, "address:young", NOW + timedelta(hours=12))

    purse.take(db, "address:new", NOW + timedelta(days=1))

    assert set(counts(db)) == {"address:young", "address:new"}


def test_a_purse_does_not_grow_with_the_number_of_strangers(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(allowance, "MANY", 10)
    purse = Purse(5)

    for number in range(30):
        purse.take(db, f"address:{number}", NOW + number * MINUTE)

    assert len(purse._drawn) <= 12
