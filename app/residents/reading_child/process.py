"""The process: what it gives up before it looks at the file, and how it tells what it found."""

import json
import resource
import sys
from collections.abc import Iterator

from .kinds import lines_of
from .limits import Limits, Unreadable
from .rows import Lines, Row, Sheet

ROWS_A_LINE = 100
CELLS_A_LINE = 2_000  # each may be long


def main() -> None:
    """Read standard input and print what it holds; the limits are the last argument."""
    limits = Limits(**json.loads(sys.argv[-1]))
    confine(limits)
    try:
        for line in batches(lines_of(sys.stdin.buffer, limits)):
            emit(line)
        emit(["end"])
    except Unreadable as why:
        emit(["problem", why.code, why.place])
    except MemoryError:
        emit(["problem", "roster_too_much_memory", {}])


def confine(limits: Limits) -> None:
    """Give up what reading a file does not need; a crash leaves no copy of it on the disk."""
    for kind, most in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CPU, limits.seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
        # At its hard limit of time a process is killed without the signal that says why.
        spare = 1 if kind == resource.RLIMIT_CPU and limit != hard else 0
        resource.setrlimit(kind, (limit, limit + spare))


def batches(lines: Lines) -> Iterator[list[object]]:
    """Many rows a line: writing and reading each by itself takes twice as long.

    What was read before a problem is told before it.
    """
    rows: list[Row] = []
    cells = 0
    try:
        for line in lines:
            if not isinstance(line, Sheet):
                rows.append(line)
                cells += len(line[1])
                if len(rows) < ROWS_A_LINE and cells < CELLS_A_LINE:
                    continue
            if rows:
                yield ["rows", rows]
                rows, cells = [], 0
            if isinstance(line, Sheet):
                yield ["sheet", line.name, line.hidden, line.hidden_columns]
    except Unreadable:
        if rows:
            yield ["rows", rows]
        raise
    if rows:
        yield ["rows", rows]


def emit(line: list[object]) -> None:
    """Print one line."""
    sys.stdout.buffer.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
