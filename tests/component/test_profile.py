"""Profile files: what a faulty one is told, the sources of a dataset, and how a lag is counted."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from assets.profile import Profile, check_length, read_profile
from assets.study_tables import fill_study_tables
from tests.support.helpers import CUT_OFF, day, empty_warehouse, make_study
from warehouse.toml_file import TomlFileError

OWN_PROFILES = Path(__file__).parents[2] / "pipelines" / "profiles"
HEAD = 'profile = "mine"\ndescription = "d"\n'
SOURCE = '[[source]]\nvendor = "v"\ndataset = "index_level"\n'


def write(folder: Path, text: str, name: str = "mine") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("path", sorted(OWN_PROFILES.glob("*.toml")), ids=lambda path: path.stem)
def test_the_own_profiles_are_good(path: Path) -> None:
    assert read_profile(OWN_PROFILES, path.stem).sources("index_level")


def test_only_the_sample_is_invented() -> None:
    for path in OWN_PROFILES.glob("*.toml"):
        assert read_profile(OWN_PROFILES, path.stem).is_sample == (path.stem == "sample")


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        (HEAD + "colour = 1\n" + SOURCE, "colour", "Extra inputs are not permitted (found 1)"),
        (HEAD + 'is_sample = "perhaps"\n' + SOURCE, "is_sample", "Input should be a valid boolean"),
        ('profile = "mine"\n' + SOURCE, "description", "Field required"),
        (HEAD, "source", "Field required"),
        (HEAD + "source = []\n", "source", "at least 1 item"),
        (HEAD + '[[source]]\ndataset = "index_level"\n', "source.0.vendor", "Field required"),
        (HEAD + '[[source]]\nvendor = "v"\ndataset = "weather"\n', "source.0.dataset", "(found 'weather')"),
        (HEAD + SOURCE + 'may_publish = "if asked"\n', "source.0.may_publish", "valid boolean"),
        (HEAD + SOURCE + '[lag]\nweather = "3 days"\n', "lag.weather", "(found 'weather')"),
        (
            HEAD + SOURCE + "[lag]\nindex_level = 3\n",
            "lag.index_level",
            "Input should be a valid string (found 3)",
        ),
        (HEAD + SOURCE + '[lag]\nindex_level = "soon"\n', "lag", "(found 'soon')"),
        (HEAD + SOURCE + "[limits.weather]\n", "limits.weather", "(found 'weather')"),
        (HEAD + SOURCE + "[limits.fund]\nrows = 2\n", "limits.fund.rows", "Extra inputs are not permitted (found 2)"),
        (HEAD + SOURCE + "[limits.fund]\ngrows_at_most = 0.5\n", "limits.fund.grows_at_most", "than or equal to 1"),
        (HEAD + SOURCE + "keeps_at_least = 1.1\n", "source.0.keeps_at_least", "less than or equal to 1 (found 1.1)"),
        (HEAD + SOURCE + 'grows_at_most = "much"\n', "source.0.grows_at_most", "valid number"),
        (HEAD + SOURCE + "[late]\ntries = 5\n", "late.tries", "less than or equal to 4 (found 5)"),
        (HEAD + SOURCE + "[late]\nwait_minutes = -1\n", "late.wait_minutes", "greater than or equal to 0"),
        (HEAD + SOURCE + 'awaits = "friday"\n', "source.0.awaits", "(found 'friday')"),
        (
            HEAD + SOURCE.replace("index_level", "fund_nav") + 'awaits = "session"\n',
            "source.0",
            "only index_level is dated by session: fund_nav can't be awaited",
        ),
    ],
)
def test_a_faulty_file_is_told_by_file_key_and_reason(tmp_path: Path, text: str, key: str, reason: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(TomlFileError) as refused:
        read_profile(tmp_path, "mine")
    [line] = [line for line in str(refused.value).splitlines() if reason in line]
    assert line.startswith(f"{path}: {key}")


def test_a_profile_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    write(tmp_path, HEAD + SOURCE)
    write(tmp_path, HEAD + SOURCE, name="another")
    with pytest.raises(TomlFileError, match="there are: another, mine"):
        read_profile(tmp_path, "public")


def test_the_name_must_be_the_files(tmp_path: Path) -> None:
    write(tmp_path, HEAD + SOURCE, name="another")
    with pytest.raises(TomlFileError, match="must be the file's name, 'another'"):
        read_profile(tmp_path, "another")


def test_sources_of_a_dataset_keep_their_order_and_options(tmp_path: Path) -> None:
    other = '[[source]]\nvendor = "w"\ndataset = "policy_rate"\n'
    last = '[[source]]\nvendor = "z"\ndataset = "index_level"\nformat = "f"\nlicence = "l"\nmay_publish = true\n'
    write(tmp_path, HEAD + SOURCE + 'series_id = "A"\nkeeps_at_least = 0\n' + other + last)
    profile = read_profile(tmp_path, "mine")
    first, second = profile.sources("index_level")
    assert (first.vendor, first.format, first.licence, first.may_publish) == ("v", None, "", False)
    assert dict(first.options) == {"series_id": "A"}, "a limit is no matter for the parser"
    assert first.limits == {"keeps_at_least": 0}
    assert (second.vendor, second.format, second.licence, second.may_publish) == ("z", "f", "l", True)
    assert profile.sources("fund") == []
    assert not profile.needs_drop


def test_a_source_s_own_limits_come_before_those_of_its_dataset(tmp_path: Path) -> None:
    limits = "[limits.index_level]\nkeeps_at_least = 0.5\ngrows_at_most = 3\n"
    write(tmp_path, HEAD + SOURCE + "grows_at_most = inf\n" + SOURCE + SOURCE.replace("index_level", "fund") + limits)
    profile = read_profile(tmp_path, "mine")
    own, plain = profile.sources("index_level")
    assert own.limits == {"keeps_at_least": 0.5, "grows_at_most": float("inf")}
    assert plain.limits == {"keeps_at_least": 0.5, "grows_at_most": 3}
    assert profile.sources("fund")[0].limits == {}


def test_what_is_late_is_asked_for_again_where_the_source_says_so(tmp_path: Path) -> None:
    write(tmp_path, HEAD + SOURCE + 'awaits = "session"\n' + SOURCE + "[late]\ntries = 1\n")
    profile = read_profile(tmp_path, "mine")
    assert [source.awaits_session for source in profile.sources("index_level")] == [True, False]
    assert (profile.late.tries, profile.late.wait_minutes) == (1, 5)


@pytest.mark.parametrize("path", sorted(OWN_PROFILES.glob("*.toml")), ids=lambda path: path.stem)
def test_only_vendors_that_are_asked_are_awaited(path: Path) -> None:
    sources = read_profile(OWN_PROFILES, path.stem).sources("index_level")
    assert [source.vendor for source in sources if source.awaits_session and not source.is_live] == []


def test_the_files_vendor_needs_a_folder() -> None:
    content = {"profile": "p", "description": "d", "source": [{"vendor": "files", "dataset": "fund"}]}
    assert Profile.model_validate(content).needs_drop


@pytest.mark.parametrize("length", ["1 day", "3 days", "6 months", "1 month", "2 years", "0 days"])
def test_lengths_that_are_understood(length: str) -> None:
    check_length(length)


@pytest.mark.parametrize(
    "length", ["", "3", "days", "3 weeks", "-1 days", "1.5 months", "three days", "3  days", "3days"]
)
def test_lengths_that_are_not(length: str) -> None:
    with pytest.raises(ValueError, match="number of days, months or years"):
        check_length(length)


@pytest.mark.parametrize(
    ("session", "lag", "oldest"),
    [
        ("2026-03-11", None, "2026-03-11"),
        ("2026-03-11", "0 days", "2026-03-11"),
        ("2026-03-11", "1 day", "2026-03-10"),
        ("2026-03-11", "10 days", "2026-03-01"),
        ("2026-03-11", "6 months", "2025-09-11"),
        ("2026-03-31", "1 month", "2026-02-28"),
        ("2024-02-29", "1 year", "2023-02-28"),
        ("2026-03-11", "30 years", "1996-03-11"),
    ],
)
def test_how_old_the_newest_level_may_be(session: str, lag: str | None, oldest: str) -> None:
    connection = empty_warehouse("core.index_level")
    fill_study_tables(connection, make_study(), [day(session)], CUT_OFF, lag)
    found: list[tuple[date, date, date]] = connection.execute("FROM run_session").fetchall()
    assert found == [(day(session), day(session), day(oldest))]
