"""What a case came to, as a table to be read without a computer at hand.

Each line is the story of one resident, as the volunteers saved it. ``out`` is a call of ours,
``in`` a ring-back, ``desk`` what the leader answered, ``undone`` a call of ours that was taken
back, ``late`` one that took no effect; ``as …`` corrects the call before it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from app.calls.rules import history
from app.campaigns.rules.calling import CallingRules
from app.campaigns.rules.following import attempts, what_follows
from app.db import Database
from tests.cases.town import Town
from tests.cast import NOW
from tests.conftest import Clock

THREE = CallingRules(hours=(), max_attempts=3)

# The story; what the case came to; where it is; how many attempts it took.
TABLE = [
    ("", "not_attempted", "open", 0),
    ("out no_answer", "not_reached", "open", 1),
    ("out no_answer, out busy, out voicemail", "unknown", "door_list", 3),
    ("out no_answer, out respondent_unavailable, out busy", "eligible_not_reached", "door_list", 3),
    ("out hung_up, out no_answer, out no_answer", "unknown", "door_list", 3),
    # What somebody said on the last attempt counts for more than its having been the last.
    ("out no_answer, out busy, out completed", "completed", "done", 3),
    ("out no_answer, out busy, out hard_refusal", "hard_refusal", "done", 3),
    ("out soft_refusal, out busy, out soft_refusal", "hard_refusal", "done", 3),
    ("out no_answer, out busy, out deceased", "deceased", "done", 3),
    ("out no_answer, out busy, out unable", "unable", "door_list", 3),
    ("out no_answer, out busy, out needs_leader", "needs_leader", "leader", 3),
    ("out no_answer, out busy, out callback_requested", "callback_requested", "open", 3),
    # A refusal and a partial interview stay what they are when the attempts are spent.
    ("out soft_refusal, out busy, out busy", "soft_refusal", "door_list", 3),
    ("out partial, out no_answer, out no_answer", "partial", "door_list", 3),
    ("out language_barrier, out busy, out busy", "language_barrier", "door_list", 3),
    ("out hard_refusal, out no_answer, out no_answer, out no_answer", "hard_refusal", "done", 4),
    ("out completed, out hard_refusal", "completed", "done", 2),
    # A ring-back is contact, never an attempt.
    ("in respondent_unavailable, in hung_up, in hung_up", "respondent_unavailable", "open", 0),
    ("out no_answer, in completed", "completed", "done", 1),
    ("out no_answer, out busy, out no_answer, in completed", "completed", "done", 3),
    ("out no_answer, out busy, out no_answer, in hung_up", "unknown", "door_list", 3),
    (
        "out no_answer, out no_answer, out no_answer, in respondent_unavailable",
        "eligible_not_reached",
        "door_list",
        3,
    ),
    ("out soft_refusal, in soft_refusal", "hard_refusal", "done", 1),
    # What a leader answers is neither attempt nor contact.
    ("out needs_leader, desk needs_leader", "needs_leader", "open", 1),
    ("out needs_leader, desk moved", "moved", "done", 1),
    ("out needs_leader, desk unable", "unable", "door_list", 1),
    # What was taken back, or came too late, never happened; a correction stands for its call.
    ("undone completed", "not_attempted", "open", 0),
    ("out no_answer, undone hard_refusal", "not_reached", "open", 1),
    ("out no_answer, late completed", "not_reached", "open", 1),
    ("out completed, as no_answer", "not_reached", "open", 1),
    ("out no_answer, out busy, out no_answer, as completed", "completed", "done", 3),
    ("out soft_refusal, out soft_refusal, as partial", "partial", "open", 2),
]


@dataclass
class Line:
    """A call as it is stored."""

    id: int
    disposition: str
    started_at: datetime
    direction: str = "out"
    desk: bool = False
    voided: bool = False
    applied: bool = True
    corrects_id: int | None = None
    callback_at: datetime | None = None
    callback_until: datetime | None = None
    callback_user_id: int | None = None
    number_id: int | None = 1
    user_id: int = 1

    @property
    def position(self) -> int:
        return self.id

    @property
    def ended_at(self) -> datetime:
        return self.started_at

    @property
    def recorded_at(self) -> datetime:
        return self.started_at


def lines(story: str) -> list[Line]:
    told: list[Line] = []
    for kind, code in (part.split() for part in story.split(", ") if part):
        line = Line(len(told) + 1, code, NOW + timedelta(hours=len(told)))
        line.direction = "in" if kind in {"in", "desk"} else "out"
        line.desk, line.applied = kind == "desk", kind != "late"
        if code == "callback_requested":
            line.callback_at = line.started_at + timedelta(days=1)
        if kind == "as":
            line.corrects_id, line.started_at = told[-1].id, told[-1].started_at
        told.append(line)
        if kind == "undone":
            again = Line(line.id + 1, code, line.started_at, voided=True, corrects_id=line.id)
            told.append(again)
    return told


@pytest.mark.parametrize(("story", "outcome", "place", "tries"), TABLE)
def test_what_a_case_came_to(story: str, outcome: str, place: str, tries: int) -> None:
    past = history(lines(story), NOW)
    made = what_follows(THREE, past, 1, NOW + timedelta(days=1))

    found = made.passed_to.value if made.passed_to else made.state.value
    assert (made.outcome, found, attempts(past)) == (outcome, place, tries)


@pytest.mark.parametrize("before", ["hard_refusal", "moved"])
def test_who_rings_back_after_all_is_completed(db: Database, clock: Clock, before: str) -> None:
    town = Town.of(db, clock, "甲")
    volunteer = town.people.volunteer
    town.batch(volunteer)
    town.save(volunteer, "甲", before)
    town.wait(hours=1)

    late = town.save(volunteer, "甲", "callback_requested", direction="in")
    again = town.save(volunteer, "甲", "completed", direction="in")
    more = town.save(volunteer, "甲", "completed", direction="in")

    assert [one.call.reason for one in (late, again, more)] == [
        "already_done",
        None,
        "already_done",
    ]
    assert (town.case("甲").state, town.case("甲").outcome) == ("done", "completed")
    assert town.broken() == []
