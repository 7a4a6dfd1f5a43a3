"""Serving, and the demo."""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Sequence
from threading import Event
from typing import Any

import click
from flask_babel import gettext as _
from gunicorn.app.base import BaseApplication

from app import create_app, jobs, pages
from app.cli import collect_seldom
from app.cli.output import ready
from app.cli.worker import Worker
from app.db import THREADS
from app.demo import Account, build, has_data, notable, write_accounts
from app.i18n import lang
from app.jobs import PAUSE
from app.people.rules import ROLES
from app.rosters.service import files, passes
from app.web import database, now, settings

OPTIONS: dict[str, Any] = {
    "worker_class": Worker,
    "threads": THREADS,
    "timeout": 60,
    "graceful_timeout": 20,
    "max_requests": 20_000,
    "max_requests_jitter": 2_000,
    "control_socket_disable": True,
}
"""How the production server runs, wherever it listens."""

HOUR = 3600
"""Seconds between two looks for files that were kept long enough."""

SWITCH_INTERVAL = 0.0005
"""Seconds that a thread may keep the interpreter while others want it; Python's own is ten times
as long. Who has the turn to write gives the interpreter away at each statement, and everybody
waits for the turn: better that it comes back soon.
"""


class Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn with our app: each worker makes its own, after the fork."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options
        self._settings = settings()
        super().__init__()

    def load_config(self) -> None:
        """Take over the options."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Make the app."""
        sys.setswitchinterval(SWITCH_INTERVAL)
        return create_app(self._settings)


@click.command(help=_("Bring the database up to date, then serve."))
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64))
def serve(host: str, port: int, workers: int) -> None:
    """Run the production server until it is stopped."""
    pages()
    collect_seldom()  # workers share what is loaded by now
    ready().close()  # connections must not be shared across a fork
    click.echo(_("Ringround serves at http://%(host)s:%(port)s", host=host, port=port))
    _work_beside()
    Server({**OPTIONS, "bind": f"{host}:{port}", "workers": workers}).run()


@click.command(help=_("Do the long work that waits, such as large rosters, until stopped."))
def work() -> None:
    """Do long work. ``serve`` does this too, in a process beside it."""
    ready().close()
    _work(os.getppid())


def _work_beside() -> None:
    """Start the process that does long work, and the one that starts it anew when it dies.

    Both are forked, so that they share what is loaded; the second ends with the server.
    """
    server = os.getpid()
    if os.fork():
        return
    with contextlib.suppress(KeyboardInterrupt):
        while os.getppid() == server:
            child = os.fork()
            if child == 0:
                _work(os.getppid())
                os._exit(0)
            _wait(child, server)
    os._exit(0)


def _wait(child: int, parent: int) -> None:
    """Until the child has died, or its work is not wanted any more."""
    while os.waitpid(child, os.WNOHANG)[0] == 0:
        if os.getppid() != parent:
            os.kill(child, signal.SIGKILL)  # whatever it does, it goes on with next time
            os.waitpid(child, 0)
            return
        time.sleep(PAUSE)


def _work(parent: int) -> None:
    """Work until told to stop, or until whoever started this is gone."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    def rosters() -> bool:
        if os.getppid() != parent:
            stop.set()
            return False
        return passes.go_on_with_all(database(), now, settings().area_code)

    def old_files() -> None:
        files.erase_old(database(), now())

    jobs.work({"rosters": rosters, "old files": jobs.seldom(old_files, HOUR)}, stop)


@click.command(help=_("Fill an empty database with a plausible city and print its accounts."))
@click.option("--if-empty", is_flag=True, help=_("Do nothing, quietly, if there is data already."))
def demo(*, if_empty: bool) -> None:
    """Build the demo city."""
    database = ready()
    if has_data(database):
        if if_empty:
            return
        raise click.ClickException(_("The database is not empty; the demo needs an empty one."))
    path = settings().instance / "demo-accounts.txt"
    accounts: list[Account] = []

    def keep(made: Sequence[Account]) -> None:
        accounts.extend(made)
        write_accounts(path, made)

    build(database, now(), click.echo, keep)
    for account in notable(accounts):
        role = ROLES[account.role].label(lang())
        click.echo(f"{role}\t{account.name}\t{account.password}")
    click.echo(_("All accounts with their passwords are in %(path)s", path=path))
