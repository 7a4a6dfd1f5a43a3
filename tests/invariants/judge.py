"""Judges a history of clients. Knows nothing of the app, nor of its database but the stored calls.

What an operation may carry, besides who acted and the controlled clock's ``at``:
``takes``: what it can take out of hands: a ``user``'s, a ``batch``, a ``group``, or {} for all;
``holds``: what its client certainly holds by its answer, as [number, generation, group], ``until``
when the lease ends; a ``save`` its ``key``, ``hash``, ``group``, and in the answer the call's
``id``, whether it was ``applied``, the ``reason`` and the ``generation`` under which it was made.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from tests.invariants.history import Op, operations

PATIENCE = 8
"""How often one may ask in vain while something is certainly free."""


@dataclass
class Verdict:
    """What is broken, and figures by which to see that the history says anything at all."""

    broken: list[str]
    figures: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Sighting:
    """A client's certainty, at the end of an operation, that it holds a group's numbers."""

    op: Op
    group: int
    generation: int
    numbers: tuple[int, ...]

    @property
    def user(self) -> int:
        return int(self.op["user"])


def judge(events: Iterable[dict[str, Any]], stored: Sequence[dict[str, Any]]) -> Verdict:
    """Judge a history and the calls that are stored after it: ``user``, ``key``, ``hash``, ``id``,
    ``applied`` and ``reason`` of each."""
    ops = operations(events)
    seen = [sighting for op in ops if op.type == "ok" for sighting in _sightings(op)]
    seen.sort(key=lambda one: one.op.ended)
    certain = [(one, one.op.ended, _end(one, ops)) for one in seen]
    saves = _saves(ops)
    broken = [
        *_one_holder(certain), *_generations(seen), *_fence(ops, seen), *_repeats(saves),
        *_kept(saves, stored), *_fate(stored), *_reports(ops), *_progress(ops, seen),
    ]  # fmt: skip
    certainly = [one for one, start, end in certain if end > start]
    return Verdict(broken, _figures(ops, certainly, saves, stored))


def _sightings(op: Op) -> Iterator[Sighting]:
    numbers: dict[tuple[int, int], list[int]] = defaultdict(list)
    for number, generation, group in op["holds"] or ():
        numbers[group, generation].append(number)
    for (group, generation), found in numbers.items():
        yield Sighting(op, group, generation, tuple(found))


def _end(one: Sighting, ops: Sequence[Op]) -> int:
    """When the hold may have ended: when the first operation began that could end it, unless
    that was over before the one by which we know of the hold began."""
    later = (op for op in ops if op.ended > one.op.began and op is not one.op)
    return next((op.began for op in later if op.type != "fail" and _may_end(op, one)), 2**63)


def _may_end(op: Op, one: Sighting) -> bool:
    if op["at"] is not None and op["at"] >= one.op["until"]:
        return True
    facts = {"user": one.user, "batch": one.generation, "group": one.group}
    takes = op["takes"]
    return takes is not None and all(facts[name] == value for name, value in takes.items())


def _one_holder(certain: Iterable[tuple[Sighting, int, int]]) -> Iterator[str]:
    spans: dict[int, list[tuple[int, int, Sighting]]] = defaultdict(list)
    for one, start, end in certain:
        for number in one.numbers if end > start else ():
            spans[number].append((start, end, one))
    for number, found in spans.items():
        last_end, last = 0, None
        for start, end, one in sorted(found, key=lambda span: span[:2]):
            if last is not None and start < last_end and _differ(one, last):
                yield (
                    f"one holder: number {number} is held by {one.user} ({one.generation}) and "
                    f"{last.user} ({last.generation}) at once"
                )
            if end > last_end:
                last_end, last = end, one


def _differ(one: Sighting, other: Sighting) -> bool:
    return (one.user, one.generation) != (other.user, other.generation)


def _generations(seen: Sequence[Sighting]) -> Iterator[str]:
    """Whoever asks after somebody was told of a generation is told of none before it."""
    of_number: dict[int, list[Sighting]] = defaultdict(list)
    for one in seen:
        for number in one.numbers:
            of_number[number].append(one)
    for number, found in of_number.items():
        for later in found:
            known = (one.generation for one in found if one.op.ended < later.op.began)
            if later.generation < max(known, default=0):
                yield f"generations: number {number} goes back to {later.generation}"
        owners = {(one.generation, one.user) for one in found}
        if len(owners) > len({generation for generation, _user in owners}):
            yield f"generations: number {number} has a generation with two holders"


def _fence(ops: Iterable[Op], seen: Sequence[Sighting]) -> Iterator[str]:
    for op in ops:
        if not (op.f == "save" and op["applied"]) or op["repeated"] or op["direction"] == "in":
            continue
        known = (one for one in seen if one.group == op["group"] and one.op.ended < op.began)
        newest = max((one.generation for one in known), default=0)
        if newest > (op["generation"] or 0):
            yield f"fence: call {op['id']} of {op['generation']} was applied after {newest}"


def _saves(ops: Iterable[Op]) -> dict[tuple[int, str], list[Op]]:
    saves: dict[tuple[int, str], list[Op]] = defaultdict(list)
    for op in ops:
        if op.f == "save":
            saves[op["user"], op["key"]].append(op)
    return saves


def _repeats(saves: dict[tuple[int, str], list[Op]]) -> Iterator[str]:
    for key, ops in saves.items():
        answered = [op for op in ops if op.type == "ok"]
        answers = {(op["id"], op["applied"], op["reason"], op["hash"]) for op in answered}
        if len(answers) > 1:
            yield f"repeats: {key} was answered in {len(answers)} ways"
        for first in answered[:1]:
            after = (op for op in ops if op.began > first.ended and op["hash"] == first["hash"])
            if any(op.type == "fail" for op in after):
                yield f"repeats: {key} was refused after it had been acknowledged"


def _kept(
    saves: dict[tuple[int, str], list[Op]], stored: Iterable[dict[str, Any]]
) -> Iterator[str]:
    """Acknowledged is a part of stored, stored of invoked, and each is there once."""
    rows: dict[tuple[int, str], list[dict[str, Any]]] = defaultdict(list)
    for row in stored:
        rows[row["user"], row["key"]].append(row)
    for key, ops in saves.items():
        acknowledged = [op for op in ops if op.type == "ok"]
        if acknowledged and key not in rows:
            yield f"lost: {key} was acknowledged and is not stored"
        elif acknowledged and rows[key][0]["id"] != acknowledged[0]["id"]:
            yield f"lost: {key} is stored as another call than was acknowledged"
    for key, found in rows.items():
        if len(found) > 1:
            yield f"twice: {key} is stored {len(found)} times"
        sent = [op for op in saves.get(key, ()) if op["hash"] == found[0]["hash"]]
        if not sent:
            yield f"unexpected: {key} is stored as nobody sent it"
        elif all(op.type == "fail" for op in sent):
            yield f"unexpected: {key} is stored, though it was refused"


def _fate(stored: Iterable[dict[str, Any]]) -> Iterator[str]:
    for row in stored:
        if row["applied"] is bool(row["reason"]):
            yield f"fate: call {row['id']} must be applied or have a reason"


def _reports(ops: Iterable[Op]) -> Iterator[str]:
    said: dict[tuple[int, int], Any] = {}
    for op in ops:
        if op.f == "count" and op.type == "ok":
            position = op["campaign"], op["position"]
            before = said.setdefault(position, op["counts"])
            if before != op["counts"]:
                both = [
                    [one, other]
                    for one, other in zip(before, op["counts"], strict=True)
                    if one != other
                ]
                yield f"reports: two counts as of {position}: {both}"


def _progress(ops: Sequence[Op], seen: Sequence[Sighting]) -> Iterator[str]:
    """What was given back untouched is free for everybody, until somebody is given it: in
    between not many may ask in vain. Only groups that share no number with another are sure."""
    groups: dict[int, set[int]] = defaultdict(set)
    for one in seen:
        for number in one.numbers:
            groups[number].add(one.group)
    vain = [op for op in ops if op.f == "claim" and op.type == "ok" and not op["holds"]]
    for one in seen:
        if any(len(groups[number]) > 1 for number in one.numbers):
            continue
        for start, end in _free(one, ops, seen):
            asked = [
                op for op in vain
                if start < op.began and op.ended < end and op["campaign"] == one.op["campaign"]
            ]  # fmt: skip
            if len(asked) > PATIENCE:
                yield f"progress: {len(asked)} asked in vain while group {one.group} was free"


def _free(one: Sighting, ops: Sequence[Op], seen: Sequence[Sighting]) -> Iterator[tuple[int, int]]:
    freed = [op for op in ops if op.type == "ok" and op["frees"] == one.generation]
    touched = [op.began for op in ops if (op["takes"] or {}).get("group") == one.group]
    unclear = [op.began for op in ops if op.type == "info"]
    for op in freed[:1]:
        taken = [
            other.op.began for other in seen
            if other.group == one.group and other.op.ended > op.ended
        ]  # fmt: skip
        if min(touched, default=2**63) > op.began:
            yield op.ended, min([*taken, *touched, *unclear, 2**63])


def _figures(
    ops: Sequence[Op],
    certainly: Sequence[Sighting],
    saves: dict[tuple[int, str], list[Op]],
    stored: Sequence[dict[str, Any]],
) -> dict[str, Any]:
    types = Counter(op.type for op in ops)
    unknown = [key for key, sent in saves.items() if all(op.type == "info" for op in sent)]
    claimed = Counter(op["user"] for op in ops if op.f == "claim" and op["holds"])
    keys = {(row["user"], row["key"]) for row in stored}
    return {
        "ok": types["ok"], "fail": types["fail"], "info": types["info"],
        "claims": sum(claimed.values()), "stored": len(stored),
        "applied": sum(row["applied"] for row in stored),
        "repeats": sum(bool(op["repeated"]) for op in ops),
        "recovered": sum(key in keys for key in unknown),
        "certain holds": len(certainly),
        "handed on": len(_hands(certainly)),
        "fairness": round(_jain(list(claimed.values())), 2),
    }  # fmt: skip


def _hands(certainly: Iterable[Sighting]) -> list[int]:
    """Numbers that went from one person's hands to another's, once for each time."""
    held: dict[int, list[int]] = defaultdict(list)
    for one in certainly:
        for number in one.numbers:
            held[number].append(one.user)
    return [number for number, users in held.items() for a, b in pairwise(users) if a != b]


def _jain(shares: Sequence[int]) -> float:
    """Jain's index: 1 where all have the same, 1/n where one has everything."""
    squares = len(shares) * sum(share * share for share in shares)
    return sum(shares) ** 2 / squares if squares else 1.0
