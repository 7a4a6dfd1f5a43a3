"""Bringing a database up to date, and saying whether it is.

Alembic is imported only where it has something to do: every command and every look at
``/readyz`` asks whether the database is up to date, and nearly always it is.
"""

from functools import cache
from typing import Any

from sqlalchemy import inspect, text

from app.config import ROOT
from app.db import Database

MIGRATIONS = ROOT / "app" / "migrations"


def upgrade(database: Database) -> None:
    """Run the migrations that are missing. Does nothing on a database that is up to date."""
    if is_current(database):
        return
    from alembic import command

    wanted = config()
    with database.engine.begin() as connection:
        wanted.attributes["connection"] = connection
        command.upgrade(wanted, "head")


def is_current(database: Database) -> bool:
    """Whether the database stands at the newest migration of this version of the code."""
    with database.reading() as session:
        if not inspect(session.connection()).has_table("alembic_version"):
            return False
        return session.scalars(text("SELECT version_num FROM alembic_version")).all() == [newest()]


@cache
def newest() -> str:
    """Return the newest migration: their files are named by their numbers, one after another."""
    return max(path.name.partition("_")[0] for path in MIGRATIONS.glob("versions/[0-9]*.py"))


def config() -> Any:
    """Return what Alembic has to know: where the migrations are."""
    from alembic.config import Config

    found = Config()
    found.set_main_option("script_location", str(MIGRATIONS))
    return found
