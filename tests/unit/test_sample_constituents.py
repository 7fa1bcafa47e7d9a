"""The sample's constituents: files as known at a session, never restated, and shaped like real stocks."""

from __future__ import annotations

import time
from datetime import date
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from assets import calendar
from assets.ingest.fetching import FetchContext
from assets.ingest.payload import Payload
from assets.ingest.sample import constituents
from assets.ingest.sample.index_paths import paths
from assets.ingest.vendors import parser_for, sample
from assets.profile import Source, read_profile

NOTE_SESSION = date(2026, 3, 11)
MEMBERS_DATE = "1996-02-29"
END_DATE = "2026-02-27"
ROOT = Path(__file__).parents[2]
FILES = ["R1000", "R2000", "securities", "panel"]
MISSING_RETURN = -0.5
"""What the statistics here take where the return at the end is unknown."""


def sources() -> dict[str, Source]:
    """The profile's sources of constituents, by file."""
    profile = read_profile(ROOT / "pipelines" / "profiles", "sample")
    members = {str(one.options["series_id"]): one for one in profile.sources("membership")}
    [securities], [panel] = profile.sources("security"), profile.sources("security_level")
    return members | {"securities": securities, "panel": panel}


def made(file: str, session: date = NOTE_SESSION) -> Payload:
    [payload] = sample.fetch(sources()[file], FetchContext(session))
    return payload


@cache
def frame(file: str, session: date = NOTE_SESSION) -> pd.DataFrame:
    """A payload read with pandas alone, so that nothing here hangs on the parsers."""
    content = BytesIO(made(file, session).content)
    if file == "panel":
        return pd.read_parquet(content).astype({"date": "datetime64[us]"})
    days = ["start_date", "end_date"] if file.startswith("R") else ["TickerFrom", "TickerTo", "Listed", "Delisted"]
    return pd.read_csv(content, parse_dates=days, keep_default_na=False, na_values=[""])


def members(index: str, day: str = MEMBERS_DATE) -> pd.DataFrame:
    """Members on a day with their permanent id, found by the ticker's owner on that day."""
    stays, owners = frame(index), frame("securities")
    stays = stays[(stays["start_date"] <= day) & ~(stays["end_date"] <= day)]
    owners = owners[(owners["TickerFrom"] <= day) & ~(owners["TickerTo"] <= day)]
    return stays.merge(owners, how="left", left_on="ticker", right_on="Ticker")


@cache
def levels() -> pd.DataFrame:
    """Month-ends by permanent id."""
    return frame("panel").pivot(index="date", columns="ticker", values="adj_close")


def wealth(index: str) -> pd.Series:
    """What 1 became of each member by the end, with the return at its end and without cash after it."""
    names = members(index).set_index("PermId")
    path = levels().loc[MEMBERS_DATE:END_DATE, names.index]
    unknown = names["Delisted"].notna() & names["DelistingReturn"].isna()
    at_end = names["DelistingReturn"].mask(unknown, MISSING_RETURN)
    at_end = at_end.where(names["Delisted"] <= END_DATE, 0.0)
    return path.ffill().iloc[-1] / path.iloc[0] * (1 + at_end)


def survivors(index: str) -> pd.Series:
    alive = levels().loc[END_DATE].dropna().index
    became = wealth(index)
    return became[became.index.isin(alive)] - 1


def spread(returns: pd.Series) -> float:
    """Mean of the upper half less mean of the lower half."""
    ranked = np.sort(returns)
    half = len(ranked) // 2
    return float(ranked[-half:].mean() - ranked[:half].mean())


def forget() -> None:
    """Makes the next payload as in a new process."""
    made_once = ("names", "lives", "spells", "_panel_bytes", "_sessions", "_month_ends")
    for name in made_once:
        getattr(constituents, name).cache_clear()


# Members and tickers


@pytest.mark.parametrize(("index", "count"), [("R1000", 960), ("R2000", 1920)])
def test_members_of_february_1996_have_one_owner_and_a_level_each(index: str, count: int) -> None:
    found = members(index)
    assert len(found) == pytest.approx(count, abs=20)
    assert found["ticker"].is_unique
    assert found["PermId"].notna().all()
    assert found["PermId"].is_unique
    assert set(found["PermId"]) <= set(levels().loc[MEMBERS_DATE].dropna().index)


def test_no_name_is_in_both_indices() -> None:
    assert not set(members("R1000")["PermId"]) & set(members("R2000")["PermId"])


@pytest.mark.parametrize("day", ["1995-06-30", "1997-06-30", "1998-12-31"])
@pytest.mark.parametrize(("index", "least"), [("R1000", 850), ("R2000", 1600)])
def test_later_sessions_find_members_too(index: str, least: int, day: str) -> None:
    found = members(index, day)
    assert len(found) > least
    assert found["PermId"].notna().all()


def test_a_ticker_has_one_owner_at_a_time_and_some_have_several_over_time() -> None:
    owners = frame("securities").sort_values(["Ticker", "TickerFrom"])
    before = owners.groupby("Ticker")["TickerTo"].shift()
    again = owners["Ticker"].duplicated()
    assert again.sum() > 50
    assert (owners["TickerFrom"] > before)[again].all()
    assert owners.groupby("PermId").size().max() > 2


def test_ticker_spells_of_a_name_follow_each_other_from_listing_to_end() -> None:
    spells = frame("securities").sort_values(["PermId", "TickerFrom"])
    first = ~spells["PermId"].duplicated()
    assert (spells["TickerFrom"] == spells["Listed"])[first].all()
    assert (spells["TickerFrom"] == spells["TickerTo"].shift())[~first].all()
    last = spells[~spells["PermId"].duplicated(keep="last")]
    gone = last["Delisted"].notna()
    assert (last["TickerTo"] == last["Delisted"] + pd.Timedelta(days=1))[gone].all()
    assert last["TickerTo"][~gone].isna().all()


# Sessions


@pytest.mark.parametrize("file", FILES)
def test_nothing_before_the_first_level(file: str) -> None:
    assert list(sample.fetch(sources()[file], FetchContext(date(1995, 12, 28)))) == []
    assert made(file, date(1995, 12, 29)).content


@pytest.mark.parametrize("file", FILES)
def test_the_last_session_of_the_calendar_works(file: str) -> None:
    assert made(file, paths().days[-1].item()).content


@pytest.mark.parametrize("earlier", [date(1996, 3, 29), date(2008, 10, 15), date(2026, 2, 26)])
def test_an_earlier_panel_is_part_of_a_later_one(earlier: date) -> None:
    early, late = frame("panel", earlier), frame("panel")
    until = late[late["date"] <= early["date"].max()].reset_index(drop=True)
    assert len(until) < len(late)
    pd.testing.assert_frame_equal(until, early)


def test_panel_changes_at_a_month_end_only() -> None:
    assert made("panel", date(2026, 3, 2)).content == made("panel", date(2026, 3, 30)).content
    assert frame("panel", date(2026, 3, 30))["date"].max() == pd.Timestamp(END_DATE)
    assert frame("panel", date(2026, 3, 31))["date"].max() == pd.Timestamp("2026-03-31")


@pytest.mark.parametrize("session", [date(1997, 9, 3), date(2010, 6, 30), NOTE_SESSION])
def test_nothing_from_after_the_session_is_known(session: date) -> None:
    for file in FILES:
        days = frame(file, session).select_dtypes("datetime")
        assert days.max().max() <= pd.Timestamp(session)


def test_a_known_end_is_not_restated() -> None:
    early, late = frame("securities", date(2010, 6, 30)), frame("securities")
    ended = early[early["Delisted"].notna()]
    assert len(ended) > 1000
    key = ["PermId", "TickerFrom"]
    pd.testing.assert_frame_equal(ended[key].merge(late, on=key)[ended.columns], ended.reset_index(drop=True))


def test_an_end_is_learned_on_its_day() -> None:
    ended = frame("securities").sort_values("Delisted").dropna(subset="Delisted").iloc[-1]
    for day, known in [(ended["Delisted"] - pd.Timedelta(days=1), False), (ended["Delisted"], True)]:
        as_of = frame("securities", day.date()).set_index("PermId").loc[[ended["PermId"]]]
        assert as_of["Delisted"].notna().all() == known
        assert as_of["Cause"].notna().all() == known


def test_a_longer_calendar_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    session = date(2019, 6, 14)
    before = [made(file, session).content for file in FILES]
    shorter = calendar.exchange(last_day=date(2019, 12, 31))
    forget()
    with monkeypatch.context() as patch:
        patch.setattr(constituents.calendar, "exchange", lambda *_, **__: shorter)
        assert constituents.lives().month_ends[-1] == np.datetime64("2019-12-31")
        assert [
            *(constituents.membership_csv(index, session) for index in FILES[:2]),
            constituents.security_csv(session),
            constituents.panel_parquet(session),
        ] == before
        forget()


# Ends


def test_levels_stop_at_the_month_end_before_the_end() -> None:
    last = frame("panel").groupby("ticker")["date"].max()
    ends = frame("securities").drop_duplicates("PermId").set_index("PermId")["Delisted"].reindex(last.index)
    assert (last[ends.isna()] == pd.Timestamp(END_DATE)).all()
    gap = (ends - last)[ends.notna()].dt.days
    assert gap.between(1, 33).all()
    months = ends.dropna().dt.to_period("M").astype("int64") - last[ends.notna()].dt.to_period("M").astype("int64")
    assert (months == 1).all()


def test_an_end_has_a_cause_and_a_code_of_it() -> None:
    ended = frame("securities").dropna(subset="Delisted")
    codes = {cause: set(rows["Code"]) for cause, rows in ended.groupby("Cause")}
    assert codes == {"merger": {231, 233, 241}, "performance": {552, 560, 574, 580, 584}, "other": {470}}
    assert ended["Cause"].notna().all()
    assert frame("securities")["Exchange"].isin(["NYSE", "NASDAQ", "AMEX"]).all()


def test_a_delisting_return_is_missing_for_some_failures_and_for_nothing_else() -> None:
    ended = frame("securities").dropna(subset="Delisted").drop_duplicates("PermId")
    missing = ended["DelistingReturn"].isna()
    assert set(ended["Cause"][missing]) == {"performance"}
    assert 0.2 < missing[ended["Cause"] == "performance"].mean() < 0.4
    assert ended["DelistingReturn"].min() == -1
    failed = ended[(ended["Cause"] == "performance") & (ended["Code"] != 574)].groupby("Exchange")["DelistingReturn"]
    assert failed.mean()["NASDAQ"] < failed.mean()["NYSE"] - 0.1


def test_terms_of_a_merger_are_worth_its_delisting_return() -> None:
    merged = frame("securities").drop_duplicates("PermId").query("Cause == 'merger'").set_index("PermId")
    closes = frame("panel").pivot(index="date", columns="ticker", values="close")
    checked = 0
    for id, row in merged.iterrows():
        if id not in closes or pd.isna(row["DelistingReturn"]):
            continue
        own = closes[id].dropna()
        theirs = closes.loc[own.index[-1], row["Acquirer"]] if pd.notna(row["Acquirer"]) else 0.0
        got = np.nan_to_num(row["Ratio"]) * theirs + np.nan_to_num(row["Cash"])
        assert got / own.iloc[-1] - 1 == pytest.approx(row["DelistingReturn"], abs=2e-4)
        checked += 1
    assert checked > 1000
    assert set(merged.groupby("Code")["Acquirer"].count().gt(0).loc[lambda has: has].index) == {231, 241}


def test_an_acquirer_still_trades_when_it_acquires() -> None:
    listed = frame("securities").drop_duplicates("PermId").set_index("PermId")
    merged = listed.dropna(subset="Acquirer")
    acquirers_end = listed.loc[merged["Acquirer"], "Delisted"].to_numpy()
    assert len(merged) > 400
    assert not (acquirers_end <= merged["Delisted"].to_numpy()).any()
    assert 0.1 < pd.notna(acquirers_end).mean() < 0.9


# Shape


@pytest.mark.parametrize(("index", "low", "high"), [("R1000", 0.55, 0.70), ("R2000", 0.70, 0.80)])
def test_most_members_have_ended(index: str, low: float, high: float) -> None:
    causes = members(index)["Cause"]
    assert low < causes.notna().mean() < high
    assert 0.35 < (causes == "merger").mean() < 0.60
    failed = (causes == "performance").mean()
    assert 0.25 < failed < 0.35 if index == "R2000" else 0.03 < failed < 0.15


CASH_RATE = 0.023
"""Return of one-month bills a year, the yardstick for the shape."""


@pytest.mark.parametrize("index", ["R1000", "R2000"])
def test_most_earn_less_than_cash_and_few_carry_the_mean(index: str) -> None:
    became = wealth(index)
    assert became.notna().all()
    assert 0.5 < (became < (1 + CASH_RATE) ** 30).mean() < 0.75
    assert became.mean() > 3 * became.median()
    best = became.sort_values(ascending=False).iloc[: len(became) // 20]
    assert best.sum() / became.sum() > 0.35


@pytest.mark.parametrize("index", ["R1000", "R2000"])
def test_returns_of_survivors_are_plausible(index: str) -> None:
    returns = survivors(index)
    assert 2 < returns.median() < 15
    assert returns.mean() > 1.5 * returns.median()
    assert 3 <= (returns > 100).sum() <= 80
    assert returns.max() < 10_000


def test_small_members_are_spread_wider() -> None:
    assert spread(survivors("R2000")) > 1.5 * spread(survivors("R1000"))
    assert spread(wealth("R2000")) > 1.1 * spread(wealth("R1000"))


def test_splits_are_in_the_close_and_not_in_the_level() -> None:
    rows = frame("panel")
    same = rows["ticker"] == rows["ticker"].shift()
    close, level = ((rows[name] / rows[name].shift())[same] for name in ("close", "adj_close"))
    split = close / level
    assert (split.between(0.24, 0.26) | split.between(0.49, 0.51)).sum() > 300
    assert (split > 9).sum() > 10
    assert ((split > 0.98) & (split < 1.02)).mean() > 0.98
    assert level.min() > 0.05


# The payload


def test_panel_is_written_as_the_real_file() -> None:
    rows = frame("panel")
    assert list(rows.columns) == ["ticker", "date", "close", "adj_close", "avg_dollar_volume"]
    assert not rows.isna().any().any()
    assert (rows[["close", "adj_close", "avg_dollar_volume"]] > 0).all().all()
    assert not rows.duplicated(["ticker", "date"]).any()
    assert rows["date"].min() == pd.Timestamp("1995-12-29")
    assert rows["date"].nunique() == 363
    assert (rows["adj_close"].astype("float32") / rows["adj_close"] - 1).abs().max() < 1e-6
    assert len(made("panel").content) < 5_000_000


@pytest.mark.parametrize("file", FILES)
def test_payload_may_be_published(file: str) -> None:
    payload = made(file)
    assert (payload.vendor, payload.licence, payload.may_publish) == ("sample", "invented; free to use", True)


def test_panel_names_its_file() -> None:
    payload = made("panel")
    assert payload.place == "sample:panel.parquet"
    assert payload.options["file_name"] == "panel.parquet"
    assert payload.media_type == "application/vnd.apache.parquet"


@pytest.mark.parametrize("index", ["R1000", "R2000"])
def test_members_parse(index: str) -> None:
    payload = made(index)
    rows = parser_for(payload.format)(payload.content, payload.options)
    assert len(rows) == len(frame(index))
    assert set(rows["series_id"]) == {index}
    assert set(rows["security_id"]) == set(frame(index)["ticker"])


def test_securities_parse() -> None:
    payload = made("securities")
    rows = parser_for(payload.format)(payload.content, payload.options)
    assert len(rows) == len(frame("securities"))
    assert rows["delisted_on"].notna().sum() == frame("securities")["Delisted"].notna().sum()
    assert rows["delisting_return"].sum() == pytest.approx(frame("securities")["DelistingReturn"].sum())


def test_panel_parses() -> None:
    payload = made("panel")
    rows = parser_for(payload.format)(payload.content, payload.options)
    assert len(rows) == len(frame("panel"))
    assert set(rows["security_id"].unique()) == set(frame("panel")["ticker"].unique())
    assert rows["level"].sum() == pytest.approx(frame("panel")["adj_close"].sum())


def test_daily_panel_meets_the_monthly_one_at_month_ends() -> None:
    session = date(1999, 5, 14)
    daily, monthly = (
        constituents.panel(session, frequency, names=30).to_pandas() for frequency in ("daily", "monthly")
    )
    both = monthly.merge(daily, on=["ticker", "date"], suffixes=("", "_daily"))
    assert len(both) == len(monthly) < len(daily) / 15
    for name in ("close", "adj_close"):
        assert (both[name] / both[f"{name}_daily"] - 1).abs().max() < 1e-9


def test_files_are_made_quickly() -> None:
    forget()
    for file in FILES:
        start = time.process_time()
        made(file)
        assert time.process_time() - start < 2
