"""flask-login: which user a session belongs to, and where strangers are sent."""

import secrets
from datetime import datetime, timedelta

from flask import Flask, Response, current_app, request
from flask import session as cookie
from flask_login import LoginManager
from itsdangerous import BadSignature, URLSafeSerializer

from app.people.models import User
from app.web import now, reading, settings

DEVICE_COOKIE = "ringround-device"
DEVICE_LASTS = 365 * 24 * 3600
SINCE = "since"
"""Where a session keeps when its user signed in."""


def init(app: Flask) -> None:
    """Attach flask-login to the app."""
    manager = LoginManager()
    manager.login_view = "people.sign_in"
    manager.login_message = None
    manager.session_protection = None  # addresses of phones change under way
    manager.user_loader(_load)
    manager.init_app(app)


def _load(session_id: str) -> User | None:
    """Return the session's user, unless the account was closed or its sessions were ended."""
    if _is_too_old(cookie.get(SINCE)):
        return None
    user_id, _, epoch = session_id.partition(".")
    with reading() as session:
        user = session.get(User, int(user_id))
    if user is None or not user.active or str(user.session_epoch) != epoch:
        return None
    return user


def _is_too_old(since: str | None) -> bool:
    """However busy, a session ends with the day it began on: 14 hours after the sign-in."""
    lasts: timedelta = current_app.permanent_session_lifetime
    return since is None or now() > datetime.fromisoformat(since) + lasts


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(settings().secret_key, salt="device")


def device_of(name: str) -> str | None:
    """Return this browser's identifier, if the named account was signed in here before."""
    try:
        known = _serializer().loads(request.cookies.get(DEVICE_COOKIE, ""))
    except BadSignature:
        return None
    return known["id"] if name.strip().lower() in known["names"] else None


def remember_device(response: Response, name: str) -> None:
    """Note in a signed cookie that this account was signed in on this browser."""
    try:
        known = _serializer().loads(request.cookies.get(DEVICE_COOKIE, ""))
    except BadSignature:
        known = {"id": secrets.token_hex(8), "names": []}
    names = [name.strip().lower(), *known["names"]]
    known["names"] = list(dict.fromkeys(names))[:5]
    response.set_cookie(
        DEVICE_COOKIE,
        _serializer().dumps(known),
        max_age=DEVICE_LASTS,
        secure=settings().secure_cookies,
        httponly=True,
        samesite="Lax",
    )
