"""A drop folder over a short invented history, in the vendors' real formats, and the study that reads it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import exchange_calendars
import numpy as np
import pandas as pd

FIRST_DAY = date(2021, 12, 31)
LAST_DAY = date(2024, 3, 28)
SESSIONS = exchange_calendars.get_calendar("XNYS", start="2021-01-04", end="2024-12-31").sessions_in_range(
    FIRST_DAY.isoformat(), LAST_DAY.isoformat()
)
DIVIDENDS_A_YEAR = 0.016
FUND_DIVIDEND_DAYS = pd.to_datetime(["2022-06-15", "2022-12-15", "2023-06-15", "2023-12-15", "2024-03-14"])
INDICES = {"RU2000": (1, 0.0004), "RU1000": (2, 0.0005)}
FUNDS = {"IWM": "RU2000TR", "IWB": "RU1000TR"}

STUDY_FILE = """\
study = "two_sizes"
title = { ja = "大小", en = "Two sizes" }

[[index]]
id = "R2000"
size = "small"
label = { ja = "小型株", en = "Small caps" }

[[index.series]]
id = "RU2000TR"
label = { ja = "小型指数", en = "Small index" }
provider = "nobody"
return_basis = "gross"
currency = "USD"

[[index.series]]
id = "IWM"
label = { ja = "小型ファンド", en = "Small fund" }
provider = "nobody"
return_basis = "adjusted_close"
currency = "USD"
is_proxy = true

[[index]]
id = "R1000"
size = "large"
label = { ja = "大型株", en = "Large caps" }

[[index.series]]
id = "RU1000TR"
label = { ja = "大型指数", en = "Large index" }
provider = "nobody"
return_basis = "gross"
currency = "USD"

[[index.series]]
id = "IWB"
label = { ja = "大型ファンド", en = "Large fund" }
provider = "nobody"
return_basis = "adjusted_close"
currency = "USD"
is_proxy = true

[period_label]
1M = { ja = "1ヵ月", en = "1M" }
YTD = { ja = "年初来", en = "YTD" }
1Y = { ja = "1年", en = "1Y" }

[figure.size_return]
number = 1
title = { ja = "期間別リターン", en = "Returns by period" }
unit = { ja = "%", en = "%" }
periods = ["1D", "1M", "YTD", "1Y", "3Y"]
headline_periods = ["1M", "YTD", "1Y"]

[figure.long_run]
number = 2
title = { ja = "長期推移", en = "The long run" }
unit = { ja = "起点＝100", en = "Base = 100" }
years = 2

[[cross_check.price_guard]]
total_return = "RU2000TR"
price = "RU2000PR"
band = [1.0, 2.5]
floor = 0.5
years = [2022, 2023]

[[cross_check.fund_pair]]
fund = "IWM"
index = "RU2000TR"
"""

DROP = """\
[[file]]
path = "fred/RU*TR.csv"
dataset = "index_level"
format = "fred_csv"
series_from = "filename"
return_basis = "gross"
currency = "USD"
licence = "invented"

[[file]]
path = "fred/RU*PR.csv"
dataset = "index_level"
format = "fred_csv"
series_from = "filename"
return_basis = "price"
currency = "USD"
licence = "invented"

[[file]]
path = "yahoo/*.csv"
dataset = "index_level"
format = "yahoo_csv"
series_from = "filename"
return_basis = "adjusted_close"
currency = "USD"
licence = "invented"
"""


def total_return(index: str) -> pd.Series:
    """The total return level of an invented index on every session, as printed: two decimals."""
    seed, drift = INDICES[index]
    moves = np.random.default_rng(seed).normal(drift, 0.008, len(SESSIONS) - 1)
    levels = 1000 * np.concatenate([[1.0], np.cumprod(1 + moves)])
    return pd.Series(levels, index=SESSIONS).round(2)


def price(index: str) -> pd.Series:
    """The price level: the total return one without its dividends."""
    returns = total_return(index)
    days = np.arange(len(returns))
    return (returns * (1 - DIVIDENDS_A_YEAR) ** (days / 252)).round(2)


def fund_prices(fund: str, last: date | str) -> pd.DataFrame:
    """Close, Dividends and AdjClose of an invented fund as downloaded after ``last``.

    Close and dividends give the index's total return; the adjusted close follows from them as the vendor makes
    it: every close before an ex-day times 1 - dividend / close of the day before.
    """
    levels = total_return(FUNDS[fund].removesuffix("TR")).loc[: pd.Timestamp(last)]
    growth = (levels / levels.shift()).to_numpy()
    closes, dividends = [200.0], [0.0]
    for at in range(1, len(levels)):
        whole = closes[-1] * growth[at]
        dividends.append(round(0.008 * closes[-1], 3) if levels.index[at] in FUND_DIVIDEND_DAYS else 0.0)
        closes.append(whole - dividends[-1])
    close = pd.Series(closes, index=levels.index)
    paid = pd.Series(dividends, index=levels.index)
    factors = (1 - paid / close.shift()).fillna(1.0)
    later = factors[::-1].cumprod()[::-1].shift(-1).fillna(1.0)
    return pd.DataFrame({"Close": close, "Dividends": paid, "AdjClose": close * later})


def fred_csv(levels: pd.Series) -> bytes:
    """FRED's own layout: every weekday a row, a holiday is a dot, CRLF."""
    weekdays = pd.bdate_range(levels.index[0], levels.index[-1])
    cells = [f"{levels[day]:.2f}" if day in levels.index else "." for day in weekdays]
    rows = [f"{day:%Y-%m-%d},{cell}\r\n" for day, cell in zip(weekdays, cells, strict=True)]
    return "".join(["DATE,VALUE\r\n", *rows]).encode()


def yahoo_csv(prices: pd.DataFrame) -> bytes:
    """Yahoo's layout, with dividends and the adjusted close."""
    rows = [
        f"{day:%Y-%m-%d},{close!r},{close!r},{close!r},{close!r},{adjusted!r},1000,{paid!r}\n"
        for day, close, paid, adjusted in prices[["Close", "Dividends", "AdjClose"]].itertuples()
    ]
    return "".join(["Date,Open,High,Low,Close,AdjClose,Volume,Dividends\n", *rows]).encode()


def fred_until(series: str, last: date | str) -> bytes:
    """The file of an index series as downloaded after ``last``."""
    levels = total_return(series[:-2]) if series.endswith("TR") else price(series[:-2])
    return fred_csv(levels.loc[: pd.Timestamp(last)])


def fill_drop(folder: Path, last: date | str, replaced: Mapping[str, bytes] | None = None) -> Path:
    """The whole drop folder as of ``last``; ``replaced`` gives files other bytes (path inside the folder)."""
    files = {f"fred/{name}.csv": fred_until(name, last) for name in ("RU2000TR", "RU1000TR", "RU2000PR")}
    files |= {f"yahoo/{fund}.csv": yahoo_csv(fund_prices(fund, last)) for fund in FUNDS}
    for name, content in {**files, **(replaced or {}), "drop.toml": DROP.encode()}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder
