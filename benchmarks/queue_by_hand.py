"""The claim and the saving of a call as one would write them for one SQLite file and no more."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pysqlite3.dbapi2

from app.db import PRAGMAS
from benchmarks.queue_city import CAMPAIGN, CODES, number_of

_READY = """
SELECT * FROM (
  SELECT g.id, g.open_cases, {rank} AS mine, g.priority, g.ready_at, g.address_key
  FROM call_groups g
  WHERE g.campaign_id = :campaign AND g.community_code {where} AND g.batch_id IS NULL
    AND g.ready_at IS NOT NULL AND g.ready_at <= :now
    AND (g.avoid_user_id IS NULL OR g.avoid_user_id <> :user)
    AND NOT EXISTS (
      SELECT 1 FROM cases c JOIN resident_numbers n ON n.resident_id = c.resident_id
      JOIN holds h ON h.number_id = n.number_id AND h.released_at IS NULL
      WHERE c.group_id = g.id AND c.state = 'open')
    AND NOT EXISTS (
      SELECT 1 FROM cases c JOIN resident_numbers n ON n.resident_id = c.resident_id
      JOIN numbers m ON m.id = n.number_id
      WHERE c.group_id = g.id AND c.state = 'open'
        AND m.reached_at > :rested AND m.reached_campaign_id <> :campaign)
  ORDER BY g.priority, g.ready_at, g.address_key, g.id LIMIT :size)
"""
_MINE = "(g.appointment_user_id IS :user AND g.priority = 0)"
_EVERYWHERE = ", ".join(f"'{code}'" for code in CODES)
_PARTS = [_READY.format(rank=0, where=f"IN ({_EVERYWHERE}) AND {_MINE}")]
_PARTS += [_READY.format(rank=1, where=f"= '{code}' AND NOT {_MINE}") for code in CODES]
TAKE = f"""
UPDATE call_groups SET batch_id = :batch WHERE id IN (
  SELECT id FROM (
    SELECT id, sum(open_cases) OVER (ORDER BY mine, priority, ready_at, address_key, id)
               - open_cases AS before
    FROM ({" UNION ALL ".join(_PARTS)}))
  WHERE before < :size)
RETURNING id
"""
HOLD = """
INSERT INTO holds (number_id, generation, group_id, batch_id, user_id, held_at)
SELECT n.number_id, :batch, min(c.group_id), :batch, :user, :now
FROM cases c JOIN resident_numbers n ON n.resident_id = c.resident_id
WHERE c.group_id IN (SELECT id FROM call_groups WHERE batch_id = :batch) AND c.state = 'held'
GROUP BY n.number_id ORDER BY n.number_id
ON CONFLICT DO NOTHING RETURNING number_id
"""
OVER = "SELECT id FROM batches WHERE ended_at IS NULL AND lease_expires_at <= :now"
BATCH = """
INSERT INTO batches (campaign_id, user_id, claimed_at, lease_expires_at, end_reason)
VALUES (:campaign, :user, :now, :lease, '')
"""
MARK = """
UPDATE cases SET state = 'held' WHERE state = 'open'
  AND group_id IN (SELECT id FROM call_groups WHERE batch_id = :batch)
"""
EARLIER = "SELECT id FROM calls WHERE user_id = :user AND idempotency_key = :key"
FOUND = """
SELECT c.group_id, c.state, c.community_code, c.resident_id, g.batch_id, b.user_id, p.status
FROM cases c JOIN call_groups g ON g.id = c.group_id JOIN campaigns p ON p.id = c.campaign_id
LEFT JOIN batches b ON b.id = g.batch_id WHERE c.id = :case
"""
POSITION = "UPDATE campaigns SET last_position = last_position + 1 RETURNING last_position"
CALL = """
INSERT INTO calls (campaign_id, community_code, case_id, user_id, number_id, direction, disposition,
  started_at, ended_at, recorded_at, position, note, applied, idempotency_key, request_hash,
  state_after, outcome_after)
VALUES (:campaign, :community, :case, :user, :number, 'out', 'completed', :started, :now, :now,
  :position, '', 1, :key, :hash, 'done', 'completed')
"""
HISTORY = "SELECT disposition FROM calls WHERE case_id = :case ORDER BY position"
NUMBERS = """
SELECT n.number_id, m.value = :value FROM resident_numbers n JOIN numbers m ON m.id = n.number_id
WHERE n.resident_id = :resident
"""
REACHED = """
UPDATE numbers SET reached_at = :now, reached_campaign_id = :campaign WHERE id = :number
"""
DONE = """
UPDATE cases SET state = 'done', outcome = 'completed', ready_at = NULL, attempts = :attempts,
  last_disposition = 'completed', last_call_at = :started WHERE id = :case
"""
STILL_HELD = "SELECT count(*) FROM cases WHERE group_id = :group AND state = 'held'"
LEAVE = """
UPDATE call_groups SET batch_id = NULL, open_cases = 0, ready_at = NULL, priority = 5
WHERE id = :group
"""
FREE = "UPDATE holds SET released_at = :now WHERE group_id = :group AND released_at IS NULL"
RENEW = """
UPDATE batches SET opened_at = coalesce(opened_at, :now),
  lease_expires_at = max(lease_expires_at, :lease) WHERE id = :batch AND ended_at IS NULL
"""
AUDIT = """
INSERT INTO audit_entries (at, user_id, act, subject, subject_id, detail)
VALUES (:now, :user, 'call_recorded', 'call', :call, :detail)
"""
RELEASE = (
    """UPDATE cases SET state = 'open' WHERE state = 'held'
       AND group_id IN (SELECT id FROM call_groups WHERE batch_id = :batch)""",
    "UPDATE holds SET released_at = :now WHERE batch_id = :batch AND released_at IS NULL",
    "UPDATE call_groups SET batch_id = NULL WHERE batch_id = :batch",
    "UPDATE batches SET ended_at = :now, end_reason = 'released' WHERE id = :batch",
)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


class ByHand:
    """One connection and its statements."""

    def __init__(self, path: Path, size: int) -> None:
        self.connection = pysqlite3.dbapi2.connect(str(path), isolation_level=None)
        for name, wanted in PRAGMAS.items():
            self.connection.execute(f"PRAGMA {name} = {wanted}")
        self.size = size

    def run(self, statement: str, given: dict[str, Any]) -> list[Any]:
        rows: list[Any] = self.connection.execute(statement, given).fetchall()
        return rows

    def claim(self, user: int, moment: datetime) -> int:
        given = {"user": user, "campaign": CAMPAIGN, "size": self.size, "now": _stamp(moment),
                 "rested": _stamp(moment - timedelta(days=3)),
                 "lease": _stamp(moment + timedelta(minutes=30))}  # fmt: skip
        self.connection.execute("BEGIN IMMEDIATE")
        assert not self.run(OVER, given)
        self.run(BATCH, given)
        given["batch"] = batch = self.run("SELECT last_insert_rowid()", {})[0][0]
        assert self.run(TAKE, given)
        self.run(MARK, given)
        self.run(HOLD, given)
        self.connection.execute("COMMIT")
        return int(batch)

    def held(self, batch: int) -> list[int]:
        query = """SELECT c.id FROM cases c JOIN call_groups g ON g.id = c.group_id
                   WHERE g.batch_id = :batch ORDER BY c.id"""
        return [row[0] for row in self.run(query, {"batch": batch})]

    def record(self, user: int, moment: datetime, case: int) -> None:
        given = {"user": user, "campaign": CAMPAIGN, "case": case, "now": _stamp(moment),
                 "started": _stamp(moment - timedelta(minutes=2)), "hash": "0" * 64,
                 "key": f"key-{case}-{moment}", "detail": json.dumps({"case": case}),
                 "lease": _stamp(moment + timedelta(minutes=240))}  # fmt: skip
        self.connection.execute("BEGIN IMMEDIATE")
        assert not self.run(EARLIER, given)
        group, state, community, resident, batch, holder, status = self.run(FOUND, given)[0]
        assert (state, holder, status) == ("held", user, "open")
        given |= {"group": group, "community": community, "resident": resident, "batch": batch}
        given["value"] = number_of(case)
        given["number"] = next(n for n, rung in self.run(NUMBERS, given) if rung)
        given["position"] = self.run(POSITION, given)[0][0]
        self.run(CALL, given)
        given["call"] = self.run("SELECT last_insert_rowid()", {})[0][0]
        given["attempts"] = len(self.run(HISTORY, given))
        self.run(DONE, given)
        self.run(REACHED, given)
        if not self.run(STILL_HELD, given)[0][0]:
            self.run(LEAVE, given)
            self.run(FREE, given)
        self.run(RENEW, given)
        self.run(AUDIT, given)
        self.connection.execute("COMMIT")

    def release(self, _user: int, moment: datetime, batch: int) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        for statement in RELEASE:
            self.run(statement, {"now": _stamp(moment), "batch": batch})
        self.connection.execute("COMMIT")


def compare(first: Path, second: Path) -> None:
    """Fail unless both ways left the same queue behind."""
    left, right = (pysqlite3.dbapi2.connect(str(path)) for path in (first, second))
    for query in (
        "SELECT id, batch_id, ready_at, open_cases, priority FROM call_groups",
        "SELECT id, state, outcome, attempts, last_call_at FROM cases",
        "SELECT number_id, generation, group_id, user_id, released_at FROM holds ORDER BY 1, 2",
        "SELECT * FROM numbers WHERE reached_at IS NOT NULL",
        "SELECT case_id, number_id, position, state_after, outcome_after FROM calls",
        "SELECT id, user_id, opened_at, lease_expires_at, ended_at, end_reason FROM batches",
        "SELECT last_position FROM campaigns",
    ):
        assert left.execute(query).fetchall() == right.execute(query).fetchall(), query
