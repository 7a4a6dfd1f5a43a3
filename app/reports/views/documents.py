"""Documents to download."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from flask import make_response, render_template, request
from werkzeug.wrappers import Response

from app import i18n
from app.audit import service as audit
from app.people import newcomers
from app.people.models import User
from app.people.newcomers import Invited
from app.people.rules import ROLES, STAFF, spaced_code
from app.people.rules.newcomers import MOST
from app.people.session import actor
from app.problems import Problem
from app.reports.cards.drawing import render as render_cards
from app.reports.cards.value import Card, CardSheet
from app.reports.completion import CompletionReport, render
from app.reports.handoff import drawing
from app.reports.printing import note
from app.reports.queries import completions, handoffs, sheets
from app.reports.views.blueprint import blueprint
from app.reports.wording import Lang
from app.version import VERSION
from app.web import address, now, reading, roles, settings, writing


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
    ``completions.completion``.
    """
    with reading() as session:
        report = completions.completion(
            session, user, campaign_id, code, as_of, lang, masked=masked
        )
    content = render(report)
    with writing() as session:
        note(session, user.id, now(), campaign_id, report, content)
    return _pdf(content, _named(report))


@blueprint.get("/handoffs")
@roles(*ROLES)
def handoff_list() -> str:
    """The handovers one took part in; for staff also those of their communities."""
    with reading() as session:
        rows = handoffs.recent(session, actor(), now())
    return render_template("reports/handoffs.html", rows=rows)


@blueprint.get("/handoffs/<int:handoff_id>/sheet.pdf")
@roles(*ROLES)
def handoff_sheet(handoff_id: int) -> Response:
    """The sheet of a handover; ``lang`` may be given."""
    return printed_sheet(actor(), handoff_id, _lang())


def printed_sheet(user: User, handoff_id: int, lang: Lang) -> Response:
    """Return the handoff sheet as a PDF, masked where the user may see no more, and note in the
    trail who had it. Raises NotFoundError.
    """
    moment = now()
    with reading() as session:
        handoff = handoffs.get_handoff(session, user, handoff_id)
        masked = not handoffs.sees_whole(session, user, handoff, moment)
        sheet = sheets.sheet(session, handoff, lang, settings().timezone, masked=masked)
    content = drawing.render(sheet)
    with writing() as session:
        audit.record(
            session, user.id, moment, "handoff_sheet_printed", "handoff", handoff_id,
            position=sheet.position, lang=lang, masked=masked,
        )  # fmt: skip
    name = f"handoff-{handoff_id}-{sheet.made_at:%Y%m%d-%H%M}{sheet.marks}.pdf"
    return _pdf(content, f'inline; filename="{name}"')


@blueprint.post("/people/cards.pdf")
@roles(*STAFF)
def cards() -> Response:
    """Cards for the codes that stand in the form: they are kept nowhere else."""
    moment = now()
    with reading() as session:
        invited = newcomers.invited_by_code(session, actor(), moment, request.form.getlist("code"))
    if not invited:
        raise Problem("cards_none")
    content = render_cards(_card_sheet(invited, moment))
    with writing() as session:
        audit.record(session, actor().id, moment, "cards_printed", "user", "", n=len(invited))
    return _pdf(content, f'inline; filename="cards-{moment:%Y%m%d-%H%M}.pdf"')


def _card_sheet(invited: Sequence[Invited], moment: datetime) -> CardSheet:
    where, zone = f"{address()}/join", settings().timezone
    return CardSheet(
        lang="en" if request.form.get("lang", i18n.lang()) == "en" else "zh",
        cards=tuple(
            Card(
                one.user.name, spaced_code(one.code), f"{where}#{spaced_code(one.code)}",
                (one.user.invitation_expires_at or moment).astimezone(zone),
            )
            for one in invited[:MOST]
        ),
        address=where,
        ask=actor().name,
        made_at=moment,
        version=VERSION,
    )  # fmt: skip


def _as_of() -> datetime:
    text = request.args.get("as_of")
    if not text:
        return now()
    return completions.moment_from(text, now())


def _lang() -> Lang:
    asked = request.args.get("lang") or i18n.lang()
    return "en" if asked == "en" else "zh"


def _named(report: CompletionReport) -> str:
    rest = f"{report.as_of:%Y%m%d-%H%M}{report.marks}.pdf"
    name = quote(f"{report.community}-{rest}")
    return f"inline; filename=\"{report.community_code}-{rest}\"; filename*=UTF-8''{name}"


def _pdf(content: bytes, disposition: str) -> Response:
    response = make_response(content)
    response.headers["Content-Type"] = "application/pdf"
    response.headers["Content-Disposition"] = disposition
    return response
