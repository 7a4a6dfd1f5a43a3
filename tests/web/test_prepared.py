"""Statements that are handed to the driver as they are."""

from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError, OperationalError

from app.audit import service as audit
from app.db import Database
from app.people import tokens
from tests.conftest import Clock
from tests.postgres import Reset


def write(db: Database, act: Any) -> None:
    with db.writing() as session:
        audit.record(session, None, Clock.now, act, "subject", 1)


def test_an_error_is_told_as_that_of_any_other_statement(db: Database) -> None:
    with pytest.raises(IntegrityError, match="INSERT INTO audit_entries") as told:
        write(db, None)

    assert told.value.params is None, "what was bound to it is people's data"
    write(db, "signed_in")


def test_a_line_that_is_lost_at_a_glance_is_told_as_any_other(
    postgresql_reset: Reset,
) -> None:
    database = Database(postgresql_reset.cluster.url(postgresql_reset.database))
    # It ends all connections but its own: that which has just been taken from the pool, too.
    event.listen(database.engine, "checkout", lambda *_given: postgresql_reset(), once=True)

    with pytest.raises(OperationalError, match="FROM api_tokens"):
        tokens.bearer(database, "none")

    assert database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    assert tokens.bearer(database, "none") is None
    database.close()
