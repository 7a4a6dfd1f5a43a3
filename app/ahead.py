"""Items made in advance: a process of its own makes the next while this one deals with the last.

Python does one thing at a time, whatever the machine has to offer: here the rows of a roster are
read and cleaned on one processor while another stores those before.
"""

import signal
from collections.abc import Callable, Generator, Iterable
from contextlib import closing, contextmanager, suppress
from fcntl import F_SETPIPE_SZ, fcntl
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, TypeVar

Item = TypeVar("Item")

ROOM = 2**20
"""Bytes that may have been made and not yet taken."""

PATIENCE = 300.0
"""Seconds after which a fork that makes nothing is taken for dead."""


@contextmanager
def ahead(make: Callable[[], Iterable[Item]]) -> Generator[Generator[Item, None, None], None, None]:
    """Yield what ``make`` gives, made by a fork of this process, as far ahead as a pipe holds.

    For a process with one thread and outside any transaction, for a fork has what is open and
    locked at that moment; what is made must use no connection. Raises what ``make`` raises, after
    the items before; EOFError when the fork was killed, or hangs.
    """
    context = get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    with suppress(OSError):  # as much as the usual limit of Linux allows; less will do
        fcntl(theirs.fileno(), F_SETPIPE_SZ, ROOM)
    process = context.Process(target=_make, args=(make, ours, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        yield _made(ours)
    finally:
        ours.close()
        process.kill()
        process.join()


def _make(make: Callable[[], Iterable[Item]], ours: Connection, theirs: Connection) -> None:
    """In the fork, which ends when nobody listens any more."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ours.close()
    with closing(theirs):
        try:
            for item in make():
                theirs.send((item, None))
            theirs.send(None)
        except BrokenPipeError:
            return
        except Exception as error:  # noqa: BLE001 - whoever listens raises it
            theirs.send((None, error))


def _made(ours: Connection) -> Generator[Item, None, None]:
    told: tuple[Item, Exception | None] | None
    while (told := _next(ours)) is not None:
        item, error = told
        if error is not None:
            raise error
        yield item


def _next(ours: Connection) -> Any:
    if not ours.poll(PATIENCE):
        raise EOFError(f"nothing came in {PATIENCE:.0f} seconds")
    return ours.recv()
