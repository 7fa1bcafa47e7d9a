"""A study with one claim.

Belongs here: making inputs, reading results. Does not belong here: expectations about results.
"""

from __future__ import annotations

from typing import Any

from assets.study import Study
from tests.support.helpers import (
    make_study,
)

Row = dict[str, Any]


def claim(**changes: Any) -> Row:
    plain = {"id": "it", "text": {"ja": "値は{value}", "en": "it is {value}"}, "evidence": "SELECT 1.5", "threshold": 1}
    return {key: value for key, value in (plain | changes).items() if value is not None}


def study_with(*claims: Row) -> Study:
    return make_study(claim=list(claims))
