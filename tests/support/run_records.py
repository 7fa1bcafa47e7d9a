"""Parts of a run record.

Belongs here: making inputs, reading results. Does not belong here: expectations about results.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from checks.outcome import Outcome
from tests.support.helpers import STUDY, day

FINISHED = datetime(2026, 3, 12, 1, 2, 3, tzinfo=UTC)


def check(session: str = "2026-03-11", study: str = STUDY, **changes: Any) -> dict[str, Any]:
    outcome = Outcome("c", "core.index_level", study, day(session), True, True, "rule", subjects=("A", "B"))
    return {k: v for k, v in outcome.as_row("run").items() if k != "revision"} | changes
