"""What Schemathesis asks: everything the description allows and forbids, and what follows from
answers by links. It judges by all its checks and must find nothing.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from threading import Thread

import pytest
import schemathesis
from schemathesis import Case, CheckContext, Response, engine, openapi
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events
from werkzeug.serving import make_server

from app import create_app
from app.config import Settings
from app.db import Database
from tests.api.conftest import token_of
from tests.cases.town import Town
from tests.cast import BRIDGE
from tests.conftest import THOROUGH, Clock

EXAMPLES = 20 if THOROUGH else 5
"""Of each operation in a phase that makes them up; the cases at the edges come on top."""
BY_RULE = {
    "callback_far", "callback_missing", "callback_past", "callback_window", "handoff_to_whom",
    "handoff_too_many",
    "key_reused", "no_number_left", "note_missing",
}  # fmt: skip
"""Refusals that hang on what is stored, or on the clock."""
KNOWN: dict[str, list[int | str]] = {
    "campaign_id": [1],
    "case_id": list(range(1, 121)),
    "batch_id": list(range(1, 21)),
    "call_id": list(range(1, 41)),
    "code": [BRIDGE],
    "Idempotency-Key": [f"key {number}" for number in range(500)],
}
RESIDENTS = [f"居民{number:03}" for number in range(120)]


ACCEPTED = ["2xx", "401", "403", "404", "409", "422"]


@schemathesis.check
def says_what_it_takes(_context: CheckContext, response: Response, case: Case) -> None:
    """What the description allows is refused by a rule at most, never for its form."""
    fits = case.meta is not None and case.meta.generation.mode.is_positive
    if fits and response.status_code == 422:
        code = response.json()["code"]
        assert code in BY_RULE or code.startswith("roster_"), f"{code}: {response.text}"


@dataclass
class Findings:
    """What a run has seen."""

    failures: list[str] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    fitting: Counter[bool] = field(default_factory=Counter)
    """Whether what fits the description was answered with 2xx."""
    asked: set[str] = field(default_factory=set)
    reached: set[str] = field(default_factory=set)
    """Operations that answered with 2xx."""

    def __str__(self) -> str:
        good = sum(number for status, number in self.statuses.items() if status < 300)
        return (
            f"{len(self.asked)} operations, {self.statuses.total()} examples, {good} answered 2xx; "
            f"of {self.fitting.total()} that fit the description {self.fitting[True]}; "
            f"{dict(sorted(self.statuses.items()))}; never: {sorted(self.asked - self.reached)}"
        )


@pytest.fixture
def served(settings: Settings, clock: Clock) -> Iterator[str]:
    """The address of a server, for somebody who asks more than anybody may.

    Its clock stands still, so that the lease of no batch runs out.
    """
    app = create_app(replace(settings, api_per_minute=10**9), clock=clock)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()
    app.extensions["database"].close()


@pytest.fixture
def town(db: Database, clock: Clock) -> Town:
    """A town in which something lies behind every address."""
    town = Town.of(db, clock, RESIDENTS, max_held=10_000)
    for who in (town.people.colleague, town.people.volunteer, town.people.leader):
        held = town.held(town.batch(who, 20))
        for name in held[:4]:
            town.save(who, name, "needs_leader", note="要找组长")
        town.save(who, held[4], "completed")
    return town


@pytest.mark.parametrize(
    ("engine_url", "role"),
    [("sqlite", "volunteer"), ("postgresql", "leader")],
    indirect=["engine_url"],
)
def test_it_finds_nothing(served: str, town: Town, role: str) -> None:
    secret = token_of(town.db, getattr(town.people, role))

    found = run(served, secret)

    print(f"\n{role}: {found}")  # noqa: T201 - figures that people ask for
    assert not found.failures, "\n\n".join(found.failures)
    assert not town.broken()


def run(address: str, secret: str) -> Findings:
    config = SchemathesisConfig.from_dict(
        {
            "seed": 4,
            # Mostly keys that lead somewhere: what is behind the door is to be asked, too.
            "dictionaries": {name: {"values": values} for name, values in KNOWN.items()},
            "parameters": {
                name: {"dictionary": name.partition(".")[2], "probability": 0.7}
                for name in (
                    "path.campaign_id", "path.case_id", "path.batch_id", "path.call_id",
                    "path.code", "header.Idempotency-Key",
                )
            },
            "headers": {"Authorization": f"Bearer {secret}"},
            "continue-on-failure": True,
            "generation": {
                "max-examples": EXAMPLES, "deterministic": True, "database": "none",
                "no-shrink": True,
            },
            # Whether a field is right may hang on what is stored; see ``says_what_it_takes``.
            "checks": {"positive_data_acceptance": {"expected-statuses": ACCEPTED}},
        }
    )  # fmt: skip
    schema = openapi.from_url(f"{address}/api/v1/openapi.json", config=config)
    found = Findings()
    for event in engine.from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            _note(found, event)
        elif isinstance(event, events.NonFatalError | events.FatalError):
            found.failures.append(repr(getattr(event, "value", None) or event))
        elif isinstance(event, events.EngineFinished):
            found.failures += [str(one) for one in event.failures]
    return found


def _note(found: Findings, event: events.ScenarioFinished) -> None:
    recorder = event.recorder
    for key, interaction in recorder.interactions.items():
        if interaction.response is None:
            continue
        case, status = recorder.cases[key].value, interaction.response.status_code
        found.asked.add(case.operation.label)
        found.statuses[status] += 1
        if case.meta is not None and case.meta.generation.mode.is_positive:
            found.fitting[status < 300] += 1
        if status < 300:
            found.reached.add(case.operation.label)
    for checks in recorder.checks.values():
        found.failures += [
            f"{one.name}: {one.failure_info.failure}\n{one.failure_info.code_sample}"
            for one in checks
            if one.failure_info is not None
        ]
