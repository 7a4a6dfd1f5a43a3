"""The forms of documents."""

from wtforms import Form, SelectField

from app.i18n.words import later as _l

FORMS = [
    ("xlsx", _l("Excel workbook (.xlsx)")),
    ("csv", _l("Text table (.csv)")),
    ("json", _l("JSON, for programs (.json)")),
]


class ExportForm(Form):
    """How an export is wanted."""

    form = SelectField(_l("File"), choices=FORMS)
    lang = SelectField(_l("Language of the headings"), choices=[("zh", "中文"), ("en", "English")])
