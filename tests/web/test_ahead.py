"""What a process makes in advance arrives as if it were made here."""

import os
import signal
import time
from collections.abc import Iterator
from multiprocessing import active_children

import pytest

from app import ahead as making
from app.ahead import ahead
from app.problems import Place, Problem


def test_everything_arrives_in_its_order_and_from_elsewhere() -> None:
    with ahead(lambda: ((os.getpid(), number) for number in range(10_000))) as made:
        found = list(made)

    assert [number for _, number in found] == list(range(10_000))
    assert os.getpid() not in {made_in for made_in, _ in found}


def test_a_problem_arrives_whole_after_what_came_before_it() -> None:
    problem = Problem("row_no_name", place=Place(sheet="甲", row=3), values={"limit": 5})

    def make() -> Iterator[int]:
        yield 1
        raise problem

    with ahead(make) as made:
        assert next(made) == 1
        with pytest.raises(Problem) as told:
            next(made)

    assert told.value == problem


def test_who_makes_them_is_gone_when_nobody_wants_more() -> None:
    with ahead(lambda: iter(int, 1)) as made:
        assert next(made) == 0
        assert active_children()

    assert not active_children()


def test_a_death_is_no_end() -> None:
    def make() -> Iterator[int]:
        yield 1
        os.kill(os.getpid(), signal.SIGKILL)

    with ahead(make) as made, pytest.raises(EOFError):
        list(made)


def test_nobody_waits_for_ever_for_one_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "PATIENCE", 0.2)

    def make() -> Iterator[int]:
        yield 1
        time.sleep(60)

    with ahead(make) as made, pytest.raises(EOFError, match="nothing came"):
        list(made)

    assert not active_children()
