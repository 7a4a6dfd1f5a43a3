"""The migrations lead to the models, from nothing and back, on either engine."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, inspect, select, text

from app.calls.messages import open_message
from app.calls.service import scripts
from app.calls.service.dialling import dial
from app.cases.service.handing import hand_over
from app.cases.service.skipping import skip
from app.db import Base, Database
from app.people import tokens
from app.people.models import User
from app.people.service import invite
from app.residents.models import RosterShape
from app.upkeep import check, schema
from tests import cast
from tests.cases.town import Town
from tests.cast import mobile
from tests.conftest import Clock
from tests.postgres import Cluster
from tests.rosters.rostering import Rostering, row, sheet

SCRIPTS = ScriptDirectory.from_config(schema.config())


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database in which there is nothing at all."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new.sqlite'}"
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    name = f"empty_{uuid4().hex}"
    yield cluster.create(name)
    with cluster.connect("postgres") as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def database(empty: str) -> Iterator[Database]:
    found = Database(empty)
    yield found
    found.close()


def tables(database: Database) -> set[str]:
    with database.engine.connect() as connection:
        return set(inspect(connection).get_table_names())


def contents(database: Database) -> dict[str, list[str]]:
    """Every row of every table."""
    with database.reading() as session:
        return {
            table.name: sorted(map(str, session.execute(select(table))))
            for table in Base.metadata.sorted_tables
        }


def differences(database: Database) -> list[object]:
    """What the tables have that the models lack, or the other way round."""
    with database.engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))


def test_upgrading_from_nothing_gives_what_the_models_say(database: Database) -> None:
    assert not schema.is_current(database)

    schema.upgrade(database)

    assert schema.is_current(database)
    assert differences(database) == []
    assert tables(database) == {*Base.metadata.tables, "alembic_version"}


def test_constraints_have_the_names_that_migrations_look_for(database: Database) -> None:
    """A constraint without one could never be dropped by a later migration."""
    schema.upgrade(database)

    found = MetaData()
    found.reflect(database.engine)
    unnamed = [
        (table.name, constraint)
        for table in found.sorted_tables
        if table.name != "alembic_version"
        for constraint in table.constraints
        if not constraint.name
    ]
    assert unnamed == []


def test_partial_indexes_are_partial(database: Database) -> None:
    """Alembic compares no conditions; without them invariant 1 would forbid every second hold."""
    schema.upgrade(database)
    catalogue = {
        "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
        "postgresql": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    }[database.engine.dialect.name]

    with database.reading() as session:
        defined = {name: sql.upper() for name, sql in session.execute(text(catalogue))}

    partial = {name for name, sql in defined.items() if " WHERE " in sql}
    assert partial == {
        "uq_holds_live", "ix_call_groups_queue", "ix_call_groups_own",
        "ix_call_groups_due", "ix_call_groups_batch",
        "ix_batches_live", "ix_batches_user_live", "ix_calls_callbacks",
        "ix_cases_appointments", "ix_residents_loose", "ix_residents_placed",
    }  # fmt: skip
    assert "UNIQUE" in defined["uq_holds_live"]
    assert "RELEASED_AT IS NULL" in defined["uq_holds_live"]


def test_a_second_upgrade_is_quick_and_changes_nothing(database: Database, clock: Clock) -> None:
    schema.upgrade(database)
    lived_in(database, clock)
    before = contents(database)

    start = time.perf_counter()
    schema.upgrade(database)

    assert time.perf_counter() - start < 0.5
    assert contents(database) == before


def lived_in(database: Database, clock: Clock) -> None:
    """Put a row into nearly every table, through the use cases."""
    town = Town.of(database, clock, ["甲", "乙", "丙", "丁"])
    me = town.people.volunteer
    batch = town.batch(me)
    missed = town.save(me, "丁", "no_answer", number=mobile(4)).call
    town.save(me, "甲", "callback_requested", note="晚上")
    line = town.case("丙")
    town.plan(me, "14:00", "18:00")
    with database.writing() as session:
        skip(session, me.user, town.now, town.case("乙").id, "not_now")
        tokens.issue(session, None, town.now, session.get_one(User, me.user.id))
        dial(session, me.user, town.now, line.id, mobile(3), town.now)
        open_message(session, me.user, town.now, missed.id, "", "zh")
        scripts.note_seen(session, me.user, town.campaign, "0" * 16)
        hand_over(session, me.user, town.now, batch.id, town.people.colleague.name)
        for _link in ("lost", "new"):
            invite(session, None, session.get_one(User, town.people.outsider.user.id), town.now)
    rosters = Rostering(database, town.people, town.now)
    rosters.take(sheet(row("戊", mobile(5)), row("己", "空号", "102")))
    rosters.take(sheet(row("戊", mobile(6), remark="独居")))
    with database.writing() as session:
        session.add(RosterShape(shape="0" * 16, columns={}, chosen_at=town.now))
    unused = {name for name, rows in contents(database).items() if not rows}
    assert unused == {"sign_in_failures", "rate_counts"}


UPGRADE = """
import sys
from app.db import Database
from app.upkeep.schema import upgrade
database = Database(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
upgrade(database)
"""


def test_several_processes_may_upgrade_at_once(empty: str, database: Database) -> None:
    """As when a city starts its web processes together."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", UPGRADE, empty], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(3)
    ]  # fmt: skip
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate(timeout=60)[1] for process in processes]

    assert [process.returncode for process in processes] == [0, 0, 0], said
    assert differences(database) == []


def move_to(database: Database, revision: str) -> None:
    config = schema.config()
    go = command.upgrade if revision == "head" else command.downgrade
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        go(config, revision)


def test_down_to_nothing_and_up_again(database: Database, clock: Clock) -> None:
    schema.upgrade(database)
    lived_in(database, clock)

    move_to(database, "base")
    left = tables(database)
    schema.upgrade(database)

    assert left == {"alembic_version"}
    assert differences(database) == []
    lived_in(database, clock)
    with database.reading() as session:
        assert check.run(session) == []


def test_what_the_first_tables_held_keeps_every_law(database: Database, clock: Clock) -> None:
    schema.upgrade(database)
    drafts = [cast.resident("甲", cast.mobile(1)), cast.resident("乙", cast.mobile(2))]
    drafts += [cast.resident("丙", cast.mobile(3), room="9", language="nantong")]
    town = Town.of(database, clock, drafts)
    me = town.people.volunteer
    town.release(me, town.batch(me, 1))
    town.batch(me)
    town.save(me, "甲", "callback_requested", note="晚上")
    town.correct(me, town.save(me, "乙", "no_answer").call, "busy")
    move_to(database, "0001")
    with database.writing() as session:
        # Generations were counted for each number; negative first, lest two be the same.
        session.execute(text("UPDATE holds SET generation = -generation"))
        session.execute(
            text(
                "UPDATE holds SET generation = 1 + (SELECT count(*) FROM holds AS earlier"
                " WHERE earlier.number_id = holds.number_id AND earlier.id < holds.id)"
            )
        )
    move_to(database, "head")

    with database.reading() as session:
        assert check.run(session) == []
    assert set(town.in_hand(me)) == {"丙"}
    town.wait(hours=10)
    town.save(me, "丙", "no_answer")
    assert town.take(me) == ["甲", "乙"], "what was promised comes first"


def test_migrations_are_one_line_numbered_as_they_follow() -> None:
    revisions = [script.revision for script in SCRIPTS.walk_revisions()][::-1]

    assert SCRIPTS.get_heads() == [schema.newest()]
    assert revisions == [f"{number:04}" for number in range(1, len(revisions) + 1)]
    assert all(
        Path(script.path).name.startswith(f"{script.revision}_")
        for script in SCRIPTS.walk_revisions()
    )
