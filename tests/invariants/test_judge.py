"""The judge on small histories, written by hand: good ones, and one for every way to be bad."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.invariants.history import History, merged, operations
from tests.invariants.judge import PATIENCE, judge

LONG = 1000
"""A lease that ends long after the history."""


def events(*ops: tuple[Any, ...]) -> Iterator[dict[str, Any]]:
    """One event a process and name: ``(type, process, f, value)``, in this order."""
    for time, (type_, process, f, value) in enumerate(ops, 1):
        yield {"type": type_, "process": process, "time": time, "f": f, "value": value}


def done(user: int, f: str, type_: str = "ok", **value: Any) -> list[tuple[Any, ...]]:
    """An operation that nothing else comes in between."""
    value = {"user": user, "at": 0, **value}
    return [("invoke", user, f, value), (type_, user, f, value)]


def claim(user: int, generation: int, number: int = 7, **value: Any) -> list[tuple[Any, ...]]:
    holds = [[number, generation, number]]
    return done(user, "claim", **{"holds": holds, "until": LONG, "campaign": 1, **value})


def save(user: int, key: str = "k", type_: str = "ok", **value: Any) -> list[tuple[Any, ...]]:
    facts = {"key": key, "hash": "h", "group": 7, "id": 1, "applied": True, "generation": 1}
    return done(user, "save", type_, takes={"group": 7}, **{**facts, **value})


def row(user: int = 1, key: str = "k", **more: Any) -> dict[str, Any]:
    return {
        "user": user, "key": key, "hash": "h", "id": 1, "applied": True, "reason": None, **more
    }  # fmt: skip


def give_back(user: int, batch: int) -> list[tuple[Any, ...]]:
    return done(user, "release", takes={"batch": batch}, frees=batch)


def vain(user: int, times: int) -> list[tuple[Any, ...]]:
    return [event for _ in range(times) for event in claim(user, 0, holds=[])]


EMPTY = vain(3, PATIENCE + 1)

GOOD = {
    "nothing happened": ([], []),
    "one after the other": ([*claim(1, 1), *give_back(1, 1), *claim(2, 2)], []),
    "the lease was over": ([*claim(1, 1, until=5), *claim(2, 2, at=5)], []),
    "the second began when the first may have ended": (
        [
            *claim(1, 1),
            ("invoke", 1, "release", {"user": 1, "at": 0, "takes": {"batch": 1}}),
            *claim(2, 2),
            ("ok", 1, "release", {"user": 1, "at": 0, "takes": {"batch": 1}}),
        ],
        [],
    ),
    "nobody knows whether it was given back": (
        [*claim(1, 1), *done(1, "release", "info", takes={"batch": 1}), *claim(2, 2)], [],
    ),
    "another number": ([*claim(1, 1), *claim(2, 2, number=8)], []),
    "a leader took all of one's": (
        [*claim(1, 1), *done(9, "move", takes={"user": 1}), *claim(2, 2)], [],
    ),
    "applied while it was one's own": ([*claim(1, 1), *save(1)], [row()]),
    "repeated": ([*save(1), *save(1, repeated=True)], [row()]),
    "the same key of another": ([*save(1), *save(2, id=2)], [row(), row(2, id=2)]),
    "another body under the key was refused": (
        [*save(1), *save(1, type_="fail", hash="x")], [row()],
    ),
    "unknown and stored": (save(1, type_="info"), [row()]),
    "unknown and not stored": (save(1, type_="info"), []),
    "not applied, and why": (
        save(1, applied=False, reason="stale_hold"), [row(applied=False, reason="stale_hold")],
    ),
    "too late, and not applied": (
        [
            *claim(1, 1), *give_back(1, 1), *claim(2, 2),
            *save(1, applied=False, reason="stale_hold"),
        ],
        [row(applied=False, reason="stale_hold")],
    ),
    "rung back while others hold it": (
        [*claim(1, 1), *give_back(1, 1), *claim(2, 2), *save(1, direction="in")], [row()],
    ),
    "in vain while all was held": ([*claim(1, 1), *EMPTY], []),
    "in vain before it was given back": ([*claim(1, 1), *EMPTY, *give_back(1, 1)], []),
    "in vain when it rests after a call": (
        [*claim(1, 1), *save(1), *give_back(1, 1), *EMPTY], [row()],
    ),
    "counted again": (
        [
            *done(1, "count", campaign=1, position=3, counts={"a": 1}),
            *done(2, "count", campaign=1, position=4, counts={"a": 2}),
            *done(2, "count", campaign=1, position=3, counts={"a": 1}),
        ],
        [],
    ),
}  # fmt: skip

BAD = {
    "one holder": {
        "two at once": ([*claim(1, 1), *claim(2, 2)], []),
        "before the lease was over": ([*claim(1, 1, until=5), *claim(2, 2, at=4)], []),
        "the lease had been renewed": (
            [
                *claim(1, 1, until=5), *done(1, "open", until=9, holds=[[7, 1, 7]]),
                *claim(2, 2, at=6),
            ],
            [],
        ),
        "only another batch was given back": (
            [*claim(1, 1), *give_back(1, 5), *claim(2, 2)], [],
        ),
        "the release was refused": (
            [*claim(1, 1), *done(1, "release", "fail", takes={"batch": 1}), *claim(2, 2)], [],
        ),
        "seen again after it was given back": (
            [
                *claim(1, 1), *give_back(1, 1), *claim(2, 2),
                *done(1, "open", until=9, holds=[[7, 3, 7]]),
            ],
            [],
        ),
    },
    "generations": {
        "back": ([*claim(1, 2), *give_back(1, 2), *claim(2, 1)], []),
        "the same again": ([*claim(1, 1), *give_back(1, 1), *claim(2, 1)], []),
    },
    "fence": {
        "applied after the next claim": (
            [*claim(1, 1), *give_back(1, 1), *claim(2, 2), *give_back(2, 2), *save(1)], [row()],
        ),
    },
    "repeats": {
        "another call": ([*save(1), *save(1, id=2)], [row()]),
        "another fate": ([*save(1), *save(1, applied=False, reason="stale_hold")], [row()]),
        "another body": ([*save(1), *save(1, hash="x")], [row()]),
        "refused": ([*save(1), *save(1, type_="fail")], [row()]),
    },
    "lost": {
        "nothing stored": (save(1), []),
        "stored as another": (save(1), [row(id=4)]),
    },
    "twice": {"two rows": (save(1), [row(), row(id=2)])},
    "unexpected": {
        "never sent": ([], [row()]),
        "otherwise": (save(1, type_="info"), [row(hash="x")]),
        "refused": (save(1, type_="fail"), [row()]),
    },
    "fate": {
        "no reason": (save(1, applied=False), [row(applied=False)]),
        "a reason for nothing": (save(1, reason="stale_hold"), [row(reason="stale_hold")]),
    },
    "reports": {
        "as of the same": (
            [
                *done(1, "count", campaign=1, position=3, counts={"a": 1}),
                *done(2, "count", campaign=1, position=3, counts={"a": 2}),
            ],
            [],
        ),
    },
    "progress": {"given back untouched": ([*claim(1, 1), *give_back(1, 1), *EMPTY], [])},
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_a_good_history_passes(name: str) -> None:
    ops, stored = GOOD[name]

    assert judge(events(*ops), stored).broken == []


@pytest.mark.parametrize(
    ("law", "name"), [(law, name) for law, histories in BAD.items() for name in histories]
)
def test_a_bad_history_is_found_out(law: str, name: str) -> None:
    ops, stored = BAD[law][name]
    broken = judge(events(*ops), stored).broken

    assert {text.split(":")[0] for text in broken} == {law}


class RefusedError(Exception):
    pass


def test_a_client_logs_what_became_of_each_operation(tmp_path: Path) -> None:
    first, second = (History(tmp_path / f"{n}.jsonl", n, (RefusedError,)) for n in (1, 2))
    with first.op("claim", size=2) as answer:
        answer["holds"] = []
    with second.op("save", key="k"):
        raise RefusedError
    with first.op("save", key="k"):
        raise TimeoutError
    with first.op("claim"):
        pass
    found = merged([first.path, second.path])

    assert [(e["index"], e["type"], e["process"], e["f"]) for e in found] == [
        (0, "invoke", 1, "claim"), (1, "ok", 1, "claim"),
        (2, "invoke", 2, "save"), (3, "fail", 2, "save"),
        (4, "invoke", 1, "save"), (5, "info", 1, "save"),
        # After an unknown end a client goes on under another number.
        (6, "invoke", 1001, "claim"), (7, "ok", 1001, "claim"),
    ]  # fmt: skip
    assert [op.type for op in operations(found)] == ["ok", "fail", "info", "ok"]
    assert found[1]["value"] == {"size": 2, "holds": []}


def test_who_died_in_the_middle_leaves_an_operation_that_may_still_be_done() -> None:
    begun = [*claim(1, 1), *claim(2, 2), *claim(3, 3)][:5]
    release = ("invoke", 1, "release", {"user": 1, "at": 0, "takes": {"batch": 1}})

    assert judge(events(*begun[:2], release, *begun[2:4]), []).broken == []
    assert operations(events(*begun))[-1].type == "info"
