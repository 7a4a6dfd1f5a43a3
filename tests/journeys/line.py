"""A line between browser and server that can be cut, lose the answer to a request, and counts
what comes over it, whoever asked.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

CHUNK = 65_536
QUIET = 1.5
"""Seconds without a byte after which nothing more is under way."""
ELSEWHERE = b"HTTP/1.1 302 Found\r\nLocation: /genuine\r\nConnection: close\r\n\r\n"


class Line:
    """Passes bytes on between a port of its own and the server's."""

    def __init__(self, server: str) -> None:
        self._host, _, port = server.removeprefix("http://").partition(":")
        self._port = int(port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._open: set[socket.socket] = set()
        self._changing = threading.Lock()
        self._is_cut = False
        self._loses: bytes | None = None
        self._leads_away: bytes | None = None
        self._bytes = 0
        self._came = threading.Condition()
        self.lost = threading.Event()
        """Set once the answer has been lost that was to be."""
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Let nothing through any more."""
        with self._changing:
            self._is_cut = True
            for end in self._open:
                _break(end)
            self._open.clear()

    def mend(self) -> None:
        """Let everything through again."""
        self._loses = self._leads_away = None
        self._is_cut = False

    def lose_answer_to(self, request: bytes) -> None:
        """Let the next request through that begins so, and cut the line when the answer comes."""
        self.lost.clear()
        self._loses = request

    def lead_away(self, request: bytes) -> None:
        """Answer requests that begin so by leading elsewhere, as a network does that wants a
        sign-in: the server hears nothing of them.
        """
        self._leads_away = request

    def since(self) -> int:
        """Return the bytes that came from the server since this was asked last, those too that
        the service worker asks for behind the page: the line is waited for to be quiet.
        """
        with self._came:
            while self._came.wait(QUIET):
                pass
            found, self._bytes = self._bytes, 0
        return found

    def _count(self, size: int) -> None:
        with self._came:
            self._bytes += size
            self._came.notify_all()

    def close(self) -> None:
        self._listening.close()
        self.cut()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _address = self._listening.accept()
                if self._is_cut:
                    _break(near)
                else:
                    self._join(near)

    def _join(self, near: socket.socket) -> None:
        far = socket.create_connection((self._host, self._port))
        with self._changing:
            self._open |= {near, far}
        doomed = threading.Event()
        for pair in ((near, far), (far, near)):
            threading.Thread(
                target=self._pass, args=(*pair, doomed, pair[0] is far), daemon=True
            ).start()

    def _pass(
        self, source: socket.socket, to: socket.socket, doomed: threading.Event, answers: bool
    ) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                if not answers and self._leads_away and data.startswith(self._leads_away):
                    source.sendall(ELSEWHERE)
                    break
                if not answers and self._loses and data.startswith(self._loses):
                    doomed.set()
                if answers:
                    self._count(len(data))
                if answers and doomed.is_set():
                    self.cut()
                    self.lost.set()
                to.sendall(data)
        for end in (source, to):
            _break(end)


def _break(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


@contextmanager
def line(server: str) -> Iterator[Line]:
    """A line to the server, until the block ends."""
    made = Line(server)
    try:
        yield made
    finally:
        made.close()
