"""Invented investment trusts of an invented house: the list of funds and each one's daily net asset values.

Belongs here: the funds, their random paths, and writing them as the library of investment trusts does. Does not
belong here: which source gets which file (vendors/sample.py), parsing (the real formats' module), which of the funds a
figure shows (the study's reviewed list).

All noise is drawn by fund and calendar year, a number for every day of it, and a day's value hangs on earlier days
only, so what a session sees never changes later.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from assets import calendar
from assets.ingest.parsing.delimited_text import Days, Floats

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
IndexLevels = Callable[[], tuple[Days, Floats]]
"""Gives the New York sessions and the total return level of small companies, in dollars, on each."""

SEED = 20010402
FIRST_DAY = np.datetime64("1998-01-01")
"""Paths begin here; no fund is older."""

NO_END = "99999999"
"""What the list has for the redemption of a fund without one."""

LIMIT = 0.09
"""Largest log return of a fund's day; what is beyond it comes on the next day."""

HEDGE_COST = 1.6
"""Percent a year, for what dollars earn more than yen."""

TWIN_GAP = -47
"""Millions of yen between a twin and what both show: one with the lower code has less in nearly all valuations."""

PAID_ABOVE = 10_500
PAID_SHARE, PAID_LIMIT, PAID_STEP = 0.5, 0.03, 50
"""A fund that pays gives this share of what NAV has above PAID_ABOVE, at most this share of NAV, in steps of yen."""

FIRST_PERIOD = np.timedelta64(120, "D")
"""A fund's first closing day is at least this long after its start."""

SAMPLE, MIHON = "サンプル投信", "見本アセットマネジメント"


@dataclass(frozen=True)
class Fund:
    """An invented fund. Fee in percent a year; ``lots`` are millions of 10,000 units outstanding in the end.

    ``share_of_index`` is how far it follows small US companies, ``own_risk`` the rest of its volatility (a year).
    ``closings`` are months and days of its closing, on which it distributes if ``pays``. ``twin`` is the number of a
    fund of the same age with the same net assets in units of 100 million yen; ``is_half``: its net assets are always
    half a unit off.
    """

    number: int
    name: str
    short_name: str
    manager: str
    start: str
    fee: float
    lots: float
    closings: tuple[tuple[int, int], ...]
    pays: bool = False
    is_hedged: bool = False
    is_foreign: bool = True
    share_of_index: float = 1.0
    own_risk: float = 0.055
    first_nav: int = 10_000
    end: str | None = None
    days_late: int = 0
    twin: int | None = None
    is_half: bool = False

    @property
    def isin(self) -> str:
        """An ISIN that nobody has: those of Japanese investment trusts begin with JP90C, or JP3 if listed."""
        body = f"JP90S0000{self.number}"
        return f"{body}{_check_digit(body)}"

    @property
    def code(self) -> str:
        """The code of the association of investment trusts."""
        return f"SMP{self.number:05d}"


FUNDS = (
    Fund(
        11, "サンプル米国小型成長株ファンド　Ａコース（為替ヘッジあり）", "サンプル米国小型成長Ａ", SAMPLE,
        "2013-06-28", 1.87, 0.33, ((6, 20), (12, 20)), pays=True, is_hedged=True,
    ),
    Fund(
        12, "サンプル米国小型成長株ファンド　Ｂコース（為替ヘッジなし）", "サンプル米国小型成長Ｂ", SAMPLE,
        "2013-06-28", 1.87, 5.62, ((6, 20), (12, 20)), pays=True,
    ),
    Fund(
        13, "見本米国中小型バリュー株ファンド　①為替ヘッジなし", "見本米国中小型バリュー①", MIHON,
        "2006-11-30", 1.84, 0.81, ((11, 15),), pays=True, share_of_index=0.92,
    ),
    Fund(
        14, "サンプル・ビッグデータ米国小型株～髙選別型～（年２回決算型）", "サンプルＢＤ米国小型髙選別", SAMPLE,
        "2018-03-15", 1.595, 0.046, ((3, 25), (9, 25)), pays=True,
    ),
    Fund(
        15, "見本米国小型株オープン《見本の原石》", "見本米国小型オープン", MIHON,
        "1998-06-30", 1.98, 1.15, ((2, 15), (8, 15)), pays=True,
    ),
    Fund(
        16, "サンプル米国中小型株式ファンド　Ａコース（為替ヘッジあり）", "サンプル米国中小型Ａ", SAMPLE,
        "2021-01-29", 1.58, 0.77, ((1, 20),), is_hedged=True, share_of_index=0.95, twin=17,
    ),
    Fund(
        17, "サンプル米国中小型株式ファンド　Ｂコース（為替ヘッジなし）", "サンプル米国中小型Ｂ", SAMPLE,
        "2021-01-29", 1.58, 0.65, ((1, 20),), share_of_index=0.95,
    ),
    Fund(
        18, "見本米国小型株アクティブ－ＤＣ年金－", "見本米国小型ＤＣ", MIHON,
        "2003-10-01", 1.347, 0.11, ((9, 30),), pays=True, own_risk=0.045, is_half=True,
    ),
    Fund(
        19, "サンプル米国小型株クオリティ・ファンド", "サンプル米国小型クオリティ", SAMPLE,
        "2026-02-10", 1.65, 3.4, ((2, 9),),
    ),
    Fund(
        20, "見本米国小型成長株Ｆ（資産成長型）", "見本米国小型資産成長", MIHON,
        "2011-05-31", 1.78, 0.092, ((5, 25),), own_risk=0.07, first_nav=5_000, days_late=1,
    ),
    Fund(
        21, "サンプル米国小型株インデックス", "サンプル米国小型ＩＤＸ", SAMPLE,
        "2017-09-29", 0.0968, 0.62, ((9, 20),), own_risk=0.0,
    ),
    Fund(
        22, "上場サンプル米国小型株ＥＴＦ", "上場サンプル米国小型", SAMPLE,
        "2015-02-24", 0.165, 0.35, ((1, 10), (7, 10)), pays=True, own_risk=0.0,
    ),
    Fund(
        23, "見本米国小型株プレミアム２０２５", "見本米国小型Ｐ２０２５", MIHON,
        "2015-10-30", 1.72, 0.09, ((9, 30),), end="2025-09-30",
    ),
    Fund(
        24, "サンプル日本小型株ファンド", "サンプル日本小型", SAMPLE,
        "2000-03-31", 1.65, 0.42, ((3, 30),), pays=True, is_foreign=False, share_of_index=0.45, own_risk=0.14,
    ),
    Fund(
        25, "見本米国小型株セレクト（ラップ専用）", "見本米国小型セレクト", MIHON,
        "2019-12-13", 0.98, 0.02, ((12, 12),), own_risk=0.06,
    ),
)  # fmt: skip

NAV_HEADER = "年月日,基準価額(円),純資産総額（百万円）,分配金,決算期"
ENCODING = "cp932"


@dataclass(frozen=True)
class History:
    """A fund's valuations from its start to its end or the calendar's, one entry a valuation: NAV and what was paid in
    whole yen of 10,000 units, net assets in millions of yen.

    ``grown`` is its value with distributions reinvested; ``is_month_end`` the last business day of a month.
    """

    days: Days
    nav: Ints
    net_assets: Ints
    paid: Ints
    grown: Floats
    is_month_end: Bools
    lines: tuple[str, ...]

    def until(self, day: np.datetime64) -> int:
        """How many valuations there are up to and including a day."""
        return int(np.searchsorted(self.days, day, side="right"))


# Files


def search_json(levels: IndexLevels, session: date) -> bytes:
    """The answer of the library's search, one entry a fund that has a valuation; nothing before the first one."""
    rows = [row for fund in FUNDS if (row := _search_row(fund, levels, session))]
    if not rows:
        return b""
    answer = {"recordsTotal": len(rows), "standardDate": _plain(_due(session)), "resultInfoMapList": rows}
    return json.dumps({"searchResultInfo": answer}, ensure_ascii=False, separators=(",", ":")).encode()


def nav_csv(fund: Fund, levels: IndexLevels, session: date) -> bytes:
    """The columns of NAV_HEADER, one row a valuation up to the newest one; nothing before the fund's start."""
    count = _valued(fund, levels, session)
    if not count:
        return b""
    return "\n".join([NAV_HEADER, *history(fund, levels).lines[:count], ""]).encode(ENCODING)


def _search_row(fund: Fund, levels: IndexLevels, session: date) -> dict[str, Any] | None:
    count = _valued(fund, levels, session)
    if not count:
        return None
    known = history(fund, levels)
    return {
        "isinCd": fund.isin,
        "associFundCd": fund.code,
        "fundNm": fund.name,
        "fundStNm": fund.short_name,
        "entrustCmpNm": fund.manager,
        "standardPrice": int(known.nav[count - 1]),
        "standardDate": _plain(known.days[count - 1]),
        "totalNetAssets": int(known.net_assets[count - 1]),
        "trustReward": fund.fee,
        "standardPriceRa1y": _printed_return(known, count, 1),
        "standardPriceRa3y": _printed_return(known, count, 3),
        "establishedDate": _plain(np.datetime64(fund.start)),
        "redemptionDate": _plain(np.datetime64(fund.end)) if fund.end else NO_END,
    }


def _valued(fund: Fund, levels: IndexLevels, session: date) -> int:
    """How many of a fund's valuations are known at a session; a late fund lacks the newest."""
    days = tokyo_days()
    due = int(np.searchsorted(days, np.datetime64(session), side="right")) - 1 - fund.days_late
    if due < 0 or days[due] < np.datetime64(fund.start):
        return 0
    return history(fund, levels).until(days[due])


def _due(session: date) -> np.datetime64:
    days = tokyo_days()
    due: np.datetime64 = days[int(np.searchsorted(days, np.datetime64(session), side="right")) - 1]
    return due


def _printed_return(known: History, count: int, years: int) -> float | None:
    """In percent, from a month's end to the last one; None where the history is shorter."""
    ends = np.flatnonzero(known.is_month_end[:count])
    months = known.days[ends].astype("datetime64[M]")
    if not len(ends) or months[-1] - 12 * years < months[0]:
        return None
    start = ends[int(np.searchsorted(months, months[-1] - 12 * years))]
    return round(float(100 * (known.grown[ends[-1]] / known.grown[start] - 1)), 2)


def _plain(day: np.datetime64) -> str:
    return str(day).replace("-", "")


def _check_digit(body: str) -> int:
    """The last digit of an ISIN: letters count as two digits, and every second one from the right is doubled."""
    digits = [int(digit) for sign in body for digit in str(int(sign, 36))]
    doubled = [digit * 2 if at % 2 == 0 else digit for at, digit in enumerate(reversed(digits))]
    return -sum(value // 10 + value % 10 for value in doubled) % 10


# Paths


@cache
def tokyo_days() -> Days:
    """Business days in Tokyo from FIRST_DAY to the calendar's end, which is a year's."""
    days = calendar.tokyo().sessions.to_numpy(dtype="datetime64[D]")
    return days[days >= FIRST_DAY]


@cache
def history(fund: Fund, levels: IndexLevels) -> History:
    """All valuations of a fund, made once a process."""
    all_days = tokyo_days()
    months = all_days.astype("datetime64[M]")
    alive = all_days >= np.datetime64(fund.start)
    if fund.end:
        alive &= all_days <= np.datetime64(fund.end)
    days = all_days[alive]
    closed = _closings(fund, days)
    nav, paid = _nav(fund, np.exp(np.cumsum(_moves(fund, days, levels))), closed)
    grown = np.cumprod(np.append(1.0, (nav + paid)[1:] / nav[:-1]))
    net_assets = _net_assets(fund, days, nav, levels)
    is_month_end = np.append(months[1:] != months[:-1], True)[alive]
    return History(days, nav, net_assets, paid, grown, is_month_end, _lines(days, nav, net_assets, paid, closed))


def _moves(fund: Fund, days: Days, levels: IndexLevels) -> Floats:
    """Log returns from valuation to valuation, one entry a valuation, after the fee and before distributions."""
    sessions, index = levels()
    # New York is still open when Tokyo strikes its values: they rest on the close of the session before.
    before = np.searchsorted(sessions, days, side="left") - 1
    worth = fund.share_of_index * np.log(index[before])
    if fund.is_foreign and not fund.is_hedged:
        worth = worth + _yen_a_dollar()[_at(days)]
    worth = worth + fund.own_risk / np.sqrt(365.25) * np.cumsum(_noise(fund.number))[_at(days)]
    costs = (fund.fee + (HEDGE_COST if fund.is_hedged else 0.0)) / 100
    worth = worth - costs * (days - days[0]).astype(int) / 365.25
    return _eased(np.diff(worth, prepend=worth[0]))


def _eased(moves: Floats) -> Floats:
    """The same moves, with what a day has beyond LIMIT on the day after it."""
    eased = moves.copy()
    for at in range(len(eased) - 1):
        rest = eased[at] - min(max(eased[at], -LIMIT), LIMIT)
        if rest:
            eased[at] -= rest
            eased[at + 1] += rest
    return eased


@cache
def _yen_a_dollar() -> Floats:
    """Log of an invented exchange rate on every day: slow waves, and noise that is gone at each year's end."""
    noise = _noise(0)
    years = np.arange(len(noise)) / 365.25
    waves = 0.16 * np.sin(2 * np.pi * (years - 12) / 17) + 0.06 * np.sin(2 * np.pi * years / 4.3 + 1)
    stamps = (FIRST_DAY + np.arange(len(noise))).astype("datetime64[Y]")
    walks = [_returned(noise[stamps == year]) for year in np.unique(stamps)]
    rate: Floats = np.log(118) + waves + 0.085 / np.sqrt(365.25) * np.concatenate(walks)
    return rate


def _returned(noise: Floats) -> Floats:
    """A random walk that ends where it began."""
    walk: Floats = np.cumsum(noise - noise.mean())
    return walk


@cache
def _noise(number: int) -> Floats:
    """Standard normals for every day from FIRST_DAY on, from a seed a year."""
    first, last = _year(FIRST_DAY), _year(tokyo_days()[-1])
    parts = [
        np.random.default_rng([SEED, number, year]).normal(size=(date(year + 1, 1, 1) - date(year, 1, 1)).days)
        for year in range(first, last + 1)
    ]
    return np.concatenate(parts)


def _year(day: np.datetime64) -> int:
    return int(str(day)[:4])


def _at(days: Days) -> Ints:
    """Where days are among all from FIRST_DAY on."""
    return (days - FIRST_DAY).astype(np.int64)


def _closings(fund: Fund, days: Days) -> Ints:
    """Positions of the closing days: where one is no business day, the next one is."""
    years = range(_year(days[0]), _year(days[-1]) + 1)
    wanted = np.array(sorted(date(year, *day) for year in years for day in fund.closings), dtype="datetime64[D]")
    wanted = wanted[(wanted >= days[0] + FIRST_PERIOD) & (wanted <= days[-1])]
    return np.searchsorted(days, wanted)


def _nav(fund: Fund, worth: Floats, closed: Ints) -> tuple[Ints, Ints]:
    """Net asset values after distributions, and the distributions, both in whole yen."""
    exact = fund.first_nav * worth / worth[0]
    paid = np.zeros(len(worth), dtype=np.int64)
    for at in closed.tolist() if fund.pays else ():
        before = exact[at]
        amount = min(PAID_SHARE * max(before - PAID_ABOVE, 0.0), PAID_LIMIT * before)
        paid[at] = int(amount / PAID_STEP) * PAID_STEP
        exact[at:] *= 1 - paid[at] / before
    return np.round(exact).astype(np.int64), paid


def _net_assets(fund: Fund, days: Days, nav: Ints, levels: IndexLevels) -> Ints:
    """In millions of yen: units that are sold over the first years, and go up and down slowly, times NAV."""
    if fund.twin:
        [other] = [other for other in FUNDS if other.number == fund.twin]
        # Shown in units of 100 million they are equal, as they are not in yen.
        return (history(other, levels).net_assets + 50) // 100 * 100 + TWIN_GAP
    years = (days - days[0]).astype(int) / 365.25
    sold = 1 - 0.8 * np.exp(-1.5 * years)
    waves = 1 + 0.12 * np.sin(years * (0.5 + fund.number / 40))
    millions = np.maximum(np.round(fund.lots * sold * waves * nav), 1).astype(np.int64)
    return millions // 100 * 100 + 50 if fund.is_half else millions


def _lines(days: Days, nav: Ints, net_assets: Ints, paid: Ints, closed: Ints) -> tuple[str, ...]:
    """The rows of the file; distribution and period are there on closing days only."""
    ends = [","] * len(days)
    for period, at in enumerate(closed.tolist(), start=1):
        ends[at] = f"{paid[at]}.00,{period}"
    rows = zip(days.astype(str).tolist(), nav.tolist(), net_assets.tolist(), ends, strict=True)
    return tuple(f"{day[:4]}年{day[5:7]}月{day[8:]}日,{price},{size},{end}" for day, price, size, end in rows)
