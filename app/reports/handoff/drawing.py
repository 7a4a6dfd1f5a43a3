"""The handoff sheet on paper: from a finished value to the bytes of a PDF.

Read in a hurry, on bad paper, by tired eyes: black on white, names and numbers large, room to
write. ``render`` is a function of the finished value alone, so the same value gives the same bytes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.reports.furniture import (
    BOTTOM,
    INK,
    LEFT,
    QUIET,
    RIGHT,
    TINT,
    TOP,
    WIDTH,
    Colour,
    Layout,
    Margins,
    Page,
    Plain,
    Style,
    fit,
    plain,
    typeset,
    wrap,
    wrap_at_most,
)
from app.reports.handoff.value import AppointmentLine, HandoffSheet, NumberLine, PersonLine
from app.reports.handoff.wording import HandoffWording, handoff_wording
from app.reports.wording import Lang, wording

_TITLE = Style(17, INK, 0.5)
_SECTION = Style(11.5, INK, 0.35)
_NAME = Style(11, INK, 0.3)
_NUMBER = Style(11)
_TIME = Style(13.5, INK, 0.45)
_TEXT = Style(9)
_WARNING = Style(9, INK, 0.25)
_FINE = Style(8)
_TIGHT = 1.22
"""Distance of two baselines on this sheet in font sizes: closer than in a report."""
_HEAD_HEIGHT = 17.0
_AIR = 3.5
_BOX = 10.0

_WHO, _RING, _SO_FAR, _HAND = 34.0, 158.0, 284.0, 386.0
"""Where the columns after the first begin, from the left edge."""
_AGREED_WHO, _AGREED_RING = 190.0, 346.0
"""The same of the appointments."""
_GAP = 6.0
_MOST_NUMBERS = 6
_MOST_NOTE_LINES = 8


@dataclass
class _Block:
    """Lines one below the other, not yet on a page."""

    lines: list[tuple[Plain, Style]] = field(default_factory=list)

    def add(self, text: str, width: float, style: Style, most: int = 3) -> None:
        """Add text that takes up to ``most`` lines."""
        self.lines += [(line, style) for line in wrap_at_most(most, text, width, style.size)]

    @property
    def height(self) -> float:
        """Height in points."""
        return sum(style.size * _TIGHT for _, style in self.lines)

    def set(self, page: Page, x: float, top: float) -> float:
        """Put the lines on the page, and return where they end."""
        for text, style in self.lines:
            page.runs.append((x, top - style.size, text, style))
            top -= style.size * _TIGHT
        return top


def render(sheet: HandoffSheet) -> bytes:
    """Return the sheet as a PDF. The same value gives the same bytes."""
    words = handoff_wording(sheet.lang)
    layout = Layout()
    layout.y = TOP + 36  # the first page has no running head
    _opening(layout, sheet, words)
    _appointments(layout, sheet, words)
    _left(layout, sheet, words)
    if sheet.queued and sheet.taker is not None:
        names = words.between.join(sheet.queued)
        text = words.queued.format(count=len(sheet.queued), name=sheet.taker, names=names)
        layout.y -= 6
        layout.paragraph(text, _TEXT)
    for page in layout.pages:
        _rule_of_conduct(page, words)
    return typeset(layout, _margins(sheet, words))


def _margins(sheet: HandoffSheet, words: HandoffWording) -> Margins:
    common = wording(sheet.lang)
    mark = words.masked_mark if sheet.masked else ""
    return Margins(
        title=words.title,
        subject=words.numbered.format(id=sheet.handoff_id),
        as_of=sheet.made_at,
        lang=common.tag,
        running=mark + words.running.format(id=sheet.handoff_id, campaign=sheet.campaign),
        foot=mark
        + words.foot.format(
            id=sheet.handoff_id, position=f"{sheet.position:,}", version=sheet.version
        ),
        page_of=lambda page, pages: common.page_of.format(page=page, pages=pages),
        producer=common.version_note.format(version=sheet.version),
    )


def _rule_of_conduct(page: Page, words: HandoffWording) -> None:
    """On every page, below everything: what is never asked, and what becomes of the paper."""
    size = next(s for s in (9.5, 9, 8.5, 8) if len(wrap(words.rule, WIDTH, s)) == 1)
    page.runs.append((LEFT, BOTTOM - 38, plain(words.rule), Style(size, INK, 0.2)))


def _opening(layout: Layout, sheet: HandoffSheet, words: HandoffWording) -> None:
    page = layout.page
    number = plain(words.numbered.format(id=sheet.handoff_id))
    page.flush_right(RIGHT, layout.y, number, _SECTION)
    title = _Block()
    title.add(f"{words.title}\u3000{sheet.campaign}", WIDTH - 80, _TITLE, most=2)
    layout.y = title.set(page, LEFT, layout.y) - 3
    block = _Block()
    if sheet.masked:
        block.add(words.masked, WIDTH, _WARNING)
    taker = words.pool if sheet.taker is None else sheet.taker
    block.add(words.from_to.format(giver=sheet.giver, taker=taker), WIDTH, _NAME)
    made = words.made.format(moment=_full(sheet.made_at, sheet.lang))
    places = words.communities.format(names=words.between.join(sheet.communities))
    block.add(f"{made}\u3000{places}", WIDTH, _TEXT, most=4)
    block.add(_done(sheet, words), WIDTH, _TEXT, most=6)
    layout.y = block.set(page, LEFT, layout.y) - 3
    if sheet.note:
        _framed(layout, words.note + sheet.note)


def _full(moment: datetime, lang: Lang) -> str:
    return f"{wording(lang).day(moment)} {moment:%H:%M}"


def _done(sheet: HandoffSheet, words: HandoffWording) -> str:
    if not sheet.results:
        return words.nothing_done
    results = (
        words.result.format(label=label, count=f"{count:,}") for label, count in sheet.results
    )
    return words.done.format(
        calls=f"{sheet.calls:,}", completed=f"{sheet.completed:,}",
        results=words.between.join(results),
    )  # fmt: skip


def _framed(layout: Layout, text: str) -> None:
    """Set the note of whoever hands over in a box: it is meant to be read first."""
    block = _Block()
    block.add(text, WIDTH - 12, Style(10.5), most=30)
    height = block.height + 8
    layout.page.frame(LEFT, layout.y, WIDTH, height, INK)
    block.set(layout.page, LEFT + 6, layout.y - 3)
    layout.y -= height + 3


def _section(layout: Layout, text: str, keep: float) -> None:
    layout.ensure(keep + 22)
    layout.y -= 6
    label = fit(text, WIDTH - 8, _SECTION.size)
    layout.page.bookmarks.append((label, layout.y))
    layout.page.fills.append((LEFT, layout.y - 13, 3, 13, INK))
    layout.page.runs.append((LEFT + 8, layout.y - 11, label, _SECTION))
    layout.y -= 18


def _appointments(layout: Layout, sheet: HandoffSheet, words: HandoffWording) -> None:
    if not sheet.appointments:
        _section(layout, words.no_appointments, 0)
        return
    blocks = [_appointment(line, sheet, words) for line in sheet.appointments]
    title = words.appointments.format(count=len(blocks))
    _section(layout, title, _tallest(blocks[0]) + _AIR)
    for when, who, ring in blocks:
        height = max(_tallest((when, who, ring)) + _AIR, 24)
        layout.ensure(height)
        page, top = layout.page, layout.y
        _rule(page, LEFT, top, INK, 0.6)
        page.frame(LEFT + 2, top - 5, _BOX, _BOX, INK)
        for x, block in ((18, when), (_AGREED_WHO, who), (_AGREED_RING, ring)):
            block.set(page, LEFT + x, top - 2)
        layout.y -= height
    _rule(layout.page, LEFT, layout.y, INK, 0.6)
    layout.y -= 2


def _appointment(
    line: AppointmentLine, sheet: HandoffSheet, words: HandoffWording
) -> tuple[_Block, _Block, _Block]:
    when, who, ring = _Block(), _Block(), _Block()
    width = _AGREED_WHO - 18 - _GAP
    when.add(words.span(line.begin, line.until, sheet.made_at.year), width, _TIME)
    promised = line.for_whom
    when.add(words.for_whom.format(name=promised) if promised else words.anyone, width, _TEXT)
    width = _AGREED_RING - _AGREED_WHO - _GAP
    who.add(line.name, width, _NAME, most=2)
    who.add(line.address, width, _TEXT)
    if line.note:
        who.add(words.agreed.format(note=line.note), width, _TEXT, most=_MOST_NOTE_LINES)
    width = WIDTH - _AGREED_RING
    if line.place is None:
        ring.add(words.from_queue, width, _TEXT, most=5)
    else:
        _numbers(ring, line.numbers, width, words)
        ring.add(words.in_list.format(place=line.place), width, _TEXT)
    return when, who, ring


def _tallest(blocks: Sequence[_Block]) -> float:
    return max(block.height for block in blocks)


def _numbers(
    block: _Block, numbers: Sequence[NumberLine], width: float, words: HandoffWording
) -> None:
    for line in numbers[:_MOST_NUMBERS]:
        block.add(line.display, width, _NUMBER, most=2)
        marks = [words.proved_wrong] if line.wrong else []
        marks += [words.shared.format(count=line.shared_by)] if line.shared_by > 1 else []
        if marks:
            block.add(words.between.join(marks), width, _FINE, most=2)
    if len(numbers) > _MOST_NUMBERS:
        block.add(words.more_numbers.format(count=len(numbers) - _MOST_NUMBERS), width, _FINE)
    if not numbers:
        block.add(words.no_number, width, _TEXT)


@dataclass
class _Row:
    """A resident of the list, laid out."""

    place: int
    columns: tuple[tuple[float, _Block], ...]
    below: _Block

    @property
    def height(self) -> float:
        """Height in points, with room to write in."""
        top = max(block.height for _, block in self.columns)
        return max(top + self.below.height + _AIR, 27)


def _left(layout: Layout, sheet: HandoffSheet, words: HandoffWording) -> None:
    if not sheet.groups:
        _section(layout, words.nothing_passed if sheet.queued else words.nothing_left, 0)
        return
    groups = [_rows(group, sheet, words) for group in sheet.groups]
    title = words.left_pool if sheet.taker is None else words.left
    _section(layout, title.format(count=sheet.left), _HEAD_HEIGHT + groups[0][0].height)
    _head(layout, words)
    for rows in groups:
        _group(layout, rows, words)
    _rule(layout.page, LEFT, layout.y, INK, 0.9)


def _group(layout: Layout, rows: Sequence[_Row], words: HandoffWording) -> None:
    """Set a call group: under one rule, on one page if any page could hold it."""
    caption = words.together.format(count=len(rows)) if len(rows) > 1 else ""
    above = _FINE.size * _TIGHT + 3 if caption else 0.0
    whole = above + sum(row.height for row in rows)
    fits = whole <= TOP - BOTTOM - _HEAD_HEIGHT
    _room(layout, whole if fits else above + rows[0].height, words)
    _rule(layout.page, LEFT, layout.y, INK, 0.9)
    if caption:
        layout.page.runs.append((LEFT + _WHO, layout.y - 3 - _FINE.size, plain(caption), _FINE))
        layout.y -= above
    for index, row in enumerate(rows):
        if not _room(layout, row.height, words) and index:
            _rule(layout.page, LEFT + _WHO, layout.y, QUIET, 0.4)
        _set_row(layout, row)


def _room(layout: Layout, height: float, words: HandoffWording) -> bool:
    """Go on to a new page, under the list's head, unless there is room."""
    page, y = layout.page, layout.y
    broken = layout.ensure(height)
    if broken:
        _rule(page, LEFT, y, INK, 0.9)
        _head(layout, words)
    return broken


def _set_row(layout: Layout, row: _Row) -> None:
    page, top, height = layout.page, layout.y, row.height
    page.frame(LEFT + 2, top - 5, _BOX, _BOX, INK)
    page.runs.append((LEFT + 15, top - 3 - _TEXT.size, plain(str(row.place)), _TEXT))
    for x, block in row.columns:
        block.set(page, LEFT + x, top - 2)
    beside = max(block.height for _, block in row.columns)
    row.below.set(page, LEFT + _WHO, top - 2 - beside)
    page.rules.append((LEFT + _HAND - 3, top, LEFT + _HAND - 3, top - height, 0.4, QUIET))
    layout.y -= height


def _head(layout: Layout, words: HandoffWording) -> None:
    page, top = layout.page, layout.y
    page.fills.append((LEFT, top - _HEAD_HEIGHT, WIDTH, _HEAD_HEIGHT, TINT))
    _rule(page, LEFT, top, INK, 0.9)
    columns = (
        (0.0, _WHO, words.number), (_WHO, _RING, words.resident), (_RING, _SO_FAR, words.numbers),
        (_SO_FAR, _HAND, words.so_far), (_HAND, WIDTH, words.by_hand),
    )  # fmt: skip
    for x, end, title in columns:
        text = fit(title, end - x - 2, _TEXT.size)
        page.runs.append((LEFT + x, top - 12, text, _WARNING))
    layout.y -= _HEAD_HEIGHT


def _rows(group: Sequence[PersonLine], sheet: HandoffSheet, words: HandoffWording) -> list[_Row]:
    """Lay out a call group; numbers are not written twice one below the other."""
    before = (None, *(line.numbers for line in group))
    return [
        _row(line, sheet, words, same_numbers=line.numbers == above)
        for above, line in zip(before, group, strict=False)
    ]


def _row(
    line: PersonLine, sheet: HandoffSheet, words: HandoffWording, *, same_numbers: bool
) -> _Row:
    who, ring, so_far, below = _Block(), _Block(), _Block(), _Block()
    who.add(line.name, _RING - _WHO - _GAP, _NAME, most=2)
    who.add(line.address, _RING - _WHO - _GAP, _TEXT, most=4)
    if same_numbers and line.numbers:
        ring.add(words.same_numbers, _SO_FAR - _RING - _GAP, _TEXT)
    else:
        _numbers(ring, line.numbers, _SO_FAR - _RING - _GAP, words)
    for text in _history(line, sheet, words):
        so_far.add(text, _HAND - _SO_FAR - _GAP - 3, _TEXT, most=4)
    width = _HAND - _WHO - _GAP - 3
    warnings = "".join(_warnings(line, sheet, words)).strip()
    if warnings:
        below.add(words.caution + warnings, width, _WARNING, most=6)
    if line.remark:
        below.add(words.remark.format(remark=line.remark), width, _TEXT, most=4)
    for note in line.notes:
        said = words.said.format(
            moment=words.short(note.at, sheet.made_at.year), name=note.by, note=note.text
        )
        below.add(said, width, _TEXT, most=_MOST_NOTE_LINES)
    return _Row(line.place, ((_WHO, who), (_RING, ring), (_SO_FAR, so_far)), below)


def _history(line: PersonLine, sheet: HandoffSheet, words: HandoffWording) -> Iterator[str]:
    year = sheet.made_at.year
    if line.last is None:
        yield words.not_rung
    else:
        moment, what = line.last
        yield words.rung.format(count=line.attempts, what=what)
        yield words.short(moment, year)


def _warnings(line: PersonLine, sheet: HandoffSheet, words: HandoffWording) -> Iterator[str]:
    if line.dialled_at is not None:
        yield words.dialled.format(moment=words.short(line.dialled_at, sheet.made_at.year))
    if line.not_before is not None:
        yield words.not_before.format(moment=words.at(line.not_before, sheet.made_at.year))
    if line.declined_to:
        yield words.declined.format(name=line.declined_to)
    if line.not_understood:
        yield words.language_barrier.format(name=line.not_understood)
    if line.language:
        yield words.speaks.format(language=line.language)


def _rule(page: Page, x: float, y: float, colour: Colour, thickness: float) -> None:
    page.rules.append((x, y, RIGHT, y, thickness, colour))
