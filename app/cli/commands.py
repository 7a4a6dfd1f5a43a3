"""The command ``ringround`` and all its groups."""

from importlib import import_module
from typing import Any

import click
from flask_babel import gettext as _
from sqlalchemy.exc import OperationalError

from app.i18n import explain
from app.problems import ForbiddenError, NotFoundError, Problem
from app.version import VERSION

WHERE = {
    "campaign": "campaigning.campaign",
    "check": "verifying.check",
    "demo": "running.demo",
    "export": "documents.export",
    "import": "rostering.import_",
    "numbers": "rostering.numbers",
    "rates": "verifying.rates_",
    "report": "documents.report",
    "residents": "rostering.residents",
    "serve": "running.serve",
    "territory": "places.territory",
    "users": "accounts.users",
    "work": "running.work",
}
"""Each command's module and name. It is imported when it is wanted: what draws reports, say, takes
a third of the start of a command that draws none.
"""

WRONG_USE = {
    "community_unknown", "role_unknown", "as_of_unreadable", "as_of_ahead", "as_of_before_opening",
}  # fmt: skip


class Commands(click.Group):
    """Turns problems into a sentence on standard error and the right exit code."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted(WHERE)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """Import a command; None where there is none of this name."""
        if name not in WHERE:
            return None
        module, name = WHERE[name].split(".")
        found: click.Command = getattr(import_module(f"app.cli.{module}"), name)
        return found

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except Problem as problem:
            click.echo(explain(problem), err=True)
            ctx.exit(2 if problem.code in WRONG_USE or problem.code.startswith("rates_") else 1)
        except NotFoundError as error:
            click.echo(_("Not found: %(what)s", what=str(error)), err=True)
            ctx.exit(2)
        except ForbiddenError:
            click.echo(_("Your role does not allow this."), err=True)
            ctx.exit(2)
        except UnicodeEncodeError:
            # What the shell hands over as bytes that are no text can't be stored or looked up.
            click.echo(_("The command line holds bytes that are not UTF-8 text."), err=True)
            ctx.exit(2)
        except OperationalError as error:
            reason = str(error.orig).partition("\n")[0]
            click.echo(_("The database can't be used: %(reason)s", reason=reason), err=True)
            ctx.exit(1)
        except OSError as error:
            if error.filename is None:
                raise
            click.echo(f"{error.filename}: {error.strerror}", err=True)
            ctx.exit(2)


@click.group(cls=Commands, help=_("Ringround: resident phone-survey call-list manager."))
@click.version_option(VERSION, prog_name="ringround")
def ringround() -> None:
    """Gather the commands."""
