"""Pages a second of a completion report against a bare canvas that draws the same text.

Run ``python -m benchmarks.report_speed [RESIDENTS]`` from the repository root. All people are made
up here. The bare canvas is given the finished positions, measures and escapes nothing, and uses
reportlab's own embedding of the same font file; both ways are timed in turn, best of several.
"""

import io
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

from reportlab import rl_config
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from app.reports import completion, furniture
from app.reports.completion import (
    BuildingLine,
    CompletionReport,
    OutcomeLine,
    OutstandingLine,
    RateLine,
    render,
)
from app.reports.fonts import ensure_fonts, font_folder

BARE = "BareSansSC"
ROUNDS = 7
AS_OF = datetime(2026, 11, 20, 18, 30, tzinfo=UTC)
FAMILY = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国红梅玲辉㛃䶮𬭊堃喆赟頔龑"
REASONS = ("无人接听", "占线", "关机或不在服务区", "约定 11 月 21 日 16:00 回电", "尚未拨打")


def invented_report(residents: int) -> CompletionReport:
    """Return a report whose list names so many residents."""
    return CompletionReport(
        "zh",
        "2026年居民基本信息核对",
        date(2026, 12, 31),
        *("虚构社区", "320600000000", "虚构街道", "虚构区"),
        as_of=AS_OF,
        position=50_000,
        total=2 * residents,
        accounted_for=residents,
        outcomes=(
            OutcomeLine("已完成", "1.1", residents, True),
            OutcomeLine("未联系上", "2.2", residents, False),
        ),
        buildings=tuple(BuildingLine(f"{n}幢", 100, 50) for n in range(1, residents // 50 + 1)),
        outstanding=tuple(map(_resident, range(residents))),
        counts={"I": residents, "NC": residents},
        e=Fraction(1),
        rates=(RateLine("RR1", "最低应答率", Fraction(1, 2)),),
        version="0",
        masked=False,
    )


def _resident(number: int) -> OutstandingLine:
    name = FAMILY[number % len(FAMILY)] + GIVEN[number * 7 % len(GIVEN)]
    name += GIVEN[number * 11 % len(GIVEN)] if number % 3 else ""
    address = f"虚构新村{number // 50 + 1}幢{number % 4 + 1}单元{number % 6 * 100 + 101}室"
    last = AS_OF - timedelta(minutes=37 * number)
    return OutstandingLine(name, address, number % 6, last, REASONS[number % len(REASONS)])


def finished_pages(report: CompletionReport) -> list[furniture.Page]:
    """Return the pages as laid out and painted by the report itself."""
    kept: list[furniture.Page] = []
    original = completion.typeset

    def keep(layout: furniture.Layout, margins: furniture.Margins) -> bytes:
        data = original(layout, margins)
        kept.extend(layout.pages)
        return data

    completion.typeset = keep
    try:
        render(report)
    finally:
        completion.typeset = original
    return kept


def bare_strings(pages: list[furniture.Page]) -> bytes:
    """Draw the text string by string, as a first script would."""

    def draw(canvas: Canvas, page: furniture.Page) -> None:
        for x, y, text, style in page.runs:
            canvas.setFont(BARE, style.size)
            canvas.drawString(x, y, text)

    return _bare(pages, draw)


def bare_text_objects(pages: list[furniture.Page]) -> bytes:
    """Draw the text with one text object a page: the quickest way reportlab documents."""

    def draw(canvas: Canvas, page: furniture.Page) -> None:
        written = canvas.beginText()
        size = 0.0
        for x, y, text, style in page.runs:
            if style.size != size:
                size = style.size
                written.setFont(BARE, size)
            written.setTextOrigin(x, y)
            written.textLine(text)
        canvas.drawText(written)

    return _bare(pages, draw)


def _bare(pages: list[furniture.Page], draw: Callable[[Canvas, furniture.Page], None]) -> bytes:
    file = io.BytesIO()
    canvas = Canvas(file, A4, pageCompression=1)
    for page in pages:
        draw(canvas, page)
        canvas.lines([rule[:4] for rule in page.rules])
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def main() -> None:
    """Time the three ways in turn and print pages a second and the ratios."""
    residents = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    rl_config.useA85 = 0
    pdfmetrics.registerFont(TTFont(BARE, str(ensure_fonts(font_folder()))))
    report = invented_report(residents)
    pages = finished_pages(report)
    ways: dict[str, Callable[[], bytes]] = {
        "completion report": lambda: render(report),
        "bare canvas, drawString": lambda: bare_strings(pages),
        "bare canvas, text objects": lambda: bare_text_objects(pages),
    }
    best = dict.fromkeys(ways, float("inf"))
    sizes = dict.fromkeys(ways, 0)
    for _ in range(ROUNDS):
        for name, way in ways.items():
            start = time.perf_counter()
            sizes[name] = len(way())
            best[name] = min(best[name], time.perf_counter() - start)
    print(f"{residents} residents outstanding, {len(pages)} pages, best of {ROUNDS}")
    for name, seconds in best.items():
        ratio = seconds / best["completion report"]
        print(
            f"{name:28}{len(pages) / seconds:8.0f} pages/s{sizes[name] / 1000:8.0f} kB"
            f"   report/this = {ratio:.2f}"
        )


if __name__ == "__main__":
    main()
