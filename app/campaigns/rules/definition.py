"""A campaign as people write it: the TOML of the command line and the web form say the same."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app.campaigns.rules.calling import CallingRules, rules_from
from app.campaigns.rules.dispositions import CHOOSABLE_POPULATION, DISPOSITIONS
from app.campaigns.rules.script import PLACES, says, tidied, wrong_place
from app.problems import Place, Problem
from app.residents.rules import phones

KEYS = {
    "title", "communities", "deadline", "questionnaire", "dispositions", "population", "office",
    "rules", "script",
}  # fmt: skip
SCRIPT_LANGUAGES = ("zh", "en")
SCRIPT_PARTS = ("opening", "closing", "message")
"""What is said first and last, and what is sent to somebody who did not answer."""
MAX_TITLE = 120
MAX_SCRIPT = 4000

DEFAULT_SCRIPT = {
    "zh": {
        "opening": "您好，我是{community}的志愿者，编号{code}，受社区居委会委托核对居民基本信息。"
        "通话大约两分钟，我们不会询问身份证号、银行卡号和验证码。请问现在方便吗？",
        "closing": "信息都核对好了，谢谢您的配合！如有需要，请随时联系社区居委会。",
        "message": "您好，我是{community}的志愿者，编号{code}，受居委会委托核对居民基本信息，"
        "刚才来电您没有接到，我们会再打给您。我们不会询问身份证号、银行卡号和验证码。"
        "如需核实，请致电{office}。",
    },
    "en": {
        "opening": "Hello, I am a volunteer of {community}, my code is {code}. The residents' "
        "committee asked me to check the information on record. It takes about two minutes; we "
        "never ask for ID numbers, bank cards or codes. Is now a good time?",
        "closing": "That is all. Thank you! The committee is there for you whenever you need it.",
        "message": "Hello, I am a volunteer of {community}, my code is {code}. I rang to check "
        "the information on record for the residents' committee, and we will ring again. We never "
        "ask for ID numbers, bank cards or codes. To make sure that it is us, ring {office}.",
    },
}


@dataclass(frozen=True)
class Definition:
    """Everything that makes a campaign, checked."""

    title: str
    communities: tuple[str, ...] | None
    """Twelve-digit codes; None means every community that has residents."""
    deadline: date | None = None
    dispositions: Mapping[str, str] = field(default_factory=dict)
    """The subset in use, each with the campaign's own name for it ('' keeps the usual one);
    empty means all."""
    population: tuple[str, ...] = ("deceased",)
    rules: CallingRules = field(default_factory=CallingRules)
    office: str | None = None
    """The community office's number, as numbers are stored."""
    script: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: DEFAULT_SCRIPT)


def read_toml(text: str, filename: str) -> Definition:
    """Read a campaign's TOML. Raises Problem naming the file and the key."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        values: dict[str, str | int] = {"reason": str(error)}
        raise Problem("toml_syntax", place=Place(file=filename), values=values) from error
    return definition_from(table)


def definition_from(table: Mapping[str, Any]) -> Definition:
    """Check a parsed table. Raises Problem for the first thing that is wrong."""
    for key in table:
        if key not in KEYS:
            raise Problem("campaign_unknown_key", field=key, values={"key": key})
    if table.get("questionnaire"):
        raise Problem("campaign_questionnaire_later", field="questionnaire")
    return Definition(
        title=_title(table.get("title")),
        communities=_communities(table.get("communities")),
        deadline=_deadline(table.get("deadline")),
        dispositions=_dispositions(table.get("dispositions", {})),
        population=_population(table.get("population", list(Definition.population))),
        rules=rules_from(_table("rules", table.get("rules", {}))),
        office=_office(table.get("office")),
        script=_script(_table("script", table.get("script", {}))),
    )


def _table(key: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Problem("rules_table", field=key, values={"key": key})
    return value


def _title(value: Any) -> str:
    title = value.strip() if isinstance(value, str) else ""
    if not title or len(title) > MAX_TITLE or not title.isprintable():
        raise Problem("campaign_title", field="title", values={"longest": MAX_TITLE})
    return title


def _communities(value: Any) -> tuple[str, ...] | None:
    if value == "all":
        return None
    if not isinstance(value, list) or not value:
        raise Problem("campaign_communities", field="communities")
    return tuple(dict.fromkeys(str(code) for code in value))


def _deadline(value: Any) -> date | None:
    if value is None or (isinstance(value, date) and type(value) is date):
        return value
    raise Problem("campaign_deadline", field="deadline")


def _dispositions(value: Any) -> dict[str, str]:
    if isinstance(value, list):
        value = dict.fromkeys(map(str, value), "")
    names = {str(code): str(name).strip() for code, name in _table("dispositions", value).items()}
    for code, name in names.items():
        if code not in DISPOSITIONS:
            raise Problem("disposition_unknown", field="dispositions", values={"code": code})
        if len(name) > MAX_TITLE:
            raise Problem("campaign_title", field="dispositions", values={"longest": MAX_TITLE})
    if names and "completed" not in names:
        raise Problem("campaign_needs_completed", field="dispositions")
    return names


def _population(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or any(code not in CHOOSABLE_POPULATION for code in value):
        choices = ", ".join(CHOOSABLE_POPULATION)
        raise Problem("campaign_population", field="population", values={"choices": choices})
    return tuple(dict.fromkeys(value))


def _office(value: Any) -> str | None:
    """Read the number in whatever way it is written, but with its area code."""
    if value is None or value == "":
        return None
    read = phones.read_cell(value if isinstance(value, str) else "?", area_code="")
    if len(read.phones) != 1 or read.rejected:
        raise Problem("campaign_office", field="office")
    return read.phones[0]


def _script(table: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    script = {lang: dict(parts) for lang, parts in DEFAULT_SCRIPT.items()}
    for lang, parts in table.items():
        if lang not in SCRIPT_LANGUAGES:
            raise Problem("campaign_script_language", field="script", values={"lang": lang})
        for part, text in _table(f"script.{lang}", parts).items():
            if part not in SCRIPT_PARTS:
                raise Problem("campaign_unknown_key", field=part, values={"key": part})
            script[lang][part] = _script_text(lang, part, text)
    return script


def _script_text(lang: str, part: str, text: Any) -> str:
    field_ = part if lang == "zh" else f"{part}_{lang}"  # as the form calls it
    if not isinstance(text, str) or len(text) > MAX_SCRIPT:
        raise Problem("campaign_script", field=field_, values={"longest": MAX_SCRIPT})
    written = tidied(text.strip())
    wrong = wrong_place(written)
    if wrong is not None:
        values: dict[str, str | int] = {
            "wrong": wrong[:40], "places": ", ".join(f"{{{place}}}" for place in PLACES),
        }  # fmt: skip
        raise Problem("campaign_script_place", field=field_, values=values)
    if part == "message" and not says(written, "code"):
        raise Problem("campaign_message_code", field=field_)
    return written
