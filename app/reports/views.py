"""Documents to download."""

from datetime import datetime
from urllib.parse import quote

from flask import Blueprint, make_response, request
from werkzeug.wrappers import Response

from app import i18n
from app.audit import service as audit
from app.people.models import User
from app.people.rules import STAFF
from app.people.session import actor
from app.reports import queries
from app.reports.completion import CompletionReport, render
from app.reports.wording import Lang
from app.web import now, reading, roles, writing

blueprint = Blueprint("reports", __name__)


@blueprint.get("/campaigns/<int:campaign_id>/communities/<code>/report.pdf")
@roles(*STAFF)
def completion(campaign_id: int, code: str) -> Response:
    """The completion report; ``as_of``, ``lang`` and ``masked`` may be given."""
    masked = request.args.get("masked") == "1"
    return printed(actor(), campaign_id, code, _as_of(), _lang(), masked=masked)


def printed(
    user: User, campaign_id: int, code: str, as_of: datetime, lang: Lang, *, masked: bool = False
) -> Response:
    """Return the completion report as a PDF, and note in the trail who had it. Raises as
    ``queries.completion``.
    """
    with reading() as session:
        report = queries.completion(session, user, campaign_id, code, as_of, lang, masked=masked)
    content = render(report)
    with writing() as session:
        audit.record(
            session, user.id, now(), "report_printed", "community", code,
            campaign=campaign_id, position=report.position, lang=lang, masked=masked,
        )  # fmt: skip
    return _pdf(content, report)


def _as_of() -> datetime:
    text = request.args.get("as_of")
    if not text:
        return now()
    return queries.moment_from(text, now())


def _lang() -> Lang:
    asked = request.args.get("lang") or i18n.lang()
    return "en" if asked == "en" else "zh"


def _pdf(content: bytes, report: CompletionReport) -> Response:
    rest = f"{report.as_of:%Y%m%d-%H%M}{report.marks}.pdf"
    name = f"{report.community}-{rest}"
    response = make_response(content)
    response.headers["Content-Type"] = "application/pdf"
    response.headers["Content-Disposition"] = (
        f"inline; filename=\"{report.community_code}-{rest}\"; filename*=UTF-8''{quote(name)}"
    )
    return response
