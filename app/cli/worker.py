"""The worker of the production server: gunicorn's own answers carry our headers, too."""

import socket
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from app.web import HEADERS

_OURS = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items()) + (
    "Cache-Control: no-store\r\n"
)


class Worker(ThreadWorker):  # type: ignore[misc]
    """Gunicorn answers by itself what it can't read as a request: the app never sees it."""

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Tell the client what is wrong with its request."""
        super().handle_error(req, _Headed(client), addr, exc)


class _Headed:
    """The connection as gunicorn writes its answer to it."""

    def __init__(self, client: socket.socket) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def sendall(self, answer: bytes) -> None:
        """Put our headers behind the answer's first line."""
        status, _end, rest = answer.partition(b"\r\n")
        self._client.sendall(b"%b\r\n%b%b" % (status, _OURS.encode(), rest))
