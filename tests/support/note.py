"""What a note is made of, and a row of a claim.

Belongs here: making inputs, reading results. Does not belong here: expectations about results.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from assets.publish.note import Caption, NoteFacts
from checks.gate import Withheld

SESSION = date(2026, 3, 11)


def claim_row(claim_id: str, holds: bool | None, **changes: Any) -> dict[str, Any]:
    said = {"text_ja": f"{claim_id}の本文", "text_en": f"words of {claim_id}"}
    return {"claim_id": claim_id, "variant": "main", "holds": holds, "value": -0.02, "reason": None, **said, **changes}


ROWS = [
    {"index_id": "R2000", "period": "YTD", "base_rule": "prev", "return_cum": 0.0272, "base_date": date(2025, 12, 31)},
    {"index_id": "R1000", "period": "YTD", "base_rule": "prev", "return_cum": -0.0081, "base_date": date(2025, 12, 31)},
    {"index_id": "R2000", "period": "YTD", "base_rule": "next", "return_cum": 0.03, "base_date": date(2026, 1, 2)},
    {"index_id": "R2000", "period": "30Y", "base_rule": "prev", "return_cum": None, "base_date": None},
]
FACTS = NoteFacts(
    session=SESSION,
    revision=2,
    tables={"size_return": ROWS},
    claims=[
        claim_row("small_cap_ytd_positive", True, value=0.0272),
        claim_row("large_ytd_negative", False),
        claim_row("small_earnings_weak_recently", None, value=None),
        claim_row("level_until_mid_2021", True, variant="a"),
        claim_row("level_until_mid_2021", False, variant="b"),
    ],
    captions={
        "size_return": Caption("bars of [returns]\nby period", SESSION, ("出所：甲", "乙")),
        "constituent_return": Caption("bars", date(2026, 2, 27), ("Source: A",)),
    },
    withheld=[Withheld("fund_ranking", "failed", "a check failed")],
)
YTD = 'number("size_return", "return_cum", index_id="R2000", period="YTD", base_rule="prev")'
