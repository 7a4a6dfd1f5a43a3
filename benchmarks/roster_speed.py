"""A roster into residents against the least that has to be done for it, on either engine.

Run ``python -m benchmarks.roster_speed [--engine postgresql] [--rows 1000000] [--format xlsx]``
from
the repository root. The floor reads the same file with the same reader, tells numbers by the
expression of ``phonenumbers``' metadata, and inserts households, residents and numbers in bulk:
nothing is cleaned, nobody compared. Meanwhile a second process saves calls, as volunteers do; the
longest time that anybody waits for the turn to write is the longest save. All people are made up.
"""

import argparse
import io
import multiprocessing
import random
import re
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from phonenumbers import PhoneMetadata
from sqlalchemy import func, select
from xlsxwriter import Workbook

from app import bulk
from app.calls.rules import CallInput
from app.calls.service.recording import record
from app.cases.service.claim import claim
from app.cli import collect_seldom
from app.db import Database
from app.people.models import User
from app.residents.models import Household, Number, Resident, ResidentNumber, RosterImport
from app.residents.reader import read_rows
from app.residents.rules.stages import Stage
from app.rosters.service import passes, staging
from benchmarks.queue_city import CAMPAIGN, CODES, NOW, databases, fill

HEADER = ("社区代码", "小区", "楼栋", "单元", "室", "姓名", "联系电话", "备注")
FAMILY, GIVEN = "王李张刘陈杨黄赵周吴", "一二三四五六七八九十明红军芳丽强磊洋艳勇"
PER_HOME = 3
CASES = 2_000
"""Residents of a campaign in which calls are saved meanwhile."""


def invented(rows: int) -> Iterator[tuple[str, ...]]:
    """Rows of people three to a room, each with a mobile of their own."""
    chance = random.Random(1)
    for number in range(rows):
        room = number // PER_HOME
        name = chance.choice(FAMILY) + chance.choice(GIVEN) + chance.choice(GIVEN)
        yield (
            CODES[room // 5000 % len(CODES)], "花苑", f"{room // 60 + 1}幢",
            f"{room // 20 % 3 + 1}单元", str(room % 20 // 2 * 100 + 101 + room % 2), name,
            f"137{number:08d}", "",
        )  # fmt: skip


def written(rows: int, form: str) -> bytes:
    """The roster as a file."""
    if form == "csv":
        lines = (",".join(row) for row in (HEADER, *invented(rows)))
        return "\n".join(lines).encode()
    content = io.BytesIO()
    with Workbook(content, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate((HEADER, *invented(rows))):
            sheet.write_row(at, 0, row)
    return content.getvalue()


def floor(database: Database, content: bytes, name: str) -> None:
    """The least that has to be done."""
    china: Any = PhoneMetadata.metadata_for_region("CN")
    is_mobile = re.compile(china.mobile.national_number_pattern).fullmatch
    rows = read_rows(content, name)
    next(rows)
    part: list[tuple[Any, ...]] = []
    for row in rows:
        code, estate, building, unit, room, name_, phone, *_ = (*row.values, None)
        if is_mobile(str(phone)):
            part.append((code, f"{estate}{building}{unit}{room}", name_, f"+86{phone}"))
        if len(part) == passes.importing.PART:
            _insert(database, part)
            part = []
    _insert(database, part)


def _insert(database: Database, part: list[tuple[Any, ...]]) -> None:
    with database.writing() as session:
        homes = dict.fromkeys((code, address) for code, address, *_ in part)
        keys = dict(zip(homes, bulk.next_ids(session, Household, len(homes)), strict=True))
        bulk.add(
            session, Household, ("id", "community_code", "unit", "room", "address", "address_key"),
            [(key, code, "", "", address, f"{key}") for (code, address), key in keys.items()],
        )  # fmt: skip
        people = bulk.next_ids(session, Resident, len(part))
        numbers = bulk.next_ids(session, Number, len(part))
        columns = (
            "id", "community_code", "community_written", "household_id", "name", "relation",
            "language", "remark", "unusable", "sheet", "row", "created_at",
        )  # fmt: skip
        bulk.add(
            session, Resident, columns,
            [
                (one, code, "", keys[code, address], name, "", "", "", [], "", 1, NOW)
                for one, (code, address, name, _) in zip(people, part, strict=True)
            ],
        )  # fmt: skip
        bulk.add(
            session,
            Number,
            ("id", "value"),
            [(n, p[3]) for n, p in zip(numbers, part, strict=True)],
        )
        bulk.add(
            session, ResidentNumber, ("resident_id", "number_id", "position"),
            [(one, number, 0) for one, number in zip(people, numbers, strict=True)],
        )  # fmt: skip


def imported(database: Database, content: bytes, name: str) -> None:
    """What the app does, from the upload to its end."""
    given = staging.Upload(io.BytesIO(content), name)
    found = staging.upload(database, None, NOW, given, Stage.TAKING)
    passes.go_on(database, found.id, lambda: NOW, "0513")
    with database.reading() as session:
        done = session.get_one(RosterImport, found.id)
        print("  ", done.status, {k: v for k, v in done.result.items() if isinstance(v, int)})


def save_calls(url: str, stop: Any, times: Any) -> None:
    """Save calls one after the other, as a volunteer who never thinks, until told to stop."""
    database = Database(url)
    with database.reading() as session:
        user = session.scalars(select(User).limit(1)).one()
    number, taken = 0, []
    while not stop.is_set():
        start = time.perf_counter()
        with database.writing() as session:
            batch = claim(session, user, NOW, CAMPAIGN, 1).batch
        taken.append(time.perf_counter() - start)
        if batch is None:
            break
        number += 1
        start = time.perf_counter()
        with database.writing() as session:
            case_id = _case_of(session, batch.id)
            call = CallInput("no_answer", NOW, NOW)
            record(session, user, NOW, case_id, call, f"k{number}")
        taken.append(time.perf_counter() - start)
        time.sleep(0.02)
    times.put(taken)
    database.close()


def _case_of(session: Any, batch_id: int) -> int:
    from app.cases.models import CallGroup, Case

    query = select(Case.id).join(CallGroup, CallGroup.id == Case.group_id)
    found: int = session.scalars(query.where(CallGroup.batch_id == batch_id).limit(1)).one()
    return found


def filled(url: str) -> str:
    """Make a town in a database; its keys were given, so PostgreSQL must be told of the last."""
    fill(url, CASES)
    database = Database(url)
    if database.engine.dialect.name == "postgresql":
        with database.writing() as session:
            for model in (Household, Resident, Number):
                last = session.scalar(select(func.max(model.id)))
                name = model.__tablename__
                session.execute(select(func.setval(f"{name}_id_seq", last)))
    database.close()
    return url


def timed(url: str, work: Callable[..., None], content: bytes, name: str) -> tuple[float, int]:
    """Seconds, and the largest memory of the process that did it, in megabytes."""
    results: Any = multiprocessing.Queue()
    process = multiprocessing.Process(target=_measure, args=(url, work, content, name, results))
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(f"{work.__name__} failed")
    found: tuple[float, int] = results.get()
    return found


def _measure(url: str, work: Callable[..., None], content: bytes, name: str, results: Any) -> None:
    collect_seldom()
    database = Database(url)
    start = time.perf_counter()
    work(database, content, name)
    taken = time.perf_counter() - start
    results.put((taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--format", choices=("csv", "xlsx"), default="csv")
    parser.add_argument("--calls", action="store_true", help="save calls meanwhile")
    given = parser.parse_args()
    with TemporaryDirectory() as folder, databases(given.engine) as made:
        name = f"roster.{given.format}"
        path = Path(folder) / name
        path.write_bytes(written(given.rows, given.format))
        content = path.read_bytes()
        print(f"{given.engine}, {given.rows} rows, {name}, {len(content) / 1e6:.0f} MB")
        bare = filled(made.new("bare"))
        least, _ = timed(bare, floor, content, name)
        whole = filled(made.new("whole"))
        stop, times = multiprocessing.Event(), multiprocessing.Queue()
        caller = multiprocessing.Process(target=save_calls, args=(whole, stop, times))
        if given.calls:
            caller.start()
        taken, memory = timed(whole, imported, content, name)
        print(f"floor {least:.1f} s ({given.rows / least:.0f} rows/s)")
        print(f"import {taken:.1f} s ({given.rows / taken:.0f} rows/s): {taken / least:.2f} times")
        print(f"memory of the importing process {memory} MB, the file itself twice included")
        if given.calls:
            stop.set()
            waits = times.get()
            caller.join()
            print(
                f"{len(waits)} claims and saves meanwhile: median {median(waits) * 1e3:.1f} ms, "
                f"longest {max(waits) * 1e3:.0f} ms"
            )


if __name__ == "__main__":
    main()
