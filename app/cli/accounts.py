"""Users."""

from typing import Any

import click
from flask_babel import gettext as _
from flask_babel import ngettext

from app.cli.output import as_json, print_json, print_table, ready
from app.i18n import lang
from app.people import queries, service
from app.people.models import User
from app.people.rules import INVITATION_LASTS, ROLES, spaced_code
from app.web import now, settings


@click.group(help=_("Accounts."))
def users() -> None:
    """Gather the commands."""


@users.command("add", help=_("Add an account and print its one-time invitation link."))
@click.argument("name")
@click.option("--role", required=True, type=click.Choice(list(ROLES)))
@click.option("--team", help=_("The team's name; it is made when first named."))
@click.option("--community", "communities", multiple=True, help=_("A 12-digit code; repeatable."))
@click.option("--languages", default="", help=_("Languages spoken, with commas between them."))
def add(
    name: str, role: str, team: str | None, communities: tuple[str, ...], languages: str
) -> None:
    """Add an account."""
    spoken = [word.strip() for word in languages.replace("，", ",").split(",") if word.strip()]
    with ready().writing() as session:
        user = service.add_user(session, None, now(), name, role, team, communities, spoken)
        code = service.invite(session, None, user, now())
    if user.team is not None and user.team.street_code is None:
        warning = _("No street is called “%(team)s”: this team has no communities.", team=team)
        click.echo(warning, err=True)
    days = INVITATION_LASTS.days
    click.echo(
        _("Invitation for %(name)s, good for %(days)s days:", name=user.name, days=days), err=True
    )
    click.echo(f"{settings().base_url}/join#{spaced_code(code)}")


@users.command("invite", help=_("Print a new invitation link; the old password ends with it."))
@click.argument("name")
def invite(name: str) -> None:
    """Invite again."""
    with ready().writing() as session:
        code = service.invite(session, None, queries.get_user(session, name), now())
    click.echo(f"{settings().base_url}/join#{spaced_code(code)}")


@users.command("list", help=_("List the accounts."))
@as_json
def list_(*, as_json: bool) -> None:
    """List the accounts."""
    with ready().reading() as session:
        rows = [
            _row(user, queries.own_communities(session, user))
            for user in queries.list_users(session)
        ]
    if as_json:
        print_json(rows)
        return
    head = (_("Name"), _("Role"), _("Team"), _("Communities"), _("Languages"), _("State"))
    print_table(
        head,
        [
            (
                row["name"], ROLES[row["role"]].label(lang()), row["team"],
                _number_of(row["communities"]), " ".join(row["languages"]),
                _("active") if row["active"] else _("deactivated"),
            )
            for row in rows
        ],
    )  # fmt: skip


def _number_of(communities: list[str]) -> str:
    """How many communities were given by name; nothing where the team decides."""
    number = len(communities)
    return ngettext("%(num)s community", "%(num)s communities", number) if number else ""


def _row(user: User, communities: list[str]) -> dict[str, Any]:
    return {
        "name": user.name,
        "role": user.role,
        "team": user.team.name if user.team else None,
        "communities": communities,
        "languages": user.languages,
        "active": user.active,
    }
