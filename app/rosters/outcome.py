"""What an import came to, as programs and the command line are told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from app.problems import Place
from app.residents.models import RosterFinding
from app.rosters import wording
from app.rosters.rules.taking import COUNTS, OF_THESE, ROWS, Kind, Note

LOOK_AT = (Kind.DOUBTFUL, Kind.IN_HAND, Kind.NUMBER, Kind.COMMUNITY)
"""What somebody may want to look at, of rows that are taken as well."""
KINDS = (Kind.REJECTED, *LOOK_AT, Kind.UPDATED, Kind.DUPLICATE)
"""What is told of single rows, in this order."""


@dataclass(frozen=True)
class Said:
    """What there is to say of a row: on record or not."""

    kind: Kind
    place: Place
    code: str
    values: Mapping[str, str | int]
    text: str

    @classmethod
    def of_note(cls, note: Note) -> Self:
        """Take it from a note that is not on record."""
        return cls(note.kind, note.place, note.code, note.values, note.text)

    @classmethod
    def of_finding(cls, finding: RosterFinding) -> Self:
        """Take it from the record."""
        place = wording.place_of(finding)
        return cls(Kind(finding.kind), place, finding.code, finding.values, finding.written)

    @property
    def message(self) -> str:
        """It in the reader's language."""
        return wording.said(self.kind, self.code, self.values, self.text)

    def table(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {**self.place.within_file, "reason": self.code, "message": self.message}


Found = tuple[Mapping[str, Any], list[Said]]


def said_of(notes: Iterable[Note]) -> list[Said]:
    """Return what there is to say of rows that are not on record, in the order of ``KINDS``."""
    told = [Said.of_note(note) for note in notes if note.kind in KINDS]
    return sorted(told, key=lambda said: KINDS.index(said.kind))


def outcome(counts: Mapping[str, Any], notes: Iterable[Said]) -> dict[str, Any]:
    """Return counts, and the rows that were rejected, are to be looked at, or speak of somebody
    known.
    """
    notes = list(notes)

    def listed(*kinds: Kind) -> list[dict[str, Any]]:
        return [note.table() for note in notes if note.kind in kinds]

    return {
        **{name: counts.get(name, 0) for name in COUNTS},
        "rejected": listed(Kind.REJECTED),
        "to_look_at": listed(*LOOK_AT),
        "duplicates": listed(Kind.UPDATED, Kind.DUPLICATE),
    }


def figures(counts: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return the names of the figures that every row is in one of, each with its figure."""
    return [(name, counts.get(name, 0)) for name in ROWS]


def of_these(counts: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return what is said of rows besides, each with its figure, where there is any."""
    told = {name: counts.get(name, 0) for name in OF_THESE}
    if told["doubtful"] == counts.get("left_out", 0):
        del told["doubtful"]
    return [(name, many) for name, many in told.items() if many]
