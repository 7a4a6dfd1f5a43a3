"""Acknowledged means synced: between a commit and its 2xx the log was written through to the disk.

Under each planted bug the same trace must be found wanting, or the test would prove nothing.
"""

from pathlib import Path
from random import Random

import pytest

from tests.invariants.conftest import OpenSite
from tests.invariants.site import Durable, Site
from tests.invariants.strace import Answer, answers, tracing

ROUNDS = 5


def worked(at: Site, trace: Path) -> list[Answer]:
    """What the kernel was asked for while one volunteer claims, saves and gives back."""
    someone = at.volunteer(next(iter(at.town.tokens)), Random("synced"))
    someone.claim()  # what only a first request does is done
    postgres = at.cluster.family if at.cluster else set()
    with tracing(trace, [*at.serving(), *postgres]):
        for _ in range(ROUNDS):
            for act in (someone.claim, someone.give_back, someone.claim, someone.save):
                someone.batches = someone.batches[-1:]
                act()
    someone.hang_up()
    assert at.log.wrong == []
    assert at.log.counts["unknown"] == at.log.counts["broken"] == 0
    log = "/pg_wal/" if at.cluster else ".sqlite-wal"
    with trace.open(encoding="utf-8", errors="replace") as lines:
        found = list(answers(lines, log))
    assert len(found) == ROUNDS * 4, trace.read_text(errors="replace")[-4000:]
    return found


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_the_log_is_synced_before_each_answer(
    engine: str, opens_site: OpenSite, tmp_path: Path
) -> None:
    with opens_site(engine, workers=1) as at:
        found = worked(at, tmp_path / "trace")

    assert [one for one in found if not one.writes] == [], "an answer to nothing proves nothing"
    assert [one for one in found if one.unsynced] == []


@pytest.mark.parametrize("bug", ["synchronous=NORMAL", "synchronous=OFF"])
def test_a_sqlite_that_does_not_sync_is_caught(
    bug: str, opens_site: OpenSite, tmp_path: Path
) -> None:
    with opens_site("sqlite", workers=1, planted=bug) as at:
        found = worked(at, tmp_path / "trace")

    assert len([one for one in found if one.unsynced]) > ROUNDS


@pytest.mark.parametrize("setting", ["synchronous_commit", "fsync"])
def test_a_postgresql_that_does_not_sync_is_caught(
    setting: str, opens_site: OpenSite, durable: Durable, tmp_path: Path
) -> None:
    durable.start()
    with durable.set_to(setting, "off"), opens_site("postgresql", workers=1) as at:
        found = worked(at, tmp_path / "trace")

    # What is not even written by then is as good as not synced.
    assert len([one for one in found if one.unsynced or not one.writes]) > ROUNDS


@pytest.mark.parametrize(
    ("trace", "unsynced"),
    [
        (["7 pwrite64(3</a-wal>, ..., 9, 0) = 9", "7 fdatasync(3</a-wal>) = 0"], 0),
        (["7 pwrite64(3</a-wal>, ..., 9, 0) = 9"], 1),
        (["7 fdatasync(3</a-wal>) = 0", "7 pwrite64(3</a-wal>, ..., 9, 0) = 9"], 1),
        (["7 pwrite64(3</a-wal>, ..., 9, 0) = 9", "7 fdatasync(4</b>) = 0"], 1),
        (["7 pwrite64(3</a-wal>, ..., 9, 0) = 9", "7 fdatasync(3</a-wal>) = -1 EIO (I/O)"], 1),
        (["7 pwrite64(3</a-wal>, ..., 9, 0) = 9", "7 fdatasync(3</a-wal> <unfinished ...>"], 1),
        (["7 pwrite64(3</a-wal>, ..., 9, 0) = 9", "7 fdatasync(3</a-wal> <unfinished ...>",
          "7 <... fdatasync resumed>) = 0"], 0),
        (["7 fdatasync(3</a-wal> <unfinished ...>", "8 pwrite64(3</a-wal>, ..., 9, 0) = 9",
          "7 <... fdatasync resumed>) = 0"], 1),
    ],
)  # fmt: skip
def test_a_trace_is_read_by_what_was_synced_when(trace: list[str], unsynced: int) -> None:
    answer = '7 sendto(9<socket:[5]>, "HTTP/1.1 201 CREATED\\r\\nSer"..., 99, 0, NULL, 0) = 99'

    assert list(answers([*trace, answer], "-wal")) == [Answer(1, unsynced)]
