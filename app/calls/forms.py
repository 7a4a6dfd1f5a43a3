"""The form of the call screen, and of a correction."""

from datetime import datetime

from wtforms import (
    DateTimeLocalField,
    Form,
    HiddenField,
    IntegerField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Optional

from app.calls.rules import CallInput
from app.i18n.words import later as _l
from app.problems import Problem


class CallForm(Form):
    """What a volunteer says of a call."""

    case = IntegerField(validators=[InputRequired()])
    key = HiddenField(validators=[InputRequired()])
    hold = IntegerField(validators=[Optional()])
    started_at = HiddenField()
    number = HiddenField()
    disposition = StringField(_l("Result"), [InputRequired(_l("Choose what the call came to."))])
    callback = HiddenField()
    callback_at = DateTimeLocalField(_l("Another time"), [Optional()])
    note = TextAreaField(_l("Note"))
    also = SelectMultipleField(coerce=int, validate_choice=False)

    def call(self, now: datetime) -> CallInput:
        """Return the call as described; ``now`` is in the deployment's zone."""
        return CallInput(
            disposition=self.disposition.data or "",
            started_at=self._started(now),
            ended_at=now,
            number=self.number.data or None,
            note=self.note.data or "",
            callback_at=self._callback(now),
            also=tuple(self.also.data or ()),
            hold=self.hold.data,
        )

    def _started(self, now: datetime) -> datetime:
        """When the page was opened; a clock that is off never makes a call impossible."""
        try:
            started = datetime.fromisoformat(self.started_at.data or "")
        except ValueError:
            return now
        return min(started, now) if started.tzinfo else now

    def _callback(self, now: datetime) -> datetime | None:
        if self.disposition.data != "callback_requested":
            return None
        typed = self.callback_at.data  # whoever types a time means it, whatever tile was chosen
        if typed:
            return typed.replace(tzinfo=now.tzinfo)
        return _slot(self.callback.data) if self.callback.data else None


def _slot(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Problem("callback_missing", field="callback_at") from error
    if moment.tzinfo is None:
        raise Problem("callback_missing", field="callback_at")
    return moment
