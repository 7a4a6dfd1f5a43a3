"""Appointments: what has become of one."""

from datetime import datetime, timedelta
from enum import Enum

from app.cases.rules.turns import ANYONES_AFTER

MISSED_AFTER = timedelta(hours=1)
"""Whoever is not rung by then has waited in vain."""


class AppointmentState(Enum):
    """How an appointment stands; each with its words."""

    COMING = ("coming", "未到时间", "Still to come")
    DUE = ("due", "该拨打了", "Due now")
    OVERDUE = ("overdue", "已过时间", "Overdue")
    MISSED = ("missed", "错过了", "Missed")
    KEPT = ("kept", "已拨打", "Rung")

    def __init__(self, code: str, zh: str, en: str) -> None:
        self.code = code
        self.zh = zh
        self.en = en

    def label(self, lang: str) -> str:
        """Return the words in ``zh`` or ``en``."""
        return self.zh if lang == "zh" else self.en


def state_of(
    at: datetime, until: datetime | None, now: datetime, *, rung_at: datetime | None = None
) -> AppointmentState:
    """Tell how an appointment stands; ``rung_at`` is when it was rung after it was agreed.

    A call before its time keeps it too: the resident was rung.
    """
    last = max(at, until or at)
    if rung_at is not None:
        in_time = rung_at <= last + MISSED_AFTER
        return AppointmentState.KEPT if in_time else AppointmentState.MISSED
    if now < at:
        return AppointmentState.COMING
    if now < last + ANYONES_AFTER:
        return AppointmentState.DUE
    in_time = now <= last + MISSED_AFTER
    return AppointmentState.OVERDUE if in_time else AppointmentState.MISSED
