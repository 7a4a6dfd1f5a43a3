"""What exports say beside their headings, in both languages."""

import re

from app.labels import Labelled
from app.people.models import User
from app.residents.rules.phones import display


class Word(Labelled):
    """A word of an export."""

    ALL_COMMUNITIES = ("all_communities", "全部社区", "All communities")
    OWN_COMMUNITIES = ("own_communities", "所负责社区", "Own communities")
    COMMAND_LINE = ("command_line", "命令行", "command line")
    YES = ("yes", "是", "yes")
    NO = ("no", "否", "no")
    OPEN = ("open", "待拨打", "To be rung")
    HELD = ("held", "在志愿者手中", "With a volunteer")
    LEADER = ("leader", "已转组长", "With the leader")
    DOOR_LIST = ("door_list", "上门名单", "On the door list")
    DONE = ("done", "已办结", "Done")
    OUT = ("out", "去电", "out")
    IN = ("in", "来电", "in")


WORDS = {word.code: word for word in Word}
BETWEEN = "；"
"""What stands between several numbers in a cell: the import parts them there, whatever they are."""

_GROUPED = re.compile(r"(?<=[0-9]) (?=[0-9])")


def word(code: str | None, lang: str) -> str:
    """Return the word of a code; '' for none."""
    return WORDS[code].label(lang) if code else ""


def yes_or_no(value: bool, lang: str) -> str:
    """Return it in words."""
    return word("yes" if value else "no", lang)


def every_community(actor: User | None, lang: str) -> str:
    """Return what all that somebody may see is called; None stands for the command line."""
    is_all = actor is None or actor.role == "administrator"
    return word("all_communities" if is_all else "own_communities", lang)


def maker(actor: User | None, lang: str) -> str:
    """Return who makes an export; None stands for the command line."""
    return word("command_line", lang) if actor is None else actor.name


def reads_as(number: str) -> str:
    """Return a stored number as rosters write it: 13812345678, 0513-85123456转801."""
    shown = display(number)
    return shown if shown.startswith("+") else _GROUPED.sub("", shown).replace(" 转", "转")
