"""The forms of rosters."""

from wtforms import BooleanField, FileField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import Optional

from app.i18n.forms import Form
from app.i18n.words import later as _l
from app.rosters.rules.same import Doubtful, Known


class UploadForm(Form):
    """A roster and the community of the rows that name none."""

    roster = FileField(
        _l("Roster file"),
        render_kw={
            "accept": ".xlsx,.xlsm,.xls,.ods,.csv,.tsv,.txt", "required": True,
        },
    )  # fmt: skip
    community = SelectField(
        _l("Community of rows that name none"),
        [Optional()],
        description=_l("Leave it empty if the sheet has a column for the community."),
    )


class TakingForm(Form):
    """How a roster that waits is to be taken."""

    known = RadioField(
        _l("Residents on record of whom the sheet says something else"),
        choices=[
            SelectChoice(Known.UPDATE.value, _l("The sheet is right: change them")),
            SelectChoice(Known.FILL.value, _l("The record is right: only fill in what is missing")),
            SelectChoice(Known.KEEP.value, _l("Leave them as they are")),
        ],
        default=Known.UPDATE.value,
    )
    doubtful = RadioField(
        _l("All doubtful rows that you do not decide one by one"),
        choices=[
            SelectChoice(
                Doubtful.NEW.value,
                _l("Somebody else of the household: each becomes one more resident"),
            ),
            SelectChoice(
                Doubtful.SAME.value,
                _l("The same person: who is on record stays, under the name on record"),
            ),
            SelectChoice(
                Doubtful.LEAVE.value,
                _l("Leave out: nobody comes of them, and nothing changes"),
            ),
        ],
        default=Doubtful.NEW.value,
    )
    is_complete = BooleanField(
        _l("The sheet is complete: list who is on record but not in it"),
    )
