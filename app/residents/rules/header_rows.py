"""Which row of a sheet, or which two, are the header."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.residents.rules.headers import Role, is_private, is_somebody_else, role_of
from app.residents.rules.looks import is_number, look_of
from app.residents.rules.sheets import SheetRow, Value

_FIRST_ROWS = 20
_LONGEST_HEADER = 12


@dataclass(frozen=True)
class Header:
    """A row, or two that belong together, as the texts above columns."""

    row: SheetRow
    texts: dict[int, str]
    groups: dict[int, str]  # what stands above several texts, of a header of two rows

    def role(self, column: int) -> tuple[Role, int] | None:
        """The role that the header of a column names, and its rank."""
        text, group = self.texts[column], self.groups.get(column, "")
        if not group:
            return role_of(text)
        if is_somebody_else(group) or is_private(text):
            return None
        return role_of(text) or role_of(group + text) or role_of(group)

    def roles(self) -> dict[Role, list[int]]:
        """The columns that are named for each role, the best first."""
        ranked: dict[Role, list[tuple[int, int]]] = {}
        for column in self.texts:
            if found := self.role(column):
                role, rank = found
                ranked.setdefault(role, []).append((rank, column))
        return {role: [column for _, column in sorted(pairs)] for role, pairs in ranked.items()}

    def fitness(self) -> tuple[int, int, int]:
        """How much this is like a header: names and telephones first, then any other role.

        A single cell is a title, and a single role may be a resident's remark.
        """
        roles = self.roles().keys()
        vital = len(roles & {"name", "phone"})
        if len(self.texts) < 2 or not (vital or len(roles) > 1):  # noqa: PLR2004
            return 0, 0, 0
        return vital, len(roles), len(self.groups)


def find_header(rows: Sequence[SheetRow], chosen: int | None) -> Header | None:
    """The header that stands in the first rows, or in the row that was chosen (0 is none)."""
    first = [row for row in rows[:_FIRST_ROWS] if chosen is None or row.row == chosen]
    found = [header for row in first for header in _headers(row, rows)]
    best = max(found, key=Header.fitness, default=None)
    if best and (chosen or any(best.fitness())):
        return best
    return _unknown_header(rows) if chosen is None else None


def _unknown_header(rows: Sequence[SheetRow]) -> Header | None:
    """The row above a roster that uses words of its own: short texts, unlike all that follows."""
    first = next((row for row in rows if len(dict(filled(row))) > 1), None)
    if first is None or any(_is_no_header(value) for _, value in filled(first)):
        return None
    texts = {column: str(value).strip() for column, value in filled(first)}
    below = [row for row in rows if row.row > first.row]
    looks = {column: look_of([row.value(column) for row in below]) for column in texts}
    same = {look for column, look in looks.items() if look_of([texts[column]]) == look}
    if not {"name", "phone"} <= set(looks.values()) - same:
        return None
    return Header(first, texts, {})


def _headers(row: SheetRow, rows: Sequence[SheetRow]) -> Iterator[Header]:
    """What a row is as a header: alone, and below the row before it."""
    texts = {column: str(value).strip() for column, value in filled(row)}
    yield Header(row, texts, {})
    above = next((before for before in rows if before.row == row.row - 1), None)
    if above is not None and (groups := _groups(above, row)):
        upper = {column: str(value).strip() for column, value in filled(above)}
        yield Header(row, {**upper, **texts}, groups)


def _groups(above: SheetRow, row: SheetRow) -> dict[int, str]:
    """What stands in the row above over several cells of this one; nothing unless both are headers:
    short texts, of which some of the lower stand right of an upper.
    """
    upper, lower = dict(filled(above)), dict(filled(row))
    texts = [*upper.values(), *lower.values()]
    if len(upper) < 2 or any(map(_is_no_header, texts)):  # noqa: PLR2004
        return {}
    known = sum(role_of(text) is not None or is_private(text) for text in lower.values())
    if not set(lower) - set(upper) or 2 * known < len(lower):
        return {}
    starts = sorted(set(upper) - row.merged)
    return {
        column: str(upper[max(start for start in starts if start <= column)]).strip()
        for column in set(lower) - row.merged
        if any(start <= column for start in starts)
    }


def _is_no_header(value: Value) -> bool:
    return not isinstance(value, str) or len(value.strip()) > _LONGEST_HEADER or is_number(value)


def filled(row: SheetRow) -> Iterator[tuple[int, Value]]:
    """The cells of a row in which something stands, with their columns."""
    for column, value in enumerate(row.values):
        if value is not None and str(value).strip():
            yield column, value
