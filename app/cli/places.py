"""Communities."""

from pathlib import Path

import click
from flask_babel import gettext as _

from app.cli.output import ready
from app.problems import Place, Problem
from app.territory import service
from app.web import now


@click.group(help=_("Streets and communities."))
def territory() -> None:
    """Gather the commands."""


@territory.command("load", help=_("Take over communities from a CSV table."))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def load(file: Path) -> None:
    """Load a CSV; again it changes only what changed."""
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Problem("not_utf8", place=Place(file=file.name)) from error
    with ready().writing() as session:
        loaded = service.load(session, None, now(), text, file.name)
    click.echo(
        _(
            "%(added)s communities added, %(changed)s changed, %(unchanged)s unchanged.",
            added=loaded.added,
            changed=loaded.changed,
            unchanged=loaded.unchanged,
        )
    )
