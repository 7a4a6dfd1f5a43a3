"""The OpenAPI document, made from the operations as they are declared."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, current_app
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema
from werkzeug.datastructures import FileStorage
from werkzeug.routing import Rule

from app.api import access
from app.api.errors import MEDIA_TYPE, ProblemDetails
from app.api.operations import JSON, Operation, operation
from app.db import LARGEST_ID
from app.version import VERSION

Table = dict[str, Any]
Modelled = tuple[type[BaseModel], JsonSchemaMode]

REFERENCE = "#/components/schemas/{model}"
DESCRIPTION = (
    "Drives Ringround from other programs. Moments are RFC 3339 with an offset; errors are "
    "problem details (RFC 9457), their sentences in Chinese, or in English where "
    "Accept-Language prefers it. Lists come in pages, with links in the Link header (RFC 8288)."
)
SCHEMES: Mapping[str, Table] = {
    access.BEARER: {
        "type": "http",
        "scheme": "bearer",
        "description": "A token of an account, as the command line or the account's page makes it.",
    },
    access.DEPOSIT: {
        "type": "http",
        "scheme": "deposit",
        "description": "A batch's deposit ticket: with it calls can be handed in, nothing read.",
    },
}
PATH_TYPES: Mapping[str, Table] = {
    "int": {"type": "integer", "minimum": 1, "maximum": LARGEST_ID},
    "default": {"type": "string", "pattern": "^[0-9]{12}$"},
}
"""The schema of a part of an address by the converter of its rule."""
UPLOADED = "text/csv, application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
"""What a roster comes as."""
PROBLEMS = (400, 401, 403, 404, 409, 413, 415, 422, 429)
STRANGERS = (401, 403, 429)
BODIES = {"form", "body"}
CARRIED = {
    401: ("WWW-Authenticate", {"type": "string"}),
    429: ("Retry-After", {"type": "string", "pattern": "^[0-9]+$"}),
}
"""A header that says what to do, by status."""


def document(app: Flask) -> Table:
    """Return the description of every operation that the app serves under the API's prefix."""
    found = list(_operations(app))
    schemas = _schemas([declared for _rule, declared in found])
    paths: dict[str, Table] = {}
    for rule, declared in sorted(found, key=lambda pair: pair[0].rule):
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        paths.setdefault(path, {})[declared.method.lower()] = _described(rule, declared)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Ringround",
            "version": VERSION,
            "description": DESCRIPTION,
            "license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {f"Problem{status}": _problem(status) for status in PROBLEMS},
            "securitySchemes": dict(SCHEMES),
        },
    }


def _operations(app: Flask) -> Iterator[tuple[Rule, Operation]]:
    for rule in app.url_map.iter_rules():
        declared = getattr(app.view_functions[rule.endpoint], "operation", None)
        if declared is not None:
            yield rule, declared


def _schemas(operations: Sequence[Operation]) -> Table:
    """The models of bodies and answers; a parameter is described where it is taken."""
    modelled: dict[Modelled, None] = {(ProblemDetails, "serialization"): None}
    for declared in operations:
        bodies = (model for kind, model in declared.takes.items() if kind in BODIES)
        modelled.update(((model, "validation"), None) for model in bodies)
        answers = (one for one in declared.answers.values() if not isinstance(one, str))
        modelled.update(((model, "serialization"), None) for model in answers)
    _names, schema = models_json_schema(list(modelled), ref_template=REFERENCE)
    found: Table = schema["$defs"]
    for form in {one.takes["form"].__name__ for one in operations if "form" in one.takes}:
        fields = found[form]["properties"]
        found[form]["properties"] = {name: _given(field) for name, field in fields.items()}
    return found


def _described(rule: Rule, declared: Operation) -> Table:
    tag = declared.name.partition("_")[0]
    described: Table = {
        "operationId": declared.name,
        "tags": [tag],
        "summary": declared.summary,
        "parameters": [*_in_path(rule), *_parameters(declared)],
        "responses": _responses(rule, declared),
        "security": [{scheme: []} for scheme in declared.door.schemes if declared.door.roles],
    }
    if declared.description:
        described["description"] = declared.description
    if body := _body(declared):
        described["requestBody"] = body
    return described


def _in_path(rule: Rule) -> Iterator[Table]:
    for converter, name in re.findall(r"<(?:(\w+):)?(\w+)>", rule.rule):
        schema = PATH_TYPES[converter or "default"]
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _parameters(declared: Operation) -> Iterator[Table]:
    for kind, place in (("query", "query"), ("headers", "header")):
        if kind not in declared.takes:
            continue
        schema = declared.takes[kind].model_json_schema(ref_template=REFERENCE)
        for name, field in schema["properties"].items():
            required = name in schema.get("required", ())
            yield {"name": name, "in": place, "required": required, "schema": _given(field)}


def _given(field: Table) -> Table:
    """The schema of a field that can be left out but never null: outside JSON there is no null."""
    others = [one for one in field.get("anyOf", ()) if one != {"type": "null"}]
    if len(others) == len(field.get("anyOf", ())):
        return field
    rest = {key: value for key, value in field.items() if key not in {"anyOf", "default"}}
    return {**rest, **others[0]} if len(others) == 1 else {**rest, "anyOf": others}


def _body(declared: Operation) -> Table:
    if "form" in declared.takes:
        form = declared.takes["form"]
        kinds = {
            name: {"contentType": UPLOADED}
            for name, field in form.model_fields.items()
            if field.annotation is FileStorage
        }
        content = {"multipart/form-data": {**_as(form), "encoding": kinds}}
        return {"required": True, "content": content}
    if "body" in declared.takes:
        content = {JSON: _as(declared.takes["body"])}
        return {"required": not declared.optional, "content": content}
    return {}


def _as(model: type[BaseModel]) -> Table:
    return {"schema": {"$ref": REFERENCE.format(model=model.__name__)}}


def _responses(rule: Rule, declared: Operation) -> Table:
    responses: Table = {}
    for status, answer in declared.answers.items():
        content = {answer: {}} if isinstance(answer, str) else {JSON: _as(answer)}
        responses[str(status)] = {"description": HTTPStatus(status).phrase, "content": content}
        if links := declared.links.get(status):
            responses[str(status)]["links"] = {
                name: {"operationId": target, "parameters": dict(parameters)}
                for name, (target, parameters) in links.items()
            }
    for status in _statuses(rule, declared):
        responses[str(status)] = {"$ref": f"#/components/responses/Problem{status}"}
    return responses


def _statuses(rule: Rule, declared: Operation) -> Sequence[int]:
    """The statuses of problems: those declared, and those that follow from what is taken."""
    found = {400, *declared.problems}
    if declared.door.roles:
        found.update(STRANGERS)
    if rule.arguments:
        found.add(404)
    if declared.takes.keys() & {"query", *BODIES}:
        found.add(422)
    if declared.takes.keys() & BODIES:
        found.update((413, 415))
    return sorted(found)


def _problem(status: int) -> Table:
    problem: Table = {
        "description": HTTPStatus(status).phrase,
        "content": {MEDIA_TYPE: _as(ProblemDetails)},
    }
    if status in CARRIED:
        name, schema = CARRIED[status]
        problem["headers"] = {name: {"required": True, "schema": schema}}
    return problem


@operation("GET", "/openapi.json", "This description.", roles=(), answers={200: JSON})
def show() -> Response:
    # It follows from the code alone, so each process works it out once.
    known = current_app.extensions
    if "openapi" not in known:
        found = document(current_app)
        known["openapi"] = json.dumps(found, ensure_ascii=False).encode()
    return Response(known["openapi"], content_type=JSON)
