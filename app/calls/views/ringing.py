"""The call screen: ring and save, note who rang back, or lay a resident aside."""

import uuid
from collections.abc import Callable, Sequence
from functools import partial

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.calls import queries, tickets
from app.calls.forms import CallForm, SkipForm
from app.calls.looking_up import check_may_hear
from app.calls.models import Call, Dial
from app.calls.screen import qr
from app.calls.screen import ringing as screen
from app.calls.screen.own import just_saved, last_call_on, to_take_back
from app.calls.screen.ringing import CallPage
from app.calls.screen.slots import slots
from app.calls.service import correcting, scripts
from app.calls.views.blueprint import blueprint
from app.calls.views.depositing import or_ticket
from app.calls.views.home import to_next
from app.calls.views.shared import HEARS, RINGS, first_error, say_saved, warn_of_crowd
from app.calls.wording import ONE_TAP, QUICK, QUICK_BACK, disposition_options, rung_at
from app.campaigns.models import Campaign
from app.cases.service import skipping
from app.i18n import explain
from app.packing import packed
from app.people.models import User
from app.people.session import actor
from app.problems import NotFoundError, Problem
from app.residents.models import Resident
from app.residents.rules import phones
from app.web import key, now, reading, roles, settings, writing


@blueprint.get("/calls/groups/<int:group_id>")
@roles(*RINGS)
@packed
def call(group_id: int) -> str | Response:
    return _call_page(group_id, CallForm(), "")


@blueprint.get("/calls/groups/<int:group_id>/kept")
@roles(*RINGS)
@packed
def kept(group_id: int) -> str | Response:
    """The same page for the device: with nothing on it that belongs to this moment."""
    return _call_page(group_id, CallForm(), "", kept=True)


@blueprint.post("/calls/groups/<int:group_id>")
@or_ticket
@roles(*RINGS)
def save(group_id: int) -> str | Response:
    return _save(lambda form, problem: _call_page(group_id, form, problem), screen.held_case)


@blueprint.get("/calls/ring-backs/<int:case_id>")
@roles(*HEARS)
def ring_back(case_id: int) -> str | Response:
    return _ring_back_page(case_id, CallForm(), "")


@blueprint.post("/calls/ring-backs/<int:case_id>")
@or_ticket
@roles(*HEARS)
def save_ring_back(case_id: int) -> str | Response:
    return _save(
        lambda form, problem: _ring_back_page(case_id, form, problem),
        partial(check_may_hear, now=now()),
    )


def _save(
    page: Callable[[CallForm, str], str | Response], check: Callable[[Session, User, int], object]
) -> str | Response:
    """Save the call, or show the page again with what is wrong; ``check`` raises NotFoundError
    where it could not be shown.
    """
    form = CallForm(request.form)
    if not form.validate() or (form.asks_in_vain() and _can_be_shown(form, check)):
        return page(form, first_error(form))
    try:
        return _saved(form)
    except Problem as problem:
        return page(form, explain(problem))


def _can_be_shown(form: CallForm, check: Callable[[Session, User, int], object]) -> bool:
    """Whether something can still be asked: a call is never lost for it."""
    try:
        with reading() as session:
            check(session, actor(), form.case.data or 0)
    except NotFoundError:
        return False
    return True


def _saved(form: CallForm) -> Response:
    moment = now()
    described = form.call(moment)
    case_id, key_ = form.case.data or 0, form.key.data or ""
    with writing() as session:
        saved = correcting.save_or_correct(session, actor(), moment, case_id, described, key_)
        campaign = session.get_one(Campaign, saved.campaign_id)
        taken_back = queries.is_taken_back(session, saved)
        scripts.note_seen(session, actor(), campaign.id, form.script.data or "")
        warn_of_crowd(session, saved)
    if taken_back:
        # An old page, sent again after its call was taken back: it must not look saved.
        flash(_("You took this call back. Choose the resident again to save it anew."), "warning")
        return redirect(url_for(".home"))
    if not saved.applied:
        say_saved(campaign, saved)
    if saved.direction == "in":
        return _after_ring_back(campaign, saved)
    if saved.applied and not actor().gets_work:  # no page of a next resident will say so
        say_saved(campaign, saved)
    # At once, not by another address that leads there: a bad line has to carry both.
    return to_next(campaign.id, saved.id)


def _after_ring_back(campaign: Campaign, saved: Call) -> Response:
    """A ring-back comes in between: what was in hand is where it was."""
    rings = actor().role in RINGS
    with reading() as session:
        last = to_take_back(session, actor(), now()) if rings else None
    if saved.applied and (last is None or last.call_id != saved.id):
        say_saved(campaign, saved)  # else the first page says so, with the way to take it back
    return redirect(url_for(".home" if rings else ".ring_backs"))


def _call_page(
    group_id: int, form: CallForm, problem: str, *, kept: bool = False
) -> str | Response:
    moment = now()
    with writing() as session:  # looking at a batch renews its lease
        asked = request.args.get("case", form.case.data, type=key)
        page = screen.call_page(session, actor(), group_id, asked, moment, settings().dial)
        settled = None if page else last_call_on(session, actor(), asked)
        loose = [] if page or not asked else queries.loose_on(session, actor(), asked)
        parts: dict[str, object] = {}
        if page is not None:
            last = just_saved(session, actor(), request.args.get("last", type=key), moment)
            _fill_again(session, form, page)
            action = url_for(".save", group_id=group_id, case=page.person.case.id)
            parts = shown(session, page, form, action=action, last=last)
    if page is None and kept:  # asked behind the page: nobody is there to be told
        raise NotFoundError(f"call group {group_id}")
    if page is None:
        return _gone(settled, loose, problem)
    return render_template("calls/call.html", problem=problem, kept=kept, **parts)


def _ring_back_page(case_id: int, form: CallForm, problem: str) -> str:
    with writing() as session:  # who looked at the resident is in the trail
        page = screen.ring_back_page(session, actor(), case_id, now())
        action = url_for(".save_ring_back", case_id=case_id)
        parts = shown(session, page, form, action=action, last=None)
    return render_template("calls/call.html", problem=problem, kept=False, **parts)


def _fill_again(session: Session, form: CallForm, page: CallPage) -> None:
    """After an undo the page shows what was entered."""
    again = request.args.get("again", type=key)
    undone = session.get(Call, again) if again else None
    if undone is None or request.method == "POST":
        return
    if undone.user_id == actor().id and undone.case_id == page.person.case.id:
        form.fill(undone, now())
        form.direction.data = undone.direction


def shown(session: Session, page: CallPage, form: CallForm, **more: object) -> dict[str, object]:
    """Return all that the call screen's template asks for, but what is wrong."""
    moment = now()
    first = QUICK_BACK if page.rings_back else QUICK
    quick, rest = disposition_options(page.campaign, form.disposition.data, first)
    return {
        **more,
        "page": page,
        "form": form,
        "quick": quick,
        "rest": rest,
        "rest_chosen": any(one.selected for _label, options in rest for one in options),
        "slots": slots(session, actor(), page.campaign, form.callback.data, moment),
        "key": form.key.data or uuid.uuid4().hex,
        "ticket": _ticket(page),
        "started_at": form.started_at.data or (page.dialled_at or moment).isoformat(),
        "rung_at": rung_at(page.dialled_at, moment) if page.dialled_at else "",
        "one_tap": [one for one in quick if one.code in ONE_TAP],
        "one_tap_codes": ONE_TAP,
        "qr": _qr(page),
    }


def _qr(page: CallPage) -> tuple[int, str] | None:
    """The number that is rung first, for a phone beside the screen."""
    if page.rings_back or not page.person.lines:
        return None
    return qr.path_of(phones.dial_uri(page.person.lines[0].value))


def _ticket(page: CallPage) -> str:
    """What hands the call in should the session end meanwhile."""
    if page.batch_id is None:
        return ""
    return tickets.ticket(settings().secret_key, page.batch_id, actor().id)


def _gone(settled: Call | None, loose: Sequence[Dial], problem: str) -> Response:
    """Whoever comes back to a resident saved already goes on to the next, and may correct."""
    if problem:
        flash(problem, "error")
    if loose:  # whoever rang is asked what came of it, whoever has the resident by now
        return redirect(url_for(".dialled", case_id=loose[0].case_id))
    if settled is not None:
        return redirect(url_for(".next_call", campaign_id=settled.campaign_id, last=settled.id))
    flash(_("You do not hold this resident any more."), "info")
    return redirect(url_for(".home"))


@blueprint.route("/calls/cases/<int:case_id>/skip", methods=["GET", "POST"])
@roles(*RINGS)
def skip(case_id: int) -> str | Response:
    form, problem = SkipForm(request.form), ""
    with writing() as session:
        case = screen.held_case(session, actor(), case_id)
        if request.method == "POST":
            problem = _skip(session, case_id, form)
            if not problem:
                flash(_("Laid aside. Somebody else will ring them."), "info")
                return redirect(url_for(".next_call", campaign_id=case.campaign_id))
        name = session.get_one(Resident, case.resident_id).name
    return render_template("calls/skip.html", case=case, name=name, form=form, problem=problem)


def _skip(session: Session, case_id: int, form: SkipForm) -> str:
    """Lay the case aside; return what is in the way, '' where nothing is."""
    if not form.validate():
        return first_error(form)
    try:
        skipping.skip(session, actor(), now(), case_id, form.reason.data, form.note.data or "")
    except Problem as problem:
        return explain(problem)
    return ""
