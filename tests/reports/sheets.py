"""Believable handoff sheets: the value a test starts from and changes in one respect."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from app.reports.handoff.value import (
    AppointmentLine,
    HandoffSheet,
    NoteLine,
    NumberLine,
    PersonLine,
)
from app.reports.wording import Lang
from tests.reports.sample import CHINA, NAMES

MADE_AT = datetime(2026, 11, 24, 17, 55, tzinfo=CHINA)
NOTE = NoteLine(MADE_AT - timedelta(days=1), "志愿者丙", "晚上七点以后再打，白天在上班。")


def person(place: int, **more: Any) -> PersonLine:
    """Somebody who has not been rung yet, at home alone on one number."""
    name = f"{NAMES[place % 10][:5]}{place}"
    return PersonLine(
        place,
        name,
        f"{place // 6 + 1}幢{place:03}室",
        (NumberLine(f"139 0000 {place:04}"),),
        **more,
    )


def told_of(place: int) -> PersonLine:
    """Somebody of whom there is everything to say."""
    return person(
        place, attempts=2, last=(NOTE.at, "婉拒"), notes=(NOTE,), remark="独居，耳背",
        dialled_at=MADE_AT - timedelta(minutes=8), not_before=MADE_AT + timedelta(hours=2),
        declined_to="志愿者丙", not_understood="志愿者丁", language="如东话",
    )  # fmt: skip


def appointment(place: int | None = 1, **more: Any) -> AppointmentLine:
    """A time agreed with somebody of the list; with somebody in the queue where place is None."""
    line = AppointmentLine(
        MADE_AT + timedelta(hours=1), None, "周秀英", "1幢001室", (NumberLine("139 0000 0001"),),
        "女儿七点到家", "志愿者甲", place,
    )  # fmt: skip
    return replace(line, **more)


def sample_sheet(lang: Lang = "zh", left: int = 20, **more: Any) -> HandoffSheet:
    """A sheet of so many who are left, each a household of their own."""
    sheet = HandoffSheet(
        lang=lang, handoff_id=12, campaign="冬季居民基本信息核对",
        communities=("中桥社区居委会", "学堂桥社区居委会"), giver="志愿者甲", taker="志愿者乙",
        made_at=MADE_AT, position=18_234, note="三幢电梯坏了，先道歉再说事。",
        calls=14, completed=6,
        results=(("核对完成", 6), ("无人接听", 8)), appointments=(),
        groups=tuple((person(place),) for place in range(1, left + 1)), queued=(),
        version="1.2.3", masked=False,
    )  # fmt: skip
    return replace(sheet, **more)
