"""Texts of cells without what is no part of them."""

import re
import unicodedata

from app.residents.rules.sheets import Value

_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\U000e0001-\U000e007f]"
)
_HAN = "\u3007\u3400-\u9fff\ue000-\ufaff\U00020000-\U0003ffff"
_PADDING = re.compile(rf"(?<=[{_HAN}]) (?=[{_HAN}])")
_DOT = re.compile(rf" ?[·•・･‧∙⋅] ?|(?<=[{_HAN}]) ?[.．] ?(?=[{_HAN}])")
_WIDE_LETTER = re.compile("[\uff21-\uff3a\uff41-\uff5a]")
_NOBODY = frozenset(
    (
        "无",
        "空",
        "空置",
        "空户",
        "空房",
        "空关",
        "无人",
        "无人居住",
        "未知",
        "暂无",
        "没有",
        "不详",
        "同上",
    )
)
# Of what most cells hold, printable ASCII and common Chinese characters, nothing has to be cleaned.
_USUAL = r"\u3001\u3002\u4e00-\u9fff\uff01-\uff5e"
_CLEAN = re.compile(rf"[!-~{_USUAL}]*")


def clean_text(value: Value) -> str | None:
    """A cell as text: composed, without invisible characters, with single blanks."""
    if value is None:
        return None
    if not isinstance(value, str):
        value = str(int(value) if isinstance(value, float) and value.is_integer() else value)
    if _CLEAN.fullmatch(value):
        return value or None
    text = _INVISIBLE.sub("", unicodedata.normalize("NFC", value))
    return " ".join(text.split()) or None


def clean_name(value: Value) -> str | None:
    """A name with every character kept, but 王　伟 without its padding and with one kind of dot.

    The dot is U+00B7, as the 2016 rule of twelve ministries on names has it.
    """
    text = clean_text(value)
    if text is None or text in _NOBODY:
        return None
    if text.isalpha() and not _WIDE_LETTER.search(text):
        return text
    text = _WIDE_LETTER.sub(lambda letter: unicodedata.normalize("NFKC", letter[0]), text)
    return _DOT.sub("·", _PADDING.sub("", text))
