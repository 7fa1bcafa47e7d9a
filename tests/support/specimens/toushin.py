"""Specimens of the library of investment trusts: an answer of its search, and a fund's NAVs."""

from __future__ import annotations

import json

from tests.support.specimens import Specimen

FUND = {
    "isinCd": "JP90C0000001", "fundNm": "見本ファンド", "entrustCmpNm": "見本アセット", "standardPrice": "10000",
    "totalNetAssets": "5", "trustReward": "1.1", "standardPriceRa1y": "1", "standardPriceRa3y": "2",
}  # fmt: skip
FOUND = {"recordsTotal": 1, "standardDate": "20260310", "resultInfoMapList": [FUND]}
NAVS = (
    "年月日,基準価額(円),純資産総額（百万円）,分配金,決算期\n"
    "2026年03月10日,9888,1,,\n2026年03月11日,9900,1,,\n"
)  # fmt: skip

SPECIMENS = (
    Specimen("toushin_search_json", "fund", json.dumps({"searchResultInfo": FOUND}).encode()),
    Specimen("toushin_nav_csv", "fund_nav", NAVS.encode("cp932"), {"fund_id": "JP90C0000001"}),
)
