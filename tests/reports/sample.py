"""A believable completion report: the value a test starts from and changes in one respect."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction
from typing import Any

from app.reports.completion import (
    BuildingLine,
    CompletionReport,
    OutcomeLine,
    OutstandingLine,
    RateLine,
)

CHINA = timezone(timedelta(hours=8))
AS_OF = datetime(2026, 11, 20, 10, 30, tzinfo=UTC).astimezone(CHINA)
RARE = "䶮𬭊㛃䲟𫖯𬱖㐂㛂𤩽𫓧"
NAMES = (
    *("王㛃", "李晓䶮", "张𠅤", "陈𬭚", "周𬀩", "吴文𫖯", "马頔", "刘堃", "赵龑", "欧阳娜娜"),
    *("买买提·吐尔逊", "阿卜杜热合曼·麦麦提图尔荪·努尔买买提", "爱新觉罗·文渊", "扎西顿珠"),
)
_OUTCOMES = {
    "zh": (
        ("已完成", "1.1", True),
        ("部分完成", "1.2", False),
        ("明确拒绝", "2.11", True),
        ("已迁出", "4.7", True),
        ("未联系上，已转楼道长入户", "2.2", True),
        ("约定回电", "2.12", False),
        ("符合条件，未联系上", "2.2", False),
        ("尚未拨打", "3.1", False),
    ),
    "en": (
        ("Completed", "1.1", True),
        ("Partly completed", "1.2", False),
        ("Refused", "2.11", True),
        ("Moved away", "4.7", True),
        ("Passed to the captain's door list", "2.2", True),
        ("Appointment made", "2.12", False),
        ("Eligible, not reached", "2.2", False),
        ("Not called yet", "3.1", False),
    ),
}
_REASONS = {
    "zh": ("无人接听，第 3 次", "约定 11 月 21 日 16:00 回电", "尚未拨打", "关机或不在服务区"),
    "en": ("no answer, third call", "call back on 21 November at 16:00", "not called yet", "busy"),
}
_VALUES = ((229, 289), (22_900, 28_888), (229, 281), (0, 1), (5, 289), (251, 289))
"""Rates that go with the counts of a sample of 63 outstanding, in the order below."""
_RATES = {
    "zh": (
        ("RR1", "最低应答率"),
        ("RR3", "应答率（估计资格）"),
        ("RR5", "最高应答率"),
        ("COOP1", "最低合作率"),
        ("REF1", "拒绝率"),
        ("CON1", "联系率"),
    ),
    "en": (
        ("RR1", "minimum response rate"),
        ("RR3", "response rate, eligibility estimated"),
        ("RR5", "maximum response rate"),
        ("COOP1", "minimum cooperation rate"),
        ("REF1", "refusal rate"),
        ("CON1", "contact rate"),
    ),
}


def sample_report(
    lang: str = "zh", outstanding: int = 63, buildings: int = 9, **changes: Any
) -> CompletionReport:
    """Return a report with so many residents outstanding, spread over so many buildings."""
    done = 4 * outstanding + 15
    parts = [0, outstanding // 4, 5, 4, done // 9, outstanding // 3, outstanding // 4, 0]
    parts[0] = done - parts[2] - parts[3] - parts[4]
    parts[7] = outstanding - parts[1] - parts[5] - parts[6]
    report = CompletionReport(
        lang="en" if lang == "en" else "zh",
        campaign="2026年居民基本信息核对" if lang == "zh" else "Basic information check 2026",
        deadline=date(2026, 12, 31),
        community="学田社区" if lang == "zh" else "Xuetian Community",
        community_code="320602002003",
        street="学田街道" if lang == "zh" else "Xuetian Street",
        district="崇川区" if lang == "zh" else "Chongchuan District",
        as_of=AS_OF,
        position=18_234,
        total=done + outstanding,
        accounted_for=done,
        outcomes=tuple(
            OutcomeLine(label, aapor, count, accounted)
            for (label, aapor, accounted), count in zip(_OUTCOMES[lang], parts, strict=True)
        ),
        buildings=building_lines(buildings, done + outstanding, outstanding, lang),
        outstanding=outstanding_lines(outstanding, lang),
        door=door_lines(parts[4], lang),
        counts={
            "I": parts[0],
            "P": parts[1],
            "R": 5,
            "NC": parts[4],
            "O": 2,
            "UH": 7,
            "UO": 1,
            "NE": 4,
        },
        e=Fraction(112, 116),
        rates=tuple(
            RateLine(code, label, None if code == "COOP1" else Fraction(*_VALUES[place]))
            for place, (code, label) in enumerate(_RATES[lang])
        ),
        version="0.1.0",
        masked=False,
    )
    return replace(report, **changes)


def building_lines(count: int, total: int, open_cases: int, lang: str) -> tuple[BuildingLine, ...]:
    """Spread residents over buildings, unevenly, so that both sums are kept."""
    sizes = _shares(total, [3 + number % 4 for number in range(count)])
    still = _shares(open_cases, [1 + number * 7 % 5 for number in range(count)])
    names = "{}幢" if lang == "zh" else "Building {}"
    return tuple(
        BuildingLine(names.format(number + 1), here, here - min(here, left))
        for number, (here, left) in enumerate(zip(sizes, still, strict=True))
    )


def _shares(total: int, weights: list[int]) -> list[int]:
    shares = [total * weight // sum(weights) for weight in weights]
    shares[-1:] = [total - sum(shares[:-1])] if shares else []
    return shares


def door_lines(count: int, lang: str = "zh") -> tuple[OutstandingLine, ...]:
    """Return residents of another estate whom the telephone did not reach."""
    reason = "电话核实不到" if lang == "zh" else "Not verified by telephone"
    address = "濠河西苑{}幢101室" if lang == "zh" else "West Garden, building {}, room 101"
    return tuple(
        OutstandingLine(f"门{number:03}", address.format(number), 6, AS_OF, reason)
        for number in range(1, count + 1)
    )


def outstanding_lines(count: int, lang: str = "zh") -> tuple[OutstandingLine, ...]:
    """Return residents in order of address, with rare names among them."""
    reasons = _REASONS[lang]
    lines = []
    for number in range(count):
        building, unit, room = number // 40 + 1, number // 10 % 4 + 1, number % 10 // 2 * 100 + 101
        address = (
            f"学田新村{building}幢{unit}单元{room}室"
            if lang == "zh"
            else f"Building {building}, unit {unit}, room {room}"
        )
        called = number % len(reasons) != 2
        last = AS_OF - timedelta(hours=number % 70) if called else None
        name = NAMES[number % len(NAMES)]
        reason = reasons[number % len(reasons)]
        lines.append(OutstandingLine(name, address, number % 5 if called else 0, last, reason))
    return tuple(lines)
