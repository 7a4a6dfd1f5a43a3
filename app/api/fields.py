"""What the models of requests and answers are made of."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    JsonValue,
    WithJsonSchema,
)
from werkzeug.datastructures import FileStorage

from app.db import LARGEST_ID

# RFC 3339. Left alone, pydantic also reads seconds since 1970 and half a dozen other ways.
_MOMENT = r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})"
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_FIGURES = r"-?(0|[1-9]\d{0,18})"


class Asked(BaseModel):
    """A request or a part of one: nothing in it is guessed at or passed over."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Answer(BaseModel):
    """What is answered; a field with a default is left out unless it was given."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _moment(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(_MOMENT, value, re.ASCII):
        return datetime.fromisoformat(value.upper())
    return value


def _whole(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(_FIGURES, value, re.ASCII):
        return int(value)
    return value


def _integral(value: Any) -> Any:
    """JSON knows one kind of number: 2.0 is the whole number it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _flag(value: Any) -> Any:
    return {"true": True, "false": False}.get(value, value)


def _by_any_clock(moment: datetime) -> datetime:
    """Bring what a broken clock said into the years that every calendar here knows."""
    return min(max(moment, _EARLIEST), _LATEST).astimezone(UTC)


def _without_nul(value: Any) -> Any:
    """Leave out what no text of PostgreSQL holds; no call is lost for it."""
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, dict):
        return {_without_nul(name): _without_nul(one) for name, one in value.items()}
    return [_without_nul(one) for one in value] if isinstance(value, list) else value


Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]
ClockTime = Annotated[Moment, AfterValidator(_by_any_clock)]
"""A moment as a phone's clock told it."""
WITHOUT_NUL = AfterValidator(_without_nul)
Answers = Annotated[dict[str, JsonValue], WITHOUT_NUL]
Stamp = Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC))]
"""A moment in an answer: in UTC, so that the same moment is always written the same."""
WHOLE = BeforeValidator(_integral)
Id = Annotated[int, Field(ge=1, le=LARGEST_ID), WHOLE]
CommunityCode = Annotated[str, Field(pattern=r"^[0-9]{12}$", examples=["320613009001"])]
AsOf = Annotated[
    str,
    Field(pattern=rf"^({_MOMENT}|\d{{4}}-\d{{2}}-\d{{2}})$"),
    WithJsonSchema(
        {
            "anyOf": [{"type": "string", "format": form} for form in ("date-time", "date")],
            "description": "A moment that has come, or a day: all of it, as far as it has come.",
        }
    ),
]
PageNumber = Annotated[int, Field(ge=1, le=10**9), BeforeValidator(_whole)]
PageSize = Annotated[int, Field(ge=1, le=100), BeforeValidator(_whole)]
Flag = Annotated[bool, BeforeValidator(_flag)]
"""``true`` or ``false`` in an address or a form."""
Upload = Annotated[InstanceOf[FileStorage], WithJsonSchema({"type": "string", "format": "binary"})]


def text(longest: int, *, shortest: int = 0) -> Any:
    """Return how long a text may be, for ``Annotated``; and no text holds a NUL."""
    return Field(min_length=shortest, max_length=longest, pattern=r"^[^\x00]*$")


def one_of(codes: Iterable[str]) -> Any:
    """Return that a text is one of these, for ``Annotated``; the use case tells who errs."""
    return Field(max_length=40, json_schema_extra={"enum": list(codes)})
