"""Files that no roster should be: each a clear message, in little time and memory."""

import dataclasses
import json
import subprocess
import sys
from functools import cache

import psutil
import pytest

from app.problems import Place
from app.residents import reader
from tests.residents.hostile import HOSTILE
from tests.residents.reading import MEGABYTE, problem_of


@cache
def hostile(kind: str) -> bytes:
    """Making such a file takes longer than refusing it."""
    return HOSTILE[kind][0]()


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_bad_file_is_refused_by_name_and_harms_nobody(kind, children):
    _make, code, place = HOSTILE[kind]
    content = hostile(kind)
    own = psutil.Process()
    before = own.memory_info().rss
    problem = problem_of(content)
    assert problem.code == code
    assert problem.place == Place("名单.xlsx", place.sheet, place.row, place.column)
    assert own.memory_info().rss - before < 60 * MEGABYTE
    assert not children()


# A process in between, because a child's peak is never reported below that of who started it.
MEASURE = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_maxrss * 1024, used.ru_utime + used.ru_stime)
"""


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_file_makes_the_child_large_or_busy(kind, tmp_path):
    file = tmp_path / "roster"
    file.write_bytes(hostile(kind))
    usual = reader.USUAL_LIMITS.for_content(file.stat().st_size)
    child = [sys.executable, *reader.CHILD, json.dumps(dataclasses.asdict(usual))]
    with file.open("rb") as stdin:
        told = subprocess.check_output([sys.executable, "-c", MEASURE, *child], stdin=stdin)
    peak, seconds = map(float, told.split())
    assert peak < 400 * MEGABYTE
    assert seconds < 10
