"""The tiers of the tests, and fixtures that all of them share.

A test has its tier from its folder, as its marker; what a tier may use is in pyproject.toml beside the marker's name.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
TIERS = ("unit", "component", "pipeline", "replay", "readers", "browser", "crash")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--anew", action="store_true", help="write the reviewed files of the tests anew (tests/reviewed)")


def tier_of(path: Path) -> str:
    """The tier of a test file: its folder below tests. Raises pytest.UsageError for a file outside every tier."""
    folder = path.relative_to(TESTS).parts[0] if path.is_relative_to(TESTS) else ""
    if folder not in TIERS:
        raise pytest.UsageError(f"{path}: a test outside every tier; move it to tests/ + one of: {', '.join(TIERS)}")
    return folder


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    for item in items:
        item.add_marker(tier_of(item.path))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real vendor files beside the checkout; ZUHYO_SHARED_DATA names another one."""
    stated = os.environ.get("ZUHYO_SHARED_DATA")
    folder = Path(stated) if stated else TESTS.parents[1] / "shared" / "data"
    if not (folder / "drop.toml").is_file():
        pytest.skip(f"no real vendor files in {folder} (ZUHYO_SHARED_DATA names another folder)")
    return folder.resolve()
