"""Practising before the first call: the same screen, invented people, one's own number.

The number and what was practised stand in the session, which is the device's own cookie, and are
gone at the end. Nothing is written.
"""

from datetime import datetime

from flask import redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.calls.forms import CallForm, SkipForm
from app.calls.rules import CallInput, check
from app.calls.screen import practice as screen
from app.calls.views import ringing
from app.calls.views.blueprint import blueprint
from app.calls.views.shared import RINGS, first_error
from app.i18n import explain
from app.people.session import actor
from app.problems import NotFoundError, Problem
from app.residents.rules import phones
from app.web import now, reading, roles, settings

KEPT = "practice"
"""Where the session keeps the number, and what was said last of whom."""


@blueprint.route("/calls/practice", methods=["GET", "POST"])
@roles(*RINGS)
def practice() -> str | Response:
    """Ask once for the volunteer's own number, so that no stranger is rung by mistake."""
    typed, problem = request.form.get("number", ""), ""
    if request.method == "POST":
        found = phones.read_cell(typed[:80], settings().area_code).phones
        if len(found) == 1:
            session[KEPT] = {"number": found[0], "said": {}}
            return redirect(url_for(".practise", place=1))
        problem = _("This is not one telephone number. Write your own, with all its digits.")
    return render_template(
        "calls/practice.html", typed=typed, problem=problem, number=len(screen.SCENES)
    )


@blueprint.route("/calls/practice/<int:place>", methods=["GET", "POST"])
@roles(*RINGS)
def practise(place: int) -> str | Response:
    number = _number(place)
    if number is None:
        return redirect(url_for(".practice"))
    form, problem = CallForm(request.form), ""
    if request.method == "POST":
        problem = _wrong(form)
        if not problem:
            _remember(place, form.call(now()))
            return redirect(url_for(".practised", place=place))
    elif request.args.get("again"):
        _fill_again(form, place)
    return _call_page(place, number, form, problem)


def _number(place: int) -> str | None:
    """The number practised with; None where it was not asked for yet."""
    if place not in screen.SCENES:
        raise NotFoundError(f"practice {place}")
    kept = session.get(KEPT)
    return kept["number"] if kept else None


def _wrong(form: CallForm) -> str:
    """What stands in the way of saving: the same as of a real call."""
    if not form.validate() or form.asks_in_vain():
        return first_error(form)
    try:
        check(form.call(now()), now())
    except Problem as problem:
        return explain(problem)
    return ""


def _remember(place: int, said: CallInput) -> None:
    """Not the note: what somebody tries out may be anything."""
    agreed = [said.callback_at, said.callback_until]
    times = [one.isoformat() if one else None for one in agreed]
    session[KEPT]["said"][str(place)] = [said.disposition, *times]
    session.modified = True


def _said(place: int) -> CallInput | None:
    kept = (session.get(KEPT) or {"said": {}})["said"].get(str(place))
    if kept is None:
        return None
    code, at, until = kept
    moment = now()
    return CallInput(code, moment, moment, callback_at=_moment(at), callback_until=_moment(until))


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _fill_again(form: CallForm, place: int) -> None:
    said = _said(place)
    if said is not None:
        form.disposition.data = said.disposition
        form.callback.data = said.callback_at.isoformat() if said.callback_at else None


def _call_page(place: int, number: str, form: CallForm, problem: str) -> str:
    action = url_for(".practise", place=place)
    with reading() as db:
        page = screen.practice_page(screen.campaign_for(db, actor()), place, number)
        shown = ringing.shown(db, page, form, action=action, last=None)
    return render_template(
        "calls/call.html", problem=problem, kept=False, practice=_about(place), **shown
    )


def _about(place: int) -> dict[str, object]:
    """What the call screen shows besides, and where its links lead."""
    return {
        "place": place,
        "of": len(screen.SCENES),
        "play": screen.play_of(screen.SCENES[place]),
        "skip": url_for(".skip_practised", place=place),
        "end": url_for(".practice_over"),
    }


@blueprint.get("/calls/practice/<int:place>/came-to")
@roles(*RINGS)
def practised(place: int) -> str | Response:
    """Say what would have become of it, and let it be taken back."""
    said = _said(place) if _number(place) else None
    if said is None:
        return redirect(url_for(".practise", place=place))
    with reading() as db:
        found = screen.came_to(screen.campaign_for(db, actor()), said, now())
    return _after(place, found.what, found.then)


@blueprint.route("/calls/practice/<int:place>/skip", methods=["GET", "POST"])
@roles(*RINGS)
def skip_practised(place: int) -> str | Response:
    if _number(place) is None:
        return redirect(url_for(".practice"))
    form, problem = SkipForm(request.form), ""
    if request.method == "POST":
        if form.validate():
            return _after(
                place, _("Laid aside"),
                _("Somebody else would ring this resident in half an hour; not you today."),
            )  # fmt: skip
        problem = first_error(form)
    return render_template(
        "calls/skip.html", name=screen.SCENES[place].name, form=form, problem=problem,
        back=url_for(".practise", place=place),
    )  # fmt: skip


def _after(place: int, what: str, then: str) -> str:
    following = place + 1
    return render_template(
        "calls/practised.html", place=place, what=what, then=then, of=len(screen.SCENES),
        name=screen.SCENES[place].name,
        following=following if following in screen.SCENES else None,
    )  # fmt: skip


@blueprint.get("/calls/practice/over")
@roles(*RINGS)
def practice_over() -> str:
    """The number is forgotten with it."""
    session.pop(KEPT, None)
    return render_template("calls/practice_over.html")
