"""The drop folder: what drop.toml may say, which files answer a dataset, and what is refused."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path

import pytest

from assets.drop import Drop, DropError, Entry, read_drop, served_datasets, unclaimed_files
from assets.ingest.fetching import FetchContext
from assets.ingest.payload import FetchError, Payload
from assets.ingest.vendors import parse_payload
from assets.ingest.vendors.files import fetch
from assets.profile import Source

SHARED = Path(os.environ.get("ZUHYO_SHARED_DATA") or Path(__file__).parents[3] / "shared" / "data")

DROP = """
ignore = ["README.md", "**/*.meta.json", "levels/old_*.csv"]

[lag]
holding = "6 months"
fund = "3 days"

[[file]]
path = "levels/*.csv"
dataset = "index_level"
format = "fred_csv"
series_from = "filename"
return_basis = "gross"
currency = "USD"
licence = "checking only"

[[file]]
path = "holdings/list_??.csv"
dataset = "holding"
format = "csv"
vendor = "ishares"
series_id = "IVV"
as_of = 2026-03-11
may_publish = true
columns = { ticker = "Ticker", weight = "Weight" }
scale = { weight = 0.01 }
read_after = 2026-01-02T03:04:05

[[file]]
path = "funds/*.csv"
dataset = "fund"
format = "csv"
columns = { fund_id = "isin" }
"""

ENTRY = '[[file]]\npath = "a.csv"\ndataset = "fund"\nformat = "csv"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "drop"
    write(home / "drop.toml", DROP)
    write(home / "README.md", "words")
    write(home / "levels" / "RU2000TR.csv", "DATE,VALUE\n2026-03-11,7207.07\n")
    write(home / "levels" / "RU1000TR.csv", "DATE,VALUE\n2026-03-11,8187.80\n")
    write(home / "levels" / "old_RU1000TR.csv", "DATE,VALUE\n")
    write(home / "levels" / "deep" / "IWM.meta.json", "{}")
    write(home / "holdings" / "list_01.csv", "Ticker,Weight\nA,12.5\n")
    write(home / "holdings" / "list_100.csv", "Ticker,Weight\n")
    return home


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def fetched(folder: Path | None, dataset: str, format: str | None = None) -> list[Payload]:
    context = FetchContext(session=date(2026, 3, 11), drop=folder)
    return list(fetch(Source("files", dataset, format), context))


def test_each_file_of_a_dataset_is_one_payload(folder: Path) -> None:
    large, small = fetched(folder, "index_level")
    assert (large.url, small.url) == ("file:levels/RU1000TR.csv", "file:levels/RU2000TR.csv")
    assert small.content.read_bytes() == b"DATE,VALUE\n2026-03-11,7207.07\n"
    assert (small.vendor, small.dataset, small.format) == ("files", "index_level", "fred_csv")
    assert (small.media_type, small.licence, small.may_publish) == ("text/csv", "checking only", False)
    assert small.subjects == ("RU2000TR",)
    assert small.options == {
        "series_id": "RU2000TR",
        "return_basis": "gross",
        "currency": "USD",
        "dataset": "index_level",
        "file_name": "RU2000TR.csv",
    }
    assert parse_payload(small)["level"].tolist() == [7207.07]


def test_keys_of_an_entry_reach_the_parser_as_json(folder: Path) -> None:
    [payload] = fetched(folder, "holding")
    assert (payload.vendor, payload.may_publish, payload.subjects) == ("ishares", True, ("IVV",))
    assert json.loads(json.dumps(dict(payload.options))) == {
        "series_id": "IVV",
        "as_of": "2026-03-11",
        "columns": {"ticker": "Ticker", "weight": "Weight"},
        "scale": {"weight": 0.01},
        "read_after": "2026-01-02T03:04:05",
        "dataset": "holding",
        "file_name": "list_01.csv",
    }
    frame = parse_payload(payload)
    assert frame["weight"].tolist() == [0.125]
    assert frame["series_id"].tolist() == ["IVV"]


def test_limits_on_size_reach_the_guards_with_the_options() -> None:
    entry = Entry(path="a.csv", dataset="fund", format="csv", keeps_at_least=0, grows_at_most=2)
    assert entry.options_for(Path("a.csv")) == {
        "dataset": "fund",
        "file_name": "a.csv",
        "keeps_at_least": 0,
        "grows_at_most": 2,
    }


def test_a_source_may_ask_for_one_format(folder: Path) -> None:
    assert len(fetched(folder, "index_level", "fred_csv")) == 2
    assert fetched(folder, "index_level", "yahoo_csv") == []


def test_an_entry_without_files_serves_nothing(folder: Path) -> None:
    assert served_datasets(folder, read_drop(folder)) == {"index_level", "holding"}
    assert fetched(folder, "fund") == []
    write(folder / "funds" / "list.csv", "isin\n")
    assert served_datasets(folder, read_drop(folder)) == {"index_level", "holding", "fund"}


def test_ignore_wins_over_an_entry(folder: Path) -> None:
    drop = read_drop(folder)
    everything = drop.model_copy(update={"ignore": ("levels/*",)})
    assert served_datasets(folder, everything) == {"holding"}


def test_files_that_nothing_names_are_reported(folder: Path) -> None:
    write(folder / "notes" / "todo.txt", "x")
    assert unclaimed_files(folder, read_drop(folder)) == ["holdings/list_100.csv", "notes/todo.txt"]


def test_lag_is_read_and_optional(folder: Path) -> None:
    assert read_drop(folder).lag == {"holding": "6 months", "fund": "3 days"}
    assert Drop().lag == {}


def test_drop_toml_is_never_a_data_file(folder: Path) -> None:
    write(folder / "drop.toml", '[[file]]\npath = "*"\ndataset = "fund"\nformat = "csv"\n')
    assert [payload.url for payload in fetched(folder, "fund")] == ["file:README.md"]


def test_a_file_claimed_twice_for_one_dataset_is_refused(folder: Path) -> None:
    more = DROP + '\n[[file]]\npath = "levels/RU2*.csv"\ndataset = "index_level"\nformat = "csv"\n'
    write(folder / "drop.toml", more)
    with pytest.raises(FetchError, match=r"levels/RU2000TR.csv is claimed twice for index_level: .*'levels/RU2\*.csv'"):
        fetched(folder, "index_level")


@pytest.mark.parametrize("linked", ["file", "folder"])
def test_a_link_out_of_the_folder_is_refused(folder: Path, linked: str) -> None:
    secret = write(folder.parent / "outside" / "secret.csv", "isin\nX\n")
    if linked == "file":
        (folder / "funds").mkdir()
        (folder / "funds" / "list.csv").symlink_to(secret)
    else:
        (folder / "funds").symlink_to(secret.parent)
    with pytest.raises(FetchError, match="leads out of the drop folder"):
        fetched(folder, "fund")
    with pytest.raises(DropError, match="leads out of the drop folder"):
        served_datasets(folder, read_drop(folder))


def test_a_link_inside_the_folder_and_a_linked_folder_are_fine(folder: Path) -> None:
    (folder / "funds").mkdir()
    (folder / "funds" / "list.csv").symlink_to(folder / "holdings" / "list_01.csv")
    linked = folder.parent / "linked"
    linked.symlink_to(folder)
    assert [payload.url for payload in fetched(linked, "fund")] == ["file:funds/list.csv"]


def test_a_link_to_nothing_is_refused(folder: Path) -> None:
    (folder / "funds").mkdir()
    (folder / "funds" / "list.csv").symlink_to(folder / "gone.csv")
    with pytest.raises(FetchError, match="leads to no file"):
        fetched(folder, "fund")


def test_without_a_folder_the_error_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="needs a drop folder"):
        fetched(None, "fund")
    with pytest.raises(FetchError, match="does not exist; create it or name another one"):
        fetched(tmp_path / "nowhere", "fund")
    with pytest.raises(FetchError, match=r"drop.toml does not exist; write one \[\[file\]\] entry"):
        fetched(tmp_path, "fund")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[file]\n", "drop.toml: not TOML: "),
        ("colour = 1\n", "drop.toml: colour: Extra inputs are not permitted (found 1)"),
        ('ignore = "*"\n', "ignore: "),
        ('ignore = ["../*"]\n', "ignore.0: Value error, '../*' must be a path inside the drop folder"),
        ('[lag]\nfund = "soon"\n', "lag.fund: Value error, a lag is a number of days"),
        ('[lag]\nfunds = "3 days"\n', "lag.funds"),
        (
            ENTRY.replace("a.csv", "../a.csv"),
            "file.0.path: Value error, '../a.csv' must be a path inside",
        ),
        (ENTRY.replace("a.csv", "/etc/a.csv"), "file.0.path: Value error, '/etc/a.csv' must be a path"),
        (ENTRY.replace("a.csv", "x/../../a.csv"), "file.0.path: "),
        (ENTRY.replace("a.csv", ""), "file.0.path: "),
        (ENTRY + ENTRY.replace('dataset = "fund"\n', ""), "file.1.dataset: Field required"),
        (ENTRY + ENTRY.replace("fund", "funds"), "file.1.dataset: Input should be 'index_level'"),
        (ENTRY.replace('format = "csv"\n', ""), "file.0.format: Field required"),
        (ENTRY + 'keeps_at_least = "all"\n', "file.0.keeps_at_least: Input should be a valid number"),
        (
            ENTRY + "grows_at_most = 0.9\n",
            "file.0.grows_at_most: Input should be greater than or equal to 1 (found 0.9)",
        ),
        (
            ENTRY + 'series_from = "title"\n',
            "file.0.series_from: Input should be 'filename' or 'columns'",
        ),
        (
            ENTRY + 'series_from = "filename"\nseries_id = "X"\n',
            "series_id and series_from exclude each other",
        ),
        (ENTRY + 'as_of = "yesterday"\n', "file.0.as_of: "),
        (ENTRY + 'vendor = "../x"\n', "file.0.vendor: "),
        (ENTRY + 'may_publish = "perhaps"\n', "file.0.may_publish: "),
    ],
)
def test_errors_name_file_key_and_reason(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path / "drop.toml", text)
    with pytest.raises(DropError) as caught:
        read_drop(tmp_path)
    assert str(path) in str(caught.value)
    assert message in str(caught.value)


def test_drop_toml_of_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "drop.toml").write_bytes("# 日本語\n".encode("cp932"))
    with pytest.raises(DropError, match=r"drop.toml: not TOML: 'utf-8' codec"):
        read_drop(tmp_path)


@pytest.mark.skipif(not (SHARED / "drop.toml").is_file(), reason=f"no real drop folder in {SHARED}")
def test_real_drop_folder_is_claimed_to_the_last_file() -> None:
    drop = read_drop(SHARED)
    assert unclaimed_files(SHARED, drop) == []
    assert drop.lag["holding"] == "6 months"
    assert {"index_level", "holding", "membership", "fund"} <= served_datasets(SHARED, drop)
    assert [payload.url.removeprefix("file:index_levels/") for payload in fetched(SHARED, "index_level")] == [
        "fred/RU1000TR.csv",
        "fred/RU2000TR.csv",
        "fred/RU3000TR.csv",
        "fred/RU1000PR.csv",
        "fred/RU2000PR.csv",
        "yahoo/IWB.csv",
        "yahoo/IWM.csv",
        "kenfrench/Portfolios_Formed_on_ME_CRSP202209.csv",
    ]
