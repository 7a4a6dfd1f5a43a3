"""How a phone cell of a roster is read, and how a stored number is shown and dialled.

A stored number is E.164, with ``;ext=801`` behind it where there is an extension.
"""

from app.residents.rules.phones.cell import CellReading, read_cell
from app.residents.rules.phones.reasons import REASONS, Unusable
from app.residents.rules.phones.sought import Sought, read_sought
from app.residents.rules.phones.stored import dial_uri, display, kind, mask
from app.residents.rules.phones.text import without_identity

__all__ = [
    "REASONS",
    "CellReading",
    "Sought",
    "Unusable",
    "dial_uri",
    "display",
    "kind",
    "mask",
    "read_cell",
    "read_sought",
    "without_identity",
]
