"""Reads one untrusted spreadsheet in a process of its own: cells in, JSON lines out.

``app.residents.reader`` starts ``process.main`` in an isolated interpreter, with the file as
standard input and the limits as the only argument. There this folder is a package of its own, so
its modules import one another and nothing of the app. Each line printed is a JSON list:

- ``["sheet", name, is hidden, hidden columns]`` before the rows of a sheet,
- ``["rows", [[row, values], [row, values, formula columns, merged columns, is hidden], …]]``, the
  short form for the many rows where there is nothing to say beyond their values,
- at the end ``["end"]`` or ``["problem", code, {sheet, row, column}]``.

Rows count from 1 as people see them, columns from 0. Output that ends otherwise means that the
process died, which is what it is there for.
"""

from .limits import MEGABYTE, Limits

__all__ = ["MEGABYTE", "Limits"]
