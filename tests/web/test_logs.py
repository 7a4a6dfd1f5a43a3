"""What is logged of an error names code and constraints, never people."""

from collections.abc import Callable
from threading import Event

import pytest
from flask import Flask
from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from app import jobs
from app.db import Base, Database
from app.people.models import Team
from app.prepared import Prepared
from app.web import writing

NAME = "王小明"
TEAMS = Base.metadata.tables["teams"]
PREPARED = Prepared(insert(TEAMS), ["name"])


def by_session(session: Session) -> None:
    session.add(Team(name=NAME))
    session.flush()


def by_statement(session: Session) -> None:
    PREPARED.rows(session, name=NAME)


@pytest.fixture
def fails(new_app: Flask, caplog: pytest.LogCaptureFixture) -> Callable[..., str]:
    """Come to a page that does something twice, and return what was logged."""

    def failing(act: Callable[[Session], object], path: str = "/fails") -> str:
        def view() -> str:
            for _time in range(2):
                with writing() as session:
                    act(session)
            return ""

        view.allowed = ("anybody",)  # type: ignore[attr-defined]
        new_app.add_url_rule(path, view_func=view)
        assert new_app.test_client().get(path).status_code == 500
        return caplog.text

    return failing


@pytest.mark.parametrize("path", ["/fails", "/api/v1/fails"])
@pytest.mark.parametrize("act", [by_session, by_statement])
def test_a_violated_constraint_is_logged_without_the_values(
    db: Database, fails: Callable[..., str], act: Callable[[Session], object], path: str
) -> None:
    logged = fails(act, path)

    assert NAME not in logged
    wanted = {"sqlite": "teams.name", "postgresql": "23505, duplicate key"}
    for told in ("unexpected error", "INSERT INTO teams", act.__name__, wanted[engine(db)]):
        assert told in logged, told
    assert ("uq_teams_name" in logged) == (engine(db) == "postgresql")


def engine(db: Database) -> str:
    return db.engine.dialect.name


def test_nor_is_what_does_not_fit_a_column(db: Database, fails: Callable[..., str]) -> None:
    """PostgreSQL quotes it in the first line of its message."""

    def compare(session: Session) -> None:
        session.execute(
            text("SELECT 1 FROM teams WHERE id = CAST(:name AS integer)"), {"name": NAME}
        )
        raise LookupError(NAME)

    logged = fails(compare)

    assert NAME not in logged
    assert ("22P02" in logged) == (engine(db) == "postgresql")
    assert ("LookupError" in logged) == (engine(db) == "sqlite")


def test_what_an_error_came_of_is_told_and_the_words_of_neither(
    fails: Callable[..., str],
) -> None:
    def look_up(_session: Session) -> None:
        try:
            raise KeyError(NAME)  # noqa: TRY301
        except KeyError as error:
            raise ValueError(NAME) from error

    logged = fails(look_up)

    assert NAME not in logged
    assert logged.index("builtins.KeyError") < logged.index("builtins.ValueError")
    assert "raise KeyError(NAME)" in logged


def test_what_is_wrong_with_the_code_is_told_in_its_words(fails: Callable[..., str]) -> None:
    logged = fails(lambda session: session.no_such_thing)  # type: ignore[attr-defined]

    assert "has no attribute 'no_such_thing'" in logged


def test_work_that_fails_is_logged_without_the_values(
    new_app: Flask, db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    stop = Event()

    def job() -> None:
        with db.writing() as session:
            for _time in range(2):
                by_session(session)

    def last() -> bool:
        stop.set()
        return True

    seldom = jobs.seldom(job, 60)
    jobs.work({"teams": seldom, "again": seldom, "last": last}, stop)

    assert "job teams failed" in caplog.text
    assert "job again" not in caplog.text
    assert "INSERT INTO teams" in caplog.text
    assert NAME not in caplog.text
