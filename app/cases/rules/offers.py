"""Work that is handed to somebody: what has become of it."""

from datetime import datetime

from app.labels import Labelled


class Became(Labelled):
    """What has become of work that was offered; each with its words."""

    WAITS = ("waits", "等待答复", "Not answered yet")
    ACCEPTED = ("accepted", "已接手", "Taken over")
    DECLINED = ("declined", "没有接手，已回到任务池", "Declined: free for all again")
    LAPSED = ("lapsed", "没有及时答复，已回到任务池", "Not answered in time: free for all again")
    ENDED = ("ended", "答复前已收回", "Taken back before an answer")


def became(
    opened_at: datetime | None,
    ended_at: datetime | None,
    end_reason: str,
    lease_expires_at: datetime,
    now: datetime,
) -> tuple[Became, datetime]:
    """Tell what has become of an offered batch, and since when; of one that still waits, until
    when it can be answered.
    """
    if ended_at is not None and end_reason == "declined":
        return Became.DECLINED, ended_at
    if opened_at is not None:
        return Became.ACCEPTED, opened_at
    if ended_at is None and now < lease_expires_at:
        return Became.WAITS, lease_expires_at
    if ended_at is None or end_reason == "expired":
        return Became.LAPSED, lease_expires_at
    return (Became.DECLINED if end_reason == "released" else Became.ENDED), ended_at
