"""Who works on an import: one process at a time, whichever machine it is on.

Two would get in each other's way: each would read the whole file, and each part would be done by
one of them in vain. What decides in the end is how far the pass has come (``passes``).
"""

import os
import socket
from datetime import UTC, datetime, timedelta

from app.residents.models import RosterImport

SILENT = timedelta(minutes=1)
"""After so long without a sign of life of its process, another one goes on with an import."""
SIGN = SILENT / 6
"""How often it gives one while nothing else tells of it."""


def take_on(record: RosterImport) -> None:
    """Note that this process works on an import, and that it is alive."""
    record.worker, record.worked_at = _me(), _now()


def let_go(record: RosterImport) -> None:
    """Note that nobody does."""
    record.worker = record.worked_at = None


def is_taken(record: RosterImport) -> bool:
    """Whether another process works on an import that is alive, as far as can be told."""
    if record.worker is None or record.worker == _me():
        return False
    return not is_silent_for(record, SILENT) and not _is_dead(record.worker)


def is_silent_for(record: RosterImport, time: timedelta) -> bool:
    """Whether the process that works on an import gave no sign of life for so long."""
    return record.worked_at is None or _now() - record.worked_at > time


def _now() -> datetime:
    """Of the machine: processes live by no other clock."""
    return datetime.now(UTC)


def _me() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def _is_dead(worker: str) -> bool:
    """Whether a process is known to be gone: one of this machine, that is."""
    host, _colon, process = worker.rpartition(":")
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False  # somebody else's, but it lives
    return False
