"""The dispositions: what one call can come to.

AAPOR codes follow the Standard Definitions (10th edition, 2023) for telephone surveys of named
persons. Two readings are ours: a number that does not work says nothing about whether the
resident exists (so it never makes a case ineligible), and someone who hangs up before the
introduction is over may or may not be of the household.
"""

from dataclasses import dataclass
from enum import Enum


class Follow(Enum):
    """What the rules make of a case after a call; each with the words that say so to staff."""

    DONE = ("办结，不再拨打", "Done: not rung again")
    AGAIN = ("间隔一段时间后再拨", "Rung again after a pause")
    APPOINTMENT = ("到约定时间再拨", "Rung again at the agreed time")
    NEXT_NUMBER = (
        "改拨下一个号码；没有可用号码时转上门名单",
        "The next number; without one, the door list",
    )
    OTHER_PERSON = (
        "间隔后由他人再试一次；再次婉拒即为拒绝",
        "Once more by someone else; a second one is final",
    )
    LANGUAGE = ("间隔后由他人再试", "Rung again by someone else")
    LEADER = ("转给组长处理", "Goes to the leader")
    DOOR = ("转楼道长上门名单", "Goes to the captain's door list")

    def __init__(self, zh: str, en: str) -> None:
        self.zh = zh
        self.en = en


class Group(Enum):
    """The headings under which a volunteer finds the dispositions."""

    REACHED = ("有人接听", "Someone answered")
    NOT_REACHED = ("没有接通", "Nobody answered")
    NUMBER = ("号码问题", "The number is wrong")
    PERSON = ("居民情况", "About the resident")

    def __init__(self, zh: str, en: str) -> None:
        self.zh = zh
        self.en = en


@dataclass(frozen=True)
class Disposition:
    """One row of the table below."""

    code: str
    zh: str
    en: str
    aapor: str
    """AAPOR code of the single call."""
    follow: Follow
    group: Group
    final: bool = False
    """Whether the case is over for the telephone."""
    reached: bool = False
    """Whether a human being answered."""
    confirms: bool = False
    """Whether it shows that the resident can be reached at this number's household."""
    pause_minutes: int = 0
    """Default pause before the next try; a campaign may set its own."""

    def label(self, lang: str) -> str:
        """Return the name in ``zh`` or ``en``."""
        return self.zh if lang == "zh" else self.en


HOUR = 60
DAY = 24 * HOUR

_REACHED, _SILENT, _NUMBER, _PERSON = Group

# Code, names, AAPOR code, what follows, heading, marks (F final, R someone answered, C the
# resident is confirmed), pause in minutes.
# fmt: off
_TABLE = (
    ("completed",              "核对完成",           "Completed",                         "1.1",   Follow.DONE,         _REACHED, "FRC", 0),
    ("partial",                "部分完成",           "Partly completed",                  "1.2",   Follow.AGAIN,        _REACHED, "-RC", 1 * DAY),
    ("callback_requested",     "约定回电",           "Call back later",                   "2.21",  Follow.APPOINTMENT,  _REACHED, "-RC", 2 * HOUR),
    ("respondent_unavailable", "本人不在",           "Resident away",                     "2.21",  Follow.AGAIN,        _REACHED, "-RC", 3 * HOUR),
    ("soft_refusal",           "婉拒",               "Soft refusal",                      "2.112", Follow.OTHER_PERSON, _REACHED, "-RC", 3 * DAY),
    ("hard_refusal",           "明确拒绝",           "Firm refusal",                      "2.112", Follow.DONE,         _REACHED, "FRC", 0),
    ("hung_up",                "没说完就挂断",       "Hung up",                           "3.20",  Follow.AGAIN,        _REACHED, "-R-", 1 * DAY),
    ("language_barrier",       "语言不通",           "Language barrier",                  "2.33",  Follow.LANGUAGE,     _REACHED, "-RC", 1 * HOUR),
    ("no_answer",              "无人接听",           "No answer",                         "3.13",  Follow.AGAIN,        _SILENT,  "---", 3 * HOUR),
    ("busy",                   "占线",               "Busy",                              "3.12",  Follow.AGAIN,        _SILENT,  "---", 20),
    ("unreachable",            "关机或无信号",       "Off or out of reach",               "3.16",  Follow.AGAIN,        _SILENT,  "---", 6 * HOUR),
    ("voicemail",              "语音信箱",           "Voicemail",                         "3.14",  Follow.AGAIN,        _SILENT,  "---", 6 * HOUR),
    ("invalid_number",         "空号或停机",         "Number not in service",             "4.31",  Follow.NEXT_NUMBER,  _NUMBER,  "---", 0),
    ("wrong_person",           "非本人号码",         "Wrong number",                      "3.30",  Follow.NEXT_NUMBER,  _NUMBER,  "-R-", 0),
    ("moved",                  "已搬走",             "Moved away",                        "4.50",  Follow.DONE,         _PERSON,  "FRC", 0),
    ("deceased",               "已去世",             "Deceased",                          "2.31",  Follow.DONE,         _PERSON,  "FRC", 0),
    ("not_resident",           "不住在本社区",       "Not a resident here",               "4.50",  Follow.DONE,         _PERSON,  "FRC", 0),
    ("unable",                 "生病或耳背，没法通话", "Unable to talk (illness, hearing)", "2.32",  Follow.DOOR,         _PERSON,  "FRC", 0),
    ("needs_leader",           "请组长处理",         "Needs the leader",                  "3.90",  Follow.LEADER,       _PERSON,  "-R-", 0),
)
# fmt: on


def _disposition(
    code: str, zh: str, en: str, aapor: str, follow: Follow, group: Group, marks: str, pause: int
) -> Disposition:
    return Disposition(
        code, zh, en, aapor, follow, group,
        final="F" in marks, reached="R" in marks, confirms="C" in marks, pause_minutes=pause,
    )  # fmt: skip


DISPOSITIONS: dict[str, Disposition] = {row[0]: _disposition(*row) for row in _TABLE}
"""All dispositions by code, in the order in which volunteers see them."""

OUT_OF_SERVICE = "invalid_number"
"""What is true of the number, whoever was to be rung on it."""
CHOOSABLE_POPULATION = ("moved", "deceased", "not_resident")
"""Those of which a campaign says whether such residents belong to its population."""
