"""What each address of the API is for, stated once: for the check and for the document.

A view is declared where it stands::

    @operation(
        "GET",
        "/campaigns/<int:campaign_id>/things",
        "Things of a campaign.",
        roles=STAFF,
        answers={200: ThingPage},
        links={200: {"thing": ("things_show", {"thing_id": "$response.body#/items/0/id"})}},
    )
    def things(query: ThingQuery, campaign_id: int) -> ThingPage: ...

Its parameters ``query``, ``headers``, ``form`` and ``body`` name their models by their types; an
optional body may be left out by the program. It returns one of the answers (the first when it
says no status), or a finished response.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import cleandoc
from types import NoneType
from typing import Any, TypeVar, get_args, get_type_hints

from flask import Blueprint, Response
from pydantic import BaseModel
from werkzeug.wrappers import Response as AnyResponse

from app.api import access, reading

View = TypeVar("View", bound=Callable[..., Any])
Links = Mapping[int, Mapping[str, tuple[str, Mapping[str, str]]]]
"""By status and name: the operation that may follow, and where its parameters come from."""

JSON = "application/json"
NO_LINKS: Links = {}
READ = ("query", "headers", "form", "body")

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")


@dataclass(frozen=True)
class Operation:
    """What is stated of one method of one address."""

    name: str
    method: str
    summary: str
    description: str
    door: access.Door
    answers: Mapping[int, type[BaseModel] | str]
    """By status: the model of a JSON body, or the media type of another."""
    problems: tuple[int, ...]
    """Statuses beyond those that follow from what the view takes."""
    links: Links
    takes: Mapping[str, type[BaseModel]]
    """The models of ``query``, ``headers``, ``form`` and ``body``, as far as there are any."""
    optional: bool
    """Whether the body may be left out."""


def operation(
    method: str,
    path: str,
    summary: str,
    *,
    roles: tuple[str, ...],
    answers: Mapping[int, type[BaseModel] | str],
    problems: tuple[int, ...] = (),
    links: Links = NO_LINKS,
    schemes: tuple[str, ...] = (access.BEARER,),
    deactivated_too: bool = False,
) -> Callable[[View], View]:
    """Declare a view of the API and give it its address; see above.

    Without ``roles`` anybody may come. ``schemes`` are those of ``access`` by which a program may
    show who it is; ``deactivated_too`` lets in the token of an account that was closed.
    """

    def decorate(view: View) -> View:
        takes, optional = _taken(view)
        declared = Operation(
            name=f"{view.__module__.rpartition('.')[2]}_{view.__name__}",
            method=method,
            summary=summary,
            description=cleandoc(view.__doc__ or ""),
            door=access.Door(roles, schemes, deactivated_too),
            answers=answers,
            problems=problems,
            links=links,
            takes=takes,
            optional=optional,
        )
        blueprint.add_url_rule(path, declared.name, _answering(declared, view), methods=[method])
        return view

    return decorate


def _taken(view: Callable[..., Any]) -> tuple[dict[str, type[BaseModel]], bool]:
    hints = get_type_hints(view)
    takes: dict[str, Any] = {name: hints[name] for name in READ if name in hints}
    alternatives = get_args(takes.get("body"))
    if NoneType in alternatives:
        takes["body"] = alternatives[0]
    return takes, NoneType in alternatives


def _answering(declared: Operation, view: Callable[..., Any]) -> Callable[..., AnyResponse]:
    readers = [(name, getattr(reading, name), model) for name, model in declared.takes.items()]
    first = next(iter(declared.answers))

    def answer(**path: Any) -> AnyResponse:
        access.admit(declared.door)
        given = {
            name: None if declared.optional and name == "body" and reading.is_empty()
            else read(model)
            for name, read, model in readers
        }  # fmt: skip
        return _response(view(**path, **given), first)

    answer.large = "form" in declared.takes  # type: ignore[attr-defined]
    answer.operation = declared  # type: ignore[attr-defined]
    answer.allowed = declared.door.roles or ("anybody",)  # type: ignore[attr-defined]
    return answer


def _response(result: Any, status: int) -> AnyResponse:
    """Turn what a view returns into a response: a model, alone or with status and headers."""
    if isinstance(result, AnyResponse):
        return result
    headers: Mapping[str, str] = {}
    if isinstance(result, tuple):
        result, status, *rest = result
        headers = rest[0] if rest else headers
    content = result.model_dump_json(exclude_unset=True)
    return Response(content, status, dict(headers), content_type=JSON)
