"""Texts in a text table, where every program guesses what a cell is: so that each stays a text.

A text that would run as a formula goes behind an apostrophe; the reader of rosters takes it off
again (``residents/reading_child/text.py``). One that would become another number or a day (the 12
figures of a code as 3.2E+11, room 3-2 as the 2nd of March) has a tab behind it, as people here
write it: programs show nothing of it, and readers trim it.
"""

import re

from app.reports.exports.value import Cell

GUARDED = re.compile(r"'*[=+\-@\t\r\n＝＋－＠﹢﹣﹦﹫]")
"""What a text begins with that may run: also in forms that programs fold to the plain ones, and
behind apostrophes, so that taking one off always gives back what was there."""
_MISREAD = re.compile(r"0\d+|\d{11,}|\d+(?:[-/.:]\d+)+|\d+(?:\.\d*)?[eE]\d+")


def harmless(cell: Cell) -> Cell:
    """Return a cell's value so that no program takes its text for anything else."""
    if not isinstance(cell, str) or not cell:
        return cell
    text = cell.replace("\0", "")
    if GUARDED.match(text):
        return "'" + text
    return text + "\t" if _MISREAD.fullmatch(text) else text
