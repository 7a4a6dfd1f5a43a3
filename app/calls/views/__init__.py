"""Pages of calls: the volunteer's own, and those of whoever leads volunteers."""

from app.calls.views import appointments, handing, home, leader, offline, own, ringing, shifts, team
from app.calls.views.blueprint import blueprint

__all__ = [
    "appointments", "blueprint", "handing", "home", "leader", "offline", "own", "ringing",
    "shifts", "team",
]  # fmt: skip
