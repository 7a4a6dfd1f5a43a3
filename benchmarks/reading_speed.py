"""Rows a second from the bytes of a roster to drafts, and the memory that takes.

Run ``python -m benchmarks.reading_speed [ROWS] [csv|xlsx]`` from the repository root. All people
are made up here. Each measure runs in a process of its own, so that peaks are not mixed up.
"""

import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from xlsxwriter import Workbook

from app.residents.reader import read_roster, read_rows

HEADER = ["序号", "社区", "小区", "楼栋", "单元", "室", "姓名", "电话", "关系", "语言", "备注"]
FAMILY = "王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英"
REMARKS = ("", "", "", "晚上在家", "独居老人，请慢点说")


def invented(rows: int) -> Iterator[list[str]]:
    chance = random.Random(1)
    yield HEADER
    for n in range(rows):
        home = [f"{n // 60 % 40 + 1}幢", f"{n // 20 % 3 + 1}单元", f"{n % 20 // 4 + 1}0{n % 4 + 1}"]
        name = chance.choice(FAMILY) + chance.choice(GIVEN) + chance.choice(GIVEN)
        phone = f"{chance.choice((138, 139, 150, 186, 177))}{chance.randrange(10**8):08d}"
        about = ["户主", "南通话", chance.choice(REMARKS)]
        yield [str(n + 1), "中桥社区", "观音花苑", *home, name, phone, *about]


def written(folder: Path, rows: int, kind: str) -> Path:
    path = folder / f"roster.{kind}"
    if kind == "csv":
        path.write_text("\n".join(map(",".join, invented(rows))), encoding="utf-8")
        return path
    with Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("花名册")
        for number, row in enumerate(invented(rows)):
            for column, text in enumerate(row):
                if text:
                    sheet.write(number, column, int(text) if text.isdecimal() else text)
    return path


def measure(path: Path, what: str) -> str:
    own, begin, computed = peak(resource.RUSAGE_SELF), time.perf_counter(), time.process_time()
    with path.open("rb") as file:
        read = read_rows(file, "a") if what == "rows" else read_roster(file, "a", "0513")
        count = sum(1 for _ in read)
    seconds, computed = time.perf_counter() - begin, time.process_time() - computed
    more = peak(resource.RUSAGE_SELF) - own
    return (
        f"{what}: {count / seconds:,.0f} a second; the app {computed / count * 1e6:.1f} µs each and"
        f" {more:.0f} MB more, the child {peak(resource.RUSAGE_CHILDREN):.0f} MB at most"
    )


def peak(who: int) -> float:
    return resource.getrusage(who).ru_maxrss / 1000


def tell() -> None:
    print(measure(Path(sys.argv[1]), sys.argv[2]))


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    kinds = sys.argv[2:] or ["csv", "xlsx"]
    with tempfile.TemporaryDirectory() as folder:
        for kind in kinds:
            path = written(Path(folder), rows, kind)
            print(f"{kind}, {rows:,} rows, {path.stat().st_size / 1e6:.1f} MB", flush=True)
            for what in ("rows", "drafts"):
                command = "from benchmarks import reading_speed; reading_speed.tell()"
                subprocess.run([sys.executable, "-c", command, path, what], check=True)


if __name__ == "__main__":
    main()
