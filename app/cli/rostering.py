"""Rosters, residents and numbers."""

import io
import sys
from pathlib import Path
from typing import Any

import click
from flask_babel import gettext as _

from app.audit import service as audit
from app.cli.output import as_json, print_json, print_table, ready
from app.i18n import explain, where
from app.problems import Problem
from app.residents import queries
from app.residents.models import Resident
from app.residents.preview import known_already, reason
from app.residents.rules import phones
from app.residents.rules.rows import Rejected
from app.residents.service import importing
from app.web import now, settings


@click.command("import", help=_("Take a roster's residents."))
@click.argument("roster", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help=_("Say what would happen; change nothing."))
@click.option("--sheet", help=_("Read only this sheet."))
@click.option("--community", metavar="CODE", help=_("Community of rows that name none."))
@as_json
def import_(
    roster: Path, *, dry_run: bool, sheet: str | None, community: str | None, as_json: bool
) -> None:
    """Import a roster. Exit 1 when rows were rejected."""
    found = importing.read(roster.read_bytes(), roster.name, settings().area_code, sheet)
    database = ready()
    if dry_run:
        with database.reading() as session:
            plan = importing.plan(session, None, found, community)
    else:
        with database.writing() as session:
            plan = importing.take(session, None, now(), found, community)
    result = _result(plan, dry_run=dry_run)
    if as_json:
        print_json(result)
    else:
        _print_result(result, plan)
    if plan.rejected:
        sys.exit(1)


def _result(plan: importing.Plan, *, dry_run: bool) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "accepted": len(plan.accepted),
        "rejected": [
            {**importing.place_of(r.place), "reason": r.code, "message": _message(r)}
            for r in plan.rejected
        ],
        "duplicates": [importing.place_of(place) for place in plan.duplicates],
        "to_be_placed": plan.to_be_placed,
        "without_number": plan.without_number,
    }


def _message(rejected: Rejected) -> str:
    return explain(Problem(rejected.code, values=dict(rejected.values)))


def _print_result(result: dict[str, Any], plan: importing.Plan) -> None:
    counts = (
        (_("accepted"), result["accepted"]),
        (_("rejected"), len(plan.rejected)),
        (_("duplicates"), len(plan.duplicates)),
        (_("to be placed"), plan.to_be_placed),
        (_("without a usable number"), plan.without_number),
    )
    for label, number in counts:
        click.echo(f"{label}: {number}")
    rows = [(where(r.place), _message(r)) for r in plan.rejected]
    rows += [(where(place), known_already()) for place in plan.duplicates]
    if rows:
        print_table((_("Where"), _("What is wrong")), rows)
    if result["dry_run"]:
        click.echo(_("Nothing was stored."))


@click.command(help=_("List residents as stored."))
@click.option("--community", metavar="CODE", help=_("Only this community's."))
@as_json
def residents(community: str | None, *, as_json: bool) -> None:
    """List residents."""
    with ready().reading() as session:
        if community:
            importing.check_community(session, None, community)
        rows = [_resident(r) for r in queries.all_residents(session, community)]
    with ready().writing() as session:
        audit.record(session, None, now(), "residents_exported", "community", community or "all")
    if as_json:
        print_json(rows)
        return
    head = (_("Name"), _("Community"), _("Address"), _("Numbers"), _("Not usable"))
    print_table(
        head,
        [
            (
                row["name"], row["community"] or _("to be placed"), row["address"],
                " ".join(row["phones"]), " ".join(item["text"] for item in row["unusable"]),
            )
            for row in rows
        ],
    )  # fmt: skip


def _resident(resident: Resident) -> dict[str, Any]:
    return {
        "name": resident.name,
        "community": resident.community_code,
        "address": resident.household.address if resident.household else "",
        "phones": [line.number.value for line in resident.lines],
        "unusable": resident.unusable,
    }


@click.command(help=_("Show how the import reads what stands in a phone cell."))
@click.argument("cells", nargs=-1, required=True, metavar="CELL…")
@as_json
def numbers(cells: tuple[str, ...], *, as_json: bool) -> None:
    """Read phone cells; ``-`` reads lines from standard input."""
    texts = _lines() if cells == ("-",) else list(cells)
    rows = [_reading(text) for text in texts]
    if as_json:
        print_json(rows)
        return
    head = (_("Cell"), _("Numbers"), _("Rejected"))
    print_table(
        head,
        [
            (row["cell"], " ".join(row["phones"]), "; ".join(map(_rejected, row["rejected"])))
            for row in rows
        ],
    )


def _lines() -> list[str]:
    """The lines of standard input, in whatever locale; what is no UTF-8 is nobody's number."""
    stream = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="replace")
    return [line.rstrip("\r\n") for line in stream]


def _reading(text: str) -> dict[str, Any]:
    reading = phones.read_cell(text, settings().area_code)
    return {
        "cell": text,
        "phones": list(reading.phones),
        "rejected": [{"text": item.text, "reason": item.reason} for item in reading.rejected],
    }


def _rejected(item: dict[str, str]) -> str:
    return f"{item['text']}: {reason(item['reason'])}"
