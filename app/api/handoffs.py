"""Handoffs."""

from typing import Literal

from werkzeug.wrappers import Response

from app.api.access import actor
from app.api.errors import language
from app.api.fields import Asked
from app.api.operations import operation
from app.people.rules import ROLES
from app.reports.views import printed_sheet


class SheetQuery(Asked):
    """How a sheet speaks."""

    lang: Literal["zh", "en"] | None = None


@operation(
    "GET",
    "/handoffs/<int:handoff_id>/sheet.pdf",
    "The sheet of a handoff: what was done, what is left, appointments, warnings.",
    roles=tuple(ROLES),
    answers={200: "application/pdf"},
)
def sheet(query: SheetQuery, handoff_id: int) -> Response:
    """For who handed over, who took over, and staff to whom all of its communities belong.

    The same handoff, language and version of Ringround give the same bytes. It is masked for
    volunteers a day after the handoff, and for who took over when the cases left their hands.
    """
    lang = query.lang or ("en" if language() == "en" else "zh")
    return printed_sheet(actor(), handoff_id, lang)
