"""The forms of residents."""

from wtforms import SelectField
from wtforms.validators import InputRequired

from app.i18n.forms import Form
from app.i18n.words import later as _l


class PlaceForm(Form):
    """The community that chosen residents go to."""

    community = SelectField(_l("Community"), [InputRequired(_l("Choose a community."))])
