"""Growth of earnings: every method by hand, which estimates count, and a second implementation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

import duckdb
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.ingest.fetching import FetchContext
from assets.ingest.guards import guard_estimates
from assets.ingest.payload import PayloadError
from assets.ingest.vendors import fetch_for
from assets.profile import Source
from checks.expectations import check_rows
from checks.table_checks import check_table
from tests.support.estimates import DAY, KNOWN_AT, SESSION, TABLE, Row, estimate, growths, large, make
from tests.support.helpers import STUDY, add_rows, day, empty_warehouse
from tests.support.payload_checks import payload_check
from warehouse.contract import contracts

Earnings = dict[str, tuple[float | None, ...]]
"""Base, target and, where given, shares of each constituent."""

TABLES = ("core.eps_estimate", "core.correction", TABLE, "meta.coverage")
OF_CONSTITUENTS = ("ratio_of_sums", "profit_both_years", "median_growth")
QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    yield empty_warehouse(*TABLES)
    empty_warehouse(*TABLES)


def constituents(connection: duckdb.DuckDBPyConnection, index: str, earnings: Earnings, **more: Any) -> None:
    for name, (base, target, *shares) in earnings.items():
        estimate(
            connection, index, name, eps_base=base, eps_target=target, shares=shares[0] if shares else None, **more
        )


def one(rows: list[Row], method: str, index: str = "R2000", year: int = 2026) -> Row:
    [found] = [r for r in rows if (r["method"], r["index_id"], r["fiscal_year"]) == (method, index, year)]
    return found


def headlines(rows: list[Row]) -> dict[str, tuple[str, int]]:
    found = [(row["index_id"], (row["method"], row["fiscal_year"])) for row in rows if row["is_headline"]]
    assert len(dict(found)) == len(found)
    return dict(found)


def reasons(connection: duckdb.DuckDBPyConnection) -> list[tuple[date, bool, str]]:
    return connection.execute("SELECT session, is_late, reason FROM meta.coverage ORDER BY ALL").fetchall()


def failing(connection: duckdb.DuckDBPyConnection, *asked: date) -> set[str]:
    found = check_table(connection, contracts()[TABLE], STUDY, list(asked or (SESSION,)))
    assert [outcome.error for outcome in found if outcome.error] == []
    assert {outcome.check_name for outcome in found} == {
        "eps_growth_recomputes",
        "eps_growth_headline_rows",
        "eps_growth_is_plausible",
    }
    # arithmetic is tried on wilder numbers than any index has
    return {outcome.check_name for outcome in found if not outcome.passed} - {"eps_growth_is_plausible"}


# ---- the methods


def test_losses_count_in_the_ratio_of_sums(connection: duckdb.DuckDBPyConnection) -> None:
    large(connection)
    constituents(connection, "R2000", {"A": (10, 11), "B": (-8, -4)})
    rows = make(connection)
    assert growths(rows) == {"ratio_of_sums": 2.5, "profit_both_years": 0.1, "median_growth": 0.1}
    row = one(rows, "ratio_of_sums")
    assert (row["n_constituents"], row["eps_base"], row["eps_target"], row["reason"]) == (2, 2.0, 7.0, None)
    assert (row["size"], row["as_of"], row["source_date"], row["source"]) == ("small", SESSION, day(DAY), "vendor")
    assert [one(rows, method)["n_constituents"] for method in OF_CONSTITUENTS] == [2, 1, 1]
    assert not failing(connection)


@pytest.mark.parametrize(
    ("earnings", "said"),
    [
        ({"A": (1, 2), "B": (-1, 3)}, "the sum of the earnings of 2025 is 0.0, not above 0"),
        ({"A": (1, 2), "B": (-3, 3)}, "the sum of the earnings of 2025 is -2.0, not above 0"),
        # binary fractions would leave 2.8e-17
        ({"A": (0.1, 1), "B": (0.2, 1), "C": (-0.3, 1)}, "the sum of the earnings of 2025 is 0.0, not above 0"),
        ({"A": (0, 2)}, "the sum of the earnings of 2025 is 0.0, not above 0"),
        ({"A": (None, 2), "B": (1, None)}, "no constituent has the earnings of both years"),
        ({"A": (1, 2, 5), "B": (2, 3)}, "some constituents have a number of shares and some have none"),
    ],
)
def test_a_base_that_is_not_above_0_has_no_growth(
    connection: duckdb.DuckDBPyConnection, earnings: Earnings, said: str
) -> None:
    large(connection)
    constituents(connection, "R2000", earnings)
    row = one(make(connection), "ratio_of_sums")
    assert (row["growth"], row["reason"]) == (None, said)
    assert headlines(make(connection))["R2000"] == ("ratio_of_sums", 2026)
    assert not failing(connection)


def test_without_profits_the_other_methods_say_so(connection: duckdb.DuckDBPyConnection) -> None:
    large(connection)
    constituents(connection, "R2000", {"A": (-1, 2), "B": (-2, -3)})
    rows = make(connection)
    assert set(growths(rows).values()) == {None}
    assert one(rows, "profit_both_years")["reason"] == "no constituent has a profit in both years"
    assert one(rows, "median_growth")["reason"] == "no constituent has a profit in the base year"
    assert not failing(connection)


def test_a_constituent_counts_in_both_years_or_in_none(connection: duckdb.DuckDBPyConnection) -> None:
    large(connection)
    constituents(connection, "R2000", {"A": (10, 12), "B": (5, None), "C": (None, 100)})
    rows = make(connection)
    assert growths(rows) == dict.fromkeys(OF_CONSTITUENTS, 0.2)
    assert {one(rows, method)["n_constituents"] for method in OF_CONSTITUENTS} == {1}


def test_shares_weigh_the_sums_but_not_the_median(connection: duckdb.DuckDBPyConnection) -> None:
    large(connection)
    constituents(connection, "R2000", {"A": (1, 2, 300), "B": (2, 2, 100), "C": (4, 5, 0)})
    rows = make(connection)
    assert growths(rows) == {"ratio_of_sums": 0.6, "profit_both_years": 0.6, "median_growth": 0.25}
    assert (one(rows, "ratio_of_sums")["eps_base"], one(rows, "ratio_of_sums")["eps_target"]) == (500.0, 800.0)


def test_sums_are_exact(connection: duckdb.DuckDBPyConnection) -> None:
    large(connection)
    constituents(connection, "R2000", {"A": (1e16, 1e16), "B": (1, 3), "C": (-1e16, -1e16)})
    assert one(make(connection), "ratio_of_sums")["growth"] == 2.0


def test_an_index_of_one_constituent(connection: duckdb.DuckDBPyConnection) -> None:
    large(connection)
    constituents(connection, "R2000", {"A": (4, 5, 7)})
    assert growths(make(connection)) == dict.fromkeys(OF_CONSTITUENTS, 0.25)


@pytest.mark.parametrize(
    ("forecast", "growth", "said"),
    [
        ({"eps_base": 80, "eps_target": 100}, 0.25, None),
        ({"eps_base": 80, "eps_target": 100, "growth": 0.2504}, 0.25, None),
        ({"growth": 0.513}, 0.513, None),
        ({"eps_target": 100, "growth": 0.513}, 0.513, None),
        ({"eps_base": 0, "eps_target": 100}, None, "earnings of 2025 are 0.0, not above 0"),
        ({"eps_base": -5, "eps_target": 100, "growth": 21}, None, "earnings of 2025 are -5.0, not above 0"),
        ({"eps_target": 100}, None, "the forecast has neither the earnings of both years nor a growth"),
    ],
)
def test_a_forecast_of_the_index(
    connection: duckdb.DuckDBPyConnection, forecast: Row, growth: float | None, said: str | None
) -> None:
    large(connection)
    estimate(connection, "R2000", **forecast)
    row = one(make(connection), "vendor_index")
    assert (row["growth"], row["reason"], row["n_constituents"]) == (growth, said, 0)
    assert (row["eps_base"], row["eps_target"]) == (forecast.get("eps_base"), forecast.get("eps_target"))
    assert not failing(connection)


# ---- which rows speak


def both_kinds(connection: duckdb.DuckDBPyConnection, **forecast: Any) -> None:
    estimate(connection, "R2000", **forecast)
    constituents(connection, "R2000", {"A": (10, 11), "B": (-8, -4)}, source_date="2026-03-09")
    large(connection)


def test_both_kinds_stand_beside_each_other_each_of_its_own_day(connection: duckdb.DuckDBPyConnection) -> None:
    both_kinds(connection, growth=0.5)
    rows = make(connection)
    assert set(growths(rows)) == {"vendor_index", *OF_CONSTITUENTS}
    assert headlines(rows) == {"R2000": ("vendor_index", 2026), "R1000": ("vendor_index", 2026)}
    assert one(rows, "vendor_index")["source_date"] == day(DAY)
    assert one(rows, "ratio_of_sums")["source_date"] == day("2026-03-09")


def test_the_study_says_which_method_is_preferred(connection: duckdb.DuckDBPyConnection) -> None:
    both_kinds(connection, growth=0.5)
    rows = make(connection, methods=["median_growth", "vendor_index"])
    assert headlines(rows) == {"R2000": ("median_growth", 2026), "R1000": ("vendor_index", 2026)}
    assert not failing(connection)


def test_a_method_without_a_growth_gives_way(connection: duckdb.DuckDBPyConnection) -> None:
    both_kinds(connection, eps_base=-1, eps_target=2)
    rows = make(connection)
    assert headlines(rows)["R2000"] == ("ratio_of_sums", 2026)
    assert one(rows, "vendor_index")["reason"] == "earnings of 2025 are -1.0, not above 0"
    assert not failing(connection)


def test_every_fiscal_year_is_there_and_this_one_speaks(connection: duckdb.DuckDBPyConnection) -> None:
    for year, growth in {2025: 0.1, 2026: 0.2, 2027: 0.3}.items():
        estimate(connection, "R2000", growth=growth, fiscal_year=year)
        large(connection, fiscal_year=year)
    rows = make(connection)
    assert [r["growth"] for r in rows if r["index_id"] == "R2000"] == [0.1, 0.2, 0.3]
    assert headlines(rows) == {"R2000": ("vendor_index", 2026), "R1000": ("vendor_index", 2026)}


# ---- which estimates count


def test_the_newest_day_counts_and_two_days_of_constituents_are_never_mixed(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    large(connection)
    constituents(connection, "R2000", {"A": (1, 9), "B": (1, 9)}, source_date="2026-03-06")
    constituents(connection, "R2000", {"A": (1, 2)}, source_date="2026-03-09")
    constituents(connection, "R2000", {"A": (1, 5)}, source_date="2026-03-12")  # after the as-of date
    row = one(make(connection), "ratio_of_sums")
    assert (row["growth"], row["n_constituents"], row["source_date"]) == (1.0, 1, day("2026-03-09"))


@pytest.mark.parametrize(
    ("lag", "newest", "is_told"),
    [
        ("12 months", "2025-03-11", True),
        ("12 months", "2025-03-10", False),
        ("5 days", "2026-03-06", True),
        ("4 days", "2026-03-06", False),
        (None, "2026-03-11", True),
        (None, "2026-03-10", False),
    ],
)
def test_a_stale_estimate_is_not_used(
    connection: duckdb.DuckDBPyConnection, lag: str | None, newest: str, is_told: bool
) -> None:
    large(connection, source_date="2026-03-11")
    estimate(connection, "R2000", growth=0.5, source_date=newest)
    rows = make(connection, lag=lag)
    assert len(rows) == (2 if is_told else 0), "an index alone is not published"
    if not is_told:
        [(session, is_late, reason)] = reasons(connection)
        assert (session, is_late) == (SESSION, False)
        assert reason.startswith("R2000: no estimate from ")
        assert reason.endswith(f" to 2026-03-11; newest: {newest}")


def test_an_estimate_known_after_the_cut_off_is_not_used(connection: duckdb.DuckDBPyConnection) -> None:
    large(connection)
    estimate(connection, "R2000", growth=0.5, source_date="2026-03-06")
    estimate(connection, "R2000", growth=0.6, known_at=datetime(2026, 3, 14))
    assert growths(make(connection)) == {"vendor_index": 0.5}
    assert growths(make(connection, cut_off=datetime(2026, 3, 15))) == {"vendor_index": 0.6}


def test_a_restated_estimate_replaces_the_first(connection: duckdb.DuckDBPyConnection) -> None:
    large(connection, known_at=datetime(2026, 3, 11))
    constituents(connection, "R2000", {"A": (1, 2), "B": (1, 2)}, known_at=datetime(2026, 3, 11))
    constituents(connection, "R2000", {"B": (1, 4)}, payload_sha256="restated")
    assert one(make(connection), "ratio_of_sums")["growth"] == 2.0
    assert one(make(connection, cut_off=datetime(2026, 3, 11, 12)), "ratio_of_sums")["growth"] == 1.0


def test_an_index_without_estimates_withholds_both(connection: duckdb.DuckDBPyConnection) -> None:
    estimate(connection, "R2000", growth=0.5)
    estimate(connection, "SP600", growth=0.5)
    assert make(connection) == []
    assert reasons(connection) == [
        (SESSION, False, "R1000: no estimate from 2025-03-11 to 2026-03-11; newest: none"),
    ]


@pytest.mark.parametrize("other", [{"fiscal_year": 2027}, {"constituent": "A", "eps_base": 1, "eps_target": 2}])
def test_an_index_without_this_years_row_withholds_both(connection: duckdb.DuckDBPyConnection, other: Row) -> None:
    estimate(connection, "R2000", growth=0.5)
    estimate(connection, "R1000", **{"growth": 0.2} | other)
    assert make(connection, methods=["vendor_index"]) == []
    [(_, _, reason)] = reasons(connection)
    assert reason.startswith("R1000: no growth of 2026 by vendor_index; there is: ")
    assert ("vendor_index of 2027 (2026-03-10)" if "fiscal_year" in other else "ratio_of_sums of 2026") in reason


def test_sessions_of_one_run_each_see_their_own_day(connection: duckdb.DuckDBPyConnection) -> None:
    for index in ("R2000", "R1000"):
        estimate(connection, index, growth=0.1, source_date="2026-03-09")
        estimate(connection, index, growth=0.2, source_date="2026-03-10")
    asked = [day("2026-03-06"), day("2026-03-09"), day("2026-03-10")]
    rows = make(connection, *asked)
    found = {row["session"]: row["growth"] for row in rows if row["index_id"] == "R2000"}
    assert found == {day("2026-03-09"): 0.1, day("2026-03-10"): 0.2}
    assert {session for session, _, _ in reasons(connection)} == {day("2026-03-06")}
    assert make(connection, *asked) == rows
    assert not failing(connection, *asked)


def test_the_payloads_behind_the_figure(connection: duckdb.DuckDBPyConnection) -> None:
    large(connection, payload_sha256="large")
    estimate(connection, "R2000", growth=0.4, source_date="2026-03-06", payload_sha256="old")
    estimate(connection, "R2000", growth=0.5, payload_sha256="small")
    constituents(connection, "R2000", {"A": (1, 2)}, payload_sha256="old names")  # on the day of the index's forecast
    constituents(connection, "R2000", {"A": (1, 2), "B": (1, 2)}, source_date="2026-03-11", payload_sha256="names")
    estimate(connection, "SP600", growth=0.5, payload_sha256="other")
    make(connection)
    found = connection.execute(
        "SELECT payload_sha256 FROM meta.figure_payload WHERE figure = 'eps_growth' AND session = ?", [SESSION]
    ).fetchall()
    assert sorted(found) == [("large",), ("names",), ("small",)]


# ---- the checks


@pytest.fixture
def published(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    both_kinds(connection, eps_base=80, eps_target=100)
    make(connection)
    assert not failing(connection)
    return connection


@pytest.mark.parametrize(
    ("check", "change"),
    [
        ("recomputes", "growth = growth + 0.0001 WHERE method = 'ratio_of_sums'"),
        ("recomputes", "growth = NULL WHERE method = 'median_growth'"),
        ("recomputes", "growth = NULL, reason = 'none' WHERE method = 'ratio_of_sums'"),
        ("recomputes", "reason = 'none' WHERE method = 'median_growth'"),
        ("recomputes", "eps_base = -80 WHERE method = 'vendor_index' AND eps_base > 0"),
        ("headline_rows", "is_headline = true WHERE method = 'ratio_of_sums'"),
        ("headline_rows", "is_headline = false WHERE index_id = 'R1000'"),
        ("headline_rows", "is_headline = (method = 'ratio_of_sums') WHERE index_id = 'R2000'"),
        ("headline_rows", "is_headline = (method = 'median_growth') WHERE index_id = 'R2000'"),
        ("headline_rows", "fiscal_year = 2027 WHERE index_id = 'R1000'"),
        ("headline_rows", "index_id = 'SP500' WHERE index_id = 'R1000'"),
    ],
)
def test_broken_rows_fail(published: duckdb.DuckDBPyConnection, check: str, change: str) -> None:
    published.execute(f"UPDATE {TABLE} SET {change}")
    assert f"eps_growth_{check}" in failing(published)


def test_a_small_base_does_not_fail_by_its_rounding(connection: duckdb.DuckDBPyConnection) -> None:
    large(connection)
    estimate(connection, "R2000", eps_base=0.0123456, eps_target=1.2345674)
    assert one(make(connection), "vendor_index")["growth"] == pytest.approx(99.0006, abs=1e-4)
    assert not failing(connection)


def test_the_rows_are_as_the_contracts_say(published: duckdb.DuckDBPyConnection) -> None:
    for table in (TABLE, "core.eps_estimate"):
        outcomes = check_rows(published, contracts()[table], f"FROM {table}", STUDY, [SESSION])
        assert [o.check_name for o in outcomes if not o.passed] == []


# ---- the guard of the dataset


def guard(connection: duckdb.DuckDBPyConnection, n: int, source_date: str, **options: Any) -> None:
    rows = pd.DataFrame({"index_id": "R2000", "constituent": [f"N{at}" for at in range(n)]})
    dated = rows.assign(source_date=pd.Timestamp(source_date))
    guard_estimates(payload_check(connection, "eps_estimate", dated, SESSION, **options))


def test_a_part_of_a_days_constituents_is_refused(connection: duckdb.DuckDBPyConnection) -> None:
    constituents(connection, "R2000", {f"N{at}": (1, 2) for at in range(20)})
    constituents(connection, "R2000", {f"N{at}": (1, 2) for at in range(2)}, source_date="2026-02-10")
    guard(connection, 15, "2026-03-11")
    guard(connection, 2, "2026-03-09")  # an older day is measured against its own time
    guard(connection, 1, "2026-03-12")  # after the session
    guard(connection, 14, "2026-03-11", keeps_at_least=0)
    with pytest.raises(PayloadError, match="estimates of R2000 is smaller than before: 14 rows, before 20"):
        guard(connection, 14, "2026-03-11")


# ---- the sample


def test_the_sample_has_the_notes_two_numbers_from_their_day_on() -> None:
    source = Source("sample", "eps_estimate", "csv", {})
    assert list(fetch_for("sample")(source, FetchContext(SESSION - timedelta(days=1)))) == []
    [payload] = fetch_for("sample")(source, FetchContext(SESSION))
    [later] = fetch_for("sample")(source, FetchContext(day("2026-11-20")))
    assert payload.content == later.content
    assert payload.options["dataset"] == "eps_estimate"
    lines = payload.content.decode().splitlines()
    assert [line.split(",")[:4] for line in lines[1:]] == [
        ["R2000", "2026", "2026-03-11", "0.513"],
        ["R1000", "2026", "2026-03-11", "0.145"],
    ]


# ---- a second implementation

CENTS = st.integers(-5000, 5000).map(lambda cents: cents / 100)
MAYBE = st.one_of(st.none(), CENTS)
UNIVERSES = st.booleans().flatmap(
    lambda has_shares: st.lists(
        st.tuples(MAYBE, MAYBE, st.integers(0, 9000).map(float) if has_shares else st.none()), min_size=1, max_size=25
    )
)


@QUICK
@given(universe=UNIVERSES)
def test_like_a_second_implementation(universe: list[tuple[float | None, float | None, float | None]]) -> None:
    connection = empty_warehouse(*TABLES)
    large(connection)
    constituents(connection, "R2000", {f"N{at}": row for at, row in enumerate(universe)})
    rows = make(connection)
    frame = pd.DataFrame(universe, columns=["base", "target", "shares"], dtype="float64").dropna(
        subset=["base", "target"]
    )
    amounts = frame[["base", "target"]].mul(frame["shares"].fillna(1), axis=0)
    in_profit = amounts[(frame["base"] > 0) & (frame["target"] > 0)]
    changes = [target / base - 1 for base, target in zip(frame["base"], frame["target"], strict=True) if base > 0]
    wanted = {
        "ratio_of_sums": ratio(amounts),
        "profit_both_years": ratio(in_profit),
        "median_growth": median(changes) if changes else None,
    }
    for method, growth in wanted.items():
        found = one(rows, method)["growth"]
        assert found == (None if growth is None else pytest.approx(growth, abs=1e-6, rel=1e-9)), method
    assert [one(rows, m)["n_constituents"] for m in OF_CONSTITUENTS] == [len(frame), len(in_profit), len(changes)]
    assert not failing(connection)


def ratio(amounts: pd.DataFrame) -> float | None:
    cents = (amounts * 100).round().astype("int64").sum()
    return None if cents["base"] <= 0 else cents["target"] / cents["base"] - 1


# ---- growth that can't be true


def implausible(connection: duckdb.DuckDBPyConnection, **study_says: Any) -> set[tuple[str, str]]:
    """(index, what is wrong) of the newest estimates."""
    make(connection, **study_says)
    found = check_table(connection, contracts()[TABLE], STUDY, [SESSION])
    [outcome] = [one for one in found if one.check_name == "eps_growth_is_plausible"]
    assert outcome.blocking
    assert outcome.error is None
    return {(row["index_id"], row["what"]) for row in outcome.sample}


BEYOND, BESIDE = "growth is beyond -150 % to 300 %", "growth that is stated is not what the earnings beside it say"
MOVED = "growth of 2026 moved by more than 25 points since 2026-03-03"


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"growth": 0.513}, set()),
        ({"growth": 2.43}, set()),
        ({"growth": -0.4}, set()),
        ({"growth": 51.3}, {BEYOND}),
        ({"growth": 14.5}, {BEYOND}),
        ({"growth": 3.1}, {BEYOND}),
        ({"eps_base": 100.0, "eps_target": 151.3, "growth": 0.513}, set()),
        ({"eps_base": 100.0, "eps_target": 151.3, "growth": 51.3}, {BESIDE}),
        ({"eps_base": 100.0, "eps_target": 102.0, "growth": 2.0}, {BESIDE}),
        ({"eps_base": 100.0, "eps_target": 15130.0}, {BEYOND}),
    ],
)
def test_growth_of_an_index_that_cannot_be(connection: duckdb.DuckDBPyConnection, said: Row, wrong: set[str]) -> None:
    large(connection)
    estimate(connection, "R2000", **said)
    assert implausible(connection) == {("R2000", what) for what in wrong}


@pytest.mark.parametrize(("now", "wrong"), [(0.02, set()), (0.2, set()), (2.0, {MOVED}), (-0.3, {MOVED})])
def test_a_forecast_moves_by_points(connection: duckdb.DuckDBPyConnection, now: float, wrong: set[str]) -> None:
    large(connection)
    estimate(connection, "R2000", growth=0.02, source_date="2026-03-03")
    estimate(connection, "R2000", growth=9.0, fiscal_year=2027, source_date="2026-03-03")
    estimate(connection, "R2000", growth=now)
    assert implausible(connection) == {("R2000", what) for what in wrong}


def test_a_move_that_is_stated_passes(connection: duckdb.DuckDBPyConnection) -> None:
    large(connection)
    estimate(connection, "R2000", growth=3.5)
    assert implausible(connection) == {("R2000", BEYOND)}
    stated = {"stated_in": "t", "correction_id": "i", "kind": "real_move", "dataset": "eps_estimate"}
    about = {"subject": "R2000", "date": DAY, "known_at": KNOWN_AT, "payload_sha256": "c"}
    add_rows(connection, "core.correction", stated | about)
    assert implausible(connection) == set()


def test_one_company_does_not_outweigh_the_rest(connection: duckdb.DuckDBPyConnection) -> None:
    large(connection)
    universe: Earnings = {f"C{number}": (1.0, 1.1, 1.0) for number in range(100)}
    constituents(connection, "R2000", universe)
    assert implausible(connection, methods=["ratio_of_sums", "vendor_index"]) == set()
    connection.execute("UPDATE core.eps_estimate SET shares = 1000 WHERE constituent = 'C7'")
    told = implausible(connection, methods=["ratio_of_sums", "vendor_index"])
    assert told == {("R2000", "one company has more than a quarter of all earnings")}


@pytest.mark.parametrize(
    ("factor", "is_wrong"), [(100.0, True), (0.1, True), (1.9, False), (9.0, False), (-10.0, False)]
)
def test_a_slip_of_one_company(connection: duckdb.DuckDBPyConnection, factor: float, is_wrong: bool) -> None:
    large(connection)
    universe: Earnings = {f"C{number}": (1.0, 1.1 + number / 100, 1.0) for number in range(100)}
    constituents(connection, "R2000", universe, source_date="2026-03-03")
    constituents(connection, "R2000", universe | {"C7": (1.0, 1.17 * factor, 0.01)})
    told = implausible(connection, methods=["ratio_of_sums", "vendor_index"])
    assert told == ({("R2000", "eps_target is a power of ten of that of 2026-03-03")} if is_wrong else set())
