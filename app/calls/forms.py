"""The forms of the volunteer's pages: a call, a correction, a skip, a handover."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    TimeField,
    ValidationError,
)
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from app.calls.models import Call
from app.calls.rules import LONGEST_NOTE, CallInput
from app.campaigns.forms import Ticks
from app.campaigns.rules.codes import typed_code
from app.campaigns.rules.dispositions import DISPOSITIONS, Follow
from app.cases.receivers import Receiver
from app.cases.rules.skips import LONGEST_NOTE as LONGEST_SKIP_NOTE
from app.cases.rules.skips import SKIP_REASONS
from app.cases.service.handing import LONGEST_NOTE as LONGEST_HANDOFF_NOTE
from app.db import LARGEST_ID
from app.i18n import lang
from app.i18n.forms import Form
from app.i18n.words import later as _l
from app.people.models import User
from app.people.rules.shifts import Span, spans
from app.problems import Problem
from app.territory.models import Community

OLDEST_PAGE = timedelta(hours=14)
"""A page left open longer says nothing about when the call began."""
LONGEST_WAIT = timedelta(days=60)
"""A call that waited longer on a device, by its own clock, is taken to have ended now."""
TYPED = ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S")
"""How a browser writes a moment; it shows only what is written like the first."""


NOTE = {"rows": 2, "maxlength": LONGEST_NOTE, "data-key": "n"}


class SaidForm(Form):
    """What a volunteer says of a call: what it came to, when to ring again, a note."""

    disposition = StringField(_l("Result"), [InputRequired(_l("Choose what the call came to."))])
    callback = HiddenField()
    callback_at = DateTimeLocalField(_l("Another time"), [Optional()], format=list(TYPED))
    callback_was = HiddenField()
    """The other time as the page already had it: not typed now."""
    callback_until = TimeField(_l("Until (only for a span of time)"), [Optional()])
    callback_until_was = HiddenField()
    """The end as the page already had it: it ends the span of no other time."""
    callback_anyone = BooleanField(_l("Anyone may ring then, not only me"))
    note = TextAreaField(_l("Note"), render_kw=NOTE)
    together = BooleanField()
    reason = StringField(_l("Why is it corrected?"))

    def asks_in_vain(self) -> bool:
        """Whether the leader is asked, and not told what: to be mended before it is saved, but
        never a reason to refuse a call.
        """
        row = DISPOSITIONS.get(self.disposition.data or "")
        asks = row is not None and row.follow is Follow.LEADER
        if asks and not (self.note.data or "").strip():
            self.note.errors = [_l("Write what the leader should know.")]
        return bool(self.note.errors)

    def said(self, now: datetime) -> CallInput:
        """Return what was said; ``now`` is in the deployment's zone."""
        agreed, until = self._callback(now)
        return CallInput(
            disposition=self.disposition.data or "",
            started_at=now,
            ended_at=now,
            note=self.note.data or "",
            callback_at=agreed,
            callback_until=until,
            callback_anyone=bool(self.callback_anyone.data),
            ends_when_sent=True,
        )

    def _callback(self, now: datetime) -> tuple[datetime | None, datetime | None]:
        """The time agreed, and the end of the window where there is one."""
        row = DISPOSITIONS.get(self.disposition.data or "")
        if row is None or row.follow is not Follow.APPOINTMENT:
            return None, None
        typed = self.callback_at.data  # whoever types a time means it, whatever tile was chosen
        until = self.callback_until.data
        shown = typed is not None and typed.strftime(TYPED[0]) == self.callback_was.data
        if typed is not None and not (shown and self.callback.data):
            agreed = typed.replace(tzinfo=now.tzinfo)
        elif self.callback.data:
            agreed = _slot(self.callback.data).astimezone(now.tzinfo)
            if until and f"{until:%H:%M}" == self.callback_until_was.data:
                until = None
        else:
            return None, None
        return agreed, datetime.combine(agreed.date(), until, now.tzinfo) if until else None

    def fill(self, call: Call, now: datetime) -> None:
        """Show a call as it was entered."""
        self.disposition.data, self.note.data = call.disposition, call.note
        if call.callback_at is not None:
            self.callback_at.data = call.callback_at.astimezone(now.tzinfo).replace(tzinfo=None)
            self.callback_was.data = self.callback_at.data.strftime(TYPED[0])
            self.callback_anyone.data = call.callback_user_id is None
        if call.callback_until is not None:
            self.callback_until.data = call.callback_until.astimezone(now.tzinfo).time()
            self.callback_until_was.data = f"{self.callback_until.data:%H:%M}"


class CallForm(SaidForm):
    """A call on a case that the volunteer holds.

    ``quick`` is a disposition whose own key was tapped: it goes before whatever was chosen.
    """

    case = IntegerField(validators=[InputRequired(), NumberRange(1, LARGEST_ID)])
    key = HiddenField(validators=[InputRequired()])
    hold = IntegerField(validators=[Optional(), NumberRange(1, LARGEST_ID)])
    started_at = HiddenField()
    ended_at = HiddenField()
    """When a device kept the call that had no line, and when it sends it: both by its own clock."""
    sent_at = HiddenField()
    number = HiddenField()
    direction = StringField(default="out")
    ticket = HiddenField()
    script = HiddenField()
    """The mark of the script that the page showed."""
    also = SelectMultipleField(coerce=int, validate_choice=False)

    def __init__(self, sent: MultiDict[str, str] | None = None, **kwargs: Any) -> None:
        quick = sent.get("quick") if sent else None
        if quick and sent:
            sent = MultiDict(sent)
            sent["disposition"] = quick
        super().__init__(sent, **kwargs)

    def call(self, now: datetime) -> CallInput:
        """Return the call as described; ``now`` is in the deployment's zone."""
        ended = self._ended(now)
        return replace(
            self.said(ended),
            started_at=self._started(ended),
            direction=self.direction.data or "out",
            number=self.number.data or None,
            also=tuple(n for n in self.also.data or () if 0 < n <= LARGEST_ID),
            hold=self.hold.data,
        )

    def _ended(self, now: datetime) -> datetime:
        """When the call was saved: as long ago as it waited on the device, however that is set."""
        kept, sent = _moment(self.ended_at.data, now), _moment(self.sent_at.data, now)
        if kept is None or sent is None or not timedelta(0) < sent - kept < LONGEST_WAIT:
            return now
        return now - (sent - kept)

    def _started(self, ended: datetime) -> datetime:
        """When the number was tapped, or else the page was opened; a clock that is off never
        makes a call impossible.
        """
        started = _moment(self.started_at.data, ended)
        is_sound = started is not None and ended - OLDEST_PAGE < started <= ended
        return started if started is not None and is_sound else ended


class SkipForm(Form):
    """Why a resident is laid aside."""

    reason = RadioField(_l("Why?"), [InputRequired(_l("Choose why this resident is laid aside."))])
    note = StringField(_l("Note"), [Optional(), Length(max=LONGEST_SKIP_NOTE)])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reason.choices = [(row.code, row.label(lang())) for row in SKIP_REASONS.values()]


class HandoverForm(Form):
    """To whom what is left goes, and what they should know."""

    to = SelectField(_l("To whom?"))
    note = TextAreaField(
        _l("What should they know?"), [Optional(), Length(max=LONGEST_HANDOFF_NOTE)]
    )

    def offer(self, colleagues: Iterable[Receiver]) -> None:
        """Let one choose between the pool, which comes first, and these."""
        pool = ("", _l("Back to the list"))
        self.to.choices = [pool, *((one.name, one.words) for one in colleagues)]


class GenuineForm(Form):
    """What somebody was told on the telephone, and where they live."""

    code = StringField(
        _l("The code you were told"),
        render_kw={
            "inputmode": "numeric",
            "autocomplete": "off",
            "maxlength": 12,
            "required": True,
        },
    )
    street = SelectField(_l("Your street"), validate_choice=False)
    community = SelectField(_l("Your community"), validate_choice=False)

    @property
    def figures(self) -> str:
        """The code as it is kept; '' where it can't be one."""
        return typed_code(self.code.data or "")

    def offer(self, streets: Iterable[str], shown: Mapping[str, Sequence[Community]]) -> None:
        """Let one choose between these, the communities by their streets."""
        self.street.choices = [(street, street) for street in streets]
        self.community.choices = {
            street: [(one.code, one.name) for one in ones] for street, ones in shown.items()
        }
        self._codes = {one.code for ones in shown.values() for one in ones}

    def validate_code(self, _field: StringField) -> None:
        """Want figures."""
        if not self.figures:
            raise ValidationError(_l("The code has 4 figures. Type it as you were told."))

    def validate_community(self, field: SelectField) -> None:
        """Want one of those shown."""
        if field.data not in self._codes:
            raise ValidationError(_l("Choose your community."))


class SoughtForm(Form):
    """A number, or the end of one, of somebody who rang back."""

    number = StringField(
        _l("Their number, or its last 4 digits"),
        [DataRequired(_l("Type the number, or its last 4 digits."))],
        render_kw={"inputmode": "tel", "autocomplete": "off", "maxlength": 80},
    )


class NoteForm(Form):
    """What is added to a call that was saved before."""

    note = TextAreaField(
        _l("What do you want to add?"),
        [DataRequired(_l("Write what is to be added."))],
        render_kw={"rows": 3, "maxlength": LONGEST_NOTE},
    )


class ShiftForm(Form):
    """Planned hours: who, from when to when, and until which day."""

    users = Ticks(_l("Who is to be there?"), coerce=int)
    day = DateField(_l("Day"), [InputRequired(_l("Choose a day."))])
    begins = TimeField(_l("Begins at"), [InputRequired(_l("Say when the shift begins."))])
    ends = TimeField(_l("Ends at"), [InputRequired(_l("Say when the shift ends."))])
    until = DateField(
        _l("The same hours every day until"),
        [Optional()],
        description=_l("Leave it empty for one day."),
    )
    community = SelectField(_l("Where?"))

    def offer(self, users: Iterable[User], communities: Iterable[tuple[str, str]]) -> None:
        """Let one choose among these people and places."""
        self.users.choices = [(user.id, user.name) for user in users]
        self.community.choices = [("", _l("All their communities")), *communities]

    def spans(self, zone: tzinfo) -> list[Span]:
        """Return the hours that are to be planned. Raises Problem."""
        day, begins, ends = self.day.data, self.begins.data, self.ends.data
        if day is None or begins is None or ends is None:
            raise Problem("shift_hours", field="ends")
        return spans(day, self.until.data or day, begins, ends, zone)


def _moment(text: str | None, zone: datetime) -> datetime | None:
    try:
        return datetime.fromisoformat(text or "").astimezone(zone.tzinfo)
    except (ValueError, OverflowError):
        return None


def _slot(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Problem("callback_missing", field="callback_at") from error
    if moment.tzinfo is None:
        raise Problem("callback_missing", field="callback_at")
    return moment
