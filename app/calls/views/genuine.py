"""The page on which anybody finds out whether a call was genuine: yes or no, and no more."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from math import ceil

from flask import current_app, render_template, request
from flask_login import current_user
from sqlalchemy.orm import Session

from app.calls import genuine as asked
from app.calls.forms import GenuineForm
from app.calls.views.blueprint import blueprint
from app.people.allowance import Purse, whole_seconds
from app.people.rules import STAFF
from app.territory.models import Community
from app.web import database, now, public, reading, settings

MANY = 120
"""More communities than that are chosen in two steps, by their street first."""
Streets = Mapping[str, Sequence[Community]]


@blueprint.route("/genuine", methods=["GET", "POST"])
@public
def genuine() -> str | tuple[str, int, dict[str, str]]:
    """By POST, so that no address tells who asked about whom."""
    form = GenuineForm(request.form)
    with reading() as session:
        streets = asked.communities(session)
        shown = _shown(streets, form.street.data or "")
        form.offer([] if shown is streets else streets, shown)
        # Where the street was asked for alone, the community is not missing yet.
        if "community" in request.form and form.validate():
            return _answered(session, form, shown)
    return _page(form)


def _shown(streets: Streets, street: str) -> Streets:
    """The communities to choose from: all, or those of one street where there are many."""
    if sum(map(len, streets.values())) <= MANY:
        return streets
    return {street: streets[street]} if street in streets else {}


def _answered(
    session: Session, form: GenuineForm, shown: Streets
) -> str | tuple[str, int, dict[str, str]]:
    """Answer in the same words whatever the code, with the office's number in any event."""
    community = next(
        one for ones in shown.values() for one in ones if one.code == form.community.data
    )
    office = asked.office_for(session, community.code, settings().office_number)
    wait = _wait()
    if wait is not None:
        minutes = ceil(whole_seconds(wait) / 60)
        page = _page(form, office=office, community=community, minutes=minutes)
        return page, 429, {"Retry-After": str(whole_seconds(wait))}
    yes = asked.is_ringing(session, form.figures, community.code, now())
    return _page(form, office=office, community=community, yes=yes)


def _wait() -> timedelta | None:
    """Count the question; return how long to wait where it is one too many. Staff answer whoever
    rings the office, and know all who ring anyway.
    """
    if current_user.is_authenticated and current_user.role in STAFF:
        return None
    purses: Mapping[str, Purse] = current_app.extensions["purses"]
    wait = purses["question"].take(database(), f"question:{request.remote_addr}", now())
    return wait or purses["questions"].take(database(), "questions", now())


def _page(form: GenuineForm, **answer: object) -> str:
    answer = {"office": "", "community": None, "yes": None, "minutes": 0, **answer}
    return render_template("calls/genuine.html", form=form, **answer)
