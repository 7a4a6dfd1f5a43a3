"""An export as a value: of what, made by whom and when, and its records one after another.

Nothing here knows a file format. The records are read while they are written, within the snapshot
of the session that the export was asked of, so that no more than a page of them is in memory.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from app.reports.wording import Lang

Cell = str | int | datetime | None
Row = Sequence[Cell]
Record = Mapping[str, Any]

LONGEST_IN_NAME = 40


class Column(NamedTuple):
    """A column of a sheet: its heading in both languages, and how many characters wide it is."""

    zh: str
    en: str
    width: int

    def label(self, lang: str) -> str:
        """Return the heading in ``zh`` or ``en``."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class Sheet:
    """A sheet of the workbook; the first one is also the text table."""

    zh: str
    en: str
    columns: Sequence[Column]
    rows: Callable[[Record], Iterable[Row]]
    """The rows that a record gives, their cells in the order of the columns."""

    def label(self, lang: str) -> str:
        """Return the name in ``zh`` or ``en``."""
        return self.zh if lang == "zh" else self.en

    def heads(self, lang: str) -> list[str]:
        """Return the headings in ``zh`` or ``en``."""
        return [column.label(lang) for column in self.columns]


@dataclass(frozen=True)
class Export:
    """What is to be written."""

    kind: str
    """``residents``, ``results`` or ``missing``."""
    subject_id: str
    """What it is of: a community's code, a campaign's number, an import's, or ``all``."""
    subject: str
    """The same in words."""
    lang: Lang
    made_by: str
    made_at: datetime
    """In the zone in which all its moments are told."""
    total: int
    """How many records there are."""
    sheets: Sequence[Sheet]
    records: Iterator[Record]
    enveloped: bool = False
    """Whether JSON is an object that tells who made it, and not the bare list."""

    @property
    def title(self) -> str:
        """What it is, of what, by whom and when, in a line for people."""
        when = f"{self.made_at:%Y-%m-%d %H:%M}"
        head = f"{self.sheets[0].label(self.lang)} · {self.subject}"
        if self.lang == "zh":
            return f"{head} · {when} 由 {self.made_by} 导出 · 内有个人信息，请妥善保管，用后删除"
        return f"{head} · exported {when} by {self.made_by} · personal data: keep safe, then delete"

    @property
    def plain_name(self) -> str:
        """The name of its file in ASCII, without who made it."""
        return f"{self.kind}-{self.subject_id}-{self.made_at:%Y%m%d-%H%M}"

    @property
    def name(self) -> str:
        """The name of its file: what, of what, when and by whom."""
        kind, when = self.sheets[0].label(self.lang), f"{self.made_at:%Y%m%d-%H%M}"
        return f"{kind}-{_in_name(self.subject)}-{when}-{_in_name(self.made_by)}"


def _in_name(text: str) -> str:
    """A text as it may stand in the name of a file on any system: letters and figures only."""
    return re.sub(r"[\W_]+", "_", text).strip("_")[:LONGEST_IN_NAME] or "_"
