"""The files of the project, for the tests that read it."""

import ast
from collections.abc import Iterator
from pathlib import Path

from app.config import ROOT

MADE = {"build", "instance", "node_modules", "__pycache__"}


def files(*suffixes: str, under: str = ".") -> list[Path]:
    """Every file kept in the repository (of these suffixes), in a steady order."""
    found = (path for path in (ROOT / under).rglob("*") if path.is_file() and _is_kept(path))
    return sorted(path for path in found if not suffixes or path.suffix in suffixes)


def _is_kept(path: Path) -> bool:
    folders = path.relative_to(ROOT).parts[:-1]
    if any(_is_made(name) for name in folders) or path.suffix in {".mo", ".pyc"}:
        return False
    # In a second work tree of git, .git is a file.
    return path.name != ".git" and not path.name.startswith(".coverage")


def _is_made(folder: str) -> bool:
    hidden = folder.startswith(".") and folder != ".ci"
    return hidden or folder in MADE or folder.endswith(".egg-info")


def here(path: Path, line: int = 1) -> str:
    """The place as editors open it."""
    return f"{path.relative_to(ROOT)}:{line}"


def parsed(under: str) -> Iterator[tuple[Path, ast.Module]]:
    """Each Python file of a folder, migrations left out, with its syntax tree."""
    for path in files(".py", under=under):
        if "migrations" not in path.parts:
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())
