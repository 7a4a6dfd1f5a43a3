"""What an import came to, as programs and the command line are told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from app.problems import Place
from app.residents.models import RosterFinding
from app.rosters import wording
from app.rosters.rules.taking import COUNTS, Kind, Note

KINDS = (Kind.REJECTED, Kind.DOUBTFUL, Kind.UPDATED, Kind.DUPLICATE)
"""What is told of single rows."""


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


def outcome(counts: Mapping[str, Any], notes: Iterable[Said]) -> dict[str, Any]:
    """Return counts, and the rows that were rejected or speak of somebody known."""
    notes = list(notes)
    listed = {
        "rejected": [note.table() for note in notes if note.kind is Kind.REJECTED],
        "duplicates": [
            note.table() for note in notes if note.kind in {Kind.DUPLICATE, Kind.UPDATED}
        ],
    }
    return {**{name: counts.get(name, 0) for name in COUNTS}, **listed}
