"""When the night asks again for what is late, and what a reader is told of data that is behind."""

from __future__ import annotations

from datetime import UTC, date, datetime

import dagster as dg
import pandas as pd
import pytest

from assets.ingest.late import retry_while_late
from assets.profile import Late
from assets.publish.charts.figure_chart import ChartInput
from assets.publish.charts.pictures import footer_lines
from assets.publish.sources import SourceSpan
from tests.support.helpers import day, make_study

SESSION = day("2026-03-11")
MORNING = datetime(2026, 3, 11, 22, 15, tzinfo=UTC)
"""07:15 in Tokyo on the day after the session."""


def asks(
    late: list[str], *, session: date = SESSION, tries: int = 0, now: datetime = MORNING, allowed: Late | None = None
) -> bool:
    try:
        retry_while_late(late, allowed or Late(), session, tries, now)
    except dg.RetryRequested:
        return True
    return False


def test_only_what_is_late_is_asked_for_again() -> None:
    assert asks(["A"])
    assert not asks([])


def test_how_often_and_after_how_long_is_the_profile_s() -> None:
    with pytest.raises(dg.RetryRequested) as request:
        retry_while_late(["A"], Late(tries=3, wait_minutes=0.5), SESSION, 2, MORNING)
    assert (request.value.max_retries, request.value.seconds_to_wait) == (3, 30)


def test_the_last_try_goes_on_with_what_there_is() -> None:
    assert [asks(["A"], tries=tries) for tries in range(4)] == [True, True, False, False]
    assert not asks(["A"], allowed=Late(tries=0))


@pytest.mark.parametrize(
    ("session", "now", "is_asked"),
    [
        ("2026-03-11", "2026-03-11 20:00", True),  # the close
        ("2026-03-11", "2026-03-12 01:30", True),  # 10:30 in Tokyo, the deadline
        ("2026-03-11", "2026-03-12 01:31", False),
        ("2026-03-10", "2026-03-11 22:15", False),  # an older session made again
        ("2026-03-13", "2026-03-14 01:00", True),  # Friday's, on Saturday morning in Tokyo
        ("2026-03-13", "2026-03-15 01:00", False),  # still the newest, and overdue
    ],
)
def test_only_the_newest_session_is_awaited_and_not_past_its_deadline(session: str, now: str, is_asked: bool) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert asks(["A"], session=day(session), now=at) == is_asked


def lines(figure: str, small: str, large: str, language: str = "en") -> tuple[str, ...]:
    """What stands below a picture as of the session, where each index has levels up to a day."""
    first = day("1996-03-11")
    parts = [
        SourceSpan("R2000", "SMALL_FUND", first, day("2020-01-02")),
        SourceSpan("R2000", "SMALL", day("2020-01-02"), day(small)),
        SourceSpan("R1000", "LARGE", first, day(large)),
    ]
    chart_input = ChartInput(make_study(), figure, 1, SESSION, pd.DataFrame(), None, parts, ["acme"], is_sample=False)
    return footer_lines(chart_input, language)  # type: ignore[arg-type]


@pytest.mark.parametrize("figure", ["size_return", "long_run"])
def test_a_figure_within_its_lag_says_where_its_data_ends(figure: str) -> None:
    assert lines(figure, "2026-03-09", "2026-03-11")[-1] == "The data ends on 2026-03-09."
    assert lines(figure, "2026-03-10", "2026-03-09")[-1] == "The data ends on 2026-03-09."
    assert lines(figure, "2026-03-09", "2026-03-11", "ja")[-1] == "データは2026年3月9日まで"


def test_a_figure_on_time_says_nothing_and_an_event_of_the_past_is_none() -> None:
    for language in ("ja", "en"):
        assert len(lines("size_return", "2026-03-11", "2026-03-11", language)) == 2
    assert len(lines("event_return", "2020-03-23", "2020-03-23")) == 2
