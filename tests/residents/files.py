"""Rosters made while a test runs: real ones with XlsxWriter, hostile ones byte by byte."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

CORPUS = Path(__file__).parent / "corpus"
EXAMPLE = Path(__file__).parent.parent / "data" / "roster-example.xlsx"


class Formula(NamedTuple):
    """A cell that computes, with the result that a spreadsheet program left in it."""

    text: str
    result: str = ""


Cell = str | int | float | bool | datetime | Formula | None


def xlsx(rows: Sequence[Sequence[Cell]], sheet: str = "Sheet1") -> bytes:
    return workbook({sheet: rows})


def workbook(sheets: Mapping[str, Sequence[Sequence[Cell]]]) -> bytes:
    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(content, options) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for column, cell in enumerate(row):
                    _write(sheet, number, column, cell, day)
    return content.getvalue()


def _write(sheet: Worksheet, row: int, column: int, cell: Cell, day) -> None:
    if isinstance(cell, Formula):
        sheet.write_formula(row, column, cell.text, value=cell.result)
    elif isinstance(cell, datetime):
        sheet.write_datetime(row, column, cell, day)
    elif cell is not None:
        sheet.write(row, column, cell)


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"

PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1"'
        f' Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="一号楼" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1"'
        f' Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
    ),
}


def bare_xlsx(rows_xml: str, parts: Mapping[str, str | bytes] | None = None) -> bytes:
    """The smallest xlsx with these rows; ``parts`` come in addition or instead."""
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{rows_xml}</sheetData></worksheet>'
    everything = {**PARTS, "xl/worksheets/sheet1.xml": sheet, **(parts or {})}
    return zipped(everything.items())


def zipped(parts) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts:
            archive.writestr(name, data)
    return content.getvalue()


OASIS = "urn:oasis:names:tc:opendocument:xmlns"
ODS = "application/vnd.oasis.opendocument.spreadsheet"


def bare_ods(
    rows_xml: str, parts: Mapping[str, str | bytes] | None = None, head: str = ""
) -> bytes:
    """The smallest ods with these rows; ``parts`` come in addition or instead."""
    content = (
        f'{head}<office:document-content xmlns:office="{OASIS}:office:1.0"'
        f' xmlns:table="{OASIS}:table:1.0" xmlns:text="{OASIS}:text:1.0"'
        f' xmlns:style="{OASIS}:style:1.0"><office:body><office:spreadsheet>'
        f'<table:table table:name="一号楼">{rows_xml}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    everything = {"mimetype": ODS, "content.xml": content, **(parts or {})}
    return zipped(everything.items())


def ods_row(*cells: str, repeated: int = 1) -> str:
    return (
        f'<table:table-row table:number-rows-repeated="{repeated}">{"".join(cells)}'
        "</table:table-row>"
    )


def ods_cell(text: str, repeated: int = 1) -> str:
    inside = f"<text:p>{text}</text:p>" if text else ""
    return (
        f'<table:table-cell office:value-type="string" table:number-columns-repeated="{repeated}">'
        f"{inside}</table:table-cell>"
    )


def number_cell(name: str, value: int = 1) -> str:
    return f'<c r="{name}"><v>{value}</v></c>'


def corner_pair(far: str, row: int) -> bytes:
    """A1 and one cell far away, in 1.4 kB."""
    return bare_xlsx(f'<row r="1">{number_cell("A1")}</row><row r="{row}">{number_cell(far)}</row>')


def with_directory_size(content: bytes, part: str, size: int) -> bytes:
    """The archive with another size of ``part`` in its central directory."""
    at = content.rindex(part.encode()) - 46
    assert content[at : at + 4] == b"PK\x01\x02"
    return content[: at + 24] + size.to_bytes(4, "little") + content[at + 28 :]


def many_empty_parts(count: int) -> bytes:
    return zipped([*PARTS.items(), *((f"xl/media/{n}", b"") for n in range(count))])


def old_container(stream: str) -> bytes:
    """What .xls files and password-protected .xlsx files begin with."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + stream.encode("utf-16-le")
