"""The command ``ringround`` and all its groups."""

from typing import Any

import click
from flask_babel import gettext as _
from sqlalchemy.exc import OperationalError

from app.cli import (
    accounts,
    campaigning,
    documents,
    places,
    rostering,
    running,
    verifying,
)
from app.i18n import explain
from app.problems import ForbiddenError, NotFoundError, Problem
from app.version import VERSION

WRONG_USE = {
    "community_unknown", "role_unknown", "as_of_unreadable", "as_of_ahead", "as_of_before_opening",
}  # fmt: skip


class Commands(click.Group):
    """Turns problems into a sentence on standard error and the right exit code."""

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


for command in (
    running.serve, running.work, running.demo, places.territory, accounts.users, rostering.import_,
    rostering.residents, rostering.numbers, verifying.rates_, campaigning.campaign,
    documents.report, documents.export, verifying.check,
):  # fmt: skip
    ringround.add_command(command)
