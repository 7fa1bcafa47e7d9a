"""Panels of any size: the rows of a file are those that the rules of frames make of them, and only news is written."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from assets.core.load import load_payload
from assets.ingest.closed_sessions import leave_out_later_days
from assets.ingest.fetching import FetchContext
from assets.ingest.frames.security_level import ids_by_owner, security_level_frame
from assets.ingest.landing import Landing
from assets.ingest.payload import FetchError, Payload, PayloadError
from assets.ingest.vendors import parse_payload
from assets.ingest.vendors.files import fetch
from assets.profile import Source
from tests.support.helpers import empty_warehouse
from warehouse.bitemporal import Appended
from warehouse.rows import FileRows, as_relation
from warehouse.staging import PayloadToLoad, stage_payloads, staged_payloads

OPTIONS = {"return_basis": "adjusted_close", "currency": "USD", "file_name": "panel.parquet"}
DAYS = np.datetime64("1999-01-01") + np.arange(4000)


def written(path: Path, panel: pd.DataFrame) -> Path:
    panel.to_parquet(path, index=False, row_group_size=500)
    return path


def parsed(path: Path) -> FileRows:
    rows = parse_payload(Payload("files", "security_level", "price_panel_parquet", "file:p", path, OPTIONS))
    assert isinstance(rows, FileRows)
    return rows


def panel_of(seed: int) -> pd.DataFrame:
    """Tickers that go silent, change hands and lack prices, in any order, and one that a program damaged."""
    random = np.random.default_rng(seed)
    parts = []
    for ticker in ["A", "AA", "B~2", "10107.0", "Z", "é", "Å-checkpoint"]:
        days = np.sort(random.choice(DAYS, random.integers(1, 90), replace=False))
        levels = random.choice([1.0, 1.5, 3.9, 4.1, 20.0, 0.0, -1.0, np.nan, np.inf], len(days))
        parts.append(pd.DataFrame({"ticker": ticker, "date": days.astype("datetime64[ms]"), "adj_close": levels}))
    panel = pd.concat(parts).assign(close=lambda frame: random.choice([2.0, np.nan], len(frame)))
    return panel.sort_values(["ticker", "date"]) if seed % 2 else panel.sample(frac=1, random_state=seed)


@pytest.mark.parametrize("seed", range(8))
def test_the_rows_of_a_file_are_those_of_the_rules_for_a_frame(tmp_path: Path, seed: int) -> None:
    panel = panel_of(seed)
    kept = panel[~panel["ticker"].str.endswith("-checkpoint")].reset_index(drop=True)
    days, levels = kept["date"].to_numpy().astype("datetime64[D]"), kept["adj_close"].to_numpy()
    expected = security_level_frame(
        ids_by_owner(kept["ticker"], days, levels), days, levels, kept["close"].to_numpy(), source="panel",
        return_basis="adjusted_close", currency="USD", where=str,
    )  # fmt: skip
    rows = parsed(written(tmp_path / "panel.parquet", panel))
    pd.testing.assert_frame_equal(rows.frame("security_id", "date"), expected, check_exact=True)
    assert rows.attrs == expected.attrs
    assert len(rows) == len(expected)
    assert rows.is_sorted == bool(seed % 2)


def test_two_rows_of_a_day_are_found_wherever_they_stand(tmp_path: Path) -> None:
    panel = pd.concat([panel_of(1)] * 2).reset_index(drop=True)
    first = int(panel.duplicated(["ticker", "date"]).to_numpy().argmax()) + 1
    with pytest.raises(PayloadError, match=rf"date is given twice \(row {first}, "):
        parsed(written(tmp_path / "panel.parquet", panel))
    two_spellings = pd.DataFrame(
        {"ticker": ["10107.0", "10107"], "date": [date(2020, 1, 31)] * 2, "close": 1.0, "adj_close": 1.0}
    )
    with pytest.raises(PayloadError, match=r"date is given twice \(row 2, 2020-01-31: 10107\)"):
        parsed(written(tmp_path / "panel.parquet", two_spellings))


def test_names_that_differ_in_capitals_only_are_two(tmp_path: Path) -> None:
    wide = pd.DataFrame({"date": [date(2020, 1, 31)], "BRKa": [1.0], "BRKA": [2.0]})
    path = written(tmp_path / "panel.parquet", wide)
    rows = parse_payload(Payload("files", "security_level", "price_wide_parquet", "file:p", path, OPTIONS))
    assert isinstance(rows, FileRows)
    assert rows.select("security_id, level FROM rows ORDER BY ALL") == [("BRKA", 2.0), ("BRKa", 1.0)]


def test_a_session_that_has_not_closed_is_left_out_of_a_file(tmp_path: Path) -> None:
    days = [date(2026, 3, 10), date(2026, 3, 11)]
    panel = pd.DataFrame({"ticker": ["A", "A"], "date": days, "close": 1.0, "adj_close": [1.0, 2.0]})
    rows = parsed(written(tmp_path / "panel.parquet", panel))
    kept = leave_out_later_days("security_level", rows, datetime(2026, 3, 11, 12))
    assert isinstance(kept, FileRows)
    assert (len(kept), kept.select("date, level FROM rows")) == (1, [(days[0], 1.0)])
    assert kept.attrs["rejected_rows"] == 1
    assert kept.attrs["left_out"][0].startswith("A 2026-03-11: not closed yet")
    with pytest.raises(PayloadError, match="every row is of a session not closed yet"):
        leave_out_later_days("security_level", rows, datetime(2026, 3, 10, 12))


def levels(**closes: list[float]) -> pd.DataFrame:
    days = [date(2026, 3, 2 + number) for number in range(9)]
    parts = [
        pd.DataFrame({"ticker": ticker, "date": days[: len(values)], "close": values, "adj_close": values})
        for ticker, values in closes.items()
    ]
    return pd.concat(parts).dropna()


@pytest.mark.parametrize(
    ("then", "appended"),
    [
        (levels(A=[1, 2, 3], B=[4, 5, 6]), Appended(0, 0, 0, 0)),
        (levels(A=[1, 2, 3, 4], B=[4, 5, 6, 7]), Appended(2, 2, 0, 0)),
        (levels(A=[1, 2, 3, 4], B=[4, 5, 6, 7], C=[1, 1]), Appended(4, 4, 0, 0)),
        (levels(A=[2, 4, 6, 8], B=[4, 5, 6]), Appended(4, 1, 3, 0)),  # a rescale: the closes beside it are restated
        (levels(A=[1, 2, 4, 4], B=[4, 5, 6]), Appended(4, 1, 1, 0)),
        (levels(A=[1, np.nan, 3, 4], B=[4, 5, 6]), Appended(3, 1, 0, 1)),
        (levels(A=[1, 2, 3]), Appended(0, 0, 0, 0)),  # of B it says nothing
    ],
)
def test_only_news_is_written_of_a_panel_that_comes_again(
    tmp_path: Path, then: pd.DataFrame, appended: Appended
) -> None:
    connection = empty_warehouse()
    first = levels(A=[1, 2, 3], B=[4, 5, 6])
    for number, panel in enumerate([first, then]):
        rows = parsed(written(tmp_path / f"{number}.parquet", panel))
        payload = PayloadToLoad(
            f"sha{number}", "files", "file:p", "file:p", "", datetime(2026, 3, 20 + number), True, 0, "", "", False
        )
        stage_payloads(connection, "security_level", [(payload, rows)])
        [loaded] = [
            load_payload(connection, "security_level", staged, "run")
            for staged in staged_payloads(connection, "security_level")
        ]
    assert loaded == appended
    in_frames = empty_warehouse()
    for number, panel in enumerate([first, then]):
        frame = parsed(written(tmp_path / f"{number}.parquet", panel)).frame("security_id", "date")
        with as_relation(in_frames, "incoming", frame):
            load_payload(in_frames, "security_level", PayloadToLoad(
                f"sha{number}", "files", "file:p", "file:p", "", datetime(2026, 3, 20 + number), True, 0, "", "", False,
                replaces="file:older",
            ), "run")  # fmt: skip
    [(rows_of_frames,)] = in_frames.execute("SELECT count(*) FROM core.security_level").fetchall()
    assert rows_of_frames == len(first) + appended.new + appended.restated + appended.withdrawn


def test_a_file_that_is_written_to_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "drop.toml").write_text(
        '[[file]]\npath = "a.csv"\ndataset = "index_level"\nformat = "fred_csv"\nseries_id = "A"\n'
        'return_basis = "gross"\ncurrency = "USD"\nlicence = "invented"\n'
    )
    (tmp_path / "a.csv").write_bytes(b"one\n")
    [payload] = fetch(Source("files", "index_level"), FetchContext(date(2026, 3, 11), drop=tmp_path))
    landing = Landing(tmp_path / "landing")
    monkeypatch.setattr("assets.ingest.landing.write_atomically", lambda path, content: (
        path.parent.mkdir(parents=True, exist_ok=True), path.write_bytes(b"another\n")
    ))  # fmt: skip
    with pytest.raises(FetchError, match="was written to while it was read"):
        landing.arrive(payload, datetime(2026, 3, 11))
    assert [path for path in landing.folder.rglob("*") if path.is_file()] == []
