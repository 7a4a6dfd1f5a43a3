"""Campaigns."""

from pathlib import Path
from typing import Any

import click
from flask_babel import gettext as _

from app.campaigns import queries, service
from app.campaigns.models import Campaign
from app.campaigns.rules.definition import read_toml
from app.cases.service import opening
from app.cli.output import ID, as_json, print_json, print_table, ready
from app.problems import Place, Problem
from app.web import now


@click.group(help=_("Campaigns."))
def campaign() -> None:
    """Gather the commands."""


@campaign.command("create", help=_("Make a campaign from a TOML file and print its id."))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def create(file: Path) -> None:
    """Make a campaign."""
    if file.suffix.lower() != ".toml":
        raise Problem("campaign_not_toml", place=Place(file=file.name))
    try:
        wanted = read_toml(file.read_text(encoding="utf-8"), file.name)
    except UnicodeDecodeError as error:
        raise Problem("not_utf8", place=Place(file=file.name)) from error
    with ready().writing() as session:
        made = service.create(session, None, now(), wanted)
    click.echo(made.id)


@campaign.command("open", help=_("Open a campaign, or add to it the residents who came since."))
@click.argument("campaign_id", type=ID)
def open_(campaign_id: int) -> None:
    """Open a campaign."""
    with ready().writing() as session:
        added = opening.open_campaign(session, None, now(), campaign_id)
    click.echo(_("%(number)s cases added.", number=added))


@campaign.command("close", help=_("Close a campaign; calls made before still come in."))
@click.argument("campaign_id", type=ID)
def close(campaign_id: int) -> None:
    """Close a campaign."""
    with ready().writing() as session:
        opening.close_campaign(session, None, now(), campaign_id)
    click.echo(_("The campaign is closed."))


@campaign.command("list", help=_("List the campaigns."))
@as_json
def list_(*, as_json: bool) -> None:
    """List the campaigns."""
    with ready().reading() as session:
        rows = [
            _row(found, [c.code for c in queries.communities_of(session, found, None)])
            for found in queries.list_campaigns(session, None)
        ]
    if as_json:
        print_json(rows)
        return
    states = {"draft": _("not open yet"), "open": _("open"), "closed": _("closed")}
    head = (_("Id"), _("Title"), _("State"), _("Deadline"), _("Communities"))
    print_table(
        head,
        [
            (r["id"], r["title"], states[r["status"]], r["deadline"], len(r["communities"]))
            for r in rows
        ],
    )


def _row(found: Campaign, communities: list[str]) -> dict[str, Any]:
    return {
        "id": found.id,
        "title": found.title,
        "status": found.status,
        "deadline": found.deadline.isoformat() if found.deadline else None,
        "communities": communities,
    }
