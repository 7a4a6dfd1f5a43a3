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
    entries = [(label, url_for(endpoint)) for label, endpoint in _entries(current_user.role)]
    here = _deepest([href for _label, href in entries], request.path)
    return [Link(label, href, href == here) for label, href in entries]


def _deepest(hrefs: Sequence[str], path: str) -> str | None:
    """Return the entry that the page lies under; of nested ones the innermost."""
    above = [href for href in hrefs if f"{path}/".startswith(f"{href}/")]
    return max(above, key=len, default=None)


def _entries(role: str) -> list[tuple[str, str]]:
    calling = [(_("Calls"), "calls.home"), (_("My calls"), "calls.mine")]
    supervising = [
        (_("Progress"), "progress.overview"),
        (_("Leader's list"), "calls.leader_list"),
        (_("Campaigns"), "campaigns.index"),
        (_("Residents"), "residents.communities"),
        (_("Rosters"), "residents.rosters"),
        (_("People"), "calls.people"),
    ]
    handoffs = (_("Handovers"), "reports.handoff_list")
    if role == "volunteer":
        return [*calling, handoffs]
    return [*supervising, *(calling if role == "leader" else []), handoffs]
