"""A campaign's results for other programs: a case with its calls, as xlsx, csv or json."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.calls.models import Call
from app.campaigns import queries as campaigns
from app.campaigns.models import Campaign
from app.cases.models import Case
from app.people.models import User
from app.people.queries import scope
from app.progress.rules.counting import is_accounted_for
from app.residents.models import Number, Resident

Row = dict[str, Any]

COLUMNS = (
    "id", "community", "name", "address", "disposition", "state", "passed_to", "accounted_for",
    "attempts", "last_disposition", "last_call_at",
)  # fmt: skip

# A spreadsheet takes a text that begins so for a formula. Full-width forms count too.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")


def gather(session: Session, actor: User | None, campaign_id: int) -> list[Row]:
    """Return a row a case, with its calls, for what the actor may see. Raises NotFoundError."""
    campaign = campaigns.get_campaign(session, actor, campaign_id)
    query = (
        select(Case)
        .where(Case.campaign_id == campaign.id)
        .order_by(Case.community_code, Case.id)
        .options(selectinload(Case.resident).selectinload(Resident.household))
    )
    if actor is not None:
        query = query.where(Case.community_code.in_(scope(actor)))
    calls = _calls(session, campaign)
    return [_row(case, calls.get(case.id, [])) for case in session.scalars(query)]


def _calls(session: Session, campaign: Campaign) -> dict[int, list[Row]]:
    query = (
        select(Call, User.name, Number.value)
        .join(User, User.id == Call.user_id)
        .outerjoin(Number, Number.id == Call.number_id)
        .where(Call.campaign_id == campaign.id)
        .order_by(Call.position)
    )
    found: dict[int, list[Row]] = {}
    for call, user, number in session.execute(query):
        found.setdefault(call.case_id, []).append(_call(call, user, number))
    return found


def _call(call: Call, user: str, number: str | None) -> Row:
    return {
        "id": call.id,
        "applied": call.applied,
        "reason": call.reason,
        "disposition": call.disposition,
        "direction": call.direction,
        "number": number,
        "started_at": _stamp(call.started_at),
        "ended_at": _stamp(call.ended_at),
        "recorded_at": _stamp(call.recorded_at),
        "callback_at": _stamp(call.callback_at),
        "user": user,
        "note": call.note,
        "corrects": call.corrects_id,
        "with_call": call.with_call_id,
        "position": call.position,
    }


def _row(case: Case, calls: list[Row]) -> Row:
    home = case.resident.household
    return {
        "id": case.id,
        "community": case.community_code,
        "name": case.resident.name,
        "address": home.address if home else "",
        "disposition": case.outcome,
        "state": case.state,
        "passed_to": case.passed_to,
        "accounted_for": is_accounted_for(case.state, case.passed_to),
        "attempts": case.attempts,
        "last_disposition": case.last_disposition,
        "last_call_at": _stamp(case.last_call_at),
        "calls": calls,
    }


def _stamp(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds")


def to_json(rows: Sequence[Row]) -> bytes:
    """Return the cases as a JSON list."""
    return json.dumps(rows, ensure_ascii=False, indent=1).encode()


def to_csv(rows: Sequence[Row]) -> bytes:
    """Return a line a case, in UTF-8 with the mark that spreadsheets need to see it is."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows([[harmless(row[column]) for column in COLUMNS] for row in rows])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def harmless(value: Any) -> Any:
    """Return a cell's value so that no spreadsheet takes a text for a formula."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    return value


def to_xlsx(rows: Sequence[Row]) -> bytes:
    """Return a workbook with a sheet of cases and one of calls; texts are texts, never formulas."""
    import xlsxwriter  # takes a while, and most processes never write a workbook

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        _write_sheet(book, "cases", COLUMNS, rows)
        calls = [{"case": row["id"], **call} for row in rows for call in row["calls"]]
        _write_sheet(book, "calls", tuple(calls[0]) if calls else ("case",), calls)
    return buffer.getvalue()


def _write_sheet(book: Any, name: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    sheet.write_row(0, 0, columns, book.add_format({"bold": True}))
    for index, row in enumerate(rows, start=1):
        sheet.write_row(index, 0, [row[column] for column in columns])


FORMATS: dict[str, Callable[[Sequence[Row]], bytes]] = {
    "json": to_json,
    "csv": to_csv,
    "xlsx": to_xlsx,
}
