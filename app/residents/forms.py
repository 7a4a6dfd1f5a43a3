"""The forms of residents."""

from wtforms import FileField, Form, SelectField
from wtforms.validators import InputRequired, Optional

from app.i18n.words import later as _l


class UploadForm(Form):
    """A roster and the community of the rows that name none."""

    roster = FileField(
        _l("Roster file"),
        description=_l("An Excel workbook (.xlsx) or a text table (.csv), up to 20 MB."),
        render_kw={"accept": ".xlsx,.xlsm,.csv,.tsv,.txt", "required": True},
    )
    community = SelectField(
        _l("Community of rows that name none"),
        [Optional()],
        description=_l("Leave it empty if the sheet has a column for the community."),
    )


class PlaceForm(Form):
    """The community that chosen residents go to."""

    community = SelectField(_l("Community"), [InputRequired(_l("Choose a community."))])
