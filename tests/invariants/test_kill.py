"""Nothing acknowledged is lost, and nothing is held twice, however the server is killed.

``python -m tests.invariants.kill`` does the same at length. The seed is KILL_SEED where that is
set; a failure says it, and how to run it again.
"""

import os
import subprocess
from random import Random

import pytest

from tests.cli.conftest import RINGROUND
from tests.conftest import THOROUGH
from tests.invariants.conftest import OpenSite
from tests.invariants.failpoints import CUT, KILL
from tests.invariants.kill import AT_A_PLACE, Report, Shot, fire, learned, plan, run
from tests.invariants.verdict import judge

ENGINES = ["sqlite", "postgresql"]
KILLS = 60 if THOROUGH else 6
SEED = int(os.environ.get("KILL_SEED", "1"))


@pytest.mark.parametrize("engine", ENGINES)
def test_what_was_acknowledged_survives_every_kill(engine: str, opens_site: OpenSite) -> None:
    with opens_site(engine) as at:
        shots = list(plan(engine, learned(at), KILLS, SEED))
        report = run(at, engine, shots, SEED)
        check = subprocess.run(
            [RINGROUND, "check"], env=at.environment, capture_output=True, check=False
        )
    again = f"python -m tests.invariants.kill --engine {engine} --kills {KILLS} --seed {SEED}"

    assert report.wrong == [], f"{again}: {report.figures()}"
    assert check.returncode == 0, check
    assert report.shots.total() + len(report.missed) == KILLS
    assert len(report.missed) <= KILLS // 5, report.missed
    assert report.acknowledged > KILLS, "a load that saves nothing proves nothing"


@pytest.mark.parametrize("engine", ENGINES)
def test_an_answer_before_its_commit_is_caught(engine: str, opens_site: OpenSite) -> None:
    report, wrong = Report(engine, SEED), list[str]()
    with opens_site(engine, planted="answer before commit") as at:
        at.at_work(SEED)
        for _ in range(10):
            fire(at, Shot(AT_A_PLACE, "save: before COMMIT"), report, Random(SEED))
            wrong = [line for line in judge(at.db, at.log) if line.startswith("lost: call")]
            if wrong:
                break

    assert wrong


@pytest.mark.parametrize("engine", ENGINES)
def test_a_save_without_an_answer_is_saved_once(engine: str, opens_site: OpenSite) -> None:
    ends = [
        ("before COMMIT", KILL, False),
        ("after COMMIT", KILL, True),
        ("before the answer", KILL, True),
        ("in the answer", KILL, True),
    ]
    if engine == "postgresql":
        ends.append(("before COMMIT", CUT, True))
    stored = []
    with opens_site(engine, workers=1) as at:
        someone = at.volunteer(next(iter(at.town.tokens)), Random(SEED))
        for place, action, _was_stored in ends:
            someone.claim()
            at.orders.aim(f"save: {place}", action=action)
            someone.save()
            assert at.orders.struck_at
            stored.append((place, action, at.log.savings[-1].was_stored))
            someone.repeat()
        someone.hang_up()
        wrong = judge(at.db, at.log)

    assert stored == ends
    assert wrong == []
