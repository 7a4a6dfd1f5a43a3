"""Files that no roster should be, with the problem and the place that each is refused with."""

from collections.abc import Callable

from app.problems import Place
from tests.residents.files import (
    CORPUS,
    ODS,
    PARTS,
    bare_ods,
    bare_xlsx,
    corner_pair,
    many_empty_parts,
    number_cell,
    ods_cell,
    ods_row,
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


def xls(name: str = "merged-buildings") -> bytes:
    """An honest .xls, for being damaged."""
    return (CORPUS / f"{name}.xls").read_bytes()


def changed(content: bytes, at: int, new: bytes) -> bytes:
    return content[:at] + new + content[at + len(new) :]


def directory_entry(content: bytes, name: str) -> int:
    """Where the container's entry of a stream begins: 64 bytes of name, at 116 its first sector."""
    return content.index(name.encode("utf-16-le"))


def with_password(content: bytes) -> bytes:
    """An .xls whose second record says that the rest is encrypted."""
    begin = content.index(b"\x09\x08\x10\x00")
    return changed(content, begin + 20, b"\x2f\x00")


HEADER = 512
HUGE = (0xFFFFFFF0).to_bytes(4, "little")
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
    "3,000 parts": (lambda: many_empty_parts(3_000), "roster_unpacks_too_large", Place()),
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
    "an ods of blanks": (
        lambda: bare_ods("", {"content.xml": b" " * 200 * MEGABYTE}),
        "roster_unpacks_too_large",
        Place(),
    ),
    "entities in an ods": (
        lambda: bare_ods(
            ods_row(ods_cell("&a;")), head='<!DOCTYPE a [<!ENTITY a "x"><!ENTITY b "&a;&a;">]>'
        ),
        "roster_doctype",
        Place(),
    ),
    "entities in an odd encoding": (
        lambda: bare_ods(
            "", {"content.xml": '<!DOCTYPE a [<!ENTITY a "x">]><a>&a;</a>'.encode("utf-16")}
        ),
        "roster_damaged",
        Place(),
    ),
    "a row repeated to the end of an ods": (
        lambda: bare_ods(ods_row(ods_cell("x"), repeated=1048576)),
        "roster_too_sparse",
        Place(sheet="一号楼", row=1048576, column="A"),
    ),
    "a row below the grid of an ods": (
        lambda: bare_ods(ods_row(ods_cell(""), repeated=10**30) + ods_row(ods_cell("x"))),
        "roster_too_many_rows",
        Place(sheet="一号楼", row=10**30 + 1, column="A"),
    ),
    "a cell repeated to the right of an ods": (
        lambda: bare_ods(ods_row(ods_cell("x", repeated=16384))),
        "roster_too_many_columns",
        Place(sheet="一号楼", row=1, column="XFD"),
    ),
    "A1 and XFD1048576 in an ods": (
        lambda: bare_ods(
            ods_row(ods_cell("x"))
            + ods_row(ods_cell(""), repeated=1048574)
            + ods_row(ods_cell("", repeated=16383), ods_cell("x"))
        ),
        "roster_too_many_columns",
        Place(sheet="一号楼", row=1048576, column="XFD"),
    ),
    "a long cell in an ods": (
        lambda: bare_ods(ods_row(ods_cell("长" * 100_000))),
        "roster_cell_too_long",
        Place(sheet="一号楼", row=1, column="A"),
    ),
    "nested rows of an ods": (
        lambda: bare_ods("<table:table-row>" * 100_000),
        "roster_damaged",
        Place(),
    ),
    "an ods that counts in words": (
        lambda: bare_ods('<table:table-row table:number-rows-repeated="many"/>'),
        "roster_damaged",
        Place(),
    ),
    "an ods with a password": (
        lambda: bare_ods("", {"META-INF/manifest.xml": "<m><manifest:encryption-data/></m>"}),
        "roster_encrypted",
        Place(),
    ),
    "a letter of an office program": (
        lambda: bare_ods("", {"mimetype": ODS.replace("spreadsheet", "text")}),
        "roster_not_spreadsheet",
        Place(),
    ),
    "an xls with a password": (lambda: with_password(xls()), "roster_encrypted", Place()),
    "half an xls": (lambda: xls()[:3000], "roster_damaged", Place()),
    "an xls whose first sector is far away": (
        lambda: changed(xls(), directory_entry(xls(), "Workbook") + 116, HUGE[:3] + b"\x0f"),
        "roster_damaged",
        Place(),
    ),
    "an xls that runs in a circle": (
        lambda: changed(xls(), HEADER, b"".join(n.to_bytes(4, "little") for n in range(128))),
        "roster_damaged",
        Place(),
    ),
    "an xls with sectors of 4 GB": (
        lambda: changed(xls(), 30, b"\x20\x00"),
        "roster_damaged",
        Place(),
    ),
    "A1 and IV65536 in an xls": (
        lambda: xls("far-corner"),
        "roster_too_sparse",
        Place(sheet="Sheet1", row=65536, column="IV"),
    ),
    "a document of an old word processor": (
        lambda: xls().replace("Workbook".encode("utf-16-le"), "WordDocu".encode("utf-16-le")),
        "roster_not_spreadsheet",
        Place(),
    ),
    "a csv of one line of 100 MB": (
        lambda: "姓名,电话\n王,".encode() + b"1" * 100 * MEGABYTE,
        "roster_cell_too_long",
        Place(row=2),
    ),
    "a quote that is never closed": (
        lambda: '姓名,电话\n王,1\n李,"'.encode() + b"1381234567\n" * 100_000,
        "roster_cell_too_long",
        Place(row=3),
    ),
}
