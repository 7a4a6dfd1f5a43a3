"""A line between browser and server on which every byte is counted, whoever asked for it."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Thread

PIECE = 65536


class Line:
    """What came over the line since it was last asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._bytes = 0
        self._lock = Lock()

    def count(self, size: int) -> None:
        with self._lock:
            self._bytes += size

    def since(self) -> int:
        """Return the bytes that came from the server since this was asked last."""
        with self._lock:
            found, self._bytes = self._bytes, 0
        return found


@contextmanager
def line(port: int) -> Iterator[Line]:
    """Pass on whatever comes in to the server at this port, and count what comes back."""
    entrance = socket.create_server(("127.0.0.1", 0))
    found = Line(f"http://127.0.0.1:{entrance.getsockname()[1]}")
    Thread(target=_wait_at, args=(entrance, port, found), daemon=True).start()
    try:
        yield found
    finally:
        entrance.close()


def _wait_at(entrance: socket.socket, port: int, counted: Line) -> None:
    with suppress(OSError):  # closed: the test is over
        while True:
            browser, _address = entrance.accept()
            server = socket.create_connection(("127.0.0.1", port))
            Thread(target=_pass_on, args=(browser, server, None), daemon=True).start()
            Thread(target=_pass_on, args=(server, browser, counted), daemon=True).start()


def _pass_on(source: socket.socket, target: socket.socket, counted: Line | None) -> None:
    with suppress(OSError):
        while piece := source.recv(PIECE):
            if counted is not None:
                counted.count(len(piece))
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
