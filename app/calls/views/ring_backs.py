"""Somebody rings back: whom this volunteer rang lately, or who has such a number."""

from collections.abc import Mapping
from datetime import timedelta

from flask import current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.calls import looking_up
from app.calls.forms import SoughtForm
from app.calls.screen import own as screen
from app.calls.views.blueprint import blueprint
from app.calls.views.shared import HEARS, RINGS, first_error
from app.i18n import explain
from app.i18n.moments import clock
from app.people.allowance import Purse
from app.people.session import actor
from app.problems import Problem
from app.residents.rules.phones import Sought, read_sought
from app.web import database, now, reading, roles, settings, writing


@blueprint.get("/calls/ring-backs")
@roles(*HEARS)
def ring_backs() -> str:
    return _page(SoughtForm(), "")


@blueprint.post("/calls/ring-backs")
@roles(*HEARS)
def look_up() -> str | tuple[str, int] | Response:
    """By POST, so that no address holds a number."""
    form = SoughtForm(request.form)
    if not form.validate():
        return _page(form, first_error(form))
    sought = read_sought(form.number.data or "", settings().area_code)
    if not (sought.numbers or sought.ending):
        return _page(form, explain(Problem("number_unreadable")))
    wait = _wait()
    if wait is not None:
        values: dict[str, str | int] = {"time": clock(now() + wait)}
        return _page(form, explain(Problem("looked_up_enough", values=values))), 429
    return _looked_up(form, sought)


def _looked_up(form: SoughtForm, sought: Sought) -> str | Response:
    with writing() as session:
        found = looking_up.look_up(session, actor(), now(), sought)
        rows = screen.those_found(session, found, now())
    if len(found) == 1:
        return redirect(url_for(".ring_back", case_id=found[0]))
    if not found and sought.numbers and looking_up.has_desk(actor()):
        _purses()["missed"].take(database(), f"missed:{actor().id}", now())
    return _page(form, "", rows)


def _wait() -> timedelta | None:
    """Count the look-up; return how long to wait where it is one too many, or too many before
    were in vain.
    """
    missed = _purses()["missed"].wait(f"missed:{actor().id}", now())
    return missed or _purses()["looked_up"].take(database(), f"looked_up:{actor().id}", now())


def _purses() -> Mapping[str, Purse]:
    found: Mapping[str, Purse] = current_app.extensions["purses"]
    return found


def _page(form: SoughtForm, problem: str, found: list[screen.Rung] | None = None) -> str:
    with reading() as session:
        rung = screen.rung_lately(session, actor(), now()) if found is None else []
    return render_template(
        "calls/ring_backs.html", form=form, problem=problem, found=found, rung=rung,
        desk=looking_up.has_desk(actor()), rings=actor().role in RINGS,
        days=looking_up.RING_BACKS_FOR.days,
    )  # fmt: skip
