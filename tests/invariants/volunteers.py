"""Volunteers at work over HTTP, who write down what they asked for and what they were told.

Whoever gets no answer can't know what became of the request. A save is then sent again under its
key until there is an answer, as a phone does; so are releases and handovers, which answer the
same when repeated. A claim without an answer is forgotten: its lease ends.
"""

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from math import inf
from random import Random
from typing import Any

PATIENCE = 60.0
"""Seconds after which a server that does not answer is a failure of the test."""
SAID = (*("no_answer", "busy", "busy", "respondent_unavailable") * 20, "completed")
"""Seldom anything that is final: the town must last."""


@dataclass
class Saving:
    """One call, sent as often as it takes. ``answer`` is the first that came."""

    key: str
    user: str
    case_id: int
    body: dict[str, Any]
    by_ticket: str | None
    answer: dict[str, Any] | None = None
    unanswered: int = 0
    """How many times it was sent without an answer before the first one."""
    was_stored: bool = False
    """Whether the first answer was that of a repetition: the one before it got lost."""


@dataclass
class Had:
    """A number in somebody's hands, as far as that is certain from outside."""

    number: str
    user: str
    generation: int
    asked: float
    since: float
    until: float = inf


@dataclass
class Batch:
    """What a claim was answered with."""

    id: int
    ticket: str
    hold: int
    cases: list[dict[str, Any]]
    had: dict[str, Had]


@dataclass
class Log:
    """All that was asked and answered. Only ever added to, by any number of threads."""

    savings: list[Saving] = field(default_factory=list)
    had: list[Had] = field(default_factory=list)
    batches: list[tuple[int, str]] = field(default_factory=list)
    """Batches that were handed out, each with whose it is."""
    jumps: list[float] = field(default_factory=list)
    """When the server's clock was set forward, past the leases of all that was held by then."""
    ended: list[int] = field(default_factory=list)
    """Batches of which a release or a handover was acknowledged."""
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    wrong: list[str] = field(default_factory=list)
    """Answers that nobody should ever get."""
    keys: Iterator[int] = field(default_factory=count)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, what: str) -> None:
        with self.lock:
            self.counts[what] += 1


COUNTS = ("claim", "save", "repeat", "release", "handoff", "fail", "unknown", "refused",
          "broken")  # fmt: skip
EXPECTED = {"holds_enough", "offers_enough", "batch_over"}
"""Refusals that are as they should be."""


@dataclass
class Volunteer:
    """One volunteer with a token, who does at random what volunteers do."""

    name: str
    token: str
    campaign: int
    port: int
    colleagues: list[str]
    random: Random
    log: Log
    ahead: Callable[[], timedelta]
    """How far the server's clock is ahead."""
    wanted: Callable[[], str]
    """The operation that the test waits for, or ''."""
    batches: list[Batch] = field(default_factory=list)
    savings: list[Saving] = field(default_factory=list)
    leaves: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._line: http.client.HTTPConnection | None = None
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self) -> None:
        acts = {"claim": self.claim, "save": self.save, "repeat": self.repeat,
                "release": self.give_back, "handoff": self.hand_over}  # fmt: skip
        often = random_of(acts)
        while not self.leaves.is_set():
            wanted = self.wanted()
            prefers = wanted in acts and self.random.random() < 0.5
            try:
                acts[wanted if prefers else self.random.choice(often)]()
            except Exception as error:  # noqa: BLE001 - a client that breaks is a finding
                self.log.wrong.append(f"{self.name}: {type(error).__name__}: {error}")
                break
        self.hang_up()

    def hang_up(self) -> None:
        """Close the line to the server; the next request opens another."""
        if self._line is not None:
            self._line.close()
        self._line = None

    def claim(self) -> None:
        asked = time.monotonic()
        path = f"/api/v1/campaigns/{self.campaign}/batches"
        told = self._once("claim", path, {"size": self.random.randint(1, 4)})
        if told is None or not told.get("cases"):
            return
        since = time.monotonic()
        had = {
            one["e164"]: Had(one["e164"], self.name, told["hold"], asked, since)
            for case in told["cases"]
            for one in case["numbers"]
        }
        batch = Batch(told["id"], told["ticket"], told["hold"], told["cases"], had)
        self.log.had += had.values()
        self.log.batches.append((batch.id, self.name))
        self.batches = [*self.batches[-9:], batch]

    def save(self) -> None:
        """Ring somebody of a batch; now and then of one given back long ago."""
        if not self.batches:
            return self.claim()
        batch = self._batch()
        case = self.random.choice(batch.cases)
        now = datetime.now(UTC) + self.ahead()
        key = f"{self.name}-{next(self.log.keys)}"
        body = {
            "disposition": self.random.choice(SAID),
            "started_at": (now - timedelta(minutes=1)).isoformat(),
            "ended_at": (now - timedelta(seconds=5)).isoformat(),
            "note": key,
            "hold": batch.hold,
        }
        if case["together_with"] and self.random.random() < 0.5:
            body["also"] = case["together_with"]
        ticket = batch.ticket if self.random.random() < 0.3 else None
        group = {case["id"], *case["together_with"]}
        self._let_go(batch, group)
        saving = Saving(key, self.name, case["id"], body, ticket)
        self.savings.append(saving)
        self.log.savings.append(saving)
        self._send(saving)
        return None

    def repeat(self) -> None:
        if self.savings:
            self._send(self.random.choice(self.savings))

    def give_back(self) -> None:
        self._end("release", {})

    def hand_over(self) -> None:
        to = self.random.choice([None, *self.colleagues])
        self._end("handoff", {} if to is None else {"to": to})

    def _end(self, how: str, body: dict[str, Any]) -> None:
        if not self.batches:
            return
        batch = self._batch()
        self._let_go(batch, {case["id"] for case in batch.cases})
        if self._until_answered(how, f"/api/v1/batches/{batch.id}/{how}", body) is not None:
            self.log.ended.append(batch.id)

    def _batch(self) -> Batch:
        """Mostly the newest; now and then one that was given back or taken away long ago."""
        return self.batches[-1] if self.random.random() < 0.8 else self.random.choice(self.batches)

    def _let_go(self, batch: Batch, cases: set[int]) -> None:
        """From now on these cases may be in other hands."""
        now = time.monotonic()
        for case in batch.cases:
            if case["id"] in cases:
                for one in case["numbers"]:
                    had = batch.had[one["e164"]]
                    had.until = min(had.until, now)

    def _send(self, saving: Saving) -> None:
        first = saving.answer is None
        what = "save" if first else "repeat"
        headers = {"Idempotency-Key": saving.key}
        if saving.by_ticket:
            headers["Authorization"] = f"Deposit {saving.by_ticket}"
        path = f"/api/v1/cases/{saving.case_id}/calls"
        told = self._until_answered(what, path, saving.body, headers, saving)
        if told is None:
            return
        status = told.pop("status")
        if first:
            saving.answer, saving.was_stored = told, status == 200
            if status == 200 and not saving.unanswered:
                self.log.wrong.append(f"{saving.key}: a new call was taken for a repetition")
        elif told != saving.answer or status != 200:
            self.log.wrong.append(f"{saving.key}: first {saving.answer}, then {status} {told}")

    def _once(self, what: str, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        return self._judged(what, self._post(path, body, {}))

    def _until_answered(
        self,
        what: str,
        path: str,
        body: dict[str, Any],
        headers: dict[str, str] | None = None,
        saving: Saving | None = None,
    ) -> dict[str, Any] | None:
        """Send until there is an answer; None where it is a refusal, or the day is over."""
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            answer = self._post(path, body, headers or {})
            if answer is not None and answer[0] < 500 and answer[1].get("code") != "key_in_work":
                told = self._judged(what, answer)
                return (
                    None if told is None else {**told, **({"status": answer[0]} if saving else {})}
                )
            self._judged(what, answer)
            if saving is not None and saving.answer is None:
                saving.unanswered += 1
            time.sleep(0.01)
        self.log.wrong.append(f"{self.name}: {path} was not answered for {PATIENCE} s")
        return None

    def _judged(
        self, what: str, answer: tuple[int, dict[str, Any]] | None
    ) -> dict[str, Any] | None:
        """Count an answer; what it says if it is a good one."""
        if answer is None:
            return None
        status, told = answer
        if status < 300:
            self.log.count(what)
            return told
        if status >= 500:
            self.log.count("broken")
            time.sleep(0.05)
        else:
            self.log.count("fail")
            if told.get("code") not in EXPECTED:
                self.log.wrong.append(f"{self.name}: {what}: {status} {told}")
        return None

    def _post(
        self, path: str, body: dict[str, Any], headers: dict[str, str]
    ) -> tuple[int, dict[str, Any]] | None:
        """Send a request once; None where no whole answer came."""
        given = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        try:
            if self._line is None:
                self._line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
            self._line.request("POST", path, json.dumps(body), {**given, **headers})
            answer = self._line.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException) as error:
            never_sent = isinstance(error, ConnectionRefusedError)
            self.log.count("refused" if never_sent else "unknown")
            self.hang_up()
            time.sleep(0.02)
            return None


def random_of(acts: dict[str, Any]) -> list[str]:
    """How often each is done: saves most of all."""
    often = {"claim": 3, "save": 8, "repeat": 2, "release": 1, "handoff": 1}
    return [name for name in acts for _ in range(often[name])]
