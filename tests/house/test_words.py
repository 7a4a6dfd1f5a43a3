"""Nothing is said in one language only."""

import re

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from app.config import ROOT

CATALOGUE = ROOT / "app" / "translations" / "zh" / "LC_MESSAGES" / "messages.po"
WHERE = [("app", "**.py", "python"), ("templates", "**.html", "jinja2")]
KEYWORDS = {
    **dict.fromkeys(("_", "_l", "N_", "gettext", "lazy_gettext")),
    **dict.fromkeys(("ngettext", "lazy_ngettext"), (1, 2)),
}

Message = str | tuple[str, ...]


def forms(message: Message) -> tuple[str, ...]:
    return (message,) if isinstance(message, str) else tuple(message)


@pytest.fixture(scope="module")
def said() -> dict[Message, str]:
    """Every message in the code and the templates, with a place where it stands."""
    return {
        message: f"{folder}/{name}:{line}"
        for folder, pattern, method in WHERE
        for name, line, message, _, _ in extract_from_dir(
            ROOT / folder, [(pattern, method)], keywords=KEYWORDS
        )
    }


@pytest.fixture(scope="module")
def chinese() -> Catalog:
    with CATALOGUE.open(encoding="utf-8") as file:
        return read_po(file, locale="zh")


def test_every_message_has_a_translation(said: dict[Message, str], chinese: Catalog) -> None:
    missing = []
    for message, place in said.items():
        entry = chinese.get(forms(message)[0])
        if entry is None or entry.fuzzy or not all(forms(entry.string)):
            missing.append(f"{place}: {message!r}")

    assert said
    assert not missing, "\n".join(missing)


def test_no_translation_is_left_of_what_is_no_longer_said(
    said: dict[Message, str], chinese: Catalog
) -> None:
    known = {forms(message)[0] for message in said}

    assert not [entry.id for entry in chinese if entry.id and forms(entry.id)[0] not in known]


def test_translations_have_the_placeholders_of_their_message(chinese: Catalog) -> None:
    """The singular in English may do without its number ("one case"): the plural decides."""
    wrong = [
        f"{entry.id!r}: {translation!r}"
        for entry in chinese
        if entry.id
        for translation in forms(entry.string)
        if translation and placeholders(translation) != placeholders(forms(entry.id)[-1])
    ]

    assert not wrong, "\n".join(wrong)


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)[a-z]|\{\w*\}", text))
