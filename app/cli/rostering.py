"""Rosters, residents and numbers."""

import io
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import click
from flask_babel import gettext as _
from flask_babel import ngettext

from app import i18n
from app.audit import service as audit
from app.cli.exporting import deliver
from app.cli.output import as_json, print_json, print_table, ready
from app.config import LANGUAGES
from app.i18n import where
from app.jobs import PAUSE
from app.reports.exports.residents import residents as exported
from app.reports.exports.writing import FORMATS
from app.reports.wording import Lang
from app.residents import queries as residents_on_record
from app.residents.models import Resident, RosterImport
from app.residents.rules import phones
from app.residents.rules.stages import PASSES, Stage
from app.residents.service import placing
from app.residents.wording import reason
from app.rosters import outcome, queries, wording
from app.rosters.service import files, importing, passes, staging
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
    if dry_run:
        found = _planned(roster, sheet, community)
    else:
        with roster.open("rb") as file:
            found = _taken(staging.Upload(file, roster.name, community, sheet))
    counts, notes = found
    if as_json:
        print_json({"dry_run": dry_run, **outcome.outcome(counts, notes)})
    else:
        _print_result(counts, notes)
        if dry_run:
            click.echo(_("Nothing was stored."))
    if counts["rejected"]:
        sys.exit(1)


def _planned(roster: Path, sheet: str | None, community: str | None) -> outcome.Found:
    found = importing.read(roster.read_bytes(), roster.name, settings().area_code, sheet)
    with ready().reading() as session:
        plan = importing.plan(session, None, importing.rows_of(found), community)
    return plan.counts, outcome.said_of(plan.notes)


def _taken(given: staging.Upload) -> outcome.Found:
    """Part by part, and from here: what stops it, the server that runs next goes on with."""
    database = ready()
    record = staging.upload(database, None, now(), given, Stage.TAKING)
    while True:
        passes.go_on(database, record.id, now, settings().area_code)
        with database.reading() as session:
            record = session.get_one(RosterImport, record.id)
        if record.status not in PASSES:
            break
        time.sleep(PAUSE)  # the server beside this was quicker, and is at it
    with database.reading() as session:
        found = queries.findings(session, record.id, outcome.KINDS, importing.MOST_NOTES)
    notes = [outcome.Said.of_finding(one) for one in found]
    files.erase(database, record.id)
    if problem := staging.problem_of(record):
        raise problem
    return record.result, notes


def _print_result(counts: Mapping[str, Any], notes: Sequence[outcome.Said]) -> None:
    """Each row is in one of the first figures; of those that change nothing nothing is listed."""
    names, figures = wording.counted(), outcome.figures(counts)
    click.echo(f"{_('Rows')}: {sum(many for _name, many in figures):,}")
    for name, many in figures:
        click.echo(f"  {names[name]}: {many:,}")
    if besides := outcome.of_these(counts):
        click.echo(_("Of these:"))
        for name, many in besides:
            click.echo(f"  {names[name]}: {many:,}")
    rows = [(where(note.place), note.message) for note in notes if note.code not in wording.QUIET]
    if rows:
        print_table((_("Where"), _("What there is to say")), rows)


@click.command(help=_("List residents as stored, or write them as a roster with --format."))
@click.option("--community", metavar="CODE", help=_("Only this community's."))
@click.option("--format", "form", type=click.Choice(list(FORMATS)), help=_("Write a roster."))
@click.option("--lang", type=click.Choice(LANGUAGES), help=_("The deployment's if left out."))
@click.option(
    "-o", "output", type=click.Path(path_type=Path), help=_("The file; else standard output.")
)
@as_json
def residents(
    community: str | None, form: str | None, lang: str | None, output: Path | None, *, as_json: bool
) -> None:
    """List residents."""
    if form is None and (output or lang):
        raise click.UsageError(_("Say which --format the file is to have."))
    if form is not None and as_json:
        raise click.UsageError(_("--json prints a list; --format writes a file. Choose one."))
    if form is not None:
        _write(community, form, cast("Lang", lang or i18n.lang()), output)
    else:
        _list(community, as_json=as_json)


def _write(community: str | None, form: str, lang: Lang, output: Path | None) -> None:
    with ready().reading() as session:
        if community:
            placing.check_community(session, None, community)
    written = deliver(
        lambda session: exported(session, None, now(), community or None, lang), form, output
    )
    if output is not None:
        told = ngettext("%(num)s resident written.", "%(num)s residents written.", written)
        click.echo(told, err=True)


def _list(community: str | None, *, as_json: bool) -> None:
    with ready().reading() as session:
        if community:
            placing.check_community(session, None, community)
        rows = [_resident(r) for r in residents_on_record.all_residents(session, community)]
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
