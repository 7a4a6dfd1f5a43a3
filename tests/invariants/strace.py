"""What the kernel is asked for, in its order: which writes of a log were synced at an answer.

``strace`` sees the system calls themselves, below every library and every setting.
"""

import re
import shutil
import subprocess
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

SYNCS, SENDS = {"fsync", "fdatasync"}, {"sendto", "sendmsg"}
WRITES = {"write", "writev", "pwrite64", "pwritev"}
TRACED = ",".join(sorted(SYNCS | SENDS | WRITES))
CALLED = re.compile(r"(?P<pid>\d+)\s+(?P<call>\w+)\(\d+<(?P<file>.*?)>(?=[,) ])(?P<rest>.*)")
RESUMED = re.compile(r"(?P<pid>\d+)\s+<\.\.\. (?P<call>\w+) resumed>(?P<rest>.*)")
SUCCEEDED = re.compile(r"\)\s+= 0$")
ANSWERED = re.compile(r', (?:\{.*)?"HTTP/1\.1 2\d\d ')


@dataclass(frozen=True)
class Answer:
    """A 2xx that left the server."""

    writes: int
    """How often the log was written to since the answer before."""
    unsynced: int
    """How many writes of the log were not known to be on the disk when the answer left."""


@dataclass
class Log:
    """The log of a database, as far as its file's name tells: what was written, what is synced."""

    name: str
    written: int = 0
    unsynced: set[int] = field(default_factory=set)
    syncing: dict[str, set[int]] = field(default_factory=dict)

    def write(self) -> None:
        self.written += 1
        self.unsynced.add(self.written)

    def begin_sync(self, pid: str) -> None:
        """What is written from now on, this sync does not vouch for."""
        self.syncing[pid] = set(self.unsynced)

    def end_sync(self, pid: str, *, succeeded: bool) -> None:
        vouched = self.syncing.pop(pid, set())
        if succeeded:
            self.unsynced -= vouched


def answers(lines: Iterable[str], log_name: str) -> Iterator[Answer]:
    """Follow a trace and judge each 2xx at the moment it begins to leave.

    A log is a file whose path holds ``log_name``.
    """
    log, before = Log(log_name), 0
    for line in map(str.rstrip, lines):
        if (resumed := RESUMED.match(line)) and resumed["call"] in SYNCS:
            log.end_sync(resumed["pid"], succeeded=bool(SUCCEEDED.search(line)))
        called = CALLED.match(line)
        if called is None:
            continue
        if called["call"] in SENDS and ANSWERED.match(called["rest"]):
            yield Answer(log.written - before, len(log.unsynced))
            before = log.written
        elif log_name in called["file"]:
            _follow(log, called["call"], called["pid"], line)


def _follow(log: Log, call: str, pid: str, line: str) -> None:
    if call in WRITES:
        log.write()
    elif call in SYNCS:
        log.begin_sync(pid)
        if not line.endswith("<unfinished ...>"):
            log.end_sync(pid, succeeded=bool(SUCCEEDED.search(line)))


@contextmanager
def tracing(path: Path, pids: Iterable[int]) -> Iterator[None]:
    """Write the system calls of these processes, and of all they start, to a file."""
    strace = shutil.which("strace")
    assert strace, "strace is missing: run `make strace`, or `apt-get install strace`."
    targets = [f"--attach={pid}" for pid in pids]
    command = [strace, "-f", "-y", "-s", "32", "-e", f"trace={TRACED}", "-o", str(path), *targets]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for _ in targets:
            said = process.stderr.readline()
            assert " attached" in said, f"strace may not trace here: {said}"
        # Whoever is started later is told of, too, and must not fill the pipe.
        rest = threading.Thread(target=process.stderr.read)
        rest.start()
        try:
            yield
        finally:
            process.terminate()  # strace lets go of what it was attached to, and closes its file
            process.wait(30)
            rest.join(30)
