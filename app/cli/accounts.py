"""Users and their tokens."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import click
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from app.cases.service import leaving
from app.cli.output import ID, as_json, print_json, print_table, ready
from app.i18n import lang
from app.i18n.moments import moment
from app.people import queries, service
from app.people import tokens as bearing
from app.people.models import ApiToken, User
from app.people.rules import INVITATION_LASTS, ROLES, spaced_code
from app.web import address, now, settings


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
    click.echo(f"{address()}/join#{spaced_code(code)}")


@users.command("invite", help=_("Print a new invitation link; the old password ends with it."))
@click.argument("name")
def invite(name: str) -> None:
    """Invite again."""
    with ready().writing() as session:
        code = service.invite(session, None, queries.get_user(session, name), now())
    click.echo(f"{address()}/join#{spaced_code(code)}")


@users.command("deactivate", help=_("Close an account and free what it holds."))
@click.argument("name")
def deactivate(name: str) -> None:
    """Close an account."""
    found = _changed(leaving.deactivate, name)
    click.echo(_("%(name)s is deactivated, and holds nothing any more.", name=found))


@users.command("activate", help=_("Open a deactivated account again."))
@click.argument("name")
def activate(name: str) -> None:
    """Open an account again."""
    found = _changed(leaving.activate, name)
    click.echo(_("%(name)s is active.", name=found))


def _changed(change: Callable[[Session, None, datetime, int], None], name: str) -> str:
    """Close or open the account of this name, and return the name as stored."""
    with ready().writing() as session:
        user = queries.get_user(session, name)
        change(session, None, now(), user.id)
    return user.name


@users.command("token", help=_("Print a new bearer token for the API; it is shown only once."))
@click.argument("name")
@click.option("--role", type=click.Choice(list(ROLES)), help=_("The user's own, or a lesser one."))
@click.option("--label", default="", help=_("What the token is for."))
def token(name: str, role: str | None, label: str) -> None:
    """Give a program a token."""
    with ready().writing() as session:
        user = queries.get_user(session, name)
        issued, secret = bearing.issue(session, None, now(), user, role, label)
    told = _(
        "Token %(id)s for %(name)s (%(role)s); it is shown only this once:",
        id=issued.id, name=user.name, role=ROLES[issued.role].label(lang()),
    )  # fmt: skip
    click.echo(told, err=True)
    click.echo(secret)


@users.command("tokens", help=_("List the tokens of a user, or all."))
@click.argument("name", required=False)
@as_json
def tokens(name: str | None, *, as_json: bool) -> None:
    """List the tokens, but never what they are."""
    with ready().reading() as session:
        user = None if name is None else queries.get_user(session, name)
        found = bearing.list_tokens(session, user)
    if as_json:
        print_json([_facts(issued, whose) for issued, whose in found])
        return
    head = (
        _("Id"), _("Name"), _("Role"), _("Label"), _("Created"), _("Last used"), _("Revoked"),
    )  # fmt: skip
    print_table(
        head,
        [
            (
                issued.id, whose, ROLES[issued.role].label(lang()), issued.label,
                moment(issued.created_at), moment(issued.last_used_at), moment(issued.revoked_at),
            )
            for issued, whose in found
        ],
    )  # fmt: skip


@users.command("revoke", help=_("Make a token worthless, by its id."))
@click.argument("token_id", type=ID)
def revoke(token_id: int) -> None:
    """Revoke a token."""
    with ready().writing() as session:
        bearing.revoke(session, None, now(), token_id)
    click.echo(_("Token %(id)s is revoked.", id=token_id))


def _facts(issued: ApiToken, whose: str) -> dict[str, Any]:
    return {
        "id": issued.id,
        "user": whose,
        "role": issued.role,
        "label": issued.label,
        "created": _stamp(issued.created_at),
        "last_used": _stamp(issued.last_used_at),
        "revoked": _stamp(issued.revoked_at),
    }


def _stamp(value: datetime | None) -> str | None:
    """Return a moment with its offset, in the deployment's zone."""
    if value is None:
        return None
    return value.astimezone(settings().timezone).isoformat(timespec="seconds")


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
