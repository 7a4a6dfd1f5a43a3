"""The links at the top of every page, by role."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from app.web import Link


@dataclass(frozen=True)
class Entry(Link):
    """A link at the top; on a narrow screen those that are not needed often stand in a menu."""

    often: bool


def links() -> Sequence[Entry]:
    """Return where this user can go."""
    if not current_user.is_authenticated:
        return []
    often, rest = _entries(current_user.role)
    hrefs = {endpoint: url_for(endpoint) for _label, endpoint in (*often, *rest)}
    here = _deepest([*hrefs.values()], request.path)
    return [
        Entry(label, hrefs[endpoint], hrefs[endpoint] == here, often=(label, endpoint) in often)
        for label, endpoint in (*often, *rest)
    ]


def _deepest(hrefs: Sequence[str], path: str) -> str | None:
    """Return the entry that the page lies under; of nested ones the innermost."""
    above = [href for href in hrefs if f"{path}/".startswith(f"{href}/")]
    return max(above, key=len, default=None)


def _entries(role: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """What this role needs often, and the rest."""
    calls, mine = (_("Calls"), "calls.home"), (_("My calls"), "calls.mine")
    supervising = [(_("Progress"), "progress.overview"), (_("Leader's list"), "calls.leader_list")]
    preparing = [
        (_("Campaigns"), "campaigns.index"),
        (_("Residents"), "residents.communities"),
        (_("Rosters"), "rosters.index"),
        (_("People"), "calls.people"),
    ]
    handoffs = (_("Handovers"), "reports.handoff_list")
    if role == "volunteer":
        return [calls, mine, handoffs], []
    if role == "leader":
        return [*supervising, calls], [mine, handoffs, *preparing]
    return supervising, [handoffs, (_("Who rang back?"), "calls.ring_backs"), *preparing]
