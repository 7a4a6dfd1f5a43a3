"""Rosters through their passes, as pages and the command line put them there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from sqlalchemy import text

from app.db import Database
from app.people.models import User
from app.residents.models import RosterFinding, RosterImport
from app.residents.rules.stages import Stage
from app.rosters.service import passes, staging
from tests.cast import BRIDGE, NOW, Cast
from tests.residents.files import Cell, xlsx

HEADER = ("小区", "楼栋", "室", "姓名", "联系电话", "语言", "备注")


def row(name: str, phone: str = "", room: str = "101", remark: str = "") -> list[Cell]:
    return ["花苑", "3幢", room, name, phone, "", remark]


def sheet(*rows: Sequence[Cell]) -> bytes:
    return xlsx([HEADER, *rows])


class Stopped(BaseException):
    """What stops a process: no handler of errors sees it."""


@dataclass
class Rostering:
    """Somebody who takes rosters."""

    db: Database
    people: Cast
    now: datetime = NOW

    @property
    def user(self) -> User:
        return self.people.leader.user

    def upload(
        self, content: bytes, first: Stage = Stage.READING, community: str | None = BRIDGE
    ) -> int:
        given = staging.Upload(BytesIO(content), "名单.xlsx", community)
        return staging.upload(self.db, self.user, self.now, given, first).id

    def go_on(self, import_id: int, clock: Callable[[], datetime] | None = None) -> None:
        passes.go_on(self.db, import_id, clock or (lambda: self.now), "0513", size=2)

    def stop_after(self, import_id: int, looks: int) -> None:
        """Go on until the clock has been looked at so often; then it stops in the middle."""
        left = looks

        def clock() -> datetime:
            nonlocal left
            left -= 1
            if left < 0:
                raise Stopped
            return self.now

        try:
            self.go_on(import_id, clock)
        except Stopped:
            return
        raise AssertionError("it was through before it was stopped")

    def confirm(self, import_id: int, **terms: Any) -> None:
        with self.db.writing() as session:
            staging.confirm(session, self.user, self.now, import_id, **terms)

    def take(self, content: bytes, **terms: Any) -> RosterImport:
        """Read, confirm and take."""
        import_id = self.upload(content)
        self.go_on(import_id)
        self.confirm(import_id, **terms)
        self.go_on(import_id)
        return self.record(import_id)

    def record(self, import_id: int) -> RosterImport:
        with self.db.reading() as session:
            return session.get_one(RosterImport, import_id)

    def said(self, import_id: int, kind: str) -> list[tuple[int | None, str]]:
        """Row and code of what there is to say of this kind."""
        with self.db.reading() as session:
            rows = session.query(RosterFinding).filter_by(import_id=import_id, kind=kind)
            return [(one.row, one.code) for one in rows.order_by(RosterFinding.id)]

    def contents(self) -> dict[str, list[tuple[Any, ...]]]:
        """All that is on record of residents."""
        tables = ("residents", "resident_numbers", "resident_changes", "cases")
        order = {"resident_numbers": "resident_id, position"}
        with self.db.reading() as session:
            return {
                name: [tuple(r) for r in session.execute(
                    text(f"SELECT * FROM {name} ORDER BY {order.get(name, 'id')}")
                )]
                for name in tables
            }  # fmt: skip
