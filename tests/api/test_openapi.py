"""The description of the API: valid, complete, and true of what is served."""

import json
import re
from typing import Any

import pytest
from flask import Flask
from jsonschema_rs import validator_for

from app.api.errors import CODES
from app.api.openapi import PROBLEMS, document
from app.i18n.texts import TEXTS
from tests.house.pages import CheckingClient


@pytest.fixture
def described(client: CheckingClient) -> dict[str, Any]:
    answer = client.get("/api/v1/openapi.json")
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    return json.loads(answer.text)


def templated(path: str) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path)


def operations(described: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = [
        (f"{method.upper()} {path}", operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]
    return dict(found)


def test_every_address_under_the_prefix_is_a_declared_operation(
    app: Flask, described: dict[str, Any]
) -> None:
    served = {
        f"{method} {templated(rule.rule)}"
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    assert served == operations(described).keys()


def test_every_operation_says_what_it_is_for_under_a_name_of_its_own(
    described: dict[str, Any],
) -> None:
    found = operations(described).values()

    assert len({one["operationId"] for one in found}) == len(found)
    assert all(one["summary"].endswith(".") for one in found)


def test_links_lead_to_operations_and_name_their_parameters(described: dict[str, Any]) -> None:
    by_name = {one["operationId"]: one for one in operations(described).values()}
    links = [
        link
        for one in by_name.values()
        for response in one["responses"].values()
        for link in response.get("links", {}).values()
    ]

    assert links
    for link in links:
        known = {parameter["name"] for parameter in by_name[link["operationId"]]["parameters"]}
        assert link["parameters"].keys() <= known


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if "$ref" in value else set()
        return own.union(*map(references, value.values()))
    if isinstance(value, list):
        return set().union(*map(references, value))
    return set()


def test_every_reference_leads_somewhere_and_nothing_is_left_over(
    described: dict[str, Any],
) -> None:
    kept = {
        f"#/components/{kind}/{name}"
        for kind in ("schemas", "responses")
        for name in described["components"][kind]
    }
    used = references(described)

    assert used <= kept
    unused = {f"#/components/responses/Problem{status}" for status in PROBLEMS} - used
    assert kept - used <= unused


def test_every_schema_is_one(described: dict[str, Any]) -> None:
    for name, schema in described["components"]["schemas"].items():
        whole = {**schema, "components": described["components"]}
        assert validator_for(whole) is not None, name


def test_an_operation_says_whether_it_wants_a_token(described: dict[str, Any]) -> None:
    for name, one in operations(described).items():
        is_open = name == "GET /api/v1/openapi.json"
        schemes = [] if is_open else ["Bearer"]
        if name.endswith(("/cases/{case_id}/calls", "/cases/{case_id}/dials")):
            schemes.append("Deposit")
        assert one["security"] == [{scheme: []} for scheme in schemes], name
        assert ("401" in one["responses"]) is not is_open, name
        assert ("429" in one["responses"]) is not is_open, name


def test_the_description_is_the_same_every_time(app: Flask) -> None:
    assert document(app) == document(app)


def test_every_code_has_its_sentence() -> None:
    assert set(CODES.values()) <= TEXTS.keys()
