"""The form that sets a campaign up: the same facts as the TOML of the command line."""

import re
from dataclasses import replace
from typing import Any

from wtforms import (
    BooleanField,
    DateField,
    Field,
    IntegerField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from app.campaigns.rules.calling import HOURS, CallingRules
from app.campaigns.rules.definition import (
    DEFAULT_SCRIPT,
    SCRIPT_PARTS,
    Definition,
    definition_from,
)
from app.campaigns.rules.dispositions import CHOOSABLE_POPULATION, DISPOSITIONS
from app.i18n import explain
from app.i18n.forms import Form
from app.i18n.words import later as _l
from app.problems import Problem

_RULES = CallingRules()
NUMBERS = (
    "max_attempts", "max_attempts_per_day", "max_dials", "max_dials_per_day", "spread_days",
    "rest_days", "max_held", "lease_minutes", "unopened_minutes",
)  # fmt: skip
ADVANCED = ("weekend_hours", "legal_hours", *NUMBERS[2:])
"""The rules that whoever sets a campaign up can leave as they are."""
# However people type a span: with the signs of a Chinese keyboard, or a word; 9:00 is 09:00.
_AS_TYPED = str.maketrans(
    dict.fromkeys("，、；;", ",") | dict.fromkeys("–—－~～至到", "-") | {"：": ":"}
)


PAUSED = [code for code, row in DISPOSITIONS.items() if row.pause_minutes]
"""The dispositions after which a campaign can say how long to wait."""


class Ticks(SelectMultipleField):
    """Any of several, as check boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class CampaignForm(Form):
    """A campaign in the making."""

    title = StringField(_l("Title"), [InputRequired(_l("Give the campaign a title."))])
    deadline = DateField(_l("Deadline"), [Optional()])
    all_communities = BooleanField(_l("All my communities that have residents"))
    communities = Ticks(_l("Communities"))
    opening = TextAreaField(
        _l("What to say first"),
        default=DEFAULT_SCRIPT["zh"]["opening"],
        description=_l(
            "{code} becomes the volunteer's code, {community} the community, {office} the number "
            "of the office."
        ),
    )
    closing = TextAreaField(_l("What to say last"), default=DEFAULT_SCRIPT["zh"]["closing"])
    message = TextAreaField(
        _l("Text message to who did not answer"), default=DEFAULT_SCRIPT["zh"]["message"]
    )
    office = StringField(
        _l("Number of the community office"),
        [Optional()],
        description=_l(
            "Residents ring it to make sure that a call is genuine. With its area code."
        ),
        render_kw={"inputmode": "tel", "maxlength": 40},
    )
    opening_en = TextAreaField(
        _l("What to say first, in English"), default=DEFAULT_SCRIPT["en"]["opening"]
    )
    closing_en = TextAreaField(
        _l("What to say last, in English"), default=DEFAULT_SCRIPT["en"]["closing"]
    )
    message_en = TextAreaField(
        _l("Text message to who did not answer, in English"),
        default=DEFAULT_SCRIPT["en"]["message"],
    )
    dispositions = Ticks(_l("Dispositions in use"), default=list(DISPOSITIONS))
    population = Ticks(
        _l("These residents still belong to the population"),
        default=list(Definition.population),
    )
    hours = StringField(
        _l("Hours when ringing is allowed"),
        [Optional()],
        default=", ".join(_RULES.hours),
        description=_l("Spans like 09:00-12:00, with commas between them. Empty means always."),
    )
    weekend_hours = StringField(
        _l("Hours on Saturdays and Sundays"),
        [Optional()],
        description=_l("Empty means the same as on weekdays."),
    )
    legal_hours = StringField(
        _l("Hours outside which nobody is rung at all"),
        [Optional()],
        description=_l(
            "Between these and the hours above only residents are rung who asked for that time. "
            "Empty means that call-backs keep to the hours above too."
        ),
    )
    max_attempts = IntegerField(
        _l("Attempts in all"),
        default=_RULES.max_attempts,
        description=_l(
            "Then the resident goes on the door list. A time agreed on the last attempt is kept."
        ),
    )
    max_attempts_per_day = IntegerField(
        _l("Attempts a day"),
        default=_RULES.max_attempts_per_day,
        description=_l("Then it goes on the next day."),
    )
    max_dials = IntegerField(
        _l("Dials in all"),
        default=_RULES.max_dials,
        description=_l("Each tap on a number counts, also when no result was saved."),
    )
    max_dials_per_day = IntegerField(_l("Dials a day"), default=_RULES.max_dials_per_day)
    spread_days = IntegerField(
        _l("Days to wait for another part of the day"),
        default=_RULES.spread_days,
        description=_l(
            "Who did not answer in the morning is tried in the afternoon or evening, or at the "
            "weekend. 0 switches this off."
        ),
    )
    max_held = IntegerField(_l("Residents a volunteer may hold"), default=_RULES.max_held)
    lease_minutes = IntegerField(
        _l("Minutes an opened batch is held"), default=_RULES.lease_minutes
    )
    unopened_minutes = IntegerField(
        _l("Minutes a batch is held that nobody opened"), default=_RULES.unopened_minutes
    )
    rest_days = IntegerField(
        _l("Days of rest after another campaign reached the number"), default=_RULES.rest_days
    )

    def offer(self, communities: list[tuple[str, str]], lang: str) -> None:
        """Fill in what can be chosen, in the reader's language."""
        self.communities.choices = list(communities)
        self.dispositions.choices = [(d.code, d.label(lang)) for d in DISPOSITIONS.values()]
        self.population.choices = [
            (code, DISPOSITIONS[code].label(lang)) for code in CHOOSABLE_POPULATION
        ]
        for code, pause in zip(PAUSED, self.pauses, strict=True):
            pause.label.text = DISPOSITIONS[code].label(lang)

    def validate_communities(self, field: Ticks) -> None:
        """Want a community, one by one or all together."""
        if not self.all_communities.data and not field.data:
            raise ValidationError(_l("Choose at least one community."))

    def explain(self, problem: Problem) -> bool:
        """Say the problem at its field, which it calls as people do; False without such a field."""
        names = (problem.field or "", f"pause_{problem.field}")
        name = next((name for name in names if name in self), None)
        if name is None:
            return False
        field = self[name]
        values = {**problem.values, "key": field.label.text}
        field.errors = [explain(replace(problem, values=values))]
        return True

    def definition(self) -> Definition:
        """Return the campaign that was described. Raises Problem naming the field."""
        table: dict[str, Any] = {
            "title": self.title.data,
            "communities": "all" if self.all_communities.data else self.communities.data,
            "dispositions": list(self.dispositions.data or []),
            "population": list(self.population.data or []),
            "rules": self._rules(),
            "office": self.office.data,
            "script": {
                "zh": self._script(""),
                "en": self._script("_en"),
            },
        }
        if self.deadline.data:
            table["deadline"] = self.deadline.data
        return definition_from(table)

    def _script(self, suffix: str) -> dict[str, str]:
        """What is said, and sent, in one language; a message left empty is the usual one."""
        said = {part: self[f"{part}{suffix}"].data or "" for part in SCRIPT_PARTS}
        return {part: text for part, text in said.items() if text or part != "message"}

    def _rules(self) -> dict[str, Any]:
        numbers = {name: self[name].data for name in NUMBERS}
        spans = {name: _spans(self[name].data) for name in HOURS}
        said = {code: pause.data for code, pause in zip(PAUSED, self.pauses, strict=True)}
        own = {c: n for c, n in said.items() if n not in {None, DISPOSITIONS[c].pause_minutes}}
        return {**numbers, **spans, "pause_minutes": own}

    @property
    def pauses(self) -> list[Field]:
        """The minutes to wait after each disposition of ``PAUSED``."""
        return [self[f"pause_{code}"] for code in PAUSED]

    @property
    def advanced(self) -> list[Field]:
        """The fields of the rules that can be left as they are."""
        return [self[name] for name in ADVANCED]


for _code in PAUSED:
    _usual = DISPOSITIONS[_code].pause_minutes
    setattr(CampaignForm, f"pause_{_code}", IntegerField(validators=[Optional()], default=_usual))


def _spans(typed: str | None) -> list[str]:
    parts = re.sub(r"\b(\d):", r"0\1:", (typed or "").translate(_AS_TYPED)).split(",")
    return [part.strip() for part in parts if part.strip()]
