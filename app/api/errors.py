"""How an error is told to a program: problem details (RFC 9457), its sentences in its language."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from flask import Response, current_app, request
from flask_babel import force_locale
from pydantic import BaseModel, Field
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from app.config import LANGUAGES
from app.db import may_pass
from app.i18n import explain
from app.problems import ForbiddenError, NotFoundError, Problem

MEDIA_TYPE = "application/problem+json"

CONFLICTS = frozenset(
    {
        "already_corrected",
        "as_of_ahead",
        "as_of_before_opening",
        "batch_over",
        "campaign_closed",
        "campaign_not_open",
        "community_unknown",
        "holds_enough",
        "import_over",
        "imports_open",
        "key_in_work",
        "not_with_leader",
        "offers_enough",
        "skipped_enough",
        "stopped",
        "undo_late",
        "undo_not_last",
    }
)
"""Problems of what was asked well but can't be done as things stand; others are wrong fields."""

CODES = {
    400: "request_unreadable",
    401: "token_needed",
    403: "role_forbids",
    404: "nothing_here",
    405: "method_unknown",
    413: "body_large",
    500: "broken",
}

SOON = 5
"""Seconds after which a program may ask again that met a database which did not answer."""


class FieldProblem(BaseModel):
    """A field that is wrong, and why."""

    field: str
    message: str


class ProblemDetails(BaseModel):
    """What is wrong (RFC 9457)."""

    type: str = Field(examples=["about:blank"])
    title: str
    status: int
    detail: str
    code: str = Field(description="What is wrong, for programs; it never changes its meaning.")
    errors: list[FieldProblem] = Field(
        default=[], description="The fields that are wrong, where some are."
    )


class RefusedError(Exception):
    """A request that comes to nothing, under a status of HTTP."""

    def __init__(
        self,
        status: int,
        problem: Problem,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[Problem] = (),
    ) -> None:
        super().__init__(problem.code)
        self.status = status
        self.problem = problem
        self.headers = headers or {}
        self.errors = errors


def language() -> str:
    """Return the language that the request asks for: ``zh`` unless it prefers English."""
    for tag, quality in request.accept_languages:
        if quality and tag[:2].lower() in LANGUAGES:
            return tag[:2].lower()
    return LANGUAGES[0]


def told(error: Exception) -> AnyResponse:
    """Return the answer to a request that ended in this error."""
    if isinstance(error, HTTPException) and (error.code is None or error.code < 400):  # noqa: PLR2004
        return error.get_response()
    refused = _refusal(error)
    if refused.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        current_app.logger.error("unexpected error", exc_info=error)
    spoken = language()
    with force_locale(spoken):
        body = json.dumps(_details(refused), ensure_ascii=False)
    answer = Response(body, refused.status, dict(refused.headers), content_type=MEDIA_TYPE)
    answer.headers["Content-Language"] = spoken
    answer.headers["Vary"] = "Accept-Language"
    return answer


def _refusal(error: Exception) -> RefusedError:
    match error:
        case RefusedError():
            return error
        case Problem():
            status = 409 if error.code in CONFLICTS else 422
            return RefusedError(status, error, errors=[error] if error.field else [])
        case NotFoundError():
            return RefusedError(404, Problem(CODES[404]))
        case ForbiddenError():
            return RefusedError(403, Problem(CODES[403]))
        case HTTPException():
            return _of_http(error)
    return _failure(error)


def _failure(error: Exception) -> RefusedError:
    soon = {"Retry-After": str(SOON)}
    problem = Problem(CODES[500])
    return RefusedError(503, problem, soon) if may_pass(error) else RefusedError(500, problem)


def _of_http(error: HTTPException) -> RefusedError:
    status = error.code or 500
    values: dict[str, str | int] = {}
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        values = {"most": (request.max_content_length or 0) // 1024}
    kept = {name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}}
    return RefusedError(status, Problem(CODES.get(status, CODES[400]), values=values), kept)


def _details(refused: RefusedError) -> dict[str, Any]:
    details: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(refused.status).phrase,
        "status": refused.status,
        "detail": explain(refused.problem),
        "code": refused.problem.code,
    }
    if refused.errors:
        details["errors"] = [
            {"field": one.field or "", "message": explain(one)} for one in refused.errors
        ]
    return details
