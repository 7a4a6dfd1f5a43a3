"""Rates from counts, and the check of a live database."""

import sys

import click
from flask_babel import gettext as _

from app.cli.output import as_json, print_json, print_table, ready
from app.i18n import lang
from app.i18n.moments import share
from app.progress.rules.rates import RATES, parse_counts, rates
from app.upkeep.check import LAWS, run
from app.web import settings


@click.command("rates", help=_("AAPOR outcome rates from counts, such as I=100 P=5 R=40 NC=30."))
@click.argument("counts", nargs=-1, required=True)
@as_json
def rates_(counts: tuple[str, ...], *, as_json: bool) -> None:
    """Print rates; undefined ones are null in JSON."""
    found = rates(parse_counts(counts))
    if as_json:
        print_json({key: None if value is None else float(value) for key, value in found.items()})
        return
    rows = [
        (key, share(value), RATES[key].chinese if lang() == "zh" else RATES[key].english)
        for key, value in found.items()
    ]
    print_table((_("Rate"), _("Value"), _("Meaning")), rows)


@click.command(help=_("Verify every invariant on the live database."))
@as_json
def check(*, as_json: bool) -> None:
    """Check the database. Exit 1 when a law is broken."""
    with ready().reading() as session:
        found = run(session, settings().timezone)
    if as_json:
        told = [{**vars(finding), "what": str(finding.what)} for finding in found]
        print_json({"laws": list(LAWS), "broken": told})
    else:
        for law in LAWS:
            broken = [finding for finding in found if finding.law == law]
            state = _("broken") if broken else _("holds")
            click.echo(f"{law}: {state}")
            for finding in broken:
                click.echo(f"  {finding.row}: {finding.what}")
    if found:
        sys.exit(1)
