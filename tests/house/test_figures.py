"""How long things may be. Short pieces are what keeps the whole readable."""

import ast
from collections.abc import Collection
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.house.sources import files, here, lines, parsed

FUNCTION_MEDIAN, FUNCTION_MOST, FUNCTION_LONGEST = 8, 25, 60
TEMPLATE_MOST, TEMPLATE_LONGEST = 100, 200
FILE_LONGEST = 400


class Piece(NamedTuple):
    lines: int
    place: str


def functions() -> list[tuple[Path, Piece]]:
    return [
        (
            path,
            Piece(
                (node.end_lineno or 0) - node.lineno + 1, f"{here(path, node.lineno)} {node.name}"
            ),
        )
        for path, tree in parsed("app")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def longer(pieces: Collection[Piece], limit: int) -> list[Piece]:
    return sorted((piece for piece in pieces if piece.lines > limit), reverse=True)


def told(pieces: Collection[Piece]) -> str:
    return "too long:\n" + "\n".join(f"{piece.place}: {piece.lines} lines" for piece in pieces)


def test_half_of_all_functions_are_short() -> None:
    assert median(piece.lines for _, piece in functions()) <= FUNCTION_MEDIAN


def test_nine_functions_in_ten_fit_one_look() -> None:
    pieces = [piece for _, piece in functions()]
    over = longer(pieces, FUNCTION_MOST)

    assert len(over) * 10 <= len(pieces), told(over)


def test_no_function_is_long() -> None:
    over = longer([piece for _, piece in functions()], FUNCTION_LONGEST)

    assert not over, told(over)


def test_nine_views_in_ten_fit_one_look() -> None:
    views = [piece for path, piece in functions() if "views" in {path.stem, path.parent.name}]
    over = longer(views, FUNCTION_MOST)

    assert len(over) * 10 <= len(views), told(over)


def test_no_file_is_long() -> None:
    kept = [path for path in files(".py", ".js", ".css") if "migrations" not in path.parts]
    over = longer([Piece(lines(path), here(path)) for path in kept], FILE_LONGEST)

    assert kept
    assert not over, told(over)


def test_templates_are_short() -> None:
    pages = [Piece(lines(path), here(path)) for path in files(".html", under="templates")]
    many = longer(pages, TEMPLATE_MOST)
    over = longer(pages, TEMPLATE_LONGEST)

    assert pages
    assert len(many) * 10 <= len(pages), told(many)
    assert not over, told(over)
