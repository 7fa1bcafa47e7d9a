"""The heads of modules and of queries name modules that are there: a move must not leave them pointing elsewhere."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("assets", "checks", "pipelines", "warehouse", "tests", "bench")
FILES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*")) if path.suffix in (".py", ".sql")]
ENDINGS = {"/".join(path.parts[at:]) for path in FILES for at in range(len(path.parts))}
NAMED = re.compile(r"(?<![\w/.*<>{}-])[\w/]+\.(?:py|sql)\b")


def prose_of(path: Path) -> str:
    """A query's comments, or a module's docstrings."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".sql":
        return "\n".join(line for line in text.splitlines() if line.lstrip().startswith("--"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    return "\n".join(ast.get_docstring(n) or "" for n in ast.walk(ast.parse(text)) if isinstance(n, documented))


def test_what_a_head_names_is_there() -> None:
    named = {(str(path.relative_to(ROOT)), name) for path in FILES for name in NAMED.findall(prose_of(path))}
    assert sorted((path, name) for path, name in named if name not in ENDINGS) == []
