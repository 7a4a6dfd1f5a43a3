"""A line between browser and server on which every byte is counted, whoever asked for it."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Condition, Thread

PIECE = 65536
QUIET = 1.5
"""Seconds without a byte after which nothing more is under way."""


class Line:
    """What came over the line since it was last asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._bytes = 0
        self._came = Condition()

    def count(self, size: int) -> None:
        with self._came:
            self._bytes += size
            self._came.notify_all()

    def since(self) -> int:
        """Return the bytes that came from the server since this was asked last, those too that
        the service worker asks for behind the page: the line is waited for to be quiet.
        """
        with self._came:
            while self._came.wait(QUIET):
                pass
            found, self._bytes = self._bytes, 0
        return found


@contextmanager
def line(port: int) -> Iterator[Line]:
    """Pass on whatever comes in to the server at this port, and count what comes back."""
    entrance = socket.create_server(("127.0.0.1", 0))
    found = Line(f"http://127.0.0.1:{entrance.getsockname()[1]}")
    ends: list[socket.socket] = [entrance]
    waits = Thread(target=_wait_at, args=(entrance, port, found, ends), daemon=True)
    waits.start()
    try:
        yield found
    finally:
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        waits.join(10)
        for end in ends:
            end.close()


def _wait_at(entrance: socket.socket, port: int, counted: Line, ends: list[socket.socket]) -> None:
    passing = []
    with suppress(OSError):  # closed: the test is over
        while True:
            browser, _address = entrance.accept()
            server = socket.create_connection(("127.0.0.1", port))
            ends += [browser, server]
            for way in ((browser, server, None), (server, browser, counted)):
                passing.append(Thread(target=_pass_on, args=way, daemon=True))
                passing[-1].start()
    for one in passing:
        one.join(10)


def _pass_on(source: socket.socket, target: socket.socket, counted: Line | None) -> None:
    with suppress(OSError):
        while piece := source.recv(PIECE):
            if counted is not None:
                counted.count(len(piece))
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
