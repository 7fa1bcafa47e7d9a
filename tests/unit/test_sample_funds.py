"""The sample's investment trusts: the list and the histories agree, are as known at a session, and are shaped right."""

from __future__ import annotations

import io
import json
import time
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from assets import calendar
from assets.ingest.fetching import FetchContext
from assets.ingest.payload import FetchError, Payload
from assets.ingest.sample import funds
from assets.ingest.sample.index_paths import paths
from assets.ingest.vendors import UnknownFormatError, parser_for, sample
from assets.profile import Source, read_profile

NOTE_SESSION = date(2026, 3, 11)
ROOT = Path(__file__).parents[2]
HEADER = "年月日,基準価額(円),純資産総額（百万円）,分配金,決算期"
LATE, CLOSED, NEW, HALF, TWINS = "SMP00020", "SMP00023", "SMP00019", "SMP00018", ["SMP00016", "SMP00017"]
SESSIONS = [NOTE_SESSION, date(2026, 5, 7), date(2013, 7, 5), date(2027, 1, 4)]


def source(dataset: str) -> Source:
    """The profile's one source of a dataset of funds."""
    [found] = read_profile(ROOT / "pipelines" / "profiles", "sample").sources(dataset)
    return found


@cache
def made(dataset: str, session: date = NOTE_SESSION) -> tuple[Payload, ...]:
    return tuple(sample.fetch(source(dataset), FetchContext(session)))


def listed(session: date = NOTE_SESSION) -> pd.DataFrame:
    [payload] = made("fund", session)
    rows = json.loads(payload.content)["searchResultInfo"]["resultInfoMapList"]
    return pd.DataFrame(rows).set_index("associFundCd")


@cache
def navs(session: date = NOTE_SESSION) -> dict[str, pd.DataFrame]:
    """Each fund's file, read with pandas alone, so that nothing here hangs on the parser."""
    return {str(payload.options["association_code"]): read(payload) for payload in made("fund_nav", session)}


def read(payload: Payload) -> pd.DataFrame:
    rows = pd.read_csv(io.StringIO(payload.content.decode("cp932")))
    rows.columns = ["date", "nav", "net_assets", "paid", "period"]
    return rows.assign(date=pd.to_datetime(rows["date"], format="%Y年%m月%d日")).set_index("date")


def growth(rows: pd.DataFrame) -> pd.Series:
    """What a yen became, distributions reinvested."""
    return ((rows["nav"] + rows["paid"].fillna(0)) / rows["nav"].shift()).fillna(1).cumprod()


def month_ends(rows: pd.DataFrame) -> pd.Series:
    """Growth at the end of each month that is complete: the last business day in Tokyo is there."""
    days = calendar.tokyo().sessions
    lasts = days[days.to_period("M") != np.roll(days.to_period("M"), -1)]
    ends = growth(rows)[rows.index.isin(lasts)]
    return ends.set_axis(pd.DatetimeIndex(ends.index).to_period("M"))


# The list


@pytest.mark.parametrize("session", SESSIONS)
def test_answer_has_the_layout_of_the_search(session: date) -> None:
    [payload] = made("fund", session)
    answer = json.loads(payload.content.decode("utf-8"))["searchResultInfo"]
    assert answer["recordsTotal"] == len(answer["resultInfoMapList"])
    due = calendar.tokyo().date_to_session(pd.Timestamp(session), "previous")
    assert answer["standardDate"] == f"{due:%Y%m%d}"
    assert {tuple(row) for row in answer["resultInfoMapList"]} == {
        ("isinCd", "associFundCd", "fundNm", "fundStNm", "entrustCmpNm", "standardPrice", "standardDate",
         "totalNetAssets", "trustReward", "standardPriceRa1y", "standardPriceRa3y", "establishedDate",
         "redemptionDate"),
    }  # fmt: skip


def test_funds_are_plainly_invented_and_keep_their_letters() -> None:
    rows = listed()
    assert len(rows) == 15
    assert rows["fundNm"].is_unique
    assert rows["fundNm"].str.contains("サンプル|見本").all()
    assert set(rows["entrustCmpNm"]) == {"サンプル投信", "見本アセットマネジメント"}
    for letter in "～①髙－（）　Ａ《":
        assert rows["fundNm"].str.contains(letter, regex=False).any()
    assert all(name.encode("cp932").decode("cp932") == name for name in rows["fundNm"])
    assert rows.index.str.fullmatch(r"SMP000\d\d").all()


def test_isins_are_made_up_and_have_their_check_digit() -> None:
    codes = listed()["isinCd"]
    assert codes.is_unique
    assert codes.str.fullmatch(r"JP90S0000\d{3}").all()
    # Digits to the right of each code of which the check is known: the first two are real securities.
    for code in ("US0378331005", "JP3027630007", *codes):
        digits = "".join(str(int(sign, 36)) for sign in code)
        total = sum(sum(divmod(int(digit) * (1 + at % 2), 10)) for at, digit in enumerate(reversed(digits)))
        assert total % 10 == 0, code


def test_dates_are_mixed_and_one_fund_is_a_day_late() -> None:
    rows = listed()
    assert rows["standardDate"].to_dict() == dict.fromkeys(rows.index, "20260311") | {
        LATE: "20260310",
        CLOSED: "20250930",
    }


def test_valuation_is_that_of_the_last_business_day_in_tokyo() -> None:
    golden_week = listed(date(2026, 5, 6))
    assert golden_week.loc["SMP00012", "standardDate"] == "20260501"
    assert golden_week.loc[LATE, "standardDate"] == "20260430"


def test_fund_is_there_from_its_launch_on() -> None:
    assert NEW not in listed(date(2026, 2, 9)).index
    first = listed(date(2026, 2, 10)).loc[NEW]
    assert (first["standardPrice"], first["standardDate"], first["establishedDate"]) == (10000, "20260210", "20260210")
    assert NEW not in navs(date(2026, 2, 9))
    assert len(navs(date(2026, 2, 10))[NEW]) == 1


def test_closed_fund_stays_with_its_last_valuation() -> None:
    assert listed(date(2025, 9, 30)).loc[CLOSED, "standardDate"] == "20250930"
    rows = listed()
    assert rows["redemptionDate"].to_dict() == dict.fromkeys(rows.index, "99999999") | {CLOSED: "20250930"}
    files = [
        {payload.options["association_code"]: payload for payload in made("fund_nav", session)}[CLOSED].content
        for session in (date(2025, 9, 29), date(2025, 9, 30), date(2025, 10, 1), NOTE_SESSION)
    ]
    assert files[0] != files[1] == files[2] == files[3]


@pytest.mark.parametrize("session", SESSIONS[:2] + SESSIONS[3:])
def test_net_assets_have_a_tie_a_half_and_a_wide_range(session: date) -> None:
    millions = listed(session)["totalNetAssets"]
    assert millions[HALF] % 100 == 50
    assert np.floor(millions[TWINS] / 100 + 0.5).nunique() == 1
    assert millions[TWINS[0]] < millions[TWINS[1]]
    shown = np.floor(millions.drop(CLOSED) / 100 + 0.5)
    assert set(shown.index[shown.duplicated(keep=False)]) == set(TWINS)
    assert 200 < millions.min() < 500
    assert 50_000 < millions.max() < 90_000


# Histories


@pytest.mark.parametrize("session", SESSIONS)
def test_list_and_histories_agree(session: date) -> None:
    rows, files = listed(session), navs(session)
    assert set(rows.index) == set(files)
    for code, row in rows.iterrows():
        last = files[str(code)].iloc[-1]
        assert f"{last.name:%Y%m%d}" == row["standardDate"]
        assert (last["nav"], last["net_assets"]) == (row["standardPrice"], row["totalNetAssets"])
        assert f"{files[str(code)].index[0]:%Y%m%d}" == row["establishedDate"]


@pytest.mark.parametrize(
    "session", [*SESSIONS, date(2026, 2, 27), date(2026, 3, 31), date(2027, 1, 29), date(2027, 2, 26)]
)
def test_printed_returns_follow_from_the_histories(session: date) -> None:
    rows, files = listed(session), navs(session)
    seen = 0
    for code, row in rows.iterrows():
        ends = month_ends(files[str(code)])
        for years, column in ((1, "standardPriceRa1y"), (3, "standardPriceRa3y")):
            before = ends[ends.index == ends.index[-1] - 12 * years] if len(ends) else ends
            if before.empty:
                assert pd.isna(row[column])
                continue
            seen += 1
            assert row[column] == pytest.approx(100 * (ends.iloc[-1] / before.iloc[0] - 1), abs=0.006)
    assert seen > 8
    assert rows["standardPriceRa3y"].isna().any()


def test_files_are_shift_jis_with_a_row_a_business_day() -> None:
    days = calendar.tokyo().sessions
    for payload in made("fund_nav"):
        text = payload.content.decode("shift_jis")
        assert text.startswith(f"{HEADER}\n")
        assert text.endswith("\n")
        assert "\r" not in text
        rows = read(payload)
        expected = days[(days >= rows.index[0]) & (days <= rows.index[-1])]
        assert list(rows.index) == list(expected)
        with pytest.raises(UnicodeDecodeError):
            payload.content.decode("utf-8")


def test_closings_are_numbered_and_some_funds_pay() -> None:
    paying = []
    for code, rows in navs().items():
        closings = rows[rows["period"].notna()]
        assert list(closings["period"]) == list(range(1, len(closings) + 1))
        assert rows["paid"].notna().equals(rows["period"].notna())
        assert (closings["paid"] % 50 == 0).all()
        assert closings.groupby(pd.DatetimeIndex(closings.index).year).size().le(2).all()
        if rows["paid"].sum():
            paying.append(code)
    assert 5 <= len(paying) <= 9
    lines = [line for payload in made("fund_nav") for line in payload.content.decode("cp932").splitlines()]
    assert any(line.endswith(",0.00,3") for line in lines)
    assert any(",300.00," in line for line in lines)


def test_moves_and_returns_are_believable() -> None:
    for code, rows in navs(date(2027, 12, 30)).items():
        moves = rows["nav"].pct_change().dropna()
        assert moves.abs().max() < 0.12, code
        assert rows["nav"].between(4_000, 60_000).all()
        years = (rows.index[-1] - rows.index[0]).days / 365.25
        if years > 4:
            assert -0.02 < growth(rows).iloc[-1] ** (1 / years) - 1 < 0.18
            assert 0.1 < moves.std() * np.sqrt(245) < 0.35
    assert navs()["SMP00015"].index[0] == pd.Timestamp("1998-06-30")


def test_a_valuation_rests_on_the_new_york_session_before() -> None:
    small = pd.Series(paths().total["small"], pd.DatetimeIndex(paths().days))
    nav = navs()["SMP00011"]["nav"]
    moves = np.log(nav).diff().loc["2015":]
    for days_before, lowest, highest in ((0, -0.2, 0.2), (1, 0.9, 1.0)):
        at = small.index.searchsorted(nav.index) - days_before
        index = pd.Series(np.log(small.to_numpy()[at]), nav.index).diff()
        assert lowest < moves.corr(index.loc["2015":]) < highest


def test_hedged_and_unhedged_course_differ_by_the_yen() -> None:
    both = pd.DataFrame({code: np.log(growth(navs()[code])).diff() for code in ("SMP00011", "SMP00012")}).dropna()
    assert 0.05 < (both["SMP00012"] - both["SMP00011"]).std() * np.sqrt(245) < 0.2


# As known


@pytest.mark.parametrize("later", [date(2026, 3, 12), date(2026, 4, 10), date(2027, 1, 4)])
def test_what_was_seen_does_not_change(later: date) -> None:
    now, then = ({payload.url.partition("?")[0]: payload for payload in made("fund_nav", day)}
        for day in (NOTE_SESSION, later))  # fmt: skip
    assert set(now) == set(then)
    for place, payload in now.items():
        assert then[place].content.startswith(payload.content)
    assert sum(then[place].content != payload.content for place, payload in now.items()) == 14


def test_a_longer_calendar_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    session = date(2019, 12, 30)
    before = _contents(session)
    days = funds.tokyo_days()
    shorter = days[days < np.datetime64("2020-01-01")]
    _forget()
    monkeypatch.setattr(funds, "tokyo_days", lambda: shorter)
    after = _contents(session)
    _forget()
    assert after == before
    assert len(before) > 8


def _contents(session: date) -> list[bytes]:
    return [payload.content for name in ("fund", "fund_nav") for payload in made.__wrapped__(name, session)]


def _forget() -> None:
    for cached in (funds.history, funds._yen_a_dollar, funds._noise):
        cached.cache_clear()


def test_nothing_before_the_first_fund() -> None:
    for session in (date(1979, 1, 2), date(1997, 12, 31), date(1998, 6, 29)):
        assert _contents(session) == []
    assert len(listed(date(1998, 6, 30))) == 1
    assert len(_contents(paths().days[-1].item())) == 16


# The payload


def test_payload_says_what_it_is() -> None:
    [list_of_funds] = made("fund")
    assert list_of_funds.media_type == "application/json"
    assert list_of_funds.url == "sample:funds.json?session=2026-03-11"
    isins = listed()["isinCd"]
    for payload in made("fund_nav"):
        code = str(payload.options["association_code"])
        assert payload.url == f"sample:{code}.csv?session=2026-03-11"
        assert payload.options["fund_id"] == isins[code]
        assert payload.subjects == (isins[code],)
        assert (payload.media_type, payload.format) == ("text/csv", "toushin_nav_csv")
    for payload in (list_of_funds, *made("fund_nav")):
        assert (payload.vendor, payload.licence, payload.may_publish) == ("sample", "invented; free to use", True)


def test_one_fund_can_be_asked_for() -> None:
    asked = Source("sample", "fund_nav", options={"series_id": "SMP00015"})
    [payload] = sample.fetch(asked, FetchContext(NOTE_SESSION))
    assert payload.content == made("fund_nav")[4].content


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"series_id": "SMP00099"}, "no series 'SMP00099'; it has: SMP00011, "),
        ({"format": "csv"}, "has SMP00011 as toushin_nav_csv, not as csv"),
    ],
)
def test_what_the_sample_lacks_is_refused(options: dict[str, Any], message: str) -> None:
    asked = Source("sample", "fund_nav", options.get("format"), options)
    with pytest.raises(FetchError, match=message):
        list(sample.fetch(asked, FetchContext(NOTE_SESSION)))


def parsed(payload: Payload) -> pd.DataFrame:
    try:
        parse = parser_for(payload.format)
    except UnknownFormatError:
        pytest.skip(f"nothing parses {payload.format} yet")
    return parse(payload.content, payload.options)


@pytest.mark.parametrize("session", SESSIONS)
def test_list_parses(session: date) -> None:
    rows, expected = parsed(made("fund", session)[0]).set_index("fund_id"), listed(session).set_index("isinCd")
    rows = rows.loc[expected.index]
    assert list(rows["name"]) == list(expected["fundNm"])
    assert list(rows["net_assets_jpy"]) == [1_000_000 * size for size in expected["totalNetAssets"]]
    assert list(rows["nav_jpy"]) == list(expected["standardPrice"])
    np.testing.assert_allclose(rows["return_1y"].astype(float), expected["standardPriceRa1y"].astype(float) / 100)
    np.testing.assert_allclose(rows["expense_ratio"].astype(float), expected["trustReward"] / 100)
    assert rows["redeemed_on"].notna().sum() == (expected["redemptionDate"] != "99999999").sum()


def test_histories_parse() -> None:
    for payload in made("fund_nav"):
        rows, expected = parsed(payload), read(payload)
        assert set(rows["fund_id"]) == {payload.options["fund_id"]}
        assert list(pd.to_datetime(rows["date"])) == list(expected.index)
        assert list(rows["nav_jpy"]) == list(expected["nav"])
        assert int(rows["net_assets_jpy"].sum()) == 1_000_000 * int(expected["net_assets"].sum())
        assert rows["distribution_jpy"].notna().sum() == expected["paid"].notna().sum()


def test_files_are_made_quickly() -> None:
    _forget()
    paths()
    for limit in (2.0, 0.5):
        start = time.process_time()
        _contents(NOTE_SESSION)
        assert time.process_time() - start < limit
