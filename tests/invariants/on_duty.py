"""The queue where shifts are kept: what people do to them, beside all they do without."""

from datetime import timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule
from sqlalchemy.orm import Session

from app.cases.service import off_shift
from app.people import shifts
from app.people.models import User
from app.people.rules.shifts import Span
from app.problems import Problem
from tests.invariants.machine import WHO, Queue
from tests.invariants.model import ModelShift


class OnDuty(Queue):
    """Two volunteers and their leader, who plans them."""

    def __init__(self) -> None:
        super().__init__()
        self.planned: dict[str, list[int]] = {"volunteer": [], "colleague": []}
        """The keys of the shifts, in the order of the model's."""

    @rule(who=WHO, begins=st.integers(0, 6), lasts=st.integers(1, 6))
    def plan(self, who: str, begins: int, lasts: int) -> None:
        now, user = self.town.now, self.person(who).user
        span = Span(now + timedelta(hours=begins), now + timedelta(hours=begins + lasts))
        theirs = self.model.shifts[who]

        def plan(session: Session, me: User) -> int:
            return shifts.plan(session, me, now, [session.get_one(User, user.id)], [span])

        if any(span.starts_at < one.end and one.begins < span.ends_at for one in theirs):
            with pytest.raises(Problem, match="shift_overlaps"):
                self.act("leader", plan)
            return
        self.act("leader", plan)
        theirs.append(ModelShift(span.starts_at, span.ends_at))
        with self.town.db.reading() as session:
            ahead = shifts.ahead(session, user.id, now)
        self.planned[who].append(max(one.id for one in ahead))

    @rule(who=WHO, stays=st.booleans())
    def be_there(self, who: str, stays: bool) -> None:
        """Check in where a shift is under way, and leave it sooner or later."""
        now = self.town.now
        theirs = zip(self.model.shifts[who], self.planned[who], strict=True)
        open_ = [
            (shift, key) for shift, key in theirs
            if shift.left is None and shift.begins - timedelta(minutes=15) <= now < shift.ends
        ]  # fmt: skip
        if not open_:
            return
        shift, key = open_[0]
        self.act(who, lambda session, me: shifts.check_in(session, me, now, key))
        if not stays:
            self.act(who, lambda session, me: off_shift.check_out(session, me, now, key))
            self.model.leave(who, shift, now)
