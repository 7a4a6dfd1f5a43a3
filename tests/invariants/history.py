"""What clients saw, one JSON line an event, in the shape that Jepsen's checkers read.

Each operation is an ``invoke`` and what came of it: ``ok``, ``fail`` (it certainly was not done) or
``info`` (nobody knows). Times are those of CLOCK_MONOTONIC, which all processes of a host share.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic_ns
from typing import Any


@dataclass
class History:
    """One client's log. ``refusals`` are the exceptions that say that nothing was done."""

    path: Path
    process: int
    refusals: tuple[type[Exception], ...]
    step: int = 1000

    @contextmanager
    def op(self, f: str, **value: Any) -> Iterator[dict[str, Any]]:
        """Log an operation; what the caller puts into the dictionary is the answer."""
        answer: dict[str, Any] = {}
        self._write("invoke", f, value)
        try:
            yield answer
        except self.refusals as refusal:
            self._write("fail", f, {**value, "error": str(refusal) or type(refusal).__name__})
        except Exception as error:  # noqa: BLE001 - whatever it was, the client does not know
            self._write("info", f, {**value, "error": repr(error)[:400]})
            self.process += self.step
        else:
            self._write("ok", f, {**value, **answer})

    def _write(self, type_: str, f: str, value: dict[str, Any]) -> None:
        event = {
            "type": type_, "process": self.process, "time": monotonic_ns(), "f": f, "value": value,
        }  # fmt: skip
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(event, ensure_ascii=False) + "\n")


def merged(paths: Iterable[Path]) -> list[dict[str, Any]]:
    """The events of all clients in the order in which they happened, each with its index."""
    lines = [line for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
    events = sorted(map(json.loads, lines), key=lambda event: event["time"])
    return [{"index": index, **event} for index, event in enumerate(events)]


@dataclass(frozen=True)
class Op:
    """An operation: its invocation and what came of it."""

    process: int
    f: str
    type: str
    began: int
    ended: int
    value: dict[str, Any] = field(hash=False)

    def __getitem__(self, name: str) -> Any:
        return self.value.get(name)


FOREVER = 2**63


def operations(events: Iterable[dict[str, Any]]) -> list[Op]:
    """Pair each invocation with its end, in the order of invocations. One without an end, or
    with ``info``, may be done at any time after."""
    pending: dict[int, dict[str, Any]] = {}
    ops = []
    for event in events:
        if event["type"] == "invoke":
            pending[event["process"]] = event
        else:
            ops.append(_op(pending.pop(event["process"]), event))
    ops += [_op(event, {**event, "type": "info"}) for event in pending.values()]
    return sorted(ops, key=lambda op: op.began)


def _op(invoke: dict[str, Any], end: dict[str, Any]) -> Op:
    ended = FOREVER if end["type"] == "info" else end["time"]
    return Op(end["process"], end["f"], end["type"], invoke["time"], ended, end["value"])
