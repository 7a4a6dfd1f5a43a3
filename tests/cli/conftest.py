"""Running commands inside this process, and once in a while as a user's shell does."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from app import create_app
from app.config import Settings
from app.db import Database
from tests import cast
from tests.cast import BRIDGE, SCHOOL
from tests.conftest import Clock, of_this_checkout

RINGROUND = Path(sys.executable).with_name("ringround")


@dataclass
class Shell:
    """Runs ``ringround`` in this process, in the language of its app."""

    app: Flask

    def __call__(self, *words: str, exits: int = 0, stdin: str | bytes | None = None) -> Result:
        with self.app.app_context():
            from app.cli.commands import ringround

            result = CliRunner().invoke(ringround, words, input=stdin)
        assert result.exception is None or isinstance(result.exception, SystemExit), result
        assert result.exit_code == exits, result.output
        assert not exits or result.output.strip(), "a failure that says nothing"
        return result

    def json(self, *words: str, exits: int = 0, stdin: str | bytes | None = None) -> Any:
        return json.loads(self(*words, "--json", exits=exits, stdin=stdin).stdout)


@contextmanager
def speaking(lang: str, settings: Settings, clock: Clock) -> Iterator[Shell]:
    app = create_app(replace(settings, lang=lang), clock=clock)
    yield Shell(app)
    app.extensions["database"].close()


@pytest.fixture
def shell(settings: Settings, clock: Clock) -> Iterator[Shell]:
    """The command line in English."""
    with speaking("en", settings, clock) as found:
        yield found


@pytest.fixture
def chinese(settings: Settings, clock: Clock) -> Iterator[Shell]:
    """The command line in Chinese."""
    with speaking("zh", settings, clock) as found:
        yield found


@pytest.fixture
def campaign(db: Database) -> int:
    """An open campaign over a household of two and somebody without a number."""
    cast.communities(db)
    drafts = [
        cast.resident("陈一", cast.mobile(1), room="101室"),
        cast.resident("陈二", cast.mobile(1), cast.mobile(2), room="101室"),
        cast.resident("王三", room="201室"),
    ]
    cast.residents(db, BRIDGE, drafts)
    cast.residents(db, SCHOOL, [cast.resident("李四", cast.mobile(4))])
    return cast.open_campaign(db, [BRIDGE, SCHOOL])


@dataclass
class Installed:
    """The console script in a process of its own, with nothing of the tests' environment."""

    environment: dict[str, str]

    def __call__(self, *words: str, exits: int = 0, stdin: bytes = b"") -> str:
        return self._run(words, exits, stdin).stdout.decode()

    def refused(self, *words: str, exits: int) -> str:
        """Return what a command that fails says on standard error."""
        return self._run(words, exits, b"").stderr.decode()

    def _run(
        self, words: tuple[str, ...], exits: int, stdin: bytes
    ) -> subprocess.CompletedProcess[bytes]:
        done = subprocess.run(
            [RINGROUND, *words], input=stdin, env=self.environment, capture_output=True,
            timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == exits, done
        assert b"Traceback" not in done.stderr
        return done


@pytest.fixture
def installed(tmp_path: Path) -> Callable[..., Installed]:
    """Makes the console script's runner; by default on a new instance, in English."""

    def make(**environment: str) -> Installed:
        base = {"PATH": os.environ["PATH"], "RINGROUND_INSTANCE": str(tmp_path / "instance")}
        return Installed(of_this_checkout({**base, "RINGROUND_LANG": "en", **environment}))

    return make
