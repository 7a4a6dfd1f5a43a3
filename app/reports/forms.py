"""The forms of documents."""

from wtforms import SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from app.i18n.forms import Form
from app.i18n.words import later as _l

FORMS = [
    SelectChoice("xlsx", _l("Excel workbook (.xlsx)")),
    SelectChoice("csv", _l("Text table (.csv)")),
    SelectChoice("json", _l("JSON, for programs (.json)")),
]
LANGUAGES = [SelectChoice("zh", "中文"), SelectChoice("en", "English")]


class ExportForm(Form):
    """How an export is wanted."""

    form = SelectField(_l("File"), choices=FORMS)
    lang = SelectField(_l("Language of the headings"), choices=LANGUAGES)
