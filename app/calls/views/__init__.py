"""Pages of calls: the volunteer's own, and those of whoever leads volunteers."""

from app.calls.views import (
    appointments,
    dialling,
    genuine,
    handing,
    home,
    inviting,
    leader,
    messages,
    offline,
    own,
    practising,
    ring_backs,
    ringing,
    shifts,
    team,
)
from app.calls.views.blueprint import blueprint

__all__ = [
    "appointments", "blueprint", "dialling", "genuine", "handing", "home", "inviting", "leader",
    "messages", "offline", "own", "practising", "ring_backs", "ringing", "shifts", "team",
]  # fmt: skip
