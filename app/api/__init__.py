"""The HTTP API: the same use cases as the pages, for programs. See docs/api.md."""

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface


class _Sessions(SecureCookieSessionInterface):
    """Sessions of pages only: a program shows its token with every request, and no cookie counts.

    So no other site can make a browser ask for something here in its user's name. And files are
    the same for everybody: what a browser has kept of them is good after signing in, too.
    """

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        from app.web import is_of_program

        has_none = is_of_program(request.path) or request.path.startswith(f"{app.static_url_path}/")
        return None if has_none else super().open_session(app, request)


def init(app: Flask) -> None:
    """Add the API's addresses, and those that watch over the server."""
    # Each module declares its operations when it is imported.
    from app.api import (  # noqa: F401
        access,
        batches,
        calls,
        campaigns,
        cases,
        dials,
        handoffs,
        imports,
        openapi,
        progress,
        reports,
    )
    from app.api.operations import blueprint
    from app.api.probes import blueprint as probes

    access.init(app)
    app.session_interface = _Sessions()
    app.extensions["csrf"].exempt(blueprint)
    app.register_blueprint(blueprint)
    app.register_blueprint(probes)
