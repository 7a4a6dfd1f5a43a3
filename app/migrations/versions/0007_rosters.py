"""rosters of any size: files in pieces, what there is to say of rows, what was changed

Revision ID: 0007
Revises: 0006
"""

import json

import sqlalchemy as sa
from alembic import op

from app.db import UTCDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LOOSE = sa.text("household_id IS NULL")


def added() -> tuple[sa.Column, ...]:
    return (
        sa.Column("size", ID, nullable=False, server_default="0"),
        sa.Column("sheet", sa.String(length=80), nullable=True),
        sa.Column("known", sa.String(length=8), nullable=False, server_default="update"),
        sa.Column("doubtful", sa.String(length=8), nullable=False, server_default="new"),
        sa.Column("decided", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("is_complete", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("columns", sa.JSON(), nullable=False, server_default="{}"),
        sa.Column("position", ID, nullable=False, server_default="0"),
        sa.Column("rows", ID, nullable=True),
        sa.Column("runs", ID, nullable=False, server_default="0"),
        sa.Column("started_at", UTCDateTime(), nullable=True),
    )


def upgrade() -> None:
    for column in added():
        op.add_column("roster_imports", column)
    _create_tables()
    op.create_index(
        "ix_residents_loose", "residents", ["community_code", "name"],
        sqlite_where=LOOSE, postgresql_where=LOOSE,
    )  # fmt: skip
    op.execute(
        "INSERT INTO roster_pieces (import_id, position, content) "
        "SELECT id, 0, content FROM roster_imports WHERE content IS NOT NULL"
    )
    op.drop_column("roster_imports", "content")
    for record_id, result in _results():
        _list_apart(record_id, result)


def _create_tables() -> None:
    op.create_table(
        "roster_pieces",
        sa.Column("import_id", ID, nullable=False),
        sa.Column("position", ID, nullable=False, autoincrement=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        _to_import("roster_pieces"),
        sa.PrimaryKeyConstraint("import_id", "position", name=op.f("pk_roster_pieces")),
    )
    op.create_table(
        "roster_findings",
        sa.Column("id", ID, nullable=False),
        sa.Column("import_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("sheet", sa.String(length=80), nullable=True),
        sa.Column("row", ID, nullable=True),
        sa.Column("column", sa.String(length=4), nullable=True),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("written", sa.Text(), nullable=False),
        sa.Column("resident_id", ID, nullable=True),
        _to_import("roster_findings"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_findings")),
    )
    op.create_index("ix_roster_findings_kind", "roster_findings", ["import_id", "kind", "id"])
    op.create_table(
        "roster_seen",
        sa.Column("import_id", ID, nullable=False),
        sa.Column("resident_id", ID, nullable=False),
        _to_import("roster_seen"),
        _to_resident("roster_seen"),
        sa.PrimaryKeyConstraint("import_id", "resident_id", name=op.f("pk_roster_seen")),
    )
    op.create_index("ix_roster_seen_resident_id", "roster_seen", ["resident_id"])
    op.create_table(
        "roster_shapes",
        sa.Column("shape", sa.String(length=64), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("chosen_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_roster_shapes_user_id")),
        sa.PrimaryKeyConstraint("shape", name=op.f("pk_roster_shapes")),
    )
    op.create_table(
        "resident_changes",
        sa.Column("id", ID, nullable=False),
        sa.Column("resident_id", ID, nullable=False),
        sa.Column("import_id", ID, nullable=False),
        sa.Column("sheet", sa.String(length=80), nullable=False),
        sa.Column("row", ID, nullable=True),
        sa.Column("field", sa.String(length=12), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        _to_import("resident_changes"),
        _to_resident("resident_changes"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resident_changes")),
    )
    for column in ("resident_id", "import_id"):
        op.create_index(f"ix_resident_changes_{column}", "resident_changes", [column])


def _to_import(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_import_id")
    return sa.ForeignKeyConstraint(["import_id"], ["roster_imports.id"], name=name)


def _to_resident(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_resident_id")
    return sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=name)


def _results() -> list[tuple[int, dict]]:
    rows = op.get_bind().execute(sa.text("SELECT id, result FROM roster_imports")).all()
    return [(i, json.loads(found) if isinstance(found, str) else found) for i, found in rows]


def _list_apart(record_id: int, result: dict) -> None:
    """What there is to say of rows stood in the record itself."""
    findings = sa.table(
        "roster_findings", sa.column("import_id"), sa.column("kind"), sa.column("sheet"),
        sa.column("row"), sa.column("column"), sa.column("code"), sa.column("values", sa.JSON()),
        sa.column("written"),
    )  # fmt: skip
    for kind, name in (("rejected", "rejected"), ("duplicate", "duplicates")):
        for item in result.get(name, []):
            op.execute(
                findings.insert().values(
                    import_id=record_id, kind=kind, sheet=item["sheet"], row=item["row"],
                    column=item["column"], code=item.get("code", "row_duplicate"),
                    values=item.get("values", {}), written="",
                )
            )  # fmt: skip
    unchanged = len(result.pop("duplicates", []))
    result["rejected"] = len(result.get("rejected", []))
    counts = {"updated": 0, "doubtful": 0, "unchanged": unchanged, **result}
    _write(record_id, counts)


def _list_again(record_id: int, result: dict) -> None:
    query = sa.text(
        'SELECT kind, sheet, "row", "column", code, "values" FROM roster_findings '
        "WHERE import_id = :id ORDER BY id"
    )
    lists: dict[str, list] = {"rejected": [], "duplicates": []}
    for kind, sheet, row, column, code, values in op.get_bind().execute(query, {"id": record_id}):
        place = {"sheet": sheet, "row": row, "column": column}
        if kind == "rejected":
            said = json.loads(values) if isinstance(values, str) else values
            lists["rejected"].append({**place, "code": code, "values": said})
        elif kind in {"duplicate", "updated"}:
            lists["duplicates"].append(place)
    _write(record_id, {**result, **lists})


def _write(record_id: int, result: dict) -> None:
    imports = sa.table("roster_imports", sa.column("id"), sa.column("result", sa.JSON()))
    op.execute(imports.update().where(imports.c.id == record_id).values(result=result))


def downgrade() -> None:
    """Who an import changed stays so; what a file in pieces held is gone."""
    for record_id, result in _results():
        _list_again(record_id, result)
    for table in (
        "resident_changes", "roster_shapes", "roster_seen", "roster_findings", "roster_pieces"
    ):  # fmt: skip
        op.drop_table(table)
    op.drop_index("ix_residents_loose", "residents")
    op.add_column("roster_imports", sa.Column("content", sa.LargeBinary(), nullable=True))
    for column in added():
        op.drop_column("roster_imports", column.name)
