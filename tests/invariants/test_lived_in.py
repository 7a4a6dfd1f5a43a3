"""Every kind of damage to a town that has seen everything is found, and named with its row."""

import pytest
from sqlalchemy import text

from app.db import Database
from app.upkeep import check
from tests.cast import NOW
from tests.conftest import Clock
from tests.invariants.damage import damaging
from tests.invariants.life import lived_in

CASE = "(SELECT c.id FROM cases c JOIN residents r ON r.id = c.resident_id" \
    " WHERE r.name = '{}' AND c.campaign_id = 1)"  # fmt: skip
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


SOMEBODY = "(SELECT id FROM users WHERE role = 'administrator')"
GONE = "(SELECT id FROM users WHERE NOT active)"
REPORT = "(SELECT id FROM audit_entries WHERE act = 'report_printed')"
HOLD = f"(SELECT id FROM holds WHERE released_at IS NULL AND group_id = {group('戊')})"

DAMAGE: list[tuple[str, str, str, str]] = [
    ("one_holder", "holds", HOLD, f"UPDATE holds SET generation = generation + 900 WHERE id = {HOLD}"),
    ("one_holder", "holds", HOLD, f"UPDATE holds SET user_id = {SOMEBODY} WHERE id = {HOLD}"),
    ("one_holder", "holds", "(SELECT max(id) FROM holds WHERE released_at IS NOT NULL)",
     "UPDATE holds SET held_at = '2027-01-01 00:00:00' WHERE id ="
     " (SELECT max(id) FROM holds WHERE released_at IS NOT NULL)"),
    ("one_holder", "batches", HELD, f"UPDATE batches SET ended_at = claimed_at WHERE id = {HELD}"),
    ("one_holder", "batches", "(SELECT min(id) FROM batches)",
     "UPDATE batches SET ended_at = NULL WHERE id = (SELECT min(id) FROM batches)"),
    ("one_holder", "call_groups", group("戊"), f"UPDATE batches SET campaign_id = 2 WHERE id = {HELD}"),
    ("one_holder", "cases", case("辛"), f"UPDATE cases SET state = 'held' WHERE id = {case('辛')}"),
    ("whole_groups", "cases", case("辛"), f"UPDATE cases SET campaign_id = 3,"
     f" resident_id = (SELECT id FROM residents WHERE name = '新') WHERE id = {case('辛')}"),
    ("whole_groups", "call_groups", group("甲"),
     "UPDATE resident_numbers SET number_id = (SELECT number_id FROM resident_numbers n"
     " JOIN residents r ON r.id = n.resident_id WHERE r.name = '甲') WHERE resident_id ="
     " (SELECT id FROM residents WHERE name = '丁')"),
    ("nothing_stuck", "cases", case("辛"), f"UPDATE cases SET ready_at = NULL WHERE id = {case('辛')}"),
    ("nothing_stuck", "cases", case("辛"), f"UPDATE cases SET state = 'lost' WHERE id = {case('辛')}"),
    ("nothing_stuck", "cases", case("甲"),
     f"UPDATE cases SET passed_to = 'leader' WHERE id = {case('甲')}"),
    ("nothing_stuck", "cases", case("无号"),
     f"UPDATE cases SET passed_to = 'nobody' WHERE id = {case('无号')}"),
    ("nothing_stuck", "cases", case("乙"),
     f"UPDATE cases SET appointment_user_id = {GONE} WHERE id = {case('乙')}"),
    ("nothing_stuck", "call_groups", group("乙"),
     f"UPDATE call_groups SET appointment_user_id = {GONE} WHERE id = {group('乙')}"),
    ("nothing_stuck", "cases", case("辛"),
     f"UPDATE cases SET appointment_user_id = {SOMEBODY} WHERE id = {case('辛')}"),
    ("nothing_stuck", "batches", "(SELECT min(id) FROM batches)",
     "UPDATE batches SET end_reason = 'bored' WHERE id = (SELECT min(id) FROM batches)"),
    ("nothing_stuck", "batches", HELD, f"UPDATE batches SET end_reason = 'released' WHERE id = {HELD}"),
    ("nothing_stuck", "batches", HELD,
     f"UPDATE batches SET lease_expires_at = '2020-01-01 00:00:00' WHERE id = {HELD}"),
    *(("queue_in_line", "call_groups", group("乙"), f"UPDATE call_groups SET {change} WHERE id = {group('乙')}")
      for change in ("priority = 5", "open_cases = 2", "ready_at = NULL",
                     "appointment_user_id = NULL", "language = '闽南话'",
                     "community_code = '320613009004'")),
    ("queue_in_line", "call_groups", group("吴"),
     f"UPDATE call_groups SET language = '' WHERE id = {group('吴')}"),
    ("queue_in_line", "call_groups", group("吴"),
     "UPDATE campaigns SET languages = '[\"other\"]' WHERE id = 1"),
    ("queue_in_line", "call_groups", group("辛"),
     f"UPDATE cases SET group_id = {group('庚')} WHERE id = {case('辛')}"),
    ("handed_on", "skips", "(SELECT id FROM skips)", f"UPDATE skips SET user_id = {SOMEBODY}"),
    ("handed_on", "skips", "(SELECT id FROM skips)", f"UPDATE skips SET case_id = {case('甲')}"),
    ("handed_on", "skips", "(SELECT id FROM skips)", "UPDATE skips SET reason = 'lazy'"),
    *(("handed_on", "handoffs", "(SELECT id FROM handoffs)", f"UPDATE handoffs SET {change}")
      for change in ("position = 999", f"from_user_id = {SOMEBODY}", f"to_user_id = {SOMEBODY}",
                     "campaign_id = 2")),
    ("handed_on", "handoffs", "(SELECT id FROM handoffs)",
     f"UPDATE handoff_cases SET case_id = {case('辛')}"),
    ("handed_on", "handoffs", "(SELECT id FROM handoffs)", "UPDATE handoff_cases SET place = 7"),
    ("handed_on", "batches", "(SELECT min(id) FROM batches)",
     "UPDATE batches SET end_reason = 'handed_over' WHERE id = (SELECT min(id) FROM batches)"),
    ("append_only", "calls", last("母"),
     f"UPDATE calls SET corrects_id = {first('甲')} WHERE id = {last('母')}"),
    ("append_only", "calls", last("父"),
     f"UPDATE calls SET started_at = '2026-11-24 01:00:00' WHERE id = {last('父')}"),
    ("append_only", "calls", last("父"), f"UPDATE calls SET user_id = {SOMEBODY} WHERE id = {last('父')}"),
    ("append_only", "calls", first("母"),
     f"UPDATE calls SET with_call_id = {first('甲')} WHERE id = {first('母')}"),
    *(("no_call_lost", "calls", first("丙"), f"UPDATE calls SET {change} WHERE id = {first('丙')}")
      for change in ("reason = 'stale_hold'", "state_after = NULL", "idempotency_key = NULL",
                     "disposition = 'lost'", "direction = 'up'", "ended_at = '2020-01-01 00:00:00'",
                     "community_code = '320613009004'", f"user_id = {SOMEBODY}",
                     "number_id = (SELECT id FROM numbers WHERE value = '+8613900000031')")),
    ("no_call_lost", "calls", "(SELECT id FROM calls WHERE NOT applied)",
     "UPDATE calls SET reason = 'whim' WHERE NOT applied"),
    ("no_call_lost", "calls", "(SELECT id FROM calls WHERE NOT applied)",
     "UPDATE calls SET reason = NULL WHERE NOT applied"),
    ("no_call_lost", "dials", "(SELECT id FROM dials)", f"UPDATE dials SET user_id = {SOMEBODY}"),
    ("no_call_lost", "dials", "(SELECT id FROM dials)",
     "UPDATE dials SET number_id = (SELECT id FROM numbers WHERE value = '+8613900000031')"),
    ("no_call_lost", "cases", case("新"), f"UPDATE cases SET added_at = 1 WHERE id = {case('新')}"),
    ("no_call_lost", "campaigns", "1", "UPDATE campaigns SET additions = '[]' WHERE id = 1"),
    ("no_call_lost", "campaigns", "1", f"DELETE FROM calls WHERE id = {first('丙')}"),
    ("no_call_lost", "campaigns", "1",
     "UPDATE campaigns SET last_position = last_position + 1 WHERE id = 1"),
    ("no_call_lost", "campaigns", "1", f"UPDATE calls SET position = 99 WHERE id = {first('丙')}"),
    *(("derivable", "cases", case("乙"), f"UPDATE cases SET {change} WHERE id = {case('乙')}")
      for change in ("attempts = 2", "outcome = 'moved'", "appointment_at = NULL",
                     "appointment_until = '2026-11-25 00:00:00'", "appointment_user_id = NULL",
                     "last_disposition = 'busy'", "last_call_at = NULL", "state = 'done'")),
    *(("derivable", "calls", first("父"), f"UPDATE calls SET {change} WHERE id = {first('父')}")
      for change in ("state_after = 'done'", "outcome_after = 'moved'", "passed_to_after = 'leader'")),
    ("derivable", "call_groups", group("丙"),
     f"UPDATE call_groups SET avoid_user_id = NULL WHERE id = {group('丙')}"),
    ("derivable", "call_groups", group("辛"),
     f"UPDATE call_groups SET avoid_user_id = {SOMEBODY} WHERE id = {group('辛')}"),
    ("numbers_rest", "numbers", "(SELECT number_id FROM dials)",
     "UPDATE numbers SET reached_at = NULL WHERE id = (SELECT number_id FROM dials)"),
    ("numbers_rest", "numbers", "(SELECT number_id FROM dials)",
     "UPDATE numbers SET reached_campaign_id = 2 WHERE id = (SELECT number_id FROM dials)"),
    ("numbers_rest", "holds",
     f"(SELECT min(id) FROM holds WHERE group_id = {group('甲')})",
     "UPDATE calls SET disposition = 'hung_up', number_id = (SELECT number_id FROM dials),"
     " recorded_at = '2026-11-24 01:00:00' WHERE campaign_id = 3 AND applied"),
    ("counts_agree", "campaigns", "1", "UPDATE cases SET outcome = 'moved' WHERE id = " + case("甲")),
    ("counts_agree", "campaigns", "1", f"UPDATE cases SET added_at = 99 WHERE id = {case('新')}"),
    ("reproducible", "audit_entries", REPORT, "UPDATE residents SET name = '某人' WHERE name = '丙'"),
    ("reproducible", "audit_entries", REPORT,
     f"UPDATE calls SET outcome_after = 'busy' WHERE id = {last('丙')}"),
    ("least_sight", "calls", first("丙"),
     f"DELETE FROM audit_entries WHERE act = 'call_recorded' AND subject_id = CAST({first('丙')} AS TEXT)"),
    ("least_sight", "calls", last("父"), "DELETE FROM audit_entries WHERE act = 'call_corrected'"),
    ("least_sight", "calls", last("戊"), "DELETE FROM audit_entries WHERE act = 'call_undone'"),
    ("least_sight", "calls", last("己"), "DELETE FROM audit_entries WHERE act = 'case_answered'"),
    ("least_sight", "skips", "(SELECT id FROM skips)",
     "DELETE FROM audit_entries WHERE act = 'case_skipped'"),
    ("least_sight", "handoffs", "(SELECT id FROM handoffs)",
     "DELETE FROM audit_entries WHERE act = 'batch_handed_over'"),
    *(("least_sight", "api_tokens", "(SELECT id FROM api_tokens)",
       f"DELETE FROM audit_entries WHERE act = '{act}'") for act in ("token_issued", "token_revoked")),
    *(("least_sight", "api_tokens", "(SELECT id FROM api_tokens)", f"UPDATE api_tokens SET {change}")
      for change in ("role = 'king'", "token_hash = 'rr_secret'")),
    ("least_sight", "campaigns", "3", "DELETE FROM audit_entries WHERE act = 'campaign_closed'"),
    *(("least_sight", "audit_entries", REPORT,
       f"UPDATE audit_entries SET {change} WHERE id = {REPORT}")
      for change in ("subject_id = '张三'", "subject_id = '+8613900000001'",
                     "detail = '{\"name\": 1}'", "detail = '{\"what\": \"13900000001\"}'",
                     "detail = '{\"n\": \"张三\"}'")),
]  # fmt: skip

TELLS_MORE = ("UPDATE batches SET ended_at = claimed_at", "UPDATE resident_numbers", "DELETE FROM",
              f"UPDATE cases SET group_id = {group('庚')}", "UPDATE calls SET with_call_id",
              "UPDATE campaigns SET additions")  # fmt: skip
"""Damage that more than one row tells of."""


@pytest.fixture
def town(db: Database, clock: Clock) -> Database:
    lived_in(db, clock)
    return db


def test_a_town_that_has_seen_everything_is_sound(db: Database, clock: Clock) -> None:
    assert lived_in(db, clock).broken() == []


def test_each_damage_is_found_with_its_row(town: Database) -> None:
    """All in one town: each is done, found and undone."""
    missed = []
    for law, table, row, damage in DAMAGE:
        with damaging(town) as session:
            row_id = session.scalar(text(f"SELECT {row}"))
            session.execute(text(damage.replace(":", "\\:")))
            found = {one.row.split(",")[0] for one in check.broken(session, law, NOW.tzinfo)}
        several = damage.startswith(TELLS_MORE)
        if f"{table} {row_id}" not in found or (len(found) > 1 and not several):
            missed.append((damage, law, f"{table} {row_id}", found))

    assert not missed, "\n".join(map(str, missed))


def test_every_law_has_its_damage() -> None:
    assert {law for law, *_ in DAMAGE} == set(check.LAWS)
