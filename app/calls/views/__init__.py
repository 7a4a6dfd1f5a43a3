"""Pages of calls: the volunteer's own, and those of whoever leads volunteers."""

from app.calls.views import (
    appointments,
    dialling,
    handing,
    home,
    leader,
    offline,
    own,
    ringing,
    team,
)
from app.calls.views.blueprint import blueprint

__all__ = [
    "appointments", "blueprint", "dialling", "handing", "home", "leader", "offline", "own",
    "ringing", "team",
]  # fmt: skip
