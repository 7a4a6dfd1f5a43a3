"""What can be wrong with what a person asks for: values that name code, field and place.

Rules and use cases raise or return these; the text in the reader's language is looked up at the
edge (``app.i18n.explain``), so that nothing below knows a language.
"""

import dataclasses
from collections.abc import Mapping
from datetime import datetime

Value = str | int | datetime
"""What fills a placeholder."""


@dataclasses.dataclass(frozen=True)
class Place:
    """Where in a file; any part may be unknown. ``row`` is 1-based, ``column`` a letter."""

    file: str | None = None
    sheet: str | None = None
    row: int | None = None
    column: str | None = None

    @property
    def within_file(self) -> dict[str, str | int | None]:
        """Sheet, row and column by their names, as JSON has them."""
        return {"sheet": self.sheet, "row": self.row, "column": self.column}


@dataclasses.dataclass
class Problem(Exception):  # noqa: N818 - a problem is not always raised
    """One thing that is wrong. ``code`` finds the text, ``values`` fill its placeholders; a moment
    is told in the reader's own form.
    """

    code: str
    field: str | None = None
    place: Place | None = None
    values: Mapping[str, Value] = dataclasses.field(default_factory=dict)

    def __str__(self) -> str:
        return self.code

    def __reduce__(self) -> tuple[object, ...]:
        """How one process hands a problem to another: exceptions forget what has a name."""
        return Problem, (self.code, self.field, self.place, self.values)


class NotFoundError(Exception):
    """What was asked for does not exist, or not for this user: from outside the two are one."""


class ForbiddenError(Exception):
    """The user's role does not allow the act at all."""
