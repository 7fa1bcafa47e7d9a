"""The sample vendor keeps what it made for a session, and makes it again where code, session or folder are others."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from assets.ingest.fetching import FetchContext
from assets.ingest.vendors import sample
from assets.profile import Source

RATES = Source("sample", "policy_rate", "fred_csv", {"series_id": "DFEDTARU"})
SESSION = date(2026, 3, 11)


def test_what_was_made_is_kept_for_its_session_and_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    makes: list[date] = []
    [(name, file)] = sample._chosen(RATES).items()

    def make(session: date) -> bytes:
        makes.append(session)
        return file.make(session)

    monkeypatch.setattr(sample, "_chosen", lambda source: {name: replace(file, make=make)})
    uncached = FetchContext(SESSION)
    cached = replace(uncached, cache=tmp_path)

    def contents(context: FetchContext) -> list[bytes]:
        return [payload.content for payload in sample.fetch(RATES, context)]

    assert contents(cached) == contents(cached) == contents(uncached)
    assert len(makes) == 2, "once for the cache, once without one"
    assert contents(replace(cached, session=date(2026, 3, 12))) != contents(cached)
    assert len(makes) == 4, "a new session replaces what was kept"
    monkeypatch.setattr(sample, "_code_digest", lambda: "changed")
    contents(cached)
    shutil.rmtree(tmp_path)
    contents(cached)
    assert len(makes) == 6


def test_the_digest_is_of_every_file_that_the_data_is_made_from(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    read_bytes = Path.read_bytes

    def noted(path: Path) -> bytes:
        read.append(path.name)
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", noted)
    sample._code_digest.__wrapped__()
    made_from = {path.name for path in Path(sample.__file__).parents[1].joinpath("sample").glob("*.*")}
    assert {"returns.toml", "funds.py"} <= made_from <= set(read)
