"""House rules that no linter knows."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from app.config import ROOT
from tests.house.sources import files, here, parsed

CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"),
          ("time", "time")}  # fmt: skip

# Written so that this file holds none of them itself.
REGISTRY = re.compile(rb"pypi[.]org|pythonhosted[.]org|registry[.]npmjs|registry[.]yarnpkg")
OF_ONE_MACHINE = re.compile(rb"(?<![\w.~-])/(?:wor[k]|roo[t]|hom[e]/\w+)/")


def found(pattern: re.Pattern[bytes], paths: list[Path]) -> list[str]:
    return [
        f"{here(path, number)}: {match[0].decode()}"
        for path in paths
        for number, line in enumerate(path.read_bytes().splitlines(), 1)
        if (match := pattern.search(line))
    ]


def test_only_db_and_turns_commit() -> None:
    paths = [path for path in files(".py", under="app") if path.name not in {"db.py", "turns.py"}]

    assert not found(re.compile(rb"[.](?:commit|rollback)[(]"), paths)


def test_rules_and_use_cases_are_told_the_time() -> None:
    guilty = [
        here(path, node.lineno)
        for path, tree in parsed("app")
        if {"rules", "service"} & {path.stem, path.parent.name}
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and (_name(node.value), node.attr) in CLOCKS
    ]

    assert not guilty


def _name(node: ast.expr) -> str:
    """The last word of ``datetime`` or ``datetime.datetime``."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def test_tests_meet_real_parts() -> None:
    guilty = [
        here(path, line)
        for path, tree in parsed("tests")
        for module, line in _imports(tree)
        if module.split(".")[-1] == "mock"
    ]

    assert not guilty


def _imports(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            yield node.module or "", node.lineno
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def test_no_file_knows_where_packages_come_from() -> None:
    assert not found(REGISTRY, files())


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    assert not found(OF_ONE_MACHINE, files())


def test_every_page_is_built_on_the_base() -> None:
    """Parts of pages apart: components, and what another template includes."""
    templates = ROOT / "templates"
    texts = {
        path.relative_to(templates).as_posix(): path.read_text(encoding="utf-8")
        for path in files(".html", under="templates")
    }
    included = tuple(re.findall(r'include "([^"]+)"', "".join(texts.values())))
    guilty = [
        name
        for name, text in texts.items()
        if not name.startswith((*included, "base.html", "components/"))
        if not re.search(r'^\{%-? extends "', text, re.MULTILINE)
    ]

    assert not guilty
