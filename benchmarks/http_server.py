"""The production server with one more address: a view that does nothing but look at the token.

Run by the benchmarks as ``python -m benchmarks.http_server PORT``; the rest comes from the
environment, as for ``ringround serve``.
"""

import sys
from typing import Any

from flask import Flask, Response

from app import create_app
from app.api import access
from app.cases.service.claim import MAY_RING
from app.cli.running import OPTIONS, Server
from app.config import Settings

WORKERS = 2


class WithEmptyView(Server):
    """Each worker's app answers ``/empty`` too."""

    def load(self) -> Any:
        app: Flask = super().load()
        app.add_url_rule("/api/empty", view_func=empty)
        return app


def empty() -> Response:
    """What an answer costs of which the database knows no more than the token."""
    access.admit(access.Door(MAY_RING))
    return Response("{}", content_type="application/json")


def main() -> None:
    app = create_app(Settings.from_environment())
    with app.app_context():
        bind = {"bind": f"127.0.0.1:{sys.argv[1]}", "workers": WORKERS}
        WithEmptyView({**OPTIONS, **bind}).run()


if __name__ == "__main__":
    main()
