"""After each act of the queue's test the database says what the model does, no law is broken."""

from hypothesis.stateful import RuleBasedStateMachine, invariant
from sqlalchemy import select

from app.cases.models import Batch, CallGroup, Case
from app.residents.models import Resident
from tests.cases.town import Town
from tests.cast import Person
from tests.invariants.model import Model


class Compared(RuleBasedStateMachine):
    """A town and its model."""

    town: Town
    model: Model

    def person(self, who: str) -> Person:
        found: Person = getattr(self.town.people, who)
        return found

    @invariant()
    def the_database_says_the_same(self) -> None:
        query = select(Resident.name, Case).join(Case, Case.resident_id == Resident.id)
        with self.town.db.reading() as session:
            for name, case in session.execute(query):
                model = self.model.cases[name]
                assert (name, case.state) == (name, model.state)
                assert (name, case.attempts) == (name, model.attempts)
                if model.state == "open":
                    assert (name, case.ready_at) == (name, model.ready_at)

    @invariant()
    def the_same_hands_hold_it(self) -> None:
        query = (
            select(Resident.name, Batch.id, Batch.user_id, Batch.lease_expires_at)
            .join(Case, Case.resident_id == Resident.id)
            .join(CallGroup, CallGroup.id == Case.group_id)
            .join(Batch, Batch.id == CallGroup.batch_id)
            .where(Batch.ended_at.is_(None))
        )
        with self.town.db.reading() as session:
            found = {name: tuple(row) for name, *row in session.execute(query)}
        expected = {
            name: (id_, self.person(batch.who).user.id, batch.expires_at)
            for id_, batch in self.model.batches.items()
            for group in batch.groups
            for name in group
        }
        assert found == expected

    @invariant()
    def every_law_holds(self) -> None:
        assert self.town.broken() == []
