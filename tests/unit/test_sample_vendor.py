"""The sample vendor: published returns are hit, what a session saw never changes later, formats are real."""

from __future__ import annotations

import time
import tomllib
from datetime import date
from functools import cache
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd
import pytest

from assets import calendar
from assets.ingest.fetching import FetchContext
from assets.ingest.payload import FetchError, Payload
from assets.ingest.sample import index_files, index_paths
from assets.ingest.vendors import fetch_for, parser_for, sample
from assets.profile import Source

NOTE_SESSION = date(2026, 3, 11)
FRED_SERIES = ["RU2000TR", "RU1000TR", "RU3000TR", "RU2000PR", "RU1000PR"]

# The provider's published calendar-year total returns in percent: small, large.
PUBLISHED = {
    1995: (28.45, 37.77), 1996: (16.49, 22.45), 1997: (22.36, 32.85), 1998: (-2.55, 27.02),
    1999: (21.26, 20.91), 2000: (-3.02, -7.79), 2001: (2.49, -12.45), 2002: (-20.48, -21.65),
    2003: (47.25, 29.89), 2004: (18.33, 11.40), 2005: (4.55, 6.27), 2006: (18.37, 15.46),
    2007: (-1.57, 5.77), 2008: (-33.79, -37.60), 2009: (27.17, 28.43), 2010: (26.85, 16.10),
    2011: (-4.18, 1.50), 2012: (16.35, 16.42), 2013: (38.82, 33.11), 2014: (4.89, 13.24),
    2015: (-4.41, 0.92), 2016: (21.31, 12.05), 2017: (14.65, 21.69), 2018: (-11.01, -4.78),
    2019: (25.52, 31.43), 2020: (19.96, 20.96), 2021: (14.82, 26.45), 2022: (-20.44, -19.13),
    2023: (16.93, 26.53), 2024: (11.54, 24.51), 2025: (12.81, 17.37),
}  # fmt: skip


def source(series_id: str, **options: Any) -> Source:
    if series_id == "FF_ME":
        return Source("sample", "index_level", "kenneth_french_csv", options)
    format = "fred_csv" if series_id in FRED_SERIES else "yahoo_csv"
    return Source("sample", "index_level", format, {"series_id": series_id} | options)


def made(series_id: str, session: date = NOTE_SESSION) -> Payload:
    [payload] = fetch_for("sample")(source(series_id), FetchContext(session))
    return payload


@cache
def frame(series_id: str, session: date = NOTE_SESSION) -> pd.DataFrame:
    payload = made(series_id, session)
    return parser_for(payload.format)(payload.content, payload.options)


def levels(series_id: str, session: date = NOTE_SESSION) -> pd.Series:
    return frame(series_id, session).set_index("date")["level"]


def prices_of(fund: str, session: date) -> pd.DataFrame:
    return pd.read_csv(BytesIO(made(fund, session).content))


def change(series_id: str, start: str, end: str) -> float:
    level = levels(series_id)
    return 100 * (level[end] / level[start] - 1)


def by_year(series_id: str) -> pd.Series:
    """Calendar-year returns in percent, 1979 to 2025."""
    level = levels(series_id)
    ends = level.groupby(level.index.year).last()
    return (100 * (ends / ends.shift() - 1)).loc[1979:2025]


# Returns


@pytest.mark.parametrize("year", PUBLISHED)
def test_calendar_years_are_the_published_ones(year: int) -> None:
    small, large = PUBLISHED[year]
    assert by_year("RU2000TR")[year] == pytest.approx(small, abs=0.01)
    assert by_year("RU1000TR")[year] == pytest.approx(large, abs=0.01)


def test_table_holds_all_published_years() -> None:
    table = tomllib.loads(index_paths.RETURNS.read_text(encoding="utf-8"))["years"]
    assert {int(year): (row["small"], row["large"]) for year, row in table.items()} == PUBLISHED


def test_levels_are_the_providers_at_known_days() -> None:
    small, large = levels("RU2000TR"), levels("RU1000TR")
    assert (small["1978-12-29"], large["1978-12-29"]) == (100.0, 100.0)
    assert (small["1995-12-29"], large["1995-12-29"]) == (1158.36, 1262.65)
    assert (small["1996-02-29"], large["1996-02-29"]) == (1194.46, 1279.08)


@pytest.mark.parametrize(
    ("start", "small", "large", "within"),
    [("2025-12-31", 2.72, -0.81, 0.02), ("2026-02-27", -3.27, -1.55, 0.02), ("2023-03-10", 49.0, 80.8, 1.0)],
)
def test_returns_to_the_note_of_march_2026(start: str, small: float, large: float, within: float) -> None:
    assert change("RU2000TR", start, "2026-03-11") == pytest.approx(small, abs=within)
    assert change("RU1000TR", start, "2026-03-11") == pytest.approx(large, abs=within)


def test_covid_fall_and_recovery() -> None:
    assert change("RU2000TR", "2020-02-19", "2020-03-23") == pytest.approx(-40, abs=1)
    assert change("RU1000TR", "2020-02-19", "2020-03-23") == pytest.approx(-34.5, abs=1)
    assert change("RU2000TR", "2020-03-23", "2020-12-31") > 80


@pytest.mark.parametrize(("total", "price"), [("RU2000TR", "RU2000PR"), ("RU1000TR", "RU1000PR")])
def test_price_index_lacks_the_dividends_of_each_year(total: str, price: str) -> None:
    dividends = by_year(total) - by_year(price)
    assert len(dividends) == 47
    assert dividends.between(1.2, 1.8).all()


def test_whole_market_lies_between_its_sizes() -> None:
    small, large, market = by_year("RU2000TR"), by_year("RU1000TR"), by_year("RU3000TR")
    apart = (small - large).abs() > 0.5
    share = ((market - large) / (small - large))[apart]
    assert share.between(0.07, 0.09).all()
    daily = np.abs(
        levels("RU3000TR").pct_change()
        - 0.08 * levels("RU2000TR").pct_change()
        - 0.92 * levels("RU1000TR").pct_change()
    )
    assert daily.max() < 0.002


@pytest.mark.parametrize(("fund", "index"), [("IWM", "RU2000TR"), ("IWB", "RU1000TR")])
def test_fund_follows_its_index_less_a_small_fee(fund: str, index: str) -> None:
    behind = (by_year(index) - by_year(fund)).loc[2006:]
    assert behind.between(0.05, 0.35).all()


def test_size_premium_has_the_sign_of_the_size_portfolios_in_most_years() -> None:
    portfolios = frame("FF_ME").pivot(index="date", columns="series_id", values="level")
    yearly = portfolios.groupby(portfolios.index.year).last().pct_change().loc[1979:2025]
    same = np.sign(yearly["FF_ME_Lo_30"] - yearly["FF_ME_Hi_30"]) == np.sign(by_year("RU2000TR") - by_year("RU1000TR"))
    assert same.mean() > 0.7


# Risk


def test_volatility_and_correlation_are_believable() -> None:
    session = index_paths.paths().days[-1].item()
    moves = pd.DataFrame(
        {"small": levels("RU2000TR", session).pct_change(), "large": levels("RU1000TR", session).pct_change()}
    ).dropna()
    assert moves.abs().max().max() < 0.12
    assert 0.8 < moves["small"].corr(moves["large"]) < 0.9
    yearly = 100 * np.sqrt(252) * moves.groupby(moves.index.year).std()
    assert yearly["large"].loc[[1995, 2005, 2017]].max() < 11
    assert yearly["large"].loc[[2000, 2002, 2008, 2020]].min() > 20
    assert yearly.min().min() > 5


# Sessions


@pytest.mark.parametrize("series_id", FRED_SERIES)
@pytest.mark.parametrize("earlier", [date(1979, 1, 2), date(2020, 3, 23), date(2026, 3, 10)])
def test_an_earlier_fred_payload_is_the_beginning_of_a_later_one(series_id: str, earlier: date) -> None:
    early, late = made(series_id, earlier).content, made(series_id).content
    assert late.startswith(early)
    assert len(late) > len(early)


@pytest.mark.parametrize("fund", ["IWM", "IWB"])
def test_an_adjusted_close_is_rewritten_at_a_dividend_and_only_then(fund: str) -> None:
    last_before, day, next_day = date(2025, 12, 19), date(2025, 12, 22), date(2025, 12, 23)
    unpaid, paid, after = (levels(fund, session).iloc[:-1] for session in (last_before, day, next_day))
    ratio = (paid.iloc[: len(unpaid)] / unpaid).to_numpy()
    assert ratio.max() < 0.998
    assert np.ptp(ratio) < 3e-7
    assert (after.iloc[: len(paid)] == paid).all()
    prices = [prices_of(fund, session) for session in (last_before, next_day)]
    kept = ["Date", "Open", "High", "Low", "Close", "Volume", "Dividends"]
    assert prices[0][kept].equals(prices[1][kept].iloc[: len(prices[0])])
    assert (prices[1]["Dividends"] > 0).sum() == 84


def test_fund_prices_are_consistent() -> None:
    prices = prices_of("IWM", NOTE_SESSION)
    assert list(prices.columns) == ["Date", "Open", "High", "Low", "Close", "AdjClose", "Volume", "Dividends"]
    assert prices["Date"].iloc[0] == "2005-01-03"
    assert (prices["High"] >= prices[["Open", "Close"]].max(axis=1)).all()
    assert (prices["Low"] <= prices[["Open", "Close"]].min(axis=1)).all()
    assert prices["AdjClose"].iloc[-1] == prices["Close"].iloc[-1]
    total = (prices["Close"] + prices["Dividends"]) / prices["Close"].shift()
    adjusted = prices["AdjClose"] / prices["AdjClose"].shift()
    assert (total - adjusted).abs().max() < 5e-4


def test_monthly_portfolios_have_complete_months_only_and_grow_at_the_end() -> None:
    def newest(session: date) -> pd.Timestamp:
        return frame("FF_ME", session)["date"].max()

    assert newest(date(2026, 3, 11)) == pd.Timestamp("2026-02-27")
    assert newest(date(2026, 3, 30)) == pd.Timestamp("2026-02-27")
    assert newest(date(2026, 3, 31)) == pd.Timestamp("2026-03-31")
    early, late = frame("FF_ME", date(2019, 6, 28)), frame("FF_ME")
    assert late[late["date"] <= "2019-06-28"].reset_index(drop=True).equals(early)


@pytest.mark.parametrize("series_id", [*FRED_SERIES, "IWM", "IWB", "FF_ME"])
def test_payload_is_the_same_bytes_again(series_id: str) -> None:
    before = made(series_id)
    for cached in (index_paths.paths, index_files.fund_prices, index_files.portfolio_returns, index_paths.month_ends):
        cached.cache_clear()
    assert made(series_id) == before


def test_fred_payload_is_as_fred_writes_it() -> None:
    content = made("RU2000TR").content.decode()
    assert content.startswith("DATE,VALUE\r\n1978-12-29,100.00\r\n1979-01-01,.\r\n1979-01-02,")
    assert content.endswith("\r\n")
    assert "\r\n2025-12-25,.\r\n" in content
    assert "\r\n2025-12-27," not in content
    expected = calendar.sessions(date(1978, 12, 29), NOTE_SESSION)
    assert [day.date() for day in frame("RU2000TR")["date"]] == expected
    assert set(frame("RU2000TR")["quantum"]) == {0.01}


def test_fund_has_a_price_on_every_session() -> None:
    assert [day.date() for day in frame("IWM")["date"]] == calendar.sessions(date(2005, 1, 3), NOTE_SESSION)


def test_french_payload_says_that_it_is_invented() -> None:
    lines = made("FF_ME").content.decode().split("\r\n")
    assert lines[0].startswith("Invented")
    assert lines[-2] == "Copyright: none, this is invented data"
    assert ",<= 0,Lo 30,Med 40,Hi 30,Lo 10,Hi 10" in lines
    assert made("FF_ME").subjects == tuple(f"FF_ME_{name}" for name in ("Lo_30", "Med_40", "Hi_30", "Lo_10", "Hi_10"))
    assert set(frame("FF_ME")["series_id"]) == set(made("FF_ME").subjects)


@pytest.mark.parametrize("series_id", ["IWM", "IWB", "FF_ME"])
def test_before_a_file_begins_there_is_no_payload(series_id: str) -> None:
    assert list(sample.fetch(source(series_id), FetchContext(date(1979, 1, 2)))) == []


@pytest.mark.parametrize("series_id", [*FRED_SERIES, "IWM", "IWB", "FF_ME"])
def test_the_last_session_of_the_calendar_works(series_id: str) -> None:
    last = index_paths.paths().days[-1].item()
    assert frame(series_id, last)["date"].max().date() == last


# The payload


def test_payload_names_what_it_is() -> None:
    payload = made("IWM")
    assert (payload.vendor, payload.dataset, payload.format) == ("sample", "index_level", "yahoo_csv")
    assert payload.url == "sample:IWM.csv?session=2026-03-11"
    assert payload.subjects == ("IWM",)
    assert payload.options == {"series_id": "IWM", "return_basis": "adjusted_close", "currency": "USD"}
    assert (payload.licence, payload.may_publish) == ("invented; free to use", False)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            Source("sample", "index_level", "fred_csv", {"series_id": "SPX"}),
            "no series 'SPX'; it has: RU2000TR, ",
        ),
        (Source("sample", "index_level", "fred_csv"), "no series ''; it has: RU2000TR, "),
        (Source("sample", "index_level", "csv", {"series_id": "IWM"}), "has IWM as yahoo_csv, not as csv"),
        (Source("sample", "ratings", "csv"), "no dataset 'ratings'"),
    ],
)
def test_what_the_sample_lacks_is_refused(asked: Source, message: str) -> None:
    with pytest.raises(FetchError) as caught:
        list(sample.fetch(asked, FetchContext(NOTE_SESSION)))
    assert message in str(caught.value)


def test_a_session_after_the_calendar_is_refused() -> None:
    with pytest.raises(FetchError, match="ends with the exchange calendar on"):
        made("RU2000TR", date(2999, 1, 3))


@pytest.mark.parametrize("series_id", ["RU2000TR", "IWM", "FF_ME"])
def test_a_payload_is_made_quickly(series_id: str) -> None:
    made(series_id)
    start = time.process_time()
    made(series_id)
    assert time.process_time() - start < 0.3
