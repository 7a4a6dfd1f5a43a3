"""Documents."""

from typing import Literal

from werkzeug.wrappers import Response

from app.api.access import actor
from app.api.errors import language
from app.api.fields import Asked, AsOf
from app.api.moments import moment_of
from app.api.operations import operation
from app.people.rules import STAFF
from app.reports.views import printed
from app.web import now


class ReportQuery(Asked):
    """What a report speaks of, and how."""

    as_of: AsOf | None = None
    lang: Literal["zh", "en"] | None = None


@operation(
    "GET",
    "/campaigns/<int:campaign_id>/communities/<code>/report.pdf",
    "The completion report of a community.",
    roles=STAFF,
    answers={200: "application/pdf"},
    problems=(409,),
)
def completion(query: ReportQuery, campaign_id: int, code: str) -> Response:
    """The same data, moment, language and version of Ringround give the same bytes."""
    moment = moment_of(query.as_of) if query.as_of else now()
    lang = query.lang or ("en" if language() == "en" else "zh")
    return printed(actor(), campaign_id, code, moment, lang)
