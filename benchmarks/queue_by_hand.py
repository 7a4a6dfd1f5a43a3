"""The claim and the saving of a call as one would write them for one database and no more.

The same rows are read and left behind as by the use cases; nothing is checked that a volunteer
could get wrong, and nobody else is expected to be at work.
"""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pysqlite3.dbapi2

from app.db import PRAGMAS
from benchmarks.queue_city import CAMPAIGN, CODES, number_of

_READY = """
SELECT * FROM (
  SELECT g.id, g.open_cases, {rank} AS mine, g.priority, g.ready_at, g.community_code,
    g.address_key
  FROM call_groups g
  WHERE {where} AND g.batch_id IS NULL
    AND g.ready_at IS NOT NULL AND g.ready_at <= :now
    AND (g.avoid_user_id IS NULL OR g.avoid_user_id <> :user)
    AND NOT EXISTS (
      SELECT 1 FROM skips s
      WHERE s.group_id = g.id AND s.user_id = :user AND s.skipped_at >= :midnight)
    AND NOT EXISTS (
      SELECT 1 FROM cases c JOIN resident_numbers n ON n.resident_id = c.resident_id
      JOIN numbers m ON m.id = n.number_id
      WHERE c.group_id = g.id AND c.state = 'open'
        AND ((m.reached_at > :rested AND m.reached_campaign_id <> :campaign)
          OR EXISTS (SELECT 1 FROM holds h
                     WHERE h.number_id = n.number_id AND h.released_at IS NULL)))
  ORDER BY g.priority, g.ready_at, g.address_key, g.id LIMIT :size) AS part
"""
_MINE = "g.appointment_user_id = :user AND g.campaign_id = :campaign AND g.priority = 0"
_OTHERS = (
    "g.campaign_id = :campaign AND g.community_code = '{code}' AND g.language = ''"
    " AND (g.appointment_user_id IS NULL OR g.appointment_user_id <> :user)"
)
_PARTS = [_READY.format(rank=0, where=_MINE)]
_PARTS += [_READY.format(rank=1, where=_OTHERS.format(code=code)) for code in CODES]
TAKE = f"""
UPDATE call_groups SET batch_id = :batch WHERE id IN (
  SELECT id FROM (
    SELECT id, sum(open_cases) OVER (ORDER BY mine, priority, ready_at, community_code,
                                          address_key, id) - open_cases AS before
    FROM ({" UNION ALL ".join(_PARTS)}) AS parts) AS ranked
  WHERE before < :size)
RETURNING id
"""
COMMUNITIES = """
SELECT p.community_code FROM campaign_communities p JOIN communities c ON c.code = p.community_code
JOIN teams t ON t.street_code = c.street_code JOIN users u ON u.team_id = t.id
WHERE u.id = :user AND p.campaign_id = :campaign
"""
CAMPAIGN_OF = (
    "SELECT status, rules_table, dispositions, languages FROM campaigns WHERE id = :campaign"
)
OVER = """
SELECT b.id FROM batches b JOIN campaigns p ON p.id = b.campaign_id JOIN users u ON u.id = b.user_id
WHERE b.ended_at IS NULL AND (b.lease_expires_at <= :now OR p.status = 'closed' OR NOT u.active)
"""
HELD = """
SELECT count(*) FROM batches b JOIN call_groups g ON g.batch_id = b.id
JOIN cases c ON c.group_id = g.id AND c.state = 'held'
WHERE b.user_id = :user AND b.campaign_id = :campaign AND b.ended_at IS NULL
"""
BATCH = """
INSERT INTO batches (campaign_id, user_id, claimed_at, lease_expires_at, end_reason)
VALUES (:campaign, :user, :now, :lease, '') RETURNING id
"""
MARK = """
UPDATE cases SET state = 'held' WHERE state = 'open'
  AND group_id IN (SELECT id FROM call_groups WHERE batch_id = :batch)
"""
HOLD = """
INSERT INTO holds (number_id, generation, group_id, batch_id, user_id, held_at)
SELECT n.number_id, :batch, min(c.group_id), :batch, :user, :now
FROM cases c JOIN resident_numbers n ON n.resident_id = c.resident_id
WHERE c.group_id IN (SELECT id FROM call_groups WHERE batch_id = :batch) AND c.state = 'held'
GROUP BY n.number_id ORDER BY n.number_id
ON CONFLICT DO NOTHING
"""
LOST = """
SELECT g.id FROM call_groups g JOIN cases c ON c.group_id = g.id AND c.state = 'held'
JOIN resident_numbers n ON n.resident_id = c.resident_id
LEFT JOIN holds h ON h.number_id = n.number_id AND h.batch_id = :batch AND h.released_at IS NULL
WHERE g.batch_id = :batch AND h.id IS NULL
"""
FOUND = """
SELECT g.id, g.batch_id, b.user_id FROM cases c JOIN call_groups g ON g.id = c.group_id
JOIN batches b ON b.id = g.batch_id WHERE c.id = :case
"""
MEMBERS = """
SELECT c.id, c.state, c.community_code, c.resident_id, n.number_id, m.value FROM cases c
LEFT JOIN resident_numbers n ON n.resident_id = c.resident_id
LEFT JOIN numbers m ON m.id = n.number_id WHERE c.group_id = :group ORDER BY c.id, n.position
"""
KNOWN = """
SELECT (SELECT id FROM calls WHERE user_id = :user AND idempotency_key = :key),
  (SELECT max(generation) FROM holds WHERE group_id = :group AND user_id = :user),
  (SELECT max(generation) FROM holds WHERE group_id = :group),
  status, rules_table, dispositions FROM campaigns WHERE id = :campaign
"""
HISTORY = """
SELECT k.* FROM calls k JOIN cases c ON c.id = k.case_id WHERE c.group_id = :group
"""
DIALS = "SELECT dialled_at FROM dials WHERE case_id = :case"
POSITION = """
UPDATE campaigns SET last_position = last_position + 1 WHERE id = :campaign RETURNING last_position
"""
CALL = """
INSERT INTO calls (campaign_id, community_code, case_id, user_id, number_id, batch_id, direction,
  desk, disposition, started_at, ended_at, recorded_at, position, note, applied, correction_reason,
  voided, idempotency_key, request_hash, state_after, outcome_after, callback_user_id)
VALUES (:campaign, :community, :case, :user, :number, :batch, 'out', {false}, 'completed',
  :started, :now, :now, :position, '', {true}, '', {false}, :key, :hash, 'done', 'completed', :user)
RETURNING id
"""
REACHED = """
UPDATE numbers SET reached_at = :now, reached_campaign_id = :campaign WHERE id = :number
"""
DONE = """
UPDATE cases SET state = 'done', outcome = 'completed', ready_at = NULL, attempts = 1,
  last_disposition = 'completed', last_call_at = :started WHERE id = :case
"""
SPARE = "UPDATE call_groups SET avoid_user_id = NULL WHERE id = :group"
LEAVE = """
UPDATE call_groups SET batch_id = NULL, open_cases = 0, ready_at = NULL, priority = 5,
  appointment_user_id = NULL, avoid_user_id = NULL WHERE id = :group
"""
FREE = "UPDATE holds SET released_at = :now WHERE group_id = :group AND released_at IS NULL"
RENEW = """
UPDATE batches SET opened_at = coalesce(opened_at, :now),
  lease_expires_at = CASE WHEN lease_expires_at > :lease THEN lease_expires_at ELSE :lease END,
  ended_at = CASE WHEN EXISTS (SELECT 1 FROM call_groups WHERE batch_id = :batch)
    THEN NULL ELSE :now END,
  end_reason = CASE WHEN EXISTS (SELECT 1 FROM call_groups WHERE batch_id = :batch)
    THEN '' ELSE 'finished' END
WHERE id = :batch AND ended_at IS NULL
"""
AUDIT = """
INSERT INTO audit_entries (at, user_id, act, subject, subject_id, detail)
VALUES (:now, :user, 'call_recorded', 'call', :call, :detail)
"""
RELEASE = (
    """UPDATE cases SET state = 'open' WHERE state = 'held'
       AND group_id IN (SELECT id FROM call_groups WHERE batch_id = :batch)""",
    "UPDATE holds SET released_at = :now WHERE batch_id = :batch AND released_at IS NULL",
    """UPDATE call_groups SET batch_id = NULL, open_cases = (SELECT count(*) FROM cases
       WHERE group_id = call_groups.id AND state = 'open') WHERE batch_id = :batch""",
    """UPDATE batches SET ended_at = :now, end_reason = 'released'
       WHERE id = :batch AND ended_at IS NULL""",
)


class ByHand:
    """One connection and its statements."""

    def __init__(self, url: str, size: int) -> None:
        self.is_sqlite = url.startswith("sqlite")
        if self.is_sqlite:
            path = url.removeprefix("sqlite:///")
            self.connection: Any = pysqlite3.dbapi2.connect(path, isolation_level=None)
            for name, wanted in PRAGMAS.items():
                self.connection.execute(f"PRAGMA {name} = {wanted}")
        else:
            # As the app does it: the claim takes longer to plan than to run.
            self.connection = psycopg.connect(url, autocommit=True)
            self.connection.execute("SET plan_cache_mode = force_generic_plan")
        self.size = size
        self._written: dict[str, str] = {}

    def run(self, statement: str, given: dict[str, Any]) -> list[Any]:
        cursor = self.connection.execute(self._as_spoken(statement), given)
        rows: list[Any] = cursor.fetchall() if cursor.description else []
        return rows

    def _as_spoken(self, statement: str) -> str:
        if statement not in self._written:
            spoken = statement.replace("{true}", "1" if self.is_sqlite else "true")
            spoken = spoken.replace("{false}", "0" if self.is_sqlite else "false")
            if not self.is_sqlite:
                spoken = re.sub(r":(\w+)", r"%(\1)s", spoken)
            self._written[statement] = spoken
        return self._written[statement]

    def _moment(self, moment: datetime) -> Any:
        if not self.is_sqlite:
            return moment
        return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")

    def _begin(self) -> None:
        self.connection.execute("BEGIN IMMEDIATE" if self.is_sqlite else "BEGIN")

    def claim(self, user: int, moment: datetime) -> int:
        given = {"user": user, "campaign": CAMPAIGN, "size": self.size, "now": self._moment(moment),
                 "rested": self._moment(moment - timedelta(days=3)),
                 "midnight": self._moment(moment.replace(hour=0, minute=0)),
                 "lease": self._moment(moment + timedelta(minutes=30))}  # fmt: skip
        self._begin()
        for look in (COMMUNITIES, CAMPAIGN_OF, OVER, HELD):
            self.run(look, given)
        given["batch"] = batch = self.run(BATCH, given)[0][0]
        assert self.run(TAKE, given)
        self.run(MARK, given)
        self.run(HOLD, given)
        assert not self.run(LOST, given)
        self.connection.execute("COMMIT")
        return int(batch)

    def held(self, batch: int) -> list[int]:
        query = """SELECT c.id FROM cases c JOIN call_groups g ON g.id = c.group_id
                   WHERE g.batch_id = :batch ORDER BY c.id"""
        return [row[0] for row in self.run(query, {"batch": batch})]

    def record(self, user: int, moment: datetime, case: int) -> None:
        given = {"user": user, "campaign": CAMPAIGN, "case": case, "now": self._moment(moment),
                 "started": self._moment(moment - timedelta(minutes=2)), "hash": "0" * 64,
                 "key": f"key-{case}-{moment}", "detail": json.dumps({"case": case}),
                 "lease": self._moment(moment + timedelta(minutes=240))}  # fmt: skip
        self._begin()
        given["group"], given["batch"], holder = self.run(FOUND, given)[0]
        assert holder == user
        members = self.run(MEMBERS, given)
        if any(row[1] == "done" for row in members):
            self.run(HISTORY, given)
        self.run(KNOWN, given)
        mine = [row for row in members if row[0] == case]
        given["community"] = mine[0][2]
        given["number"] = next(row[4] for row in mine if row[5] == number_of(case))
        given["position"] = self.run(POSITION, given)[0][0]
        self.run(DIALS, given)
        self.run(DONE, given)
        given["call"] = str(self.run(CALL, given)[0][0])
        self.run(REACHED, given)
        if any(row[1] == "held" and row[0] != case for row in members):
            self.run(SPARE, given)
        else:
            self.run(LEAVE, given)
            self.run(FREE, given)
        self.run(RENEW, given)
        self.run(AUDIT, given)
        self.connection.execute("COMMIT")

    def release(self, _user: int, moment: datetime, batch: int) -> None:
        self._begin()
        for statement in RELEASE:
            self.run(statement, {"now": self._moment(moment), "batch": batch})
        self.connection.execute("COMMIT")

    def close(self) -> None:
        self.connection.close()


LEFT_BEHIND = (
    "SELECT id, batch_id, ready_at, open_cases, priority FROM call_groups ORDER BY id",
    "SELECT id, state, outcome, attempts, last_call_at FROM cases ORDER BY id",
    "SELECT number_id, generation, group_id, user_id, released_at FROM holds ORDER BY 1, 2",
    "SELECT id, reached_at FROM numbers WHERE reached_at IS NOT NULL ORDER BY id",
    "SELECT case_id, number_id, position, state_after, outcome_after FROM calls ORDER BY position",
    "SELECT id, user_id, opened_at, lease_expires_at, ended_at FROM batches ORDER BY id",
    "SELECT last_position FROM campaigns",
)


def compare(first: str, second: str) -> None:
    """Fail unless both ways left the same queue behind."""
    left, right = ByHand(first, 0), ByHand(second, 0)
    for query in LEFT_BEHIND:
        assert left.run(query, {}) == right.run(query, {}), query
    left.close()
    right.close()
