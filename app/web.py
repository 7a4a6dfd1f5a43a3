"""What all pages share: the app's settings, database and clock, headers, errors, furniture."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial, wraps
from hashlib import sha256
from http import HTTPStatus
from itertools import chain
from pathlib import Path
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlencode, urlsplit

from flask import (
    Flask,
    Response,
    current_app,
    flash,
    has_request_context,
    render_template,
    request,
)
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest, HTTPException, NotFound
from werkzeug.routing import IntegerConverter, Map
from werkzeug.wrappers import Response as AnyResponse

from app import i18n
from app.config import Settings
from app.db import LARGEST_ID, Database, may_pass
from app.problems import ForbiddenError, NotFoundError, Problem

Clock = Callable[[], datetime]
P = ParamSpec("P")
R = TypeVar("R")

PROGRAMS = "/api/"
"""What stands under it is for programs: no page, no session."""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not "no-referrer": over TLS the CSRF check needs the referrer of our own pages.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Origin-Agent-Cluster": "?1",
}


SOON = 15 * 60
"""Seconds after which a browser asks again for what has no version in its address."""
USUAL_BYTES = 20 * 1024 * 1024
"""Of what is sent to a view that does not ask for more."""


@dataclass(frozen=True)
class Link:
    """An entry of the navigation."""

    label: str
    href: str
    current: bool


def system_clock() -> datetime:
    """Return this moment in UTC."""
    return datetime.now(UTC)


def settings() -> Settings:
    """Return the running app's settings."""
    found: Settings = current_app.config["RINGROUND"]
    return found


def address() -> str:
    """Return the address people use, by which links given to them begin: as the deployment says,
    else the one that this request came to.
    """
    here = request.host_url.rstrip("/") if has_request_context() else "http://127.0.0.1:8000"
    return settings().base_url or here


def now() -> datetime:
    """Return this moment in the deployment's zone."""
    clock: Clock = current_app.extensions["clock"]
    return clock().astimezone(settings().timezone)


def database() -> Database:
    """Return the running app's database."""
    found: Database = current_app.extensions["database"]
    return found


@contextmanager
def reading() -> Iterator[Session]:
    """A session on one snapshot of the running app's database."""
    with database().reading() as session:
        yield session


@contextmanager
def writing() -> Iterator[Session]:
    """One transaction on the running app's database."""
    with database().writing() as session:
        yield session


def in_turn(work: Callable[[Session], R]) -> R:
    """Do a short piece of work in one transaction, as one of those who wait for their turn to
    write; see ``Database.in_turn``.
    """
    return database().in_turn(work)


def roles(*allowed: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """State which roles may come to a view; anybody else is sent to sign in, or refused."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            if not current_user.is_authenticated:
                return current_app.login_manager.unauthorized()  # type: ignore[attr-defined,no-any-return]
            if current_user.role not in allowed:
                raise ForbiddenError
            return view(*args, **kwargs)

        checked.allowed = allowed  # type: ignore[attr-defined]
        return checked

    return decorate


def public(view: Callable[P, R]) -> Callable[P, R]:
    """State that anybody may come to a view, signed in or not."""
    view.allowed = ("anybody",)  # type: ignore[attr-defined]
    return view


def lasting(view: Callable[P, R]) -> Callable[P, R]:
    """State that an answer is the same for everybody, and may be kept for a while."""
    view.lasting = True  # type: ignore[attr-defined]
    return view


def large(view: Callable[P, R]) -> Callable[P, R]:
    """State that what is sent to a view may be as large as a roster."""
    view.large = True  # type: ignore[attr-defined]
    return view


def allow_large() -> None:
    """Let in what is larger than usual where a view says so, of whoever is signed in; a program
    shows its token before anything that it sends is read.
    """
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, "large", False) and (
        is_of_program(request.path) or current_user.is_authenticated
    ):
        request.max_content_length = settings().upload_bytes


def tell(problem: Problem) -> None:
    """Show a problem on the next page."""
    flash(i18n.explain(problem), "error")


def local_path(target: str | None) -> str:
    """Return the target if it is a path of this site, else the front page."""
    parts = urlsplit(target or "")
    is_local = target and target.startswith("/") and not target.startswith(("//", "/\\"))
    is_local = is_local and target is not None and target.isprintable()
    return target if target and is_local and not parts.netloc else "/"


def is_of_program(path: str) -> bool:
    """Whether what stands at this path is for programs rather than people."""
    return path.startswith(PROGRAMS)


def init(
    app: Flask,
    navigation: Callable[[], Sequence[Link]],
    told: Callable[[Exception], AnyResponse],
) -> None:
    """Add headers, error pages and what every template may use.

    ``told`` is how an error is told to a program.
    """
    app.url_map.converters["int"] = _KeyConverter
    app.url_defaults(partial(_add_version, Path(app.static_folder or "")))
    app.before_request(_refuse_nul)
    app.after_request(_add_headers)
    pages: dict[type[Exception], Callable[[Any], AnyResponse | tuple[str, int]]] = {
        HTTPException: _http_error,
        CSRFError: _csrf_error,
        NotFoundError: lambda _error: _http_error(NotFound()),
        ForbiddenError: _forbidden,
        Problem: _problem,
        Exception: _broken,
    }
    for kind, page in pages.items():
        app.register_error_handler(kind, partial(_answer, page, told))
    app.context_processor(lambda: _furniture(navigation))


def _answer(
    page: Callable[[Any], AnyResponse | tuple[str, int]],
    told: Callable[[Exception], AnyResponse],
    error: Exception,
) -> AnyResponse | tuple[str, int]:
    return told(error) if is_of_program(request.path) else page(error)


class _KeyConverter(IntegerConverter):
    """A key in an address: no engine holds a larger one, and asking for it would be an error."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=LARGEST_ID)


def _refuse_nul() -> None:
    """No text of PostgreSQL holds a NUL, and no browser sends one unless somebody makes it."""
    texts = [request.path, *chain.from_iterable(request.args.listvalues())]
    if request.mimetype != "application/json":
        texts += chain.from_iterable(request.form.listvalues())
    if any("\0" in text for text in texts):
        raise BadRequest


def _furniture(navigation: Callable[[], Sequence[Link]]) -> dict[str, Any]:
    other = "en" if i18n.lang() == "zh" else "zh"
    return {
        "page_lang": "zh-CN" if i18n.lang() == "zh" else "en",
        "lang": i18n.lang(),
        "nav": navigation(),
        "now": now(),
        "switch_language": {"lang": other, "label": "English" if other == "en" else "中文"},
    }


def _add_version(folder: Path, endpoint: str, values: dict[str, Any]) -> None:
    """Give each static file an address by what is in it: what a browser has kept under it is never
    out of date.
    """
    if endpoint == "static":
        values["v"] = _digest(folder / values["filename"])


@cache
def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()[:12]


def _add_headers(response: Response) -> Response:
    present = {name.lower() for name, _value in response.headers}
    for name, value in HEADERS.items():
        if name.lower() not in present:
            response.headers.add(name, value)
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
    response.headers["Cache-Control"] = _keeping(response.status_code)
    return response


def _keeping(status: int) -> str:
    """How long a browser may keep an answer: one that belongs to somebody, never; nor a page that
    says what went wrong, for whoever is signed in is named on it.
    """
    if status >= HTTPStatus.BAD_REQUEST:
        return "no-store"
    view = current_app.view_functions.get(request.endpoint or "")
    if request.endpoint != "static":
        return f"max-age={SOON}" if getattr(view, "lasting", False) else "no-store"
    return "max-age=31536000, immutable" if "v" in request.args else f"max-age={SOON}"


def error_page(status: int, heading: str, text: str) -> tuple[str, int]:
    """Return a page that says what is wrong and what can be done."""
    return render_template("error.html", heading=heading, text=text), status


def _http_error(error: HTTPException) -> AnyResponse | tuple[str, int]:
    if error.response is not None or error.code is None:
        return error.get_response()
    heading, text = _words(error.code)
    return error_page(error.code, heading, text)


def _words(status: int) -> tuple[str, str]:
    known = {
        404: (_("Not found"), _("There is nothing here, or it is not yours to see.")),
        405: (_("Not possible"), _("This page can't be used in that way.")),
        413: (
            _("Too large"),
            _(
                "The file is larger than %(most)s MB.",
                most=(request.max_content_length or 0) // 2**20,
            ),
        ),
    }
    return known.get(status, (_("Not possible"), _("The request can't be understood.")))


def _csrf_error(_error: CSRFError) -> tuple[str, int]:
    if not request.is_secure and settings().secure_cookies and not request.cookies:
        text = _(
            "Your browser kept no session, because this address is not encrypted. "
            "Use an address that begins with https, or ask the administrator."
        )
    else:
        text = _("This form no longer belongs to your session. Go back, reload and try again.")
    return error_page(400, _("Please try again"), text)


def _forbidden(_error: ForbiddenError) -> tuple[str, int]:
    return error_page(403, _("Not allowed"), _("Your role does not allow this."))


def _problem(problem: Problem) -> tuple[str, int]:
    return error_page(422, _("That can't be done"), i18n.explain(problem))


def _broken(error: Exception) -> tuple[str, int]:
    current_app.logger.error("unexpected error", exc_info=error)
    # The page must show when the database does not answer, so it asks for nobody's account.
    current_app.login_manager._update_request_context_with_user()  # type: ignore[attr-defined]  # noqa: SLF001
    text = _("Something went wrong here. Nothing was changed; please try again.")
    # The device keeps a call that met 503, as it does where no server answers at all.
    return error_page(503 if may_pass(error) else 500, _("Something went wrong"), text)


def key(text: str) -> int:
    """Read a key from an address; one that no engine could hold is none."""
    number = int(text)
    if not 0 < number <= LARGEST_ID:
        raise ValueError(text)
    return number


def page_of(total: int, size: int) -> tuple[int, int]:
    """Return the page asked for, from 1, and how many there are."""
    last = max(1, -(-total // size))
    asked = request.args.get("page", 1, type=int)
    return min(max(asked, 1), last), last


def here(**changes: object) -> str:
    """Return this page's address with some of its parameters changed."""
    asked = {**request.args.to_dict(), **changes}
    query = urlencode({name: value for name, value in asked.items() if value is not None})
    return f"{request.path}?{query}" if query else request.path
