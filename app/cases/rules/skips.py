"""Laying a case aside: why, and for how long."""

from datetime import timedelta

from app.labels import Labelled

SKIP_PAUSE = timedelta(minutes=30)
LONGEST_NOTE = 200


class SkipReason(Labelled):
    """Why a volunteer lays a case aside; each with the words to choose it by."""

    NOT_NOW = ("not_now", "现在不方便打给这户", "Not a good moment for them")
    KNOW_THEM = ("know_them", "我认识对方，换人打更合适", "I know them: better somebody else")
    LANGUAGE = ("language", "我不会说对方的话", "I don't speak their language")
    DOUBTFUL_NUMBER = ("doubtful_number", "号码看着不对", "The number looks wrong")
    OTHER = ("other", "其他原因", "Another reason")


SKIP_REASONS = {reason.code: reason for reason in SkipReason}
