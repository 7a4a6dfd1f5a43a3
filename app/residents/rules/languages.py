"""Languages as rosters write them: which a cell names, and in which somebody is spoken to."""

from collections.abc import Collection

EVERYBODYS = frozenset({
    "", "普通话", "国语", "汉语", "中文", "华语", "官话", "mandarin", "putonghua", "chinese",
    "zh", "zh-cn", "cmn",
})  # fmt: skip
"""What every volunteer speaks."""
CODES = {
    **dict.fromkeys(EVERYBODYS - {""}, "zh"),
    **dict.fromkeys(("english", "英语", "英文", "en"), "en"),
}
"""What scripts are written in."""
_BETWEEN = str.maketrans(dict.fromkeys("、，,;；/／|+和及", " "))


def keys(text: str) -> list[str]:
    """Return the languages that a cell names, in small letters; [] where it names none."""
    return text.casefold().translate(_BETWEEN).split()


def tongue(text: str, offered: Collection[str], otherwise: str) -> str:
    """Return which of the languages ``offered`` (by their codes) a resident is spoken and written
    to in, by their language as written: the first that is named; ``otherwise`` where none is.
    """
    codes = (CODES.get(key, "") for key in keys(text))
    return next((code for code in codes if code in offered), otherwise)
