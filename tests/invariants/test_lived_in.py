"""Every kind of damage to a town that has seen everything is found, and named with its row."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from app.db import Database
from app.upkeep import check
from tests.cast import NOW
from tests.conftest import Clock
from tests.invariants.damage import damaging
from tests.invariants.life import lived_in

CASE = (
    "(SELECT c.id FROM cases c JOIN residents r ON r.id = c.resident_id"
    " WHERE r.name = '{}' AND c.campaign_id = 1)"
)
GROUP = CASE.replace("c.id FROM", "c.group_id FROM")
CALL = "(SELECT {} FROM calls WHERE case_id = " + CASE.replace("{}", "{}") + ")"
HELD = "(SELECT batch_id FROM call_groups WHERE id = " + GROUP.format("戊") + ")"


def case(name: str) -> str:
    return CASE.format(name)


def group(name: str) -> str:
    return GROUP.format(name)


def first(name: str) -> str:
    return CALL.format("min(id)", name)


def last(name: str) -> str:
    return CALL.format("max(id)", name)


def change(table: str, row: str, *values: str) -> list[tuple[str, str, str]]:
    """The damage of setting these values in one row, and that row."""
    return [(table, row, f"UPDATE {table} SET {value} WHERE id = {row}") for value in values]


SOMEBODY = "(SELECT id FROM users WHERE role = 'administrator')"
GONE = "(SELECT id FROM users WHERE NOT active)"
REPORT = "(SELECT id FROM audit_entries WHERE act = 'report_printed')"
HOLD = f"(SELECT id FROM holds WHERE released_at IS NULL AND group_id = {group('戊')})"

OTHER_NUMBER = "(SELECT id FROM numbers WHERE value = '+8613900000031')"
DIALLED = "(SELECT number_id FROM dials)"
OLDEST = "(SELECT min(id) FROM batches)"
KEPT = "(SELECT id FROM calls WHERE NOT applied)"
SKIP, HANDOFF, DIAL, MESSAGE, TOKEN = (
    f"(SELECT id FROM {table})"
    for table in ("skips", "handoffs", "dials", "text_messages", "api_tokens")
)
INVITED = "(SELECT id FROM users WHERE invited_at IS NOT NULL)"
LAST_SHIFT = "(SELECT max(id) FROM shifts)"
LONG_AGO = "'2020-01-01 00:00:00'"
NAME_OF_JIA = (
    "(SELECT number_id FROM resident_numbers n JOIN residents r ON r.id = n.resident_id"
    " WHERE r.name = '甲')"
)


def forgotten(act: str) -> str:
    return f"DELETE FROM audit_entries WHERE act = '{act}'"


BY_LAW: dict[str, list[tuple[str, str, str]]] = {
    "one_holder": [
        *change("holds", HOLD, "generation = generation + 900", f"user_id = {SOMEBODY}"),
        *change("batches", HELD, "ended_at = claimed_at"),
        *change("batches", OLDEST, "ended_at = NULL"),
        ("call_groups", group("戊"), f"UPDATE batches SET campaign_id = 2 WHERE id = {HELD}"),
        *change("cases", case("辛"), "state = 'held'"),
    ],
    "whole_groups": [
        *change(
            "cases", case("辛"),
            "campaign_id = 3, resident_id = (SELECT id FROM residents WHERE name = '新')",
        ),
        (
            "call_groups", group("甲"),
            (f"UPDATE resident_numbers SET number_id = {NAME_OF_JIA}"
             " WHERE resident_id = (SELECT id FROM residents WHERE name = '丁')"),
        ),
    ],
    "nothing_stuck": [
        *change(
            "cases", case("辛"),
            "ready_at = NULL", "state = 'lost'", f"appointment_user_id = {SOMEBODY}",
        ),
        *change("cases", case("甲"), "passed_to = 'leader'"),
        *change("cases", case("无号"), "passed_to = 'nobody'"),
        *change("cases", case("乙"), f"appointment_user_id = {GONE}"),
        *change("call_groups", group("乙"), f"appointment_user_id = {GONE}"),
        *change("batches", OLDEST, "end_reason = 'bored'"),
        *change(
            "batches", HELD, "end_reason = 'released'", f"lease_expires_at = {LONG_AGO}"
        ),
    ],
    "queue_in_line": [
        *change(
            "call_groups", group("乙"),
            "priority = 5", "open_cases = 2", "ready_at = NULL", "appointment_user_id = NULL",
            "language = '闽南话'", "community_code = '320613009004'",
        ),
        *change("call_groups", group("吴"), "language = ''"),
        (
            "call_groups", group("吴"),
            "UPDATE campaigns SET languages = '[\"other\"]' WHERE id = 1",
        ),
        (
            "call_groups", group("辛"),
            f"UPDATE cases SET group_id = {group('庚')} WHERE id = {case('辛')}",
        ),
    ],
    "handed_on": [
        *change(
            "skips", SKIP, f"user_id = {SOMEBODY}", f"case_id = {case('甲')}", "reason = 'lazy'"
        ),
        *change(
            "handoffs", HANDOFF,
            "position = 999", f"from_user_id = {SOMEBODY}", f"to_user_id = {SOMEBODY}",
            "campaign_id = 2",
        ),
        ("handoffs", HANDOFF, f"UPDATE handoff_cases SET case_id = {case('辛')}"),
        ("handoffs", HANDOFF, "UPDATE handoff_cases SET place = 7"),
        *change("batches", OLDEST, "end_reason = 'handed_over'"),
    ],
    "append_only": [
        *change("calls", last("母"), f"corrects_id = {first('甲')}"),
        *change(
            "calls", last("父"), "started_at = '2026-11-24 01:00:00'", f"user_id = {SOMEBODY}"
        ),
        *change("calls", first("母"), f"with_call_id = {first('甲')}"),
    ],
    "no_call_lost": [
        *change(
            "calls", first("丙"),
            "reason = 'stale_hold'", "state_after = NULL", "idempotency_key = NULL",
            "disposition = 'lost'", "direction = 'up'", f"ended_at = {LONG_AGO}",
            "community_code = '320613009004'", f"user_id = {SOMEBODY}",
            f"number_id = {OTHER_NUMBER}",
        ),
        *change("calls", KEPT, "reason = 'whim'", "reason = NULL"),
        *change("dials", DIAL, f"user_id = {SOMEBODY}", f"number_id = {OTHER_NUMBER}"),
        *change("cases", case("新"), "added_at = 1"),
        *change("campaigns", "1", "additions = '[]'", "last_position = last_position + 1"),
        ("campaigns", "1", f"DELETE FROM calls WHERE id = {first('丙')}"),
        ("campaigns", "1", f"UPDATE calls SET position = 99 WHERE id = {first('丙')}"),
    ],
    "derivable": [
        *change(
            "cases", case("乙"),
            "attempts = 2", "outcome = 'moved'", "appointment_at = NULL",
            "appointment_until = '2026-11-25 00:00:00'", "appointment_user_id = NULL",
            "last_disposition = 'busy'", "last_call_at = NULL", "state = 'done'",
        ),
        *change(
            "calls", first("父"),
            "state_after = 'done'", "outcome_after = 'moved'", "passed_to_after = 'leader'",
        ),
        *change("call_groups", group("丙"), "avoid_user_id = NULL"),
        *change("call_groups", group("辛"), f"avoid_user_id = {SOMEBODY}"),
    ],
    "numbers_rest": [
        *change("numbers", DIALLED, "reached_at = NULL", "reached_campaign_id = 2"),
        (
            "holds", f"(SELECT min(id) FROM holds WHERE group_id = {group('甲')})",
            (f"UPDATE calls SET disposition = 'hung_up', number_id = {DIALLED},"
             " recorded_at = '2026-11-24 01:00:00' WHERE campaign_id = 3 AND applied"),
        ),
    ],
    "counts_agree": [
        ("campaigns", "1", f"UPDATE cases SET outcome = 'moved' WHERE id = {case('甲')}"),
        ("campaigns", "1", f"UPDATE cases SET added_at = 99 WHERE id = {case('新')}"),
    ],
    "reproducible": [
        ("audit_entries", REPORT, "UPDATE residents SET name = '某人' WHERE name = '丙'"),
        (
            "audit_entries", REPORT,
            f"UPDATE calls SET outcome_after = 'busy' WHERE id = {last('丙')}",
        ),
    ],
    "one_shift": change(
        "shifts", LAST_SHIFT,
        "ends_at = starts_at", "starts_at = (SELECT min(starts_at) FROM shifts)",
    ),
    "least_sight": [
        (
            "calls", first("丙"),
            f"{forgotten('call_recorded')} AND subject_id = CAST({first('丙')} AS TEXT)",
        ),
        ("calls", last("父"), forgotten("call_corrected")),
        ("calls", last("戊"), forgotten("call_undone")),
        ("calls", last("己"), forgotten("case_answered")),
        ("dials", DIAL, forgotten("dialled")),
        ("text_messages", MESSAGE, forgotten("message_opened")),
        ("users", INVITED, forgotten("user_invited")),
        ("shifts", LAST_SHIFT, forgotten("shifts_planned")),
        ("skips", SKIP, forgotten("case_skipped")),
        ("handoffs", HANDOFF, forgotten("batch_handed_over")),
        ("api_tokens", TOKEN, forgotten("token_issued")),
        ("api_tokens", TOKEN, forgotten("token_revoked")),
        ("campaigns", "3", forgotten("campaign_closed")),
        *change("api_tokens", TOKEN, "role = 'king'", "token_hash = 'rr_secret'"),
        *change(
            "audit_entries", REPORT,
            "subject_id = '张三'", "subject_id = '+8613900000001'", "detail = '{\"name\": 1}'",
            "detail = '{\"what\": \"13900000001\"}'", "detail = '{\"n\": \"张三\"}'",
        ),
    ],
}  # fmt: skip
"""For each law: the table and the row that is to be named, and the damage."""

TELLS_MORE = ("UPDATE batches SET ended_at = claimed_at", "UPDATE resident_numbers", "DELETE FROM",
              f"UPDATE cases SET group_id = {group('庚')}", "UPDATE calls SET with_call_id",
              "UPDATE campaigns SET additions")  # fmt: skip
"""Damage that more than one row tells of."""


def every_damage() -> Iterator[tuple[str, str, str, str]]:
    for law, damages in BY_LAW.items():
        yield from ((law, *damage) for damage in damages)


@pytest.fixture
def town(db: Database, clock: Clock) -> Database:
    lived_in(db, clock)
    return db


def test_a_town_that_has_seen_everything_is_sound(db: Database, clock: Clock) -> None:
    assert lived_in(db, clock).broken() == []


def test_each_damage_is_found_with_its_row(town: Database) -> None:
    """All in one town: each is done, found and undone."""
    missed = []
    for law, table, row, damage in every_damage():
        with damaging(town) as session:
            row_id = session.scalar(text(f"SELECT {row}"))
            session.execute(text(damage.replace(":", "\\:")))
            found = {one.row.split(",")[0] for one in check.broken(session, law, NOW.tzinfo)}
        several = damage.startswith(TELLS_MORE)
        if f"{table} {row_id}" not in found or (len(found) > 1 and not several):
            missed.append((damage, law, f"{table} {row_id}", found))

    assert not missed, "\n".join(map(str, missed))


def test_every_law_has_its_damage() -> None:
    assert list(BY_LAW) == list(check.LAWS)
