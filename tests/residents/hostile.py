"""Files that no roster should be, with the problem and the place that each is refused with."""

from collections.abc import Callable

from app.problems import Place
from tests.residents.files import (
    PARTS,
    bare_xlsx,
    corner_pair,
    many_empty_parts,
    number_cell,
    old_container,
    with_directory_size,
    xlsx,
    zipped,
)

MEGABYTE = 1_000_000


def bomb(filler: bytes) -> bytes:
    return bare_xlsx("", {"xl/worksheets/sheet1.xml": filler * 200 * MEGABYTE})


def shared_string_bomb() -> bytes:
    """One text of 2,000 characters that 100,000 cells refer to: 200 MB from 1 MB."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    strings = f'<sst xmlns="{main}"><si><t>{"X" * 2000}</t></si></sst>'
    cells = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 100_001))
    relations = PARTS["xl/_rels/workbook.xml.rels"].replace(
        "</Relationships>",
        '<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        'relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
    )
    parts = {"xl/sharedStrings.xml": strings, "xl/_rels/workbook.xml.rels": relations}
    return bare_xlsx(cells, parts)


def entity_bomb() -> bytes:
    entities = '<!ENTITY a0 "x">' + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)
    )
    book = f"<!DOCTYPE workbook [{entities}]>" + PARTS["xl/workbook.xml"]
    return bare_xlsx("", {"xl/workbook.xml": book.replace("一号楼", "&a9;")})


ROW_1 = f'<row r="1">{number_cell("A1")}</row>'

HOSTILE: dict[str, tuple[Callable[[], bytes], str, Place]] = {
    "nothing": (lambda: b"", "roster_empty", Place()),
    "a picture": (lambda: b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "roster_not_spreadsheet", Place()),
    "a renamed PDF": (lambda: b"%PDF-1.7\n1 0 obj", "roster_not_spreadsheet", Place()),
    "a letter": ("亲爱的居民：\n您好！".encode, "roster_not_spreadsheet", Place()),
    "a web page": (lambda: b"<html><table>", "roster_not_spreadsheet", Place()),
    "an archive of something": (
        lambda: zipped([("a.txt", b"hello")]),
        "roster_not_spreadsheet",
        Place(),
    ),
    "csv with NULs": (lambda: b"name,phone\n\0,1\n", "roster_not_spreadsheet", Place()),
    "no rows": (lambda: xlsx([]), "roster_no_rows", Place()),
    "blank text": (lambda: b"\n\n  \n", "roster_no_rows", Place()),
    "200 MB and one byte": (lambda: b"a" * (200 * MEGABYTE + 1), "roster_too_large", Place()),
    "hardly an xls": (lambda: old_container("Workbook"), "roster_damaged", Place()),
    "a password": (lambda: old_container("EncryptedPackage"), "roster_encrypted", Place()),
    "200 MB of zeros": (lambda: bomb(b"\0"), "roster_unpacks_too_large", Place()),
    "a directory that lies": (
        lambda: with_directory_size(bare_xlsx(ROW_1 * 9), "xl/worksheets/sheet1.xml", 10),
        "roster_damaged",
        Place(),
    ),
    "blanks behind a directory that lies": (
        lambda: with_directory_size(bomb(b" "), "xl/worksheets/sheet1.xml", 1),
        "roster_unpacks_too_large",
        Place(),
    ),
    "100,000 parts": (lambda: many_empty_parts(100_000), "roster_unpacks_too_large", Place()),
    "two parts of one name": (
        lambda: bare_xlsx(ROW_1, {"XL/worksheets/SHEET1.xml": "<x/>"}),
        "roster_damaged",
        Place(),
    ),
    "a sheet with a sentence for a name": (
        lambda: bare_xlsx(
            ROW_1, {"xl/workbook.xml": PARTS["xl/workbook.xml"].replace("一号楼", "楼" * 81)}
        ),
        "roster_damaged",
        Place(),
    ),
    "half a file": (lambda: xlsx([["姓名", "联系电话"]] * 500)[:3000], "roster_damaged", Place()),
    "damaged cells": (
        lambda: bare_xlsx(ROW_1).replace(
            b"xl/worksheets/sheet1.xml", b"xl/worksheets/sheet2.xml", 1
        ),
        "roster_damaged",
        Place(),
    ),
    "entities": (entity_bomb, "roster_doctype", Place()),
    "an external entity": (
        lambda: bare_xlsx(
            ROW_1, {"docProps/app.xml": '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'}
        ),
        "roster_doctype",
        Place(),
    ),
    "two-byte XML": (
        lambda: bare_xlsx("", {"xl/worksheets/sheet1.xml": "<worksheet/>".encode("utf-16")}),
        "roster_damaged",
        Place(),
    ),
    "A1 and XFD1048576": (
        lambda: corner_pair("XFD1048576", 1048576),
        "roster_too_many_columns",
        Place(sheet="一号楼", row=1048576, column="XFD"),
    ),
    "A1 and Z1048576": (
        lambda: corner_pair("Z1048576", 1048576),
        "roster_too_sparse",
        Place(sheet="一号楼", row=1048576, column="Z"),
    ),
    "A1 and IV100000": (
        lambda: corner_pair("IV100000", 100000),
        "roster_too_sparse",
        Place(sheet="一号楼", row=100000, column="IV"),
    ),
    "a cell beyond the grid": (
        lambda: corner_pair("XFE1", 1),
        "roster_too_many_columns",
        Place(sheet="一号楼", row=1, column="XFE"),
    ),
    "cells that do not say where they are": (
        lambda: bare_xlsx("<row><c><f>1</f><v>1</v></c></row>"),
        "roster_damaged",
        Place(),
    ),
    "16,384 columns": (
        lambda: xlsx([["x"] * 16_384]),
        "roster_too_many_columns",
        Place(sheet="Sheet1", row=1, column="XFD"),
    ),
    "a cell below the grid": (
        lambda: corner_pair("A1100001", 1_100_001),
        "roster_too_many_rows",
        Place(sheet="一号楼", row=1_100_001, column="A"),
    ),
    "1,000,000 columns in a csv": (
        lambda: b"name,phone\n" + b"," * 999_999 + b"x\n",
        "roster_too_many_columns",
        Place(row=2, column="BDWGN"),
    ),
    "a cell of 100,000 characters": (
        lambda: bare_xlsx(
            f'<row r="7"><c r="C7" t="inlineStr"><is><t>{"长" * 100_000}</t></is></c></row>'
        ),
        "roster_cell_too_long",
        Place(sheet="一号楼", row=7, column="C"),
    ),
    "an unclosed quote": (
        ('姓名,电话\n王,1\n李,"' + "1\n" * 5000).encode,
        "roster_cell_too_long",
        Place(row=3, column="B"),
    ),
    "one text in 100,000 cells": (shared_string_bomb, "roster_unpacks_too_large", Place()),
    "a million nested elements": (
        lambda: bare_xlsx("<row>" * 1_000_000),
        "roster_no_rows",
        Place(),
    ),
}
