"""The form of the call screen, and of a correction."""

from datetime import datetime, timedelta

from wtforms import (
    BooleanField,
    DateTimeLocalField,
    Form,
    HiddenField,
    IntegerField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, NumberRange, Optional

from app.calls.rules import CallInput
from app.campaigns.rules.dispositions import DISPOSITIONS, Follow
from app.db import LARGEST_ID
from app.i18n.words import later as _l
from app.problems import Problem

OLDEST_PAGE = timedelta(hours=14)
"""A page left open longer says nothing about when the call began."""


class SaidForm(Form):
    """What a volunteer says of a call: what it came to, when to ring again, a note."""

    disposition = StringField(_l("Result"), [InputRequired(_l("Choose what the call came to."))])
    callback = HiddenField()
    callback_at = DateTimeLocalField(_l("Another time"), [Optional()])
    note = TextAreaField(_l("Note"))
    together = BooleanField()

    def said(self, now: datetime) -> CallInput:
        """Return what was said; ``now`` is in the deployment's zone."""
        return CallInput(
            disposition=self.disposition.data or "",
            started_at=now,
            ended_at=now,
            note=self.note.data or "",
            callback_at=self._callback(now),
            ends_when_sent=True,
        )

    def _callback(self, now: datetime) -> datetime | None:
        row = DISPOSITIONS.get(self.disposition.data or "")
        if row is None or row.follow is not Follow.APPOINTMENT:
            return None
        typed = self.callback_at.data  # whoever types a time means it, whatever tile was chosen
        if typed:
            return typed.replace(tzinfo=now.tzinfo)
        return _slot(self.callback.data) if self.callback.data else None


class CallForm(SaidForm):
    """A call on a case that the volunteer holds."""

    case = IntegerField(validators=[InputRequired(), NumberRange(1, LARGEST_ID)])
    key = HiddenField(validators=[InputRequired()])
    hold = IntegerField(validators=[Optional(), NumberRange(1, LARGEST_ID)])
    started_at = HiddenField()
    number = HiddenField()
    also = SelectMultipleField(coerce=int, validate_choice=False)

    def call(self, now: datetime) -> CallInput:
        """Return the call as described; ``now`` is in the deployment's zone."""
        said = self.said(now)
        return CallInput(
            disposition=said.disposition,
            started_at=self._started(now),
            ended_at=now,
            number=self.number.data or None,
            note=said.note,
            callback_at=said.callback_at,
            also=tuple(n for n in self.also.data or () if 0 < n <= LARGEST_ID),
            hold=self.hold.data,
            ends_when_sent=True,
        )

    def _started(self, now: datetime) -> datetime:
        """When the page was opened; a clock that is off never makes a call impossible."""
        try:
            started = datetime.fromisoformat(self.started_at.data or "").astimezone(now.tzinfo)
        except (ValueError, OverflowError):
            return now
        return started if now - OLDEST_PAGE < started <= now else now


def _slot(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Problem("callback_missing", field="callback_at") from error
    if moment.tzinfo is None:
        raise Problem("callback_missing", field="callback_at")
    return moment
