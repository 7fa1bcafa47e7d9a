"""The sample's companies: holdings, tickers and filings as known at a session, and shaped like the real ones."""

from __future__ import annotations

import json
import time
import zipfile
from datetime import date
from functools import cache
from io import BytesIO
from pathlib import Path

import pandas as pd
import pytest

from assets import calendar
from assets.ingest.fetching import FetchContext
from assets.ingest.payload import Payload
from assets.ingest.sample import companies, filings
from assets.ingest.sample.index_paths import paths
from assets.ingest.vendors import UnknownFormatError, parser_for, sample
from assets.profile import Source, read_profile

NOTE_SESSION = date(2026, 3, 11)
AS_OF = pd.Timestamp("2026-03-10")
ROOT = Path(__file__).parents[2]
FILES = ["IJR", "IVV", "company", "revenue_geography"]
REVENUE = ["Revenues", "RevenueFromContractWithCustomerExcludingAssessedTax", "SalesRevenueNet"]
HOME_SALES = "EntityWideDisclosureOnGeographicAreasRevenueFromExternalCustomersAttributedToEntitysCountryOfDomicile"


def sources() -> dict[str, Source]:
    """The profile's sources of companies, by file."""
    profile = read_profile(ROOT / "pipelines" / "profiles", "sample")
    funds = {str(one.options["series_id"]): one for one in profile.sources("holding")}
    return funds | {name: one for name in FILES[2:] for one in profile.sources(name)}


@cache
def made(file: str, session: date = NOTE_SESSION) -> Payload:
    [payload] = sample.fetch(sources()[file], FetchContext(session))
    return payload


def holdings(fund: str, session: date = NOTE_SESSION) -> pd.DataFrame:
    payload = made(fund, session)
    return parser_for(payload.format)(payload.content, payload.options)


def shares(fund: str, session: date = NOTE_SESSION) -> pd.DataFrame:
    """The lines that are shares of companies, with the company's CIK where the list of tickers has it."""
    rows = holdings(fund, session)
    rows = rows[rows["asset_class"] == "Equity"]
    listed = tickers(session).assign(ticker=lambda list: list["ticker"].str.replace("-", ""))
    return rows.merge(listed, on="ticker", how="left")


def tickers(session: date = NOTE_SESSION) -> pd.DataFrame:
    return pd.DataFrame(json.loads(made("company", session).content).values())


@cache
def table(name: str, session: date = NOTE_SESSION) -> pd.DataFrame:
    """One file of the zip, read with pandas alone, so that nothing here hangs on the parsers."""
    with zipfile.ZipFile(BytesIO(made("revenue_geography", session).content)) as folder:
        text = folder.read(f"{name}.txt")
    return pd.read_csv(BytesIO(text), sep="\t", dtype=str, keep_default_na=False, quoting=3)


def facts(session: date = NOTE_SESSION) -> pd.DataFrame:
    """The numbers of each filing's own year and of the company as a whole."""
    rows = table("num", session).merge(table("sub", session), on="adsh")
    rows = rows[(rows["qtrs"] == "4") & (rows["coreg"] == "") & (rows["ddate"] == rows["period"])]
    return rows.assign(value=rows["value"].astype(float), cik=rows["cik"].astype(int))


def figures(session: date = NOTE_SESSION) -> pd.DataFrame:
    """Total, US revenue and their ratio of each company's newest filing whose year ends in 2025 or later."""
    rows = facts(session)
    rows = rows[rows["tag"].isin(REVENUE)]
    key = ["cik", "adsh", "accepted", "period", "tag"]
    total = rows[rows["segments"] == ""].set_index(key)["value"]
    us = rows[rows["segments"] == "Geographical=US;"].set_index(key)["value"]
    both = pd.DataFrame({"total": total, "us": us}).dropna().reset_index()
    both = both[both["period"] >= f"{session.year - 1}0101"].sort_values("accepted")
    newest = both.drop_duplicates("cik", keep="last")
    return newest.assign(ratio=newest["us"] / newest["total"])


def figures_of(fund: str, session: date = NOTE_SESSION) -> pd.DataFrame:
    return figures(session).query("ratio <= 1").merge(shares(fund, session)[["cik_str"]].drop_duplicates(),
        left_on="cik", right_on="cik_str")  # fmt: skip


# Holdings and tickers


@pytest.mark.parametrize(("fund", "lines"), [("IJR", 603), ("IVV", 503)])
@pytest.mark.parametrize("session", [date(2000, 5, 26), date(2013, 7, 5), NOTE_SESSION])
def test_holdings_parse_and_are_of_the_session_before(fund: str, lines: int, session: date) -> None:
    rows = holdings(fund, session)
    assert set(rows["series_id"]) == {fund}
    assert set(rows["as_of"]) == {pd.Timestamp(calendar.session_before(session))}
    assert (rows["asset_class"] == "Equity").sum() == lines
    assert rows["weight"].sum() == pytest.approx(1, abs=0.002)
    assert set(rows["asset_class"]) == {"Equity", "Cash", "Cash Collateral and Margins", "Futures"}
    assert rows["ticker"].isna().sum() == 1
    assert rows["name"].is_unique


def test_three_large_companies_have_two_classes_and_one_spells_its_class() -> None:
    lines = shares("IVV")
    twice = lines[lines["cik_str"].duplicated(keep=False) & lines["cik_str"].notna()]
    assert len(twice) == 6
    assert twice["cik_str"].nunique() == 3
    assert twice["ticker"].is_unique
    assert "QBRKB" in set(lines["ticker"])
    assert {"QBRK-B"} == set(tickers()["ticker"]) - set(tickers()["ticker"].str.replace("-", ""))
    assert not shares("IJR")["cik_str"].dropna().duplicated().any()


def test_a_handful_of_holdings_has_no_entry_in_the_list() -> None:
    for fund in ("IJR", "IVV"):
        assert 1 <= shares(fund)["cik_str"].isna().sum() <= 10


def test_no_company_is_in_both_funds_and_no_ticker_is_another_ones() -> None:
    assert not set(shares("IJR")["ticker"]) & set(shares("IVV")["ticker"])
    assert tickers()["ticker"].is_unique


@pytest.mark.parametrize("fund", ["IJR", "IVV"])
def test_membership_changes_slowly(fund: str) -> None:
    now, month, decade = (
        set(shares(fund, day)["ticker"]) for day in (NOTE_SESSION, date(2026, 2, 11), date(2016, 3, 11))
    )
    assert len(now - month) <= 5
    assert 10 < len(now - decade) < 150
    assert len(now) == len(decade)


def test_list_of_tickers_changes_when_a_company_joins_it_only() -> None:
    first = made("company", date(2026, 3, 2))
    assert first.content == made("company", date(2026, 3, 31)).content
    assert first.options["as_of"] == made("company").options["as_of"] == "2026-03-01"
    assert len(tickers()) > len(tickers(date(2016, 3, 11))) > 1000
    assert set(tickers(date(2016, 3, 11))["ticker"]) <= set(tickers()["ticker"])


# Filings


def test_no_filing_is_accepted_after_the_session_before_or_long_ago() -> None:
    for session in (NOTE_SESSION, date(2026, 2, 17), date(2012, 3, 5)):
        accepted = pd.to_datetime(table("sub", session)["accepted"])
        last = pd.Timestamp(calendar.session_before(session))
        assert accepted.dt.normalize().max() == last
        assert accepted.min() > last - pd.DateOffset(months=15)
        assert (accepted.dt.dayofweek < 5).all()


@pytest.mark.parametrize("later", [date(2026, 3, 12), date(2026, 4, 10), date(2027, 1, 4)])
def test_a_filing_does_not_change(later: date) -> None:
    for name in ("sub", "num", "pre"):
        now, then = table(name), table(name, later)
        both = set(now["adsh"]) & set(then["adsh"])
        assert len(both) > 500
        first, second = (rows[rows["adsh"].isin(both)].reset_index(drop=True) for rows in (now, then))
        pd.testing.assert_frame_equal(first, second)
        assert set(now["adsh"]) - set(then["adsh"]) != set() or later == date(2026, 3, 12)
        assert set(then["adsh"]) - set(now["adsh"])


def test_filings_are_keyed_and_their_members_add_up() -> None:
    assert table("sub")["adsh"].is_unique
    assert set(table("num")["adsh"]) == set(table("sub")["adsh"])
    own = ["adsh", "tag", "version", "ddate", "qtrs", "uom", "segments", "coreg"]
    assert not table("num").duplicated(own).any()
    rows = facts()
    parts = rows[rows["segments"].str.fullmatch(r"Geographical=\w+;")].groupby(["adsh", "tag"])["value"]
    totals = rows[rows["segments"] == ""].set_index(["adsh", "tag"])["value"]
    gaps = (parts.sum() / totals.reindex(parts.sum().index) - 1)[parts.count() > 1]
    assert len(gaps) > 1000
    assert gaps.abs().max() < 1e-9


def test_most_of_2025_is_filed_by_the_note_and_little_by_new_year() -> None:
    large, small = (shares(fund)["cik_str"].dropna() for fund in ("IVV", "IJR"))
    filed = facts().query("period >= '20250101'")["cik"]
    assert large.isin(filed).mean() > 0.97
    assert 0.85 < small.isin(filed).mean() < 0.98
    early = facts(date(2026, 1, 2)).query("period >= '20250101'")["cik"].nunique()
    assert 100 < early < 300
    assert filed.nunique() > 1000


def test_amendments_come_before_and_after_the_note_and_change_the_us_figure() -> None:
    rows = table("sub", date(2026, 6, 30))
    amended = rows[rows["form"] == "10-K/A"]
    share = len(amended) / (len(rows) - len(amended))
    assert 0.005 < share < 0.03
    of_2025 = amended[amended["period"] >= "20250101"]
    assert (of_2025["accepted"] < "2026-03-11").sum() >= 2
    assert (of_2025["accepted"] >= "2026-03-11").sum() >= 2
    both = facts(date(2026, 6, 30)).query("segments == 'Geographical=US;'")
    both = both[both["cik"].isin(amended["cik"].astype(int))].drop_duplicates(["adsh"])
    pairs = both.pivot_table(index=["cik", "period"], columns="form", values="value").dropna()
    assert len(pairs) > 5
    assert (pairs["10-K"] != pairs["10-K/A"]).all()


def test_distractors_and_rare_kinds_are_there() -> None:
    rows = table("num").merge(table("sub"), on="adsh")
    assert rows["segments"].str.count("=").eq(2).sum() > 50
    for rare in (rows["coreg"] != "", rows["qtrs"] == "1", rows["ddate"] < rows["period"], rows["tag"] == HOME_SALES):
        assert rare.sum() > 20
    assert table("sub")["form"].isin(["20-F"]).sum() > 5
    assert (rows[rows["form"] == "10-K"]["countryinc"] != "US").any()
    assert set(rows["segments"]) >= {"Geographical=Americas;", "Geographical=NorthAmerica;", "Geographical=AU;"}
    assert figures()["ratio"].gt(1).sum() > 3
    exact = figures().query("us * 5 == total * 4")
    assert 5 < len(exact) < 40
    assert set(rows["fye"]) == {"1231", "0131", "0630", "0930"}


def test_some_filings_have_two_concepts_of_which_one_has_the_geography() -> None:
    rows = facts().query("tag in @REVENUE")
    both = rows[rows["segments"] == ""].groupby("adsh")["tag"].nunique().loc[lambda count: count == 2].index
    with_geography = rows[rows["adsh"].isin(both) & (rows["segments"] != "")]
    assert len(both) > 30
    assert set(with_geography["tag"]) == {REVENUE[1]}


# Shape


@pytest.mark.parametrize("session", [NOTE_SESSION, date(2013, 5, 31), date(2025, 12, 1)])
def test_us_shares_of_small_and_large_companies(session: date) -> None:
    small, large = (figures_of(fund, session)["ratio"] for fund in ("IJR", "IVV"))
    assert small.mean() == pytest.approx(0.79, abs=0.025)
    assert large.mean() == pytest.approx(0.65, abs=0.03)
    assert 0.52 < (small >= 0.8).mean() < 0.62
    assert 0.34 < (large >= 0.8).mean() < 0.42


def test_coverage_at_the_note() -> None:
    assert 0.52 < len(figures_of("IJR")) / 603 < 0.66
    assert 0.68 < len(figures_of("IVV")) / 500 < 0.77


def test_shares_drift_slowly() -> None:
    before, now = (figures(day).set_index("cik")["ratio"] for day in (date(2025, 12, 1), date(2026, 12, 1)))
    moved = (now - before).dropna().abs()
    assert len(moved) > 600
    assert 0.0005 < moved.median() < 0.02
    assert (moved > 0.1).mean() < 0.02


# The payload


@pytest.mark.parametrize(
    ("file", "first"),
    [("IJR", date(2000, 5, 26)), ("IVV", date(2000, 5, 26)), ("company", date(2000, 5, 26)),
     ("revenue_geography", date(2010, 2, 26))],
)  # fmt: skip
def test_nothing_before_the_first_session(file: str, first: date) -> None:
    before = date(2000, 5, 25) if first.year == 2000 else date(2010, 1, 4)
    for session in (date(1979, 1, 2), before):
        assert list(sample.fetch(sources()[file], FetchContext(session))) == []
    assert made(file, first).content
    assert made(file, paths().days[-1].item()).content


@pytest.mark.parametrize("file", FILES)
def test_payload_says_what_it_is(file: str) -> None:
    payload = made(file)
    assert (payload.vendor, payload.licence, payload.may_publish) == ("sample", "invented; free to use", True)
    media_types = {"company": "application/json", "revenue_geography": "application/zip"}
    assert payload.media_type == media_types.get(file, "text/csv")
    assert payload.content == made.__wrapped__(file).content


def test_equal_filings_give_equal_bytes() -> None:
    content = made("revenue_geography").content
    assert len(content) < 3_000_000
    with zipfile.ZipFile(BytesIO(content)) as folder:
        assert {entry.date_time for entry in folder.infolist()} == {(2000, 1, 1, 0, 0, 0)}
        assert folder.namelist() == ["sub.txt", "num.txt", "tag.txt", "pre.txt"]


def test_a_longer_calendar_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    session = date(2019, 6, 14)
    makers = [lambda: companies.holdings_csv("IVV", session), lambda: filings.filings_zip(session)]
    before = [make() for make in makers]
    shorter = calendar.exchange(last_day=date(2019, 12, 31))
    for cached in (companies.companies, filings.filings_of):
        cached.cache_clear()
    monkeypatch.setattr(calendar, "exchange", lambda *_, **__: shorter)
    assert [make() for make in makers] == before


@pytest.mark.parametrize("file", ["company", "revenue_geography"])
def test_payload_parses(file: str) -> None:
    payload = made(file)
    try:
        parse = parser_for(payload.format)
    except UnknownFormatError:
        pytest.skip(f"nothing parses {payload.format} yet")
    rows = parse(payload.content, payload.options)
    if file == "company":
        assert len(rows) == len(tickers())
        return
    assert len(rows) == len(table("sub"))
    kinds = rows["status"].value_counts()
    assert set(kinds.index) == set(companies.KINDS) - {"implied", "region", "domicile"} | {
        "implied_domestic", "region_only", "domicile_tag",
    }  # fmt: skip
    reported = rows[(rows["status"] == "reported") & (rows["fiscal_period_end"] >= pd.Timestamp("2025-01-01"))]
    newest = reported.sort_values("accepted_at").drop_duplicates("company_id", keep="last")
    found = newest.set_index(newest["company_id"].astype(int))["us_revenue"].astype(float).sort_index()
    assert found.to_dict() == figures().query("ratio <= 1").set_index("cik")["us"].sort_index().to_dict()


def test_files_are_made_quickly() -> None:
    for cached in (companies.companies, filings.filings_of):
        cached.cache_clear()
    for limit in (3.0, 1.0):
        start = time.process_time()
        for file in FILES:
            made.__wrapped__(file)
        assert time.process_time() - start < limit
