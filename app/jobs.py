"""Work that outlives a request: a process of its own goes on with whatever is unfinished.

How far a job is stands in the job's own record, written in the transaction of each step: an engine
beside the database would keep a second book of that, which could differ after a crash. So there is
no queue: whatever is unfinished is found and gone on with, after a kill too.
"""

import logging
from collections.abc import Callable
from threading import Event
from time import monotonic

PAUSE = 1.0
"""Seconds between two looks for work."""

log = logging.getLogger("ringround.jobs")

Job = Callable[[], bool]
"""Does some of what is unfinished; returns whether there was anything."""


def seldom(act: Callable[[], None], seconds: float) -> Job:
    """Return a job that does this once, and again whenever so many seconds have gone by."""
    due = monotonic()

    def job() -> bool:
        nonlocal due
        if monotonic() >= due:
            due = monotonic() + seconds
            act()
        return False

    return job


def work(jobs: dict[str, Job], stop: Event) -> None:
    """Go on with these jobs until told to stop. One that fails is tried again later."""
    while not stop.is_set():
        found = [_done(name, job) for name, job in jobs.items()]
        stop.wait(0 if any(found) else PAUSE)


def _done(name: str, job: Job) -> bool:
    try:
        return job()
    except Exception:
        log.exception("job %s failed", name)
        return False
