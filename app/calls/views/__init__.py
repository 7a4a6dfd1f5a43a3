"""Pages of calls: the volunteer's own, and those of whoever leads volunteers."""

from app.calls.views import appointments, leader, team, volunteer
from app.calls.views.blueprint import blueprint

__all__ = ["appointments", "blueprint", "leader", "team", "volunteer"]
