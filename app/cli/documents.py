"""Reports and exports."""

from pathlib import Path
from typing import cast

import click
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from app import i18n
from app.campaigns import queries as campaigns
from app.cli.exporting import deliver
from app.cli.output import ID, ready
from app.config import LANGUAGES
from app.reports.exports.results import results
from app.reports.exports.writing import FORMATS
from app.reports.printing import note
from app.reports.queries import completions
from app.reports.queries.completions import moment_from
from app.reports.wording import Lang
from app.web import now


@click.command(help=_("Write the completion report of a community, or of all with --all."))
@click.argument("community", required=False)
@click.option("--campaign", "campaign_id", required=True, type=ID)
@click.option("--as-of", help=_("A moment such as 2026-11-24T16:00; now if left out."))
@click.option("--lang", type=click.Choice(LANGUAGES), help=_("The deployment's if left out."))
@click.option("--masked", is_flag=True, help=_("With masked names."))
@click.option("--all", "every", is_flag=True, help=_("One file a community, into the folder -o."))
@click.option("-o", "output", type=click.Path(path_type=Path), help=_("The file, or the folder."))
def report(
    community: str | None,
    campaign_id: int,
    as_of: str | None,
    lang: str | None,
    output: Path | None,
    *,
    masked: bool,
    every: bool,
) -> None:
    """Write completion reports."""
    # Here alone is drawing needed, and it takes long to load.
    from app.reports.completion import render

    if every == bool(community):
        raise click.UsageError(_("Name one community, or say --all."))
    moment = moment_from(as_of, now()) if as_of else now()
    chosen = cast("Lang", lang or i18n.lang())
    with ready().reading() as session:
        codes = _codes(session, campaign_id) if every else [community or ""]
        values = [
            completions.completion(session, None, campaign_id, code, moment, chosen, masked=masked)
            for code in codes
        ]
    folder = output or Path()
    if every:
        folder.mkdir(parents=True, exist_ok=True)
    for value in values:
        name = f"report-{campaign_id}-{value.community_code}{value.marks}.pdf"
        target = folder / name if every or output is None else output
        content = render(value)
        with ready().writing() as session:
            note(session, None, now(), campaign_id, value, content)
        target.write_bytes(content)
        click.echo(target)


def _codes(session: Session, campaign_id: int) -> list[str]:
    campaign = campaigns.get_campaign(session, None, campaign_id)
    return [found.code for found in campaigns.communities_of(session, campaign, None)]


@click.command(help=_("Write a campaign's results: one line or object a case."))
@click.option("--campaign", "campaign_id", required=True, type=ID)
@click.option("--format", "form", required=True, type=click.Choice(list(FORMATS)))
@click.option("--lang", type=click.Choice(LANGUAGES), help=_("The deployment's if left out."))
@click.option(
    "-o", "output", type=click.Path(path_type=Path), help=_("The file; else standard output.")
)
def export(campaign_id: int, form: str, lang: str | None, output: Path | None) -> None:
    """Export results."""
    chosen = cast("Lang", lang or i18n.lang())
    written = deliver(
        lambda session: results(session, None, now(), campaign_id, chosen), form, output
    )
    if output is not None:
        click.echo(ngettext("%(num)s case written.", "%(num)s cases written.", written), err=True)
