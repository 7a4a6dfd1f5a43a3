"""The forms of people."""

from collections.abc import Iterable

from wtforms import (
    FileField,
    HiddenField,
    PasswordField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import EqualTo, InputRequired, Length, Optional

from app.i18n.forms import Form
from app.i18n.words import later as _l
from app.people.rules.newcomers import LONGEST_LIST


class SignInForm(Form):
    """Name and password."""

    name = StringField(
        _l("Name"),
        [InputRequired(_l("Enter your name."))],
        render_kw={"autocomplete": "username", "autocapitalize": "none"},
    )
    password = PasswordField(
        _l("Password"),
        [InputRequired(_l("Enter your password."))],
        render_kw={"autocomplete": "current-password"},
    )


class JoinForm(Form):
    """An invitation's code and the password to come."""

    code = StringField(
        _l("Invitation code"),
        [InputRequired(_l("Enter the code of your invitation."))],
        description=_l("12 letters and figures; dashes and blanks don't matter."),
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "data-from-hash": ""},
    )
    password = PasswordField(
        _l("New password"),
        [InputRequired(_l("Choose a password."))],
        description=_l("At least 8 characters. A short sentence is easy to remember."),
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        _l("The password again"),
        [EqualTo("password", _l("The two passwords differ."))],
        render_kw={"autocomplete": "new-password"},
    )


class TokenForm(Form):
    """A new access token of one's own."""

    label = StringField(
        _l("What is it for?"),
        [Optional()],
        description=_l("So that you know later which program uses it."),
        render_kw={"autocomplete": "off", "maxlength": 80},
    )
    role = SelectField(
        _l("What may it do?"),
        description=_l("As much as the program needs, and no more."),
    )


class NewcomersForm(Form):
    """People to be added: pasted, or in a file."""

    text = TextAreaField(
        _l("Names"),
        [Optional(), Length(max=LONGEST_LIST)],
        description=_l(
            "One a line: the name; after a tab or comma the languages; after another the "
            "communities, where they differ from the team's."
        ),
        render_kw={"class": "lines", "autocomplete": "off", "spellcheck": "false"},
    )
    sheet = FileField(
        _l("Or a file"),
        [Optional()],
        description=_l("An Excel workbook (.xlsx) with these columns, or a text (.csv, .txt)."),
        render_kw={"accept": ".xlsx,.csv,.tsv,.txt"},
    )
    team = SelectField(_l("Team"))
    make = HiddenField()
    """Set where the list was looked at, and is to be taken in."""

    def offer(self, teams: Iterable[str], *, leads: bool) -> None:
        """Let one choose between these teams; who leads one adds to that one."""
        alone = [] if leads else [("", _l("None: their rows name communities"))]
        self.team.choices = [*((name, name) for name in teams), *alone]
