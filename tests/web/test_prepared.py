"""Statements that are handed to the driver as they are."""

from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from app.audit import service as audit
from app.db import Database
from tests.conftest import Clock


def write(db: Database, act: Any) -> None:
    with db.writing() as session:
        audit.record(session, None, Clock.now, act, "subject", 1)


def test_an_error_is_told_as_that_of_any_other_statement(db: Database) -> None:
    with pytest.raises(IntegrityError, match="INSERT INTO audit_entries") as told:
        write(db, None)

    assert told.value.params is None, "what was bound to it is people's data"
    write(db, "signed_in")
