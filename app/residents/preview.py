"""What somebody sees of a roster before it is taken. It quotes the file, so it is never stored."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app import i18n
from app.problems import Place, Problem
from app.residents.reader import SheetSkipped
from app.residents.rules import phones
from app.residents.service.importing import SHOWN_ROWS, Plan, Roster
from app.residents.service.storing import Placed, community_written
from app.territory.models import Community

SHOWN_NOTES = 200
"""How many rows to look at a preview names."""


@dataclass(frozen=True)
class Note:
    """Why somebody should look at a row that is no plain resident, though it is not rejected."""

    place: Place
    kind: str
    """``number``, ``community`` or ``duplicate``."""
    text: str = ""
    """As written in the roster."""
    reason: str = ""
    """Of a number that can't be rung, a key of ``phones.REASONS``."""


@dataclass(frozen=True)
class Preview:
    """The first residents with their communities, the rows to look at, the sheets not read."""

    sample: Sequence[tuple[Placed, Community | None]]
    notes: Sequence[Note]
    skipped: Sequence[SheetSkipped]
    has_sheets: bool
    """Whether a row needs its sheet's name to be found."""

    @property
    def seen(self) -> int:
        """How many rows show something of a resident."""
        quoted = {note.place for note in self.notes[:SHOWN_NOTES] if note.text}
        return len(quoted | {placed.draft.place for placed, _community in self.sample})


def preview(session: Session, roster: Roster, plan: Plan) -> Preview:
    """Return what the page of a waiting roster shows."""
    shown = plan.accepted[:SHOWN_ROWS]
    return Preview(
        sample=[(p, session.get(Community, p.community_code or "")) for p in shown],
        notes=notes(roster, plan),
        skipped=roster.skipped,
        has_sheets=len(roster.sheets) + len(roster.skipped) > 1,
    )


def notes(roster: Roster, plan: Plan) -> list[Note]:
    """Return the rows to look at, in the order of the file."""
    order = {draft.place: number for number, draft in enumerate(roster.drafts)}
    found = [note for placed in plan.accepted for note in _notes_on(placed)]
    found += [Note(place, "duplicate") for place in plan.duplicates]
    return sorted(found, key=lambda note: order[note.place])


def _notes_on(placed: Placed) -> Iterator[Note]:
    draft = placed.draft
    for item in draft.unusable:
        yield Note(draft.place, "number", item.text, item.reason)
    if placed.community_code is None:
        yield Note(draft.place, "community", community_written(draft))


def explain(note: Note) -> str:
    """Return the note in the reader's language."""
    if note.kind == "duplicate":
        return known_already()
    if note.kind == "number":
        why = reason(note.reason)
        said = _("Not usable as a number: “%(text)s” — %(reason)s", text=note.text, reason=why)
    elif note.text:
        said = _("No community could be told from “%(text)s”.", text=note.text)
    else:
        said = _("The row names no community.")
    return str(said)


def known_already() -> str:
    """Return what is said of a duplicate row."""
    return str(_("This resident is known already; the row is not taken again."))


def reason(code: str) -> str:
    """Return why a number can't be rung, in the reader's language."""
    zh, en = phones.REASONS[code]
    return zh if i18n.lang() == "zh" else en


def why_skipped(sheet: SheetSkipped) -> str:
    """Return which sheet is not read and why, in the reader's language."""
    place = Place(sheet=sheet.place.sheet)
    return i18n.explain(Problem(sheet.code, place=place, values=sheet.values))
