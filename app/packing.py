"""Sending less over a bad line: what goes out packed, and what must not.

Whoever can put words into a page and watch its packed size can guess what else is in it, letter by
letter (BREACH). So only what gives nothing back of what it was asked is packed: static files,
which are the same for everybody, and pages that say so (``packed``).
"""

from collections.abc import Callable
from functools import lru_cache
from gzip import compress
from typing import ParamSpec, TypeVar

from flask import Flask, Response, current_app, request

P = ParamSpec("P")
R = TypeVar("R")

WORTH_IT = 500
"""Bytes; what is smaller fits into one packet as it is."""
KINDS = (
    "application/javascript", "application/json", "application/manifest+json", "image/svg+xml",
    "text/css", "text/html", "text/javascript", "text/plain",
)  # fmt: skip
"""What becomes smaller; pictures and typefaces are packed already."""
THOROUGHLY, QUICKLY = 9, 5


def packed(view: Callable[P, R]) -> Callable[P, R]:
    """State that a page gives back nothing of its address but keys, so that it may be packed.

    An answer to a form never is: it may show again what was typed.
    """
    view.packed = True  # type: ignore[attr-defined]
    return view


def init(app: Flask) -> None:
    """Pack what may be packed."""
    app.after_request(_pack)


def _pack(response: Response) -> Response:
    is_static = request.endpoint == "static"
    if not (is_static or _is_packed_page()) or response.mimetype not in KINDS:
        return response
    response.vary.add("Accept-Encoding")
    if response.status_code != 200 or request.accept_encodings["gzip"] <= 0:  # noqa: PLR2004
        return response
    response.direct_passthrough = False
    whole = response.get_data()
    if len(whole) < WORTH_IT:
        return response
    response.set_data(_thoroughly(whole) if is_static else compress(whole, QUICKLY, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    etag, _weak = response.get_etag()
    if etag is not None:
        response.set_etag(etag, weak=True)  # the same file, though not the same bytes
    return response


def _is_packed_page() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return request.method == "GET" and getattr(view, "packed", False)


@lru_cache(maxsize=128)
def _thoroughly(whole: bytes) -> bytes:
    return compress(whole, THOROUGHLY, mtime=0)
