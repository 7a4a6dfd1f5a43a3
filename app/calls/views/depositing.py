"""A form that carries a deposit ticket is kept, whatever became of the session or the account."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from flask import current_app, jsonify, make_response, render_template, request
from flask_login import current_user
from werkzeug.wrappers import Response

from app.calls import tickets
from app.calls.forms import CallForm
from app.calls.models import Call
from app.calls.service import correcting
from app.calls.tickets import Deposit
from app.calls.views.blueprint import blueprint
from app.calls.views.shared import RINGS, first_error
from app.calls.wording import kept_reason
from app.cases.models import Batch
from app.i18n import explain
from app.people.allowance import Purse, whole_seconds
from app.people.models import User
from app.problems import Problem
from app.web import database, now, reading, settings, writing

P = ParamSpec("P")
Page = str | tuple[str, int] | Response
R = TypeVar("R", bound=Page)


def by_ticket(
    take_in: Callable[Concatenate[Deposit, P], Page],
) -> Callable[[Callable[P, R]], Callable[P, Page]]:
    """Take something in by a deposit ticket where nobody is signed in who did it, and for a device
    that hands in what it kept.

    The ticket stands for the session's token, too: only the page that was given out knows it.
    """

    def decorate(view: Callable[P, R]) -> Callable[P, Page]:
        @wraps(view)
        def checked(*args: P.args, **kwargs: P.kwargs) -> Page:
            deposit = _deposit()
            if deposit is None:
                current_app.extensions["csrf"].protect()
            elif _asks_for_json() or not _is_signed_in(deposit.user_id):
                seconds = _seconds_to_wait(deposit)
                return _too_many(seconds) if seconds else take_in(deposit, *args, **kwargs)
            return view(*args, **kwargs)

        name = f"{view.__module__}.{view.__name__}"
        blueprint.record_once(lambda state: state.app.extensions["csrf"].exempt(name))
        return checked

    return decorate


def _deposit() -> Deposit | None:
    deposit = tickets.read(settings().secret_key, request.form.get("ticket", ""))
    if deposit is None:
        return None
    with reading() as session:
        batch = session.get(Batch, deposit.batch_id)
    if batch is None or batch.user_id != deposit.user_id:
        return None
    return deposit if tickets.is_good(batch.lease_expires_at, batch.ended_at, now()) else None


def _is_signed_in(user_id: int) -> bool:
    return bool(
        current_user.is_authenticated and current_user.id == user_id and current_user.role in RINGS
    )


def _asks_for_json() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _too_many(seconds: int) -> Page:
    return _page(explain(Problem("requests_too_many", values={"seconds": seconds})), status=429)


def _take_in(deposit: Deposit, *_path: Any, **_names: Any) -> Page:
    form = CallForm(request.form)
    if not form.validate():
        return _page(first_error(form), status=422)
    try:
        saved = _save(form, deposit)
    except Problem as problem:
        return _page(explain(problem), status=422)
    return _page("", "" if saved.applied else kept_reason(saved.reason))


or_ticket = by_ticket(_take_in)
"""For the views to which the form of a call is sent."""


def _seconds_to_wait(deposit: Deposit) -> int:
    """Count what comes with a ticket, together with what comes with it to the API: a ticket that
    got out must not fill the log.
    """
    purse: Purse = current_app.extensions["purses"]["ticket"]
    wait = purse.take(database(), f"ticket:{deposit.batch_id}", now())
    return 0 if wait is None else whole_seconds(wait)


def _save(form: CallForm, deposit: Deposit) -> Call:
    moment = now()
    described = replace(form.call(moment), hold=deposit.batch_id)
    case_id, key = form.case.data or 0, form.key.data or ""
    with writing() as session:
        user = session.get_one(User, deposit.user_id)
        return correcting.save_or_correct(
            session, user, moment, case_id, described, key, by_ticket=True
        )


def _page(problem: str, kept: str = "", status: int = 200) -> Page:
    """Say what became of the call, and nothing of the resident: this may be read by anybody."""
    if _asks_for_json():
        return make_response(jsonify({"saved": not problem, "why": problem or kept}), status)
    return render_template("calls/deposited.html", problem=problem, kept=kept), status
