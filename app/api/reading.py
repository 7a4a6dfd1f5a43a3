"""Reading what a program sends: its address, headers and body, each checked once."""

import json
import re
from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any, NoReturn, TypeVar

from flask import request
from pydantic import BaseModel, ValidationError
from werkzeug.datastructures import MultiDict

from app.api.errors import RefusedError
from app.problems import Problem

Model = TypeVar("Model", bound=BaseModel)

JSON_BYTES = 256 * 1024
"""No body of a call or a claim comes near this."""

LONGEST_FIGURES = 300
"""Python itself refuses to read or write whole numbers of more than some thousand figures."""

_ESCAPE = re.compile(rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][89a-fA-F]..)|.)", re.DOTALL)
"""An escape in JSON: a character written as two halves, one half alone, or any other."""

_CODES = {
    "missing": "field_missing",
    "extra_forbidden": "field_unknown",
    "string_too_short": "field_length",
    "string_too_long": "field_length",
    "too_short": "field_length",
    "too_long": "field_length",
    "greater_than_equal": "field_range",
    "less_than_equal": "field_range",
    "string_type": "field_string",
    "int_type": "field_int",
    "bool_type": "field_bool",
    "list_type": "field_list",
    "dict_type": "field_dict",
    "model_type": "field_dict",
    "datetime_type": "field_datetime",
    "timezone_aware": "field_datetime",
}
"""The code of a problem by pydantic's type of error."""
_LIMITS = ("ge", "le", "min_length", "max_length")


def query(model: type[Model]) -> Model:
    """Return the parameters of the address. Raises RefusedError for what is wrong."""
    return _model(model, _once(request.args), 422)


def headers(model: type[Model]) -> Model:
    """Return the headers that the model names. Raises RefusedError, with status 400."""
    names = [field.alias or name for name, field in model.model_fields.items()]
    given = {name: request.headers[name] for name in names if name in request.headers}
    return _model(model, given, 400)


def form(model: type[Model]) -> Model:
    """Return the fields and files of a form. Raises RefusedError for what is wrong."""
    _require("multipart/form-data")
    return _model(model, {**_once(request.form), **_once(request.files)}, 422)


def body(model: type[Model]) -> Model:
    """Return the JSON body. Raises RefusedError for what is no JSON, or has wrong fields."""
    _require("application/json")
    content = request.get_data(cache=False) if (request.content_length or 0) <= JSON_BYTES else None
    if content is None or len(content) > JSON_BYTES:
        raise RefusedError(413, Problem("body_large", values={"most": JSON_BYTES // 1024}))
    content = _ESCAPE.sub(_whole_character, content)
    try:
        found = model.model_validate_json(content)
    except ValidationError as error:
        _refuse(error, 422)
    # What the model takes is nested in moderation, so the slower look at the details is safe.
    _look_closely(content)
    return found


def _whole_character(escape: re.Match[bytes]) -> bytes:
    """A note may have been cut in the middle of a character: no call is lost for the half of it."""
    return rb"\ufffd" if escape[1] else escape[0]


def is_empty() -> bool:
    """Whether the request has no body at all."""
    return not request.content_type and not request.content_length


def _require(mimetype: str) -> None:
    if request.mimetype != mimetype:
        raise RefusedError(415, Problem("body_type", values={"wanted": mimetype}))


def _once(given: MultiDict[str, Any]) -> dict[str, Any]:
    """Refuse a name that is given twice: which of the two counts, nobody could tell."""
    repeated = [name for name, values in given.lists() if len(values) > 1]
    if repeated:
        raise _wrong_fields([Problem("field_repeated", field=name) for name in repeated], 422)
    return given.to_dict()


def _model(model: type[Model], given: Mapping[str, Any], status: int) -> Model:
    try:
        return model.model_validate(given)
    except ValidationError as error:
        _refuse(error, status)


def _refuse(error: ValidationError, status: int) -> NoReturn:
    found = error.errors(include_url=False, include_input=False)
    if found[0]["type"] == "json_invalid":
        raise _not_json() from None
    raise _wrong_fields([_problem(dict(one)) for one in found], status) from None


def _wrong_fields(errors: list[Problem], status: int) -> RefusedError:
    return RefusedError(status, Problem("fields_wrong"), errors=errors)


def _problem(error: dict[str, Any]) -> Problem:
    limits = {name: value for name, value in error.get("ctx", {}).items() if name in _LIMITS}
    values = {"limit": next(iter(limits.values()))} if limits else {}
    code = _CODES.get(error["type"], "field_value")
    return Problem(code, field=".".join(map(str, error["loc"])), values=values)


def _not_json() -> RefusedError:
    return RefusedError(400, Problem("json_unreadable"))


def _look_closely(content: bytes) -> None:
    """Refuse what JSON leaves open: a name that stands twice, and numbers that are none."""
    json.loads(
        content, object_pairs_hook=_unique, parse_constant=_no_number, parse_float=_finite,
        parse_int=_readable,
    )  # fmt: skip


def _unique(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise RefusedError(400, Problem("json_repeated"))
        found[name] = value
    return found


def _no_number(_text: str) -> NoReturn:
    raise _not_json()


def _readable(text: str) -> int:
    if len(text) > LONGEST_FIGURES:
        raise _not_json()
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise _not_json()
    return number
