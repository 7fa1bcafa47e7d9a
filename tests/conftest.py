"""Fixtures that every kind of test shares."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real vendor files beside the checkout; ZUHYO_SHARED_DATA names another one."""
    stated = os.environ.get("ZUHYO_SHARED_DATA")
    folder = Path(stated) if stated else Path(__file__).parents[2] / "shared" / "data"
    if not (folder / "drop.toml").is_file():
        pytest.skip(f"no real vendor files in {folder} (ZUHYO_SHARED_DATA names another folder)")
    return folder.resolve()
