"""Alembic's entry: runs the migrations on the connection that ``app.upkeep.schema`` hands in."""

from alembic import context
from sqlalchemy import text

import app.audit.models
import app.calls.models
import app.campaigns.models
import app.cases.models
import app.people.models
import app.residents.models
import app.territory.models  # noqa: F401 - the imports fill the metadata
from app.db import Base

ONE_AT_A_TIME = 7_202_611  # any number, the same in every process


def run() -> None:
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_AT_A_TIME})
        context.run_migrations()


run()
