"""Specimens of a fund's holdings: the file of its page, and the data behind the page."""

from __future__ import annotations

import json

from tests.support.replay.ishares import product_data
from tests.support.specimens import Specimen

CSV = "\n".join(
    [
        "\ufeffiShares Russell 2000 ETF",
        'Fund Holdings as of,"Mar 10, 2026"',
        "",
        "Ticker,Name,Sector,Asset Class,Market Value,Weight (%),Notional Value,Shares,Price,Exchange",
        '"AAA","MADE UP CO","Energy","Equity","1,000.50","60.00","1,000.50","100.00","10.00","NASDAQ"',
        '"BBB","MADE DOWN CO","Energy","Equity","500.25","40.00","500.25","50.00","10.00","NASDAQ"',
        "",
        '"Made for tests."',
        "",
    ]
).encode()

SPECIMENS = (
    Specimen("ishares_csv", "holding", CSV, {"series_id": "IWM"}),
    Specimen(
        "ishares_product_json", "holding", json.dumps(product_data(CSV, "20260310")).encode(), {"series_id": "IWM"}
    ),
)
