"""Rows a second and peak memory of exports, by format and size, beside the bare reading of rows.

Run ``python -m benchmarks.export_speed [ENGINE] [RESIDENTS …]`` from the repository root; by
default 5,000 and 100,000 residents on SQLite. Everybody is invented. Each export runs in a process
of its own, so that its peak is its own; "grows" is what the peak rises by from the first size on,
and "/floor" how many times as long it takes as one SELECT of the same people with six columns,
written by the standard library's csv.
"""

import csv
import json
import resource
import subprocess
import sys
import time
from tempfile import TemporaryFile

from benchmarks.queue_city import CAMPAIGN, NOW, databases, fill

WAYS = (
    ("floor", "csv"), ("residents", "csv"), ("residents", "json"), ("residents", "xlsx"),
    ("results", "csv"), ("results", "json"), ("results", "xlsx"),
)  # fmt: skip


def one(url: str, kind: str, form: str) -> dict[str, float]:
    """Make one export here; return rows, seconds, bytes and what the process grew by in MB."""
    from app.db import Database
    from app.reports.exports.making import size, spooled
    from app.reports.exports.residents import residents
    from app.reports.exports.results import results

    import xlsxwriter  # isort: skip  # noqa: F401 - loading it is no part of an export

    database = Database(url)
    with database.reading() as session:  # the first statement connects and compiles
        residents(session, None, NOW, None, "zh")
    before = peak()
    start = time.perf_counter()
    with database.reading() as session:
        if kind == "floor":
            file, rows = bare(session)
        elif kind == "residents":
            file, rows = spooled(residents(session, None, NOW, None, "zh"), form)
        else:
            file, rows = spooled(results(session, None, NOW, CAMPAIGN, "zh"), form)
    seconds = time.perf_counter() - start
    written = size(file)
    file.close()
    database.close()
    return {"rows": rows, "seconds": seconds, "bytes": written, "peak": peak(), "before": before}


def bare(session):
    """Write name, address and first number of everybody, as a first script would."""
    from sqlalchemy import text

    file = TemporaryFile("w+", encoding="utf-8", newline="")  # noqa: SIM115 - closed by the caller
    writer, rows = csv.writer(file), 0
    query = """
        SELECT r.community_code, r.name, r.language, r.remark, h.address, n.value
        FROM residents r JOIN households h ON h.id = r.household_id
        JOIN resident_numbers l ON l.resident_id = r.id AND l.position = 0
        JOIN numbers n ON n.id = l.number_id ORDER BY r.community_code, h.address_key, r.id
    """
    for row in session.execute(text(query).execution_options(yield_per=1000)):
        writer.writerow(row)
        rows += 1
    file.flush()
    return file, rows


def peak() -> float:
    """The most memory this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measured(url: str, kind: str, form: str) -> dict[str, float]:
    """The same in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.export_speed", "--one", url, kind, form]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    """Measure every way at every size and print a table."""
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(one(*sys.argv[2:5])))
        return
    engine = sys.argv[1] if len(sys.argv) > 1 else "sqlite"
    sizes = [int(text) for text in sys.argv[2:]] or [5_000, 100_000]
    with databases(engine) as place:
        first: dict[tuple[str, str], float] = {}
        for number, residents in enumerate(sizes):
            url = place.new(f"exports{number}")
            fill(url, residents)
            print(f"\n{engine}, {residents:,} residents")
            floor = 0.0
            for way in WAYS:
                found = measured(url, *way)
                floor = floor or found["seconds"]
                grows = found["peak"] - first.setdefault(way, found["peak"])
                print(
                    f"{way[0]:10}{way[1]:6}{found['rows'] / found['seconds']:10,.0f} rows/s"
                    f"{found['seconds'] / floor:7.1f} /floor{found['bytes'] / 1e6:8.1f} MB"
                    f"   peak {found['peak']:6.1f} MB, grows {grows:+6.1f} MB"
                )


if __name__ == "__main__":
    main()
