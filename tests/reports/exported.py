"""Exports as files, and what whoever opens them finds in them."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

from python_calamine import CalamineWorkbook
from sqlalchemy.orm import Session

from app.db import Database
from app.people.models import User
from app.reports.exports.making import spooled
from app.reports.exports.residents import residents
from app.reports.exports.results import results
from app.reports.exports.value import Export
from app.reports.wording import Lang
from tests.cases.town import Town
from tests.conftest import Clock


def written(db: Database, make: Callable[[Session], Export], form: str) -> bytes:
    """The bytes of an export."""
    with db.reading() as session:
        file, _count = spooled(make(session), form)
        with file:
            return file.read()


def of_results(town: Town, form: str, who: User | None = None, lang: Lang = "zh") -> bytes:
    return written(
        town.db, lambda session: results(session, who, town.now, town.campaign, lang), form
    )


def of_residents(
    db: Database, form: str, who: User | None = None, code: str | None = None, lang: Lang = "zh"
) -> bytes:
    return written(db, lambda session: residents(session, who, Clock.now, code, lang), form)


def in_json(content: bytes) -> Any:
    return json.loads(content)


def in_csv(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def in_xlsx(content: bytes) -> dict[str, list[list[Any]]]:
    """The rows of each sheet."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def parts(content: bytes) -> dict[str, str]:
    """The parts of a workbook, as text."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return {name: book.read(name).decode() for name in book.namelist()}
