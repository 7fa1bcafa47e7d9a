"""The log of changes of method: one shape, and the version that the code has."""

from __future__ import annotations

import re
from pathlib import Path

from assets.publish.identity import METHOD_VERSION

LOG = (Path(__file__).parents[2] / "docs" / "method-changes.md").read_text(encoding="utf-8")


def test_every_entry_has_the_same_parts() -> None:
    _, *entries = re.split(r"^## ", LOG, flags=re.MULTILINE)
    assert entries
    for entry in entries:
        title = entry.splitlines()[0]
        parts = re.findall(r"^\* \*\*(\w+)\*\*: \S", entry, flags=re.MULTILINE)
        assert parts == ["Date", "Before", "Now", "Why", "Effect"], title
        assert re.search(r"^\* \*\*Date\*\*: 20\d\d-\d\d-\d\d$", entry, flags=re.MULTILINE), title


def test_its_newest_version_is_the_one_of_the_code() -> None:
    versions = re.findall(r"^\| (\d+) \| 20\d\d-\d\d-\d\d \|", LOG, flags=re.MULTILINE)
    assert versions[0] == METHOD_VERSION
    assert [int(version) for version in versions] == list(range(int(METHOD_VERSION), 0, -1))
