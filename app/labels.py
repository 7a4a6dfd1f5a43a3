"""What has a code, for programs, and a name in both languages, for people."""

from enum import Enum


class Labelled(Enum):
    """A choice of few. Its members are written ``NAME = (code, Chinese, English)``."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        self.code = code
        self.zh = zh
        self.en = en

    def label(self, lang: str) -> str:
        """Return the name in ``zh`` or ``en``."""
        return self.zh if lang == "zh" else self.en
