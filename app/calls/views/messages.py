"""The text message after a call that nobody answered: opened in the phone's own app."""

from flask import jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.calls import messages
from app.calls.views.blueprint import blueprint
from app.calls.views.shared import RINGS
from app.i18n import explain
from app.people.session import actor
from app.problems import Problem
from app.web import now, reading, roles, settings, tell, writing


@blueprint.post("/calls/<int:call_id>/message")
@roles(*RINGS)
def open_message(call_id: int) -> Response:
    """Note that the number is sent a message. A script is told its address at once; without one
    there is a page with the link.
    """
    wants_address = request.accept_mimetypes.best == "application/json"
    try:
        with writing() as session:
            written = messages.open_message(session, actor(), now(), call_id, *_usual())
    except Problem as problem:
        if wants_address:
            return jsonify(problem=explain(problem))
        tell(problem)
        return redirect(url_for(".mine"))
    if wants_address:
        return jsonify(address=written.address)
    return redirect(url_for(".message", call_id=call_id), 303)


@blueprint.get("/calls/<int:call_id>/message")
@roles(*RINGS)
def message(call_id: int) -> str:
    with reading() as session:
        written = messages.opened(session, actor(), now(), call_id, *_usual())
    return render_template("calls/message.html", written=written, call_id=call_id)


def _usual() -> tuple[str, str]:
    """The office's number and the language, where nothing else is said."""
    return settings().office_number, settings().lang
