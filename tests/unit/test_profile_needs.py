"""What a profile can't do without: told in one message, before any work."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets.profile import read_profile
from pipelines.__main__ import main
from pipelines.resources import PIPELINES

FACTSET = "FACTSET_USERNAME and FACTSET_API_KEY, or FACTSET_OAUTH_CONFIG (factset)"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home that nothing has touched, in an environment without FactSet's variables."""
    factset = ("FACTSET_USERNAME", "FACTSET_API_KEY", "FACTSET_OAUTH_CONFIG")
    for name in (*factset, "ZUHYO_DROP", "ZUHYO_KNOWN_AT", "ZUHYO_SESSION"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    monkeypatch.setenv("ZUHYO_HOME", str(home))
    return home


def told(profile: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """What a run says that ends before it starts."""
    monkeypatch.setenv("ZUHYO_PROFILE", profile)
    assert main(["run", "--session", "2026-03-11"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    [line] = said.err.splitlines()
    return line


def test_all_that_the_profile_lacks_is_told_at_once(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    line = told("pro", monkeypatch, capsys)
    assert line.startswith("zuhyo: profile 'pro' reads a drop folder; name it: make run DROP=path/to/folder; it needs ")
    assert f"environment variables: {FACTSET}" in line
    assert not home.exists()


def test_only_what_is_lacking_is_told(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ZUHYO_DROP", str(tmp_path))
    monkeypatch.setenv("FACTSET_USERNAME", "DESK-123456")
    line = told("pro", monkeypatch, capsys)
    assert line.startswith(f"zuhyo: profile 'pro' needs environment variables: {FACTSET}")
    assert "DROP" not in line
    assert not home.exists()


def test_a_profile_of_files_needs_a_folder_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    line = told("files", monkeypatch, capsys)
    assert line == "zuhyo: profile 'files' reads a drop folder; name it: make run DROP=path/to/folder"


def test_licensed_data_is_not_for_publication() -> None:
    profile = read_profile(PIPELINES / "profiles", "pro")
    assert [entry.vendor for entry in profile.source if entry.may_publish] == []
    assert [entry.vendor for entry in profile.source if entry.vendor != "files" and not entry.licence] == []
    [source] = profile.sources("revenue_geography")
    assert (source.vendor, source.options["members_of"]) == ("factset", ["IJR", "IVV"])
