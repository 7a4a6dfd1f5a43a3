"""Signing in and out, joining by invitation, choosing the language and the size of the letters."""

from collections.abc import Collection

from flask import (
    Blueprint,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _
from flask_login import current_user, login_user, logout_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import i18n
from app.config import LANGUAGES
from app.people import joining, service, tokens
from app.people.allowance import Purse, whole_seconds
from app.people.forms import JoinForm, SignInForm, TokenForm
from app.people.models import User
from app.people.rules import ROLES, TYPE_SIZES, roles_up_to
from app.people.session import actor
from app.people.signing_in import SINCE, device_of, remember_device
from app.problems import Problem
from app.web import database, local_path, now, public, reading, roles, settings, tell, writing

blueprint = Blueprint("people", __name__)

EVERYBODY = tuple(ROLES)
HOME = {"volunteer": "calls.home"}
TYPE_COOKIE = "ringround-type"


@blueprint.get("/")
@roles("volunteer", "leader", "supervisor", "administrator")
def front() -> Response:
    """Send everybody to where their work is."""
    return redirect(url_for(HOME.get(current_user.role, "progress.overview")))


@blueprint.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> str | Response:
    form = SignInForm(request.form)
    if request.method == "POST" and form.validate():
        user = _signed_in(form)
        if user is not None:
            return _welcome(user, request.args.get("next"))
    with reading() as db:
        ended = joining.ended_here(db, now()) if request.method == "GET" else None
        told = _about_renewal(db, ended) if ended else ""
    return render_template("people/sign_in.html", form=form, told=told)


def _signed_in(form: SignInForm) -> User | None:
    """Return the user; None, and why on the next page, when name or password is wrong."""
    name, password = form.name.data or "", form.password.data or ""
    device, address = device_of(name), request.remote_addr or ""
    try:
        with writing() as db:
            known = service.admit(db, name, device, address, now())
    except Problem as problem:
        tell(problem)
        return None
    fits = service.password_fits(known, password)
    with writing() as db:
        user = service.sign_in(db, name, device, address, now(), fits=fits)
    if user is None:
        flash(_("Name or password is wrong."), "error")
        _say_replaced(known)
    return user


def _say_replaced(user: User | None) -> None:
    if user is not None and joining.replaced_here(user, now()):
        with reading() as db:
            flash(_about_renewal(db, user), "warning")


def _welcome(user: User, target: str | None) -> Response:
    session.clear()  # nothing of a stranger's session lives on in a user's
    session.permanent = True
    session[SINCE] = now().isoformat()
    login_user(user)
    response = make_response(redirect(local_path(target)))
    remember_device(response, user.name)
    return response


@blueprint.post("/sign-out")
@public
def sign_out() -> Response:
    """End every session of the account, so that no copy of its cookie lives on."""
    if current_user.is_authenticated:
        with writing() as db:
            service.end_sessions(db, current_user.id, now())
    logout_user()
    session.clear()
    flash(_("You are signed out."), "info")
    return redirect(url_for("people.sign_in"))


@blueprint.route("/join", methods=["GET", "POST"])
@public
def join() -> str | Response:
    """Opening the page changes nothing; only the form uses the invitation up."""
    form = JoinForm(request.form)
    if request.method == "POST" and form.validate():
        try:
            _count_code()
            return _joined(form.code.data or "", form.password.data or "")
        except Problem as problem:
            tell(problem)
    return render_template("people/join.html", form=form)


def _joined(code: str, password: str) -> Response:
    with reading() as db:
        invited = service.find_invited(db, code, now())
        told = _about_renewal(db, invited)
    password_hash = service.hashed(password, invited.name)
    with writing() as db:
        user = service.join(db, code, password_hash, now())
    # A browser without scripts takes what stands behind the # along, unless it is told another.
    response = _welcome(user, "/#top")
    flash(_("Welcome, %(name)s! Your account is ready.", name=user.name), "success")
    if told:
        flash(told, "warning")
    return response


@blueprint.post("/join/look")
@public
def look_at_invitation() -> dict[str, object]:
    """Say what a code is good for before anybody thinks of a password; it is not used up.

    No oracle: a code has 60 bits, so that whoever shows one was given it.
    """
    moment = now()
    try:
        _count_code()
        with reading() as db:
            user = service.find_invited(db, request.form.get("code", ""), moment)
            said = [_about_code(user), _about_renewal(db, user)]
    except Problem as problem:
        return {"good": False, "says": [i18n.explain(problem)]}
    return {"good": True, "says": [text for text in said if text]}


def _count_code() -> None:
    """Raises Problem when too many codes were shown at this address lately."""
    purse: Purse = current_app.extensions["purses"]["join"]
    wait = purse.take(database(), f"join:{request.remote_addr or ''}", now())
    if wait is not None:
        raise Problem("requests_too_many", values={"seconds": whole_seconds(wait)})


def _about_code(user: User) -> str:
    until = i18n.moments.moment(user.invitation_expires_at)
    return str(_("This invitation is for %(name)s, until %(time)s.", name=user.name, time=until))


def _about_renewal(db: Session, user: User) -> str:
    """Say who took away the password that there was; '' where there was none."""
    if not joining.is_renewed(user):
        return ""
    who, when = joining.maker(db, user), i18n.moments.moment(user.invited_at)
    text = _(
        "%(who)s made this new link for you on %(when)s, and your earlier password ended. If you "
        "did not ask for it, tell the administrator.",
        who=who or _("The administrator"), when=when,
    )  # fmt: skip
    return str(text)


@blueprint.post("/language")
@public
def set_language() -> Response:
    return _set("lang", request.form.get("lang", ""), LANGUAGES, i18n.LANGUAGE_COOKIE)


@blueprint.post("/type-size")
@public
def set_type_size() -> Response:
    """Larger letters on all pages."""
    return _set("type_size", request.form.get("size", ""), TYPE_SIZES, TYPE_COOKIE)


def _set(column: str, chosen: str, offered: Collection[str], cookie: str) -> Response:
    """Keep what somebody chose of what is offered: with the account, and in the browser, for its
    people like it also when nobody is signed in.
    """
    response = make_response(redirect(local_path(request.form.get("next"))))
    if chosen not in offered:
        return response
    if current_user.is_authenticated:
        with writing() as db:
            setattr(db.get_one(User, current_user.id), column, chosen)
    response.set_cookie(
        cookie, chosen, max_age=365 * 24 * 3600, httponly=True,
        secure=settings().secure_cookies, samesite="Lax",
    )  # fmt: skip
    return response


@blueprint.app_context_processor
def _type_size() -> dict[str, object]:
    """How large the letters of this page are, for ``base.html``."""
    own = getattr(current_user, "type_size", None) or request.cookies.get(TYPE_COOKIE)
    chosen = own if own in TYPE_SIZES else TYPE_SIZES[0]
    return {"type_size": chosen, "type_sizes": TYPE_SIZES}


@blueprint.route("/tokens", methods=["GET", "POST"])
@roles(*EVERYBODY)
def own_tokens() -> str:
    """One's own tokens; a new one is shown in the answer that made it, and never again."""
    form = TokenForm(request.form)
    lang = i18n.lang()
    form.role.choices = [(code, ROLES[code].label(lang)) for code in roles_up_to(actor().role)]
    secret = None
    if request.method == "POST" and form.validate():
        secret = _issued(form)
        form.label.data = "" if secret else form.label.data
    with reading() as db:
        rows = [token for token, _name in tokens.list_tokens(db, actor())]
    return render_template(
        "people/tokens.html", form=form, secret=secret, lang=lang, role_names=ROLES,
        rows=[row for row in reversed(rows) if row.revoked_at is None],
    )  # fmt: skip


def _issued(form: TokenForm) -> str | None:
    """Return the secret of a new token; None, and why on the page, when there is none."""
    try:
        with writing() as db:
            user = db.get_one(User, actor().id)
            label = form.label.data or ""
            return tokens.issue(db, user, now(), user, form.role.data, label)[1]
    except Problem as problem:
        tell(problem)
        return None


@blueprint.post("/tokens/<int:token_id>/revoke")
@roles(*EVERYBODY)
def revoke_token(token_id: int) -> Response:
    with writing() as db:
        tokens.revoke(db, actor(), now(), token_id)
    flash(_("The token is revoked. No program can use it any more."), "success")
    return redirect(url_for(".own_tokens"))
