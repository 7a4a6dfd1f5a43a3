"""Language and zone: which one a reader gets, and how texts, moments and shares are shown."""

from flask import Flask, current_app, has_request_context, request
from flask_babel import Babel, get_locale
from flask_login import current_user

from app.config import LANGUAGES, Settings
from app.i18n import moments
from app.i18n.texts import explain, where

__all__ = ["LANGUAGE_COOKIE", "explain", "init", "lang", "moments", "where"]

LANGUAGE_COOKIE = "ringround-lang"


def init(app: Flask, settings: Settings) -> None:
    """Set up Flask-Babel: Chinese unless the deployment, the user or the browser chose English."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(settings.root / "app" / "translations")
    Babel(
        app,
        default_locale=settings.lang,
        default_timezone=str(settings.timezone),
        locale_selector=_chosen,
        timezone_selector=lambda: str(settings.timezone),
    )
    app.jinja_env.filters.update(
        moment=moments.moment, day=moments.day, clock=moments.clock, share=moments.share,
        past=moments.past,
    )  # fmt: skip


def lang() -> str:
    """Return ``zh`` or ``en``: the language being spoken right now."""
    locale = get_locale()
    return locale.language if locale and locale.language in LANGUAGES else LANGUAGES[0]


def _chosen() -> str:
    default: str = current_app.config["RINGROUND"].lang
    if not has_request_context():
        return default
    own = getattr(current_user, "lang", None) or request.cookies.get(LANGUAGE_COOKIE)
    return own if own in LANGUAGES else default
