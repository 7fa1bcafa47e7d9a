"""The door: which bytes no parser takes, and what a payload is compared with before its rows go on."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pandas as pd
import pytest

from assets.datasets import DATASETS
from assets.ingest.guards import TOO_FEW_ROWS, guard_payload
from assets.ingest.payload import Payload, PayloadError
from assets.ingest.vendors import _parsers
from assets.profile import Source
from tests.support.helpers import STUDY, add_rows, day, empty_warehouse
from tests.support.payload_checks import checked
from warehouse.contract import contracts

SESSION = "2026-03-11"
BEFORE = "2026-03-10"
AT = datetime(2026, 3, 11, 22, 15)
PLACE = "https://example.org/levels"
HTML_BY_RIGHT = {"sec_ixbrl", "sec_xbrl"}
EMPTY_BY_RIGHT = {"corrections_toml"}
"""A file in which nothing is stated any more takes its entries back."""
OPTIONS = {
    "dataset": "index_level", "series_id": "X", "return_basis": "price", "currency": "USD", "file_name": "x.csv",
    "as_of": SESSION, "source": "s", "columns": {"date": "Day", "level": "Close"}, "stated_in": "x.toml",
}  # fmt: skip


# ---- wrong bytes


def zipped(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr(name, content)
    return packed.getvalue()


def parquet() -> bytes:
    packed = io.BytesIO()
    pd.DataFrame({"fruit": [1]}).to_parquet(packed)
    return packed.getvalue()


WRONG: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "blank": lambda: b"\xef\xbb\xbf \r\n",
    "html": lambda: b"<!DOCTYPE html><html><body>Just a moment...</body></html>\n",
    "bare_html": lambda: b"\n <HTML><head><title>403</title></head></HTML>\n",
    "xml": lambda: b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>\n',
    "text": lambda: b"Too Many Requests\n",
    "json": lambda: b'{"error": "no such thing"}\n',
    "json_list": lambda: b"[]\n",
    "json_null": lambda: b"null\n",
    "csv": lambda: b"fruit,pieces\napple,1\n",
    "zip": lambda: zipped("readme.txt", b"hello"),
    "gzip": lambda: gzip.compress(b"fruit,pieces\napple,1\n"),
    "parquet": parquet,
    "pdf": lambda: b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n",
    "picture": lambda: b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
}


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("form", sorted(_parsers()))
def test_no_format_takes_bytes_of_another_kind(form: str, kind: str) -> None:
    if form in EMPTY_BY_RIGHT and kind in ("empty", "blank"):
        assert _parsers()[form](WRONG[kind](), OPTIONS).empty
        return
    with pytest.raises(PayloadError) as refused:
        _parsers()[form](WRONG[kind](), OPTIONS)
    assert str(refused.value)


@pytest.mark.parametrize("form", sorted(set(_parsers()) - HTML_BY_RIGHT - EMPTY_BY_RIGHT - {"sec_companyfacts_json"}))
@pytest.mark.parametrize("kind", ["empty", "html", "bare_html"])
def test_a_page_and_nothing_at_all_are_told_as_such(form: str, kind: str) -> None:
    with pytest.raises(PayloadError, match="payload is empty" if kind == "empty" else "payload is an HTML page"):
        _parsers()[form](WRONG[kind](), OPTIONS)


# ---- what came before


DAYS = {dataset.name: dataset.day for dataset in DATASETS.values() if dataset.day}


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    return empty_warehouse("meta.load", "meta.payload", "meta.check_result", *(f"core.{name}" for name in DAYS))


def source(vendor: str = "yahoo", dataset: str = "index_level", **limits: float) -> Source:
    return Source(vendor, dataset, limits=limits)


def check(
    connection: duckdb.DuckDBPyConnection,
    asked: Source,
    *,
    rows: int = 100,
    size: int = 1000,
    newest: str = SESSION,
    session: str = SESSION,
    **options: Any,
) -> None:
    """Guards a payload of so many rows and bytes; only the column of the day has something in it."""
    payload = Payload(asked.vendor, asked.dataset, "f", f"{PLACE}?to={session}", b"x" * size, options)
    frame = pd.DataFrame({DAYS.get(asked.dataset, "name"): pd.to_datetime([newest] * rows)})
    guard_payload(checked(connection, asked, payload, frame, day(session)), DAYS.get(asked.dataset), AT)


def loaded(
    connection: duckdb.DuckDBPyConnection,
    *,
    rows: int = 100,
    size: int = 1000,
    session: str | None = BEFORE,
    hours: int = -24,
    vendor: str = "yahoo",
    dataset: str = "index_level",
    place: str = PLACE,
) -> dict[str, Any]:
    """Notes that a payload was loaded ``hours`` after AT for a session; None: by a rebuild. Gives what a row of core
    needs to be of it.
    """
    sha256, run_id, at = f"{session}{hours}{place}", f"run{session}{hours}", AT + timedelta(hours=hours)
    origin = {"vendor": vendor, "url": place}
    load = {"run_id": run_id, "table_name": f"core.{dataset}", "place": place, "options": "{}", "known_at": at}
    counts = {"rows_sent": rows, "rows_new": rows, "rows_restated": 0, "rows_withdrawn": 0}
    add_rows(connection, "meta.load", {**origin, **load, **counts, "payload_sha256": sha256})
    kept = {"sha256": sha256, "dataset": dataset, "retrieved_at": at, "bytes": size}
    add_rows(connection, "meta.payload", {**origin, **kept, "media_type": "m", "licence": "", "may_publish": False})
    if session is not None:
        add_rows(
            connection,
            "meta.check_result",
            {
                "study": STUDY, "session": day(session), "run_id": run_id, "check_name": "payloads_accepted",
                "table_name": f"landing.{dataset}", "severity": "error", "passed": True, "blocking": True,
                "observed": "held", "expected": "",
            },
        )  # fmt: skip
    return {"known_at": at, "payload_sha256": sha256}


def refusal(connection: duckdb.DuckDBPyConnection, asked: Source, **sent: Any) -> str:
    with pytest.raises(PayloadError) as refused:
        check(connection, asked, **sent)
    return str(refused.value)


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"rows": 126}, "the payload is larger than before: 126 rows, before 100 (limit 125%; grows_at_most = 1.26 in"),
        ({"rows": 74}, "the payload is smaller than before: 74 rows, before 100 (limit 75%; keeps_at_least = 0.74 in"),
        (
            {"size": 1251},
            "the payload is larger than before: 1251 bytes, before 1000 (limit 125%; grows_at_most = 1.26",
        ),
        ({"size": 749}, "the payload is smaller than before: 749 bytes, before 1000 (limit 75%; keeps_at_least = 0.74"),
    ],
)
def test_another_size_than_the_last_good_one(
    connection: duckdb.DuckDBPyConnection, sent: dict[str, int], told: str
) -> None:
    check(connection, source(), **sent)  # the first from its place
    loaded(connection)
    assert refusal(connection, source(), **sent).startswith(told)


@pytest.mark.parametrize("sent", [{"rows": 125, "size": 1250}, {"rows": 75, "size": 750}])
def test_a_quarter_more_or_less_is_good(connection: duckdb.DuckDBPyConnection, sent: dict[str, int]) -> None:
    loaded(connection)
    check(connection, source(), **sent)


def test_what_the_refusal_names_lets_the_payload_through(connection: duckdb.DuckDBPyConnection) -> None:
    loaded(connection, rows=300)
    for rows in (1, 100, 201, 401, 1000, 9999):
        told = refusal(connection, source(), rows=rows)
        key, _, share = told.partition("%; ")[2].partition(" in its entry")[0].partition(" = ")
        check(connection, source(**{key: float(share)}), rows=rows)


def test_limits_of_the_source_and_of_the_payload(connection: duckdb.DuckDBPyConnection) -> None:
    loaded(connection)
    check(connection, source(grows_at_most=float("inf")), rows=100_000)
    check(connection, source(keeps_at_least=0), rows=1, size=1)
    assert "limit 110%" in refusal(connection, source(grows_at_most=1.1), rows=120)
    assert "limit 90%" in refusal(connection, source(keeps_at_least=0.5), rows=80, keeps_at_least=0.9)


@pytest.mark.parametrize("vendor", ["files", "sample"])
def test_what_nobody_is_asked_for_may_have_any_size(connection: duckdb.DuckDBPyConnection, vendor: str) -> None:
    loaded(connection, vendor=vendor)
    check(connection, source(vendor), rows=1000, size=9000)
    assert "limit 200%" in refusal(connection, source(vendor), rows=1000, grows_at_most=2), "but for what it states"


def test_one_page_of_several_and_a_young_history_have_no_size(connection: duckdb.DuckDBPyConnection) -> None:
    loaded(connection)
    check(connection, source(), rows=3, page_of=True)
    loaded(connection, rows=TOO_FEW_ROWS - 1, hours=-12)
    check(connection, source(), rows=40, size=5000)
    loaded(connection, rows=TOO_FEW_ROWS, hours=-6)
    assert "larger" in refusal(connection, source(), rows=40)


def test_only_the_same_place_of_the_same_vendor_counts(connection: duckdb.DuckDBPyConnection) -> None:
    loaded(connection, place=f"{PLACE}/other")
    loaded(connection, vendor="fred", hours=-23)
    loaded(connection, dataset="fund", hours=-22)
    check(connection, source(), rows=1000)


def test_an_older_session_made_again_disturbs_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    """Its history is shorter, and neither it nor the next night is refused for that."""
    loaded(connection, session=BEFORE)
    check(connection, source(), rows=50, size=500, session="2016-03-11", newest="2016-03-11")
    loaded(connection, rows=50, size=500, session="2016-03-11", hours=-1)
    check(connection, source(), rows=101)
    assert "before 50" in refusal(connection, source(), rows=101, session="2016-03-14", newest="2016-03-14")


def test_after_a_rebuild_the_day_of_retrieval_stands_for_the_session(connection: duckdb.DuckDBPyConnection) -> None:
    loaded(connection, session=None)
    check(connection, source(), rows=50, session="2016-03-11", newest="2016-03-11")
    assert "smaller" in refusal(connection, source(), rows=50)


# ---- the newest day


@pytest.mark.parametrize("vendor", ["files", "yahoo"])
@pytest.mark.parametrize("dataset", sorted(DAYS))
def test_no_payload_is_of_a_day_to_come(connection: duckdb.DuckDBPyConnection, dataset: str, vendor: str) -> None:
    check(connection, source(vendor, dataset), newest="2026-03-12")  # somewhere it is tomorrow already
    told = refusal(connection, source(vendor, dataset), newest="2026-03-13")
    assert told == "the newest date lies in the future (2026-03-13)"


@pytest.mark.parametrize(("dataset", "last"), [("index_level", "2026-03-16"), ("fund_nav", "2026-03-14")])
def test_trading_at_night_before_a_weekend_is_mondays(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch, dataset: str, last: str
) -> None:
    monkeypatch.setattr("tests.component.test_guards.AT", datetime(2026, 3, 13, 22, 15))  # Friday, after the close
    check(connection, source("files", dataset), newest=last)
    assert "in the future" in refusal(connection, source("files", dataset), newest="2026-03-17")


def test_every_day_is_a_column_of_its_table() -> None:
    for dataset, column in DAYS.items():
        assert column in contracts()[f"core.{dataset}"].column_names


def test_members_and_names_may_be_announced(connection: duckdb.DuckDBPyConnection) -> None:
    check(connection, source(dataset="membership"), newest="2027-01-01")


def test_a_payload_without_rows_has_no_day(connection: duckdb.DuckDBPyConnection) -> None:
    check(connection, source(dataset="revenue_geography"), rows=0)


def hold(connection: duckdb.DuckDBPyConnection, as_of: str, **changed: Any) -> None:
    held = {"series_id": "IWM", "as_of": day(as_of), "line": 1, "name": "A", "asset_class": "Equity"}
    add_rows(connection, "core.holding", {**held, **loaded(connection, dataset="holding", **changed)})


def test_holdings_are_no_older_than_those_sent_before(connection: duckdb.DuckDBPyConnection) -> None:
    hold(connection, BEFORE)
    live = source(dataset="holding")
    check(connection, live, newest=BEFORE)
    told = refusal(connection, live, newest="2026-03-09")
    assert told == "the payload is older than before: it ends on 2026-03-09, the one before on 2026-03-10"
    check(connection, live, newest="2026-03-09", session="2026-03-09")  # an older session made again
    check(connection, source("files", "holding"), newest="2026-03-09")


def test_another_place_may_be_behind(connection: duckdb.DuckDBPyConnection) -> None:
    hold(connection, BEFORE, place=f"{PLACE}/other")
    check(connection, source(dataset="holding"), newest="2026-02-27")
