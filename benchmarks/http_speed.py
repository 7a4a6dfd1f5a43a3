"""How many residents a second the HTTP API hands out and finishes, with two server workers.

Run ``python -m benchmarks.http_speed [--engine postgresql] [--cases 10000 100000] [--size 1]
[--clients 64 --seconds 60]`` from the repository root. Sixteen volunteers, or so many, ask for a
batch and save each of its cases as completed, without a pause, from another process on the same
machine; in turns with them a view that only looks at the token is asked, so that one run shows
what the server itself costs.
"""

import argparse
import http.client
import json
import multiprocessing
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from app.db import Database
from app.people import tokens
from app.people.models import User
from benchmarks.queue_city import CAMPAIGN, Databases, databases, fill

CLIENTS = 16
SECONDS = 8.0
TURNS = 3
KIB = 1024

Times = dict[str, list[float]]


@contextmanager
def serving(url: str, places: Databases) -> Iterator[int]:
    """Serve the database until the block ends; the port is the block's."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    environment = {
        **os.environ, "DATABASE_URL": url, "RINGROUND_INSTANCE": str(places.folder / "instance"),
        "RINGROUND_API_PER_MINUTE": "1000000", "RINGROUND_SECURE_COOKIES": "0",
    }  # fmt: skip
    command = [sys.executable, "-m", "benchmarks.http_server", str(port)]
    server = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port)
        yield port
    finally:
        server.terminate()
        server.wait()


def _wait_for(port: int) -> None:
    for _try in range(200):
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not start")


def bearers(url: str, count: int) -> list[str]:
    """Give each volunteer a token."""
    database = Database(url)
    with database.writing() as session:
        now = datetime.now(UTC)
        users = [session.get_one(User, number) for number in range(1, count + 1)]
        found = [tokens.issue(session, None, now, user)[1] for user in users]
    database.close()
    return found


class Volunteer(threading.Thread):
    """Asks for work and does it, on one connection, until the time is over."""

    def __init__(self, port: int, token: str, until: float, size: int) -> None:
        super().__init__()
        self.until = until
        self.size = size
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.times: Times = {"claim": [], "save": [], "empty": []}
        self.failures: list[str] = []
        self.saved = 0

    def ask(self, what: str, path: str, body: Any = None, key: str | None = None) -> Any:
        """Ask, keep how long it took, and return what was answered."""
        more = {"Idempotency-Key": key} if key else {}
        start = time.perf_counter()
        content = None if body is None else json.dumps(body)
        method = "GET" if body is None else "POST"
        self.connection.request(method, path, content, {**self.headers, **more})
        answer = self.connection.getresponse()
        text = answer.read()
        self.times[what].append(time.perf_counter() - start)
        if answer.status not in {200, 201}:
            self.failures.append(f"{what}: {answer.status} {text[:200]!r}")
        return json.loads(text)

    def run(self) -> None:
        while time.monotonic() < self.until:
            self.work()
            # No phone keeps a connection open over a call: that is a new one for each batch.
            self.connection.close()

    def work(self) -> None:
        batch = self.ask("claim", f"/api/v1/campaigns/{CAMPAIGN}/batches", {"size": self.size})
        for case in batch["cases"]:
            now = datetime.now(UTC)
            call = {
                "disposition": "completed", "number": case["numbers"][0]["e164"],
                "started_at": (now - timedelta(minutes=2)).isoformat(),
                "ended_at": now.isoformat(), "hold": batch["hold"],
            }  # fmt: skip
            done = self.ask("save", f"/api/v1/cases/{case['id']}/calls", call, f"k{case['id']}")
            self.saved += bool(done.get("applied"))


class Idler(Volunteer):
    """Asks for nothing, as often as can be."""

    def work(self) -> None:
        for _time in range(2):
            self.ask("empty", "/api/empty")


def load(
    kind: type[Volunteer], port: int, found: list[str], size: int, seconds: float
) -> tuple[Times, int, list[str], float]:
    """Let all of them work at once; return times, residents finished, failures and how long."""
    start = time.monotonic()
    crowd = [kind(port, token, start + seconds, size) for token in found]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    took = time.monotonic() - start
    times = {what: [t for one in crowd for t in one.times[what]] for what in crowd[0].times}
    return times, sum(one.saved for one in crowd), [f for o in crowd for f in o.failures], took


def apart(*args: Any) -> tuple[Times, int, list[str], float]:
    """As ``load``, in a process of its own: the clients are not to share anything with us."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(load, args)


def memory(port: int) -> list[int]:
    """How many MiB each process of the server holds, the largest first."""
    sizes = []
    for status in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError):
            if f"benchmarks.http_server\0{port}" in (status.parent / "cmdline").read_text():
                lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
                sizes.append(int(lines["VmRSS"].split()[0]) // KIB)
    return sorted(sizes, reverse=True)


def measure(
    places: Databases, engine: str, cases: int, size: int, clients: int, seconds: float
) -> None:
    url = places.new(f"city_{cases}_{size}")
    fill(url, cases, per_household=1)
    found = bearers(url, clients)
    done, empties, times = [], [], {"claim": list[float](), "save": list[float]()}
    with serving(url, places) as port:
        apart(Volunteer, port, found, size, 2.0)
        held = [memory(port)]
        for _turn in range(TURNS):
            idle, _none, failures, took = apart(Idler, port, found, size, seconds / 2)
            empties.append(len(idle["empty"]) / took)
            busy, saved, more, took = apart(Volunteer, port, found, size, seconds)
            done.append((saved / took, (len(busy["claim"]) + len(busy["save"])) / took))
            for what in times:
                times[what] += busy[what]
            assert not failures + more, (failures + more)[:3]
            held.append(memory(port))
    tell(f"{engine}, {cases:,} residents, batches of {size}, {clients} volunteers", done, empties)
    for what, values in times.items():
        points = [1000 * value for value in (median(values), *_late(values))]
        print("  {}: median {:.0f} ms, p95 {:.0f}, p99 {:.0f}".format(what, *points))
    print(
        f"  memory of the server's processes, MiB, before and after each turn: {held}", flush=True
    )


def _late(values: list[float]) -> tuple[float, float]:
    cuts = quantiles(values, n=100)
    return cuts[94], cuts[98]


def tell(what: str, done: list[tuple[float, float]], empties: list[float]) -> None:
    residents, requests = (median(column) for column in zip(*done, strict=True))
    share = requests / median(empties)
    print(
        f"{what}: {residents:.0f} residents/s, {requests:.0f} requests/s, {share:.0%} of the "
        f"{median(empties):.0f}/s of an empty view"
    )


def main() -> None:
    """Measure each size of city and of batch."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--engine", choices=["sqlite", "postgresql"], default="sqlite")
    reader.add_argument("--cases", type=int, nargs="+", default=[10_000, 100_000])
    reader.add_argument("--size", type=int, nargs="+", default=[1, 20])
    reader.add_argument("--clients", type=int, default=CLIENTS)
    reader.add_argument("--seconds", type=float, default=SECONDS)
    asked = reader.parse_args()
    with databases(asked.engine) as places:
        for cases in asked.cases:
            for size in asked.size:
                measure(places, asked.engine, cases, size, asked.clients, asked.seconds)


if __name__ == "__main__":
    main()
