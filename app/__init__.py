"""Ringround: see docs/architecture.md for the house in one page."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from flask import Flask

    from app.config import Settings
    from app.web import Clock


def create_app(settings: "Settings", clock: "Clock | None" = None) -> "Flask":
    """Put the parts together: all pages, and the API."""
    from flask_wtf.csrf import CSRFProtect
    from werkzeug.middleware.proxy_fix import ProxyFix

    from app import api, navigation, packing, web
    from app.api import errors
    from app.people import signing_in

    app = bare_app(settings, clock)
    if settings.proxies:
        n = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n)  # type: ignore[method-assign]
    app.before_request(web.allow_large)  # before anybody looks into the form
    packing.init(app)
    CSRFProtect(app)
    signing_in.init(app)
    web.init(app, navigation.links, errors.told)
    for part in pages():
        app.register_blueprint(part.blueprint)
    api.init(app)
    return app


def pages() -> "Sequence[Any]":
    """Load the views of all parts, which takes longer than all else, and return them."""
    from app.calls import views as calls
    from app.campaigns import views as campaigns
    from app.cases import views as cases
    from app.people import views as people
    from app.progress import views as progress
    from app.reports import views as reports
    from app.residents import views as residents
    from app.rosters import views as rosters

    return people, residents, campaigns, cases, calls, rosters, progress, reports


def bare_app(settings: "Settings", clock: "Clock | None" = None) -> "Flask":
    """What a command needs: the settings, the database, and the language that is spoken.

    The parts are imported here, so that pure rules load no Flask.
    """
    from datetime import timedelta

    from flask import Flask
    from jinja2 import StrictUndefined

    from app import i18n, logs, web
    from app.db import Database

    app = Flask(
        "app",
        root_path=str(settings.root),
        instance_path=str(settings.instance),
    )
    app.config.update(
        RINGROUND=settings,
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=min(settings.upload_bytes, web.USUAL_BYTES),
        SESSION_COOKIE_NAME="__Host-ringround" if settings.secure_cookies else "ringround",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=14),
        # A session ends with its day, however busy: the cookie need not go out with each answer.
        SESSION_REFRESH_EACH_REQUEST=False,
        # A tired volunteer may take an hour over a form.
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions["database"] = Database(settings.database_url)
    app.extensions["clock"] = clock or web.system_clock
    logs.init(app)
    i18n.init(app, settings)
    return app
