"""Appointments: what has become of one."""

from datetime import datetime

from app.campaigns.rules.agreed import ANYONES_AFTER, MISSED_AFTER
from app.labels import Labelled


class AppointmentState(Labelled):
    """How an appointment stands; each with its words."""

    COMING = ("coming", "未到时间", "Still to come")
    DUE = ("due", "该拨打了", "Due now")
    OVERDUE = ("overdue", "已过时间", "Overdue")
    MISSED = ("missed", "错过了", "Missed")
    KEPT = ("kept", "已拨打", "Rung")


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
