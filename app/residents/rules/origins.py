"""Where each thing on record of a resident comes from, told from how it came to be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Origin:
    """Whatever put something on record: a row of a roster, or somebody by hand."""

    at: datetime
    import_id: int | None = None
    sheet: str = ""
    row: int | None = None
    user_id: int | None = None
    """Who did it by hand; a roster's is told by its import."""


@dataclass(frozen=True)
class Step:
    """A field of a resident that became another, and through what."""

    field: str
    before: Any
    after: Any
    origin: Origin


def origins(field: str, value: Any, first: Origin, steps: Sequence[Step]) -> list[Origin]:
    """Return where a value comes from; of several in one field, each one's origin in their order.

    ``steps`` are in the order in which they were made; what none of them brought came ``first``.
    """
    told = [step for step in reversed(steps) if step.field == field]
    if not isinstance(value, list):
        return [told[0].origin if told else first]
    return [_brought(item, first, told) for item in value]


def _brought(item: Any, first: Origin, latest: Sequence[Step]) -> Origin:
    brought = (one.origin for one in latest if item in one.after and item not in one.before)
    return next(brought, first)
