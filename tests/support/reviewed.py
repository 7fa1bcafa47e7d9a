"""Files that a person reviews: what a test finds has to be what they say, and ``pytest --anew`` writes them anew.

Belongs here: reading, comparing, writing. Does not belong here: what is in them (the tests beside them).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

REVIEWED = Path(__file__).parents[1] / "reviewed"


def read_reviewed(name: str) -> Any:
    """What a reviewed file says."""
    return json.loads((REVIEWED / name).read_text(encoding="utf-8"))


def assert_reviewed(name: str, found: Any, request: pytest.FixtureRequest) -> None:
    """Compares with a reviewed file; with ``--anew`` the file is written first, to be reviewed."""
    if request.config.getoption("--anew"):
        (REVIEWED / name).write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert found == read_reviewed(name), f"tests/reviewed/{name} says otherwise; meant? pytest --anew, then review it"
