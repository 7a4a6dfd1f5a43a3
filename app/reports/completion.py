"""The completion report of one community: from a finished value to the bytes of a PDF.

The value carries every figure; nothing is counted here. ``render`` is a function of it alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from app.progress.charts import Bar
from app.progress.rules.rates import RATES
from app.reports.blocks import (
    SIGNATURES_HEIGHT,
    chart_opening,
    draw_bar,
    draw_chart,
    draw_fact,
    draw_figures,
    draw_signatures,
)
from app.reports.furniture import (
    ACCENT,
    BODY,
    LEFT,
    RIGHT,
    STRONG,
    TITLE,
    TOP,
    WIDTH,
    Layout,
    Margins,
    plain,
    typeset,
    wrap_at_most,
)
from app.reports.tables import HEAD_HEIGHT, ROW_HEIGHT, Column, draw_table, opening_height
from app.reports.wording import Lang, Wording, wording


@dataclass(frozen=True)
class OutcomeLine:
    """How many residents came to one outcome."""

    label: str
    aapor: str
    count: int
    accounted_for: bool


@dataclass(frozen=True)
class BuildingLine:
    """How many residents of one building there are, and how many are accounted for."""

    name: str
    total: int
    accounted_for: int


@dataclass(frozen=True)
class OutstandingLine:
    """One resident of a list, outstanding or on the door list; masked where the report is."""

    name: str
    address: str
    attempts: int
    last_attempt: datetime | None
    reason: str


@dataclass(frozen=True)
class RateLine:
    """One AAPOR rate; None is undefined."""

    code: str
    label: str
    value: Fraction | None


@dataclass(frozen=True)
class CompletionReport:
    """All a completion report says. Moments are aware, in the zone of the deployment."""

    lang: Lang
    campaign: str
    deadline: date | None
    community: str
    community_code: str
    street: str
    district: str
    as_of: datetime
    position: int
    """The sequence number of the last call counted."""
    total: int
    accounted_for: int
    outcomes: tuple[OutcomeLine, ...]
    buildings: tuple[BuildingLine, ...]
    outstanding: tuple[OutstandingLine, ...]
    counts: dict[str, int]
    """Cases by AAPOR letter (I, P, R, NC, O, UH, UO and so on)."""
    e: Fraction | None
    """Share of the cases of unknown eligibility estimated to be eligible."""
    rates: tuple[RateLine, ...]
    version: str
    masked: bool
    door: tuple[OutstandingLine, ...] = ()
    """Those passed to the captains' door list, who count as accounted for."""

    @property
    def marks(self) -> str:
        """What parts the name of its file from the full Chinese report's: "-masked", "-en"."""
        return ("-masked" if self.masked else "") + ("-en" if self.lang == "en" else "")


def render(report: CompletionReport) -> bytes:
    """Return the report as a PDF. The same value gives the same bytes."""
    words = wording(report.lang)
    layout = Layout()
    for draw in (_opening, _summary, _outcomes, _buildings, _names, _door):
        draw(layout, report, words)
    # What is signed for is the facts above; how they were counted is an annex.
    draw_signatures(layout, words)
    _method(layout, report, words)
    return typeset(layout, _margins(report, words))


def _margins(report: CompletionReport, words: Wording) -> Margins:
    title = words.title.format(community=report.community)
    foot = words.foot.format(
        community=report.community, moment=words.at(report.as_of), position=f"{report.position:,}"
    )
    return Margins(
        title=title,
        subject=report.campaign,
        as_of=report.as_of,
        lang=words.tag,
        running=(words.running_masked if report.masked else words.running).format(
            title=title, campaign=report.campaign
        ),
        foot=foot,
        page_of=lambda page, pages: words.page_of.format(page=page, pages=pages),
        producer=words.version_note.format(version=report.version),
    )


def _opening(layout: Layout, report: CompletionReport, words: Wording) -> None:
    middle = (LEFT + RIGHT) / 2
    layout.page.fills.append((LEFT, TOP + 14, WIDTH, 2.4, ACCENT))
    for line in wrap_at_most(
        3, words.title.format(community=report.community), WIDTH - 40, TITLE.size
    ):
        layout.page.centred(middle, layout.y, line, TITLE)
        layout.y -= TITLE.leading
    if report.masked:
        layout.page.centred(middle, layout.y - 1, plain(words.masked), STRONG)
        layout.y -= STRONG.leading
    layout.y -= 12
    _particulars(layout, report, words)
    layout.y -= 6


def _particulars(layout: Layout, report: CompletionReport, words: Wording) -> None:
    deadline = words.no_deadline if report.deadline is None else words.day(report.deadline)
    moment = words.as_of_value.format(
        moment=words.at(report.as_of), position=f"{report.position:,}"
    )
    community = words.community_value.format(name=report.community, code=report.community_code)
    territory = words.territory_value.format(district=report.district, street=report.street)
    layout.page.rule(layout.y + 3)
    draw_fact(layout, words.campaign, report.campaign)
    draw_fact(layout, words.community, community)
    draw_fact(layout, words.territory, territory)
    draw_fact(layout, words.as_of, moment)
    draw_fact(layout, words.deadline, deadline)


def _summary(layout: Layout, report: CompletionReport, words: Wording) -> None:
    layout.heading(words.summary, keep=140)
    open_cases = report.total - report.accounted_for
    percent = words.portion(report.accounted_for, report.total)
    if not report.total:
        sentence = words.summary_nobody
    else:
        sentence = words.summary_text if open_cases else words.summary_complete
    layout.paragraph(
        sentence.format(
            moment=words.at(report.as_of),
            total=f"{report.total:,}",
            done=f"{report.accounted_for:,}",
            door=f"{len(report.door):,}",
            open=f"{open_cases:,}",
            percent=percent,
        )
    )
    layout.y -= 8
    draw_figures(
        layout,
        (words.residents, f"{report.total:,}"),
        (words.accounted_for, f"{report.accounted_for:,}"),
        (words.on_door_list, f"{len(report.door):,}"),
        (words.outstanding, f"{open_cases:,}"),
        (words.completion, percent),
    )
    draw_bar(layout, report.accounted_for / report.total if report.total else 0.0)


def _outcomes(layout: Layout, report: CompletionReport, words: Wording) -> None:
    layout.heading(words.outcomes, keep=HEAD_HEIGHT + 3 * ROW_HEIGHT)
    columns = (
        Column(words.outcome, 0.40),
        Column(words.aapor, 0.16),
        Column(words.count, 0.14, "right"),
        Column(words.share, 0.14, "right"),
        Column(words.counted, 0.16, "centre"),
    )
    whole = sum(line.count for line in report.outcomes)
    rows = [
        (
            line.label,
            line.aapor,
            f"{line.count:,}",
            words.ratio(Fraction(line.count, whole) if whole else None),
            words.yes if line.accounted_for else words.no,
        )
        for line in report.outcomes
    ]
    draw_table(layout, columns, rows, (words.total, "", f"{whole:,}", "", ""))


def _buildings(layout: Layout, report: CompletionReport, words: Wording) -> None:
    layout.heading(words.buildings, keep=chart_opening(len(report.buildings)))
    if not report.buildings:
        layout.paragraph(words.no_buildings)
        return
    bars = [
        Bar(
            plain(line.name),
            line.accounted_for,
            line.total,
            words.figures.format(
                done=f"{line.accounted_for:,}",
                total=f"{line.total:,}",
                percent=words.portion(line.accounted_for, line.total),
            ),
        )
        for line in report.buildings
    ]
    draw_chart(layout, bars, (words.accounted_for, words.outstanding))
    layout.y -= 8
    _building_table(layout, report.buildings, words)


def _building_table(layout: Layout, lines: Sequence[BuildingLine], words: Wording) -> None:
    columns = (
        Column(words.building, 0.40),
        Column(words.residents, 0.15, "right"),
        Column(words.accounted_for, 0.15, "right"),
        Column(words.outstanding, 0.15, "right"),
        Column(words.completion, 0.15, "right"),
    )
    total = sum(line.total for line in lines)
    done = sum(line.accounted_for for line in lines)
    rows = [_building_row(line.name, line.total, line.accounted_for, words) for line in lines]
    draw_table(layout, columns, rows, _building_row(words.total, total, done, words))


def _building_row(name: str, total: int, done: int, words: Wording) -> tuple[str, ...]:
    return (name, f"{total:,}", f"{done:,}", f"{total - done:,}", words.portion(done, total))


def _names(layout: Layout, report: CompletionReport, words: Wording) -> None:
    text = words.names_text_masked if report.masked else words.names_text
    rows = _name_rows(report.outstanding, report, words)
    _list(layout, (words.names, text, words.no_names), _name_columns(words.reason, words), rows)


def _door(layout: Layout, report: CompletionReport, words: Wording) -> None:
    text = words.door_text_masked if report.masked else words.door_text
    rows = _name_rows(report.door, report, words)
    columns = _name_columns(words.door_reason, words)
    # The signatures stand below facts, never alone on a page.
    _list(layout, (words.door, text, words.no_door), columns, rows, below=SIGNATURES_HEIGHT)


def _list(
    layout: Layout,
    texts: tuple[str, str, str],
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    below: float = 0.0,
) -> None:
    """Set a list under its heading and text, or the third of ``texts`` where it is empty."""
    heading, text, nobody = texts
    if not rows:
        layout.heading(heading, keep=BODY.leading + below)
        layout.paragraph(nobody)
        return
    layout.heading(heading, keep=3 * BODY.leading + opening_height(columns, rows, below))
    layout.paragraph(text.format(count=f"{len(rows):,}"))
    layout.y -= 5
    draw_table(layout, columns, rows, below=below)


def _name_columns(reason: str, words: Wording) -> tuple[Column, ...]:
    return (
        Column(words.number, 0.07, "right"),
        Column(words.name, 0.17),
        Column(words.address, 0.27),
        Column(words.attempts, 0.10, "centre"),
        Column(words.last_attempt, 0.13),
        Column(reason, 0.26),
    )


def _name_rows(
    lines: Sequence[OutstandingLine], report: CompletionReport, words: Wording
) -> list[tuple[str, ...]]:
    return [
        (
            str(number),
            line.name,
            line.address,
            str(line.attempts),
            _last_attempt(line.last_attempt, report.as_of, words),
            line.reason,
        )
        for number, line in enumerate(lines, start=1)
    ]


def _last_attempt(moment: datetime | None, as_of: datetime, words: Wording) -> str:
    """Return when the last call was; the year only where it is not the report's own."""
    if moment is None:
        return words.never
    return format(moment, "%m-%d %H:%M" if moment.year == as_of.year else "%Y-%m-%d %H:%M")


def _formula(code: str, words: Wording) -> str:
    return RATES[code].formula if code in RATES else words.unknown


def _method(layout: Layout, report: CompletionReport, words: Wording) -> None:
    layout.break_page()
    layout.heading(words.method, keep=4 * BODY.leading)
    if report.e is None:
        e_note = words.e_undefined_note
    else:
        e_note = words.e_note.format(value=f"{float(report.e):.4f}", fraction=report.e)
    version = words.version_note.format(version=report.version)
    for note in (*words.notes, words.rates_note, e_note, version):
        layout.paragraph(note)
        layout.y -= 3
    layout.y -= 5
    _count_table(layout, report, words)
    layout.ensure(12 + HEAD_HEIGHT + len(report.rates) * ROW_HEIGHT)
    layout.y -= 12 if layout.y < TOP else 0
    _rate_table(layout, report, words)


def _count_table(layout: Layout, report: CompletionReport, words: Wording) -> None:
    columns = (
        Column(words.aapor, 0.20),
        Column(words.meaning, 0.62),
        Column(words.count, 0.18, "right"),
    )
    rows = [
        (letter, words.aapor_meanings.get(letter, words.unknown), f"{count:,}")
        for letter, count in report.counts.items()
    ]
    draw_table(layout, columns, rows)


def _rate_table(layout: Layout, report: CompletionReport, words: Wording) -> None:
    columns = (
        Column(words.rate, 0.10),
        Column(words.meaning, 0.22),
        Column(words.formula, 0.55),
        Column(words.value, 0.13, "right"),
    )
    rows = [
        (line.code, line.label, _formula(line.code, words), words.ratio(line.value))
        for line in report.rates
    ]
    draw_table(layout, columns, rows)
