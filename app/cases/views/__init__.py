"""Pages of the queue, for staff: opening and closing it, work in hand, languages."""

from app.cases.views import languages, opening, work
from app.cases.views.blueprint import blueprint

__all__ = ["blueprint", "languages", "opening", "work"]
