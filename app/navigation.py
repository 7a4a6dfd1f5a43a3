"""The links at the top of every page, by role."""

from collections.abc import Sequence

from flask import request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from app.web import Link


def links() -> Sequence[Link]:
    """Return where this user can go."""
    if not current_user.is_authenticated:
        return []
    return [Link(label, url_for(to), _is_here(to)) for label, to in _entries(current_user.role)]


def _is_here(endpoint: str) -> bool:
    return (request.endpoint or "").split(".")[0] == endpoint.split(".", maxsplit=1)[0] and (
        request.endpoint == endpoint
        or endpoint.split(".", maxsplit=1)[0] not in {"calls", "residents"}
    )


def _entries(role: str) -> list[tuple[str, str]]:
    calling = [(_("Calls"), "calls.home"), (_("My calls"), "calls.mine")]
    supervising = [
        (_("Progress"), "progress.overview"),
        (_("Campaigns"), "campaigns.index"),
        (_("Residents"), "residents.communities"),
        (_("Rosters"), "residents.rosters"),
    ]
    if role == "volunteer":
        return calling
    return [*supervising, *calling] if role == "leader" else supervising
