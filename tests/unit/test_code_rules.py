"""Rules of the code that ruff does not have: lengths, and names that stay in their module."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("assets", "pipelines", "checks", "warehouse")
LONGEST_MODULE, LONGEST_FUNCTION = 500, 60  # lines


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the packages, parsed, by its path below the root."""
    paths = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def is_own(module: str | None) -> bool:
    return (module or "").partition(".")[0] in PACKAGES


def private_names(tree: ast.Module) -> Iterator[str]:
    """The private names of other modules of the packages that a module imports, or reads from one that it imports."""
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and is_own(node.module):
            yield from (alias.name for alias in node.names if is_private(alias.name))
            yield from filter(is_private, str(node.module).split("."))
            imported |= {alias.asname or alias.name for alias in node.names if alias.name.islower()}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in imported:
            yield from filter(is_private, [node.attr])


def test_the_packages_are_read() -> None:
    assert len(modules()) > 100


def test_no_module_is_too_long() -> None:
    lengths = {path: len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert {path: length for path, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_no_function_is_too_long() -> None:
    lengths = {
        (path, node.name): (node.end_lineno or 0) - node.lineno + 1
        for path, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


def test_private_names_stay_in_their_module() -> None:
    found = {path: sorted(set(private_names(tree))) for path, tree in modules().items()}
    assert {path: names for path, names in found.items() if names} == {}
    code = "from assets.home import _x\nfrom assets import home\nhome._y"
    assert list(private_names(ast.parse(code))) == ["_x", "_y"]
