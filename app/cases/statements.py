"""The statements of the claim, each with its name: SQL by hand, where every one of them counts.

Written once for both engines; what differs between them stands in ``OF``. A lane is a community
and a language (``rules.languages``). Of each lane's appointments, and of its others, those that are
ready are one range of the queue's index; and of a range a claim looks at the first ``most`` alone.
So what it costs, and how long others wait to write meanwhile, does not grow with the number of
cases, nor with how many of them nobody may ring just now.
"""

from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnClause,
    TextClause,
    bindparam,
    column,
    text,
)
from sqlalchemy.orm import Session

from app.campaigns.rules.calling import Ringing
from app.db import Id, UTCDateTime, engine_of
from app.prepared import Prepared

_ID: ColumnClause[int] = column("id", Id)
_MOMENTS = ("now", "rested", "midnight")

# A group that could be given to this user now: nobody was to be spared, it was not laid aside
# today, and none of its numbers is in other hands or resting from another campaign. Asked for one
# group after the other: a plain NOT EXISTS would let PostgreSQL work it out for all groups first.
MINE = """
  AND (g.avoid_user_id IS NULL OR g.avoid_user_id <> :user)
  AND (
    SELECT true FROM skips s
    WHERE s.group_id = g.id AND s.user_id = :user AND s.skipped_at >= :midnight
    LIMIT 1) IS NOT TRUE"""
# One within the other: of a join PostgreSQL may take the tables in any order, and in a database
# that it knows nothing of yet it takes a minute.
SOME_NUMBER = """(
    SELECT true FROM cases c WHERE c.group_id = g.id AND c.state = 'open' AND (
      SELECT true FROM resident_numbers n WHERE n.resident_id = c.resident_id AND ({that})
      LIMIT 1)
    LIMIT 1)"""
IS_HELD = """(
        SELECT true FROM holds h WHERE h.number_id = n.number_id AND h.released_at IS NULL
        LIMIT 1)"""
RESTED = """(
        SELECT m.reached_at FROM numbers m WHERE m.id = n.number_id
          AND m.reached_at > :rested AND m.reached_campaign_id <> :campaign)"""
_FREE = f"""
  AND coalesce(g.batch_id, 0) = 0 AND g.ready_at <= :now {MINE}
  AND {SOME_NUMBER.format(that=f"{RESTED} IS NOT NULL OR {IS_HELD}")} IS NOT TRUE
"""

# Whom a claim may give out by the hour of the day. In quiet hours only who asked to be rung by
# now: a range of the index of its own, so that nobody else's case is looked at.
RUNG = {
    Ringing.FREE: "",
    Ringing.QUIET: """
  AND g.priority = 0
  AND (
    SELECT true FROM cases a
    WHERE a.group_id = g.id AND a.state = 'open' AND a.appointment_at <= :now
    LIMIT 1) IS TRUE
""",
    Ringing.CLOSED: " AND 1 = 0",
}

_OWN = """
  SELECT g.id, g.open_cases, 0 AS turn, g.priority, 0 AS rank, {place}
  FROM call_groups g
  WHERE g.appointment_user_id = :user AND g.campaign_id = :campaign AND g.priority = 0
    AND g.batch_id IS NULL
    AND g.community_code IN ({codes}) {free}
  ORDER BY {place}, g.id LIMIT :size + 0 {locked}
"""

URGENT = "(SELECT 0 AS priority UNION ALL SELECT 5) AS urgent"
_AGREED = "(SELECT 0 AS priority) AS urgent"

_READY = """
    SELECT * FROM call_groups
    WHERE campaign_id = :campaign AND community_code = {code} AND language = {language}
      AND priority = urgent.priority AND batch_id IS NULL AND ready_at <= :now
    ORDER BY ready_at, address_key, id LIMIT {some}"""

# An appointment is its own volunteer's first, and anyone's some minutes after its time.
_LANE = """
  SELECT {columns}
  FROM {looked_at}
  WHERE (g.appointment_user_id IS NULL
      OR (g.appointment_user_id <> :user AND g.anyones_at <= :now)) {free}
  {in_order} LIMIT :size + 0 {locked}
"""

# Who was found by a look ahead, in that order; whatever may have changed since is asked again.
_THESE = """
  SELECT g.id, g.open_cases, these.place AS turn, g.priority, 0 AS rank, {place}
  FROM ({these}) AS these {join} call_groups g ON g.id = these.id
  WHERE (g.appointment_user_id IS NULL OR g.appointment_user_id = :user
      OR g.anyones_at <= :now) {free}
  ORDER BY these.place LIMIT :size + 0 {locked}
"""

# Where a lane was not looked at any further stands a group larger than any batch: what comes after
# it in the order of all lanes is not taken, for somebody whom nobody looked at may come before.
_STOP = 1_000_000_000
_RANKED = """
WITH best AS ({best}), ranked AS (
  SELECT id, open_cases, sum(open_cases) OVER
      (ORDER BY turn, priority, rank, ready_at, community_code, address_key, id)
      - open_cases AS before
  FROM best)
"""
_TAKE = f"""
UPDATE call_groups SET batch_id = :batch
WHERE batch_id IS NULL
  AND id IN (SELECT id FROM ranked WHERE before < :size AND open_cases < {_STOP})
RETURNING id
"""  # noqa: S608 - made of this module's constants
_LOOK = "SELECT id FROM ranked WHERE before < :size ORDER BY before"

_PLACE = "g.ready_at, g.community_code, g.address_key"
_COLUMNS = "g.id, g.open_cases, 1 AS turn, g.priority, {rank} AS rank, " + _PLACE

# On PostgreSQL rows are locked as they are read, and those that another claim has are passed over.
OF: dict[str, dict[str, str]] = {
    "sqlite": {
        "codes": "SELECT lane.value ->> 0 FROM json_each(:lanes) AS lane",
        "locked": "",
        "others": """
  SELECT g.id, g.open_cases, 1, g.priority, lane.value ->> 2, {place}
  FROM json_each(:lanes) AS lane CROSS JOIN {urgent}
  CROSS JOIN call_groups g ON g.id IN ({lane})""",
        "stops": """
  UNION ALL
  SELECT g.id, {stop}, 1, g.priority, lane.value ->> 2, {place}
  FROM json_each(:lanes) AS lane CROSS JOIN {urgent}
  CROSS JOIN call_groups g ON g.id = (SELECT id FROM ({beyond}) AS beyond)""",
        # Read as they come, which is in order: to sort them all of them would be looked at first.
        "looked_at": "({ready}) AS g",
        "in_order": "",
        # It keeps to this order of the tables: first those that were found.
        "join": "CROSS JOIN",
        "these": "SELECT key AS place, value AS id FROM json_each(:these)",
        "columns": "g.id",
        "code": "lane.value ->> 0",
        "language": "lane.value ->> 1",
        "lanes": "json_each(:lanes)",
        "every": "json_each(:every)",
        "spoken": "g.language IN (SELECT lane.value ->> 1 FROM json_each(:lanes) AS lane)",
        "mine_alone": "1 = 1",
    },
    "postgresql": {
        "codes": "SELECT lane ->> 0 FROM json_array_elements(CAST(:lanes AS json)) AS lane",
        "locked": "FOR UPDATE OF g SKIP LOCKED",
        "others": """
  SELECT best.* FROM json_array_elements(CAST(:lanes AS json)) AS lane
  CROSS JOIN {urgent} CROSS JOIN LATERAL ({lane}) AS best""",
        "stops": """
  UNION ALL
  SELECT g.id, {stop}, 1, g.priority, CAST(lane ->> 2 AS integer), {place}
  FROM json_array_elements(CAST(:lanes AS json)) AS lane
  CROSS JOIN {urgent} CROSS JOIN LATERAL ({beyond}) AS g""",
        # Not the rows of the inner SELECT are locked, but those that are found free.
        "looked_at": "({ready}) AS near JOIN call_groups g ON g.id = near.id",
        "in_order": "ORDER BY near.ready_at, near.address_key, near.id",
        "join": "JOIN",
        "these": "SELECT place, CAST(value AS bigint) AS id FROM"
        " json_array_elements_text(CAST(:these AS json)) WITH ORDINALITY AS one (value, place)",
        "columns": _COLUMNS.format(rank="CAST(lane ->> 2 AS integer)"),
        "code": "lane ->> 0",
        "language": "lane ->> 1",
        "lanes": "json_array_elements(CAST(:lanes AS json))",
        "every": "json_array_elements(CAST(:every AS json))",
        "spoken": "g.language IN (SELECT lane ->> 1 FROM json_array_elements(CAST(:lanes AS json))"
        " AS lane)",
        # Whoever comes second passes over the number instead of waiting for the first.
        "mine_alone": "pg_try_advisory_xact_lock({space}, CAST(w.number_id % 2147483647 AS int))",
    },
}
_SPACE = 7_202_612
"""The first half of the keys of advisory locks on numbers: any figure, the same everywhere."""
_USERS_SPACE = _SPACE + 1
_ONE_AT_A_TIME = Prepared(
    text(
        f"SELECT pg_advisory_xact_lock({_USERS_SPACE}, "
        "CAST(CAST(:user AS bigint) % 2147483647 AS int))"
    )
)


def one_at_a_time(session: Session, user_id: int) -> None:
    """Wait until no other transaction of this user's is at this point; until the commit, none is.

    On SQLite there is but one writer anyway.
    """
    if engine_of(session) == "postgresql":
        _ONE_AT_A_TIME.rows(session, user=user_id)


def moments(sql: str) -> TextClause:
    """Return SQL by hand as a statement that takes moments as the engine has them."""
    found = [name for name in _MOMENTS if f":{name}" in sql]
    binds: list[Any] = [bindparam(name, type_=UTCDateTime()) for name in found]
    return text(sql).bindparams(*binds)


def _search(engine: str, ringing: Ringing, *, locks: bool = True) -> dict[str, str]:
    """Return the parts that a search of the queue is made of."""
    of = OF[engine] | {"free": _FREE + RUNG[ringing], "stop": str(_STOP)}
    of["urgent"] = _AGREED if ringing is Ringing.QUIET else URGENT
    of |= {"place": _PLACE, "locked": of["locked"] if locks else ""}
    of["looked_at"] = of["looked_at"].format(ready=_READY.format(some=":most + 0", **of))
    of["lane"] = _LANE.format(**of)
    of["beyond"] = _READY.format(some="1 OFFSET :most + 0", **of)
    best = "SELECT * FROM ({own}) AS own UNION ALL {others}"
    of["best"] = best.format(own=_OWN.format(**of), others=of["others"].format(**of))
    return of


@cache
def take(engine: str, ringing: Ringing) -> Prepared:
    """Take the next groups in the design's order, up to ``size`` cases or a few more; in quiet
    hours appointments alone. Of each lane at most the first ``most`` of those ready are looked at.
    """
    of = _search(engine, ringing)
    best = of["best"] + of["stops"].format(**of)
    return Prepared(moments(_RANKED.format(best=best) + _TAKE).columns(_ID))


@cache
def look_ahead(engine: str, ringing: Ringing) -> Prepared:
    """Find the next groups as ``take`` does, however far back they are, and leave them there."""
    of = _search(engine, ringing, locks=False)
    return Prepared(moments(_RANKED.format(best=of["best"]) + _LOOK).columns(_ID))


@cache
def take_these(engine: str, ringing: Ringing) -> Prepared:
    """Take those of the groups ``these`` that may still be taken, up to ``size`` cases or a few
    more.
    """
    best = _THESE.format(**_search(engine, ringing))
    return Prepared(moments(_RANKED.format(best=best) + _TAKE).columns(_ID))


MARK = Prepared(
    text("""
UPDATE cases SET state = 'held'
WHERE state = 'open' AND group_id IN (SELECT id FROM call_groups WHERE batch_id = :batch)
RETURNING id
""").columns(_ID)
)
"""Cases follow their groups into the batch."""


@cache
def hold(engine: str) -> Prepared:
    """Hold every number of the batch's cases that is free; of two groups that share one, the
    first has it.

    A batch is older than none that held the number before it, or leaves it: so generations of a
    number grow. Whoever waited for a lock has an old clock: no hold begins before the last ended.

    The numbers are found first and then locked: in one go PostgreSQL may try the lock on every
    number there is, and others could have none.
    """
    mine_alone = OF[engine]["mine_alone"].format(space=_SPACE)
    sql = f"""
WITH wanted AS MATERIALIZED (
  SELECT n.number_id, min(c.group_id) AS group_id
  FROM call_groups g
  JOIN cases c ON c.group_id = g.id AND c.state = 'held'
  JOIN resident_numbers n ON n.resident_id = c.resident_id
  WHERE g.batch_id = :batch
    AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.number_id = n.number_id
                    AND (h.released_at IS NULL OR h.generation >= :batch))
  GROUP BY n.number_id)
INSERT INTO holds (number_id, generation, group_id, batch_id, user_id, held_at)
SELECT w.number_id, :batch, w.group_id, :batch, :user,
  coalesce((SELECT max(h.released_at) FROM holds h
            WHERE h.number_id = w.number_id AND h.released_at > :now), :now)
FROM wanted w WHERE {mine_alone} ORDER BY w.number_id
ON CONFLICT DO NOTHING
"""  # noqa: S608 - made of this module's constants
    return Prepared(moments(sql))


LOST = Prepared(
    text("""
SELECT DISTINCT g.id FROM call_groups g
JOIN cases c ON c.group_id = g.id AND c.state = 'held'
JOIN resident_numbers n ON n.resident_id = c.resident_id
LEFT JOIN holds h ON h.number_id = n.number_id AND h.batch_id = :batch AND h.group_id = g.id
  AND h.released_at IS NULL
WHERE g.batch_id = :batch AND h.id IS NULL
""").columns(_ID)
)
"""The groups of a batch of which a number could not be had."""
