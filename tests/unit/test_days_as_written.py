"""Days with times and zones behind them: the day as written is the day, in every format."""

from __future__ import annotations

from typing import Any

import pytest

from assets.ingest.payload import PayloadError
from assets.ingest.vendors import parser_for

STAMPS = [
    ["2026-03-05 00:00:00+09:00", "2026-03-06 00:00:00+09:00"],  # Tokyo
    ["2026-03-06 00:00:00-05:00", "2026-03-09 00:00:00-04:00"],  # New York, the clocks of two seasons in one file
    ["2026-03-27T00:00:00+0000", "2026-03-30T00:00:00+0100"],  # London
    ["2026-03-05 00:00:00", "2026-03-06 00:00:00"],
    ["2026-03-05T16:00:00-05:00", "2026-03-06T16:00:00.000-05:00"],
    ["2026-03-05T00:00:00Z", "2026-03-06T05:00:00Z"],
    ["2026-03-05 09:00 JST", "2026-03-06 09:00 JST"],
    ["2026-03-05 00:00:00 Asia/Tokyo", "2026-03-06 00:00:00 Asia/Tokyo"],
]
LEVELS = {
    "dataset": "index_level", "return_basis": "adjusted_close", "currency": "USD", "series_id": "IWM",
    "columns": {"date": "Date", "level": "Adj Close"},
}  # fmt: skip


def days(format: str, stamps: list[str], **options: Any) -> list[str]:
    content = "Date,Adj Close\n" + "".join(f"{stamp},{100 + row}\n" for row, stamp in enumerate(stamps))
    return parser_for(format)(content.encode(), LEVELS | options)["date"].astype("str").tolist()


@pytest.mark.parametrize("stamps", STAMPS)
@pytest.mark.parametrize("format", ["csv", "yahoo_csv"])
def test_the_day_is_the_one_that_is_written(format: str, stamps: list[str]) -> None:
    assert days(format, stamps) == [stamp[:10] for stamp in stamps]


@pytest.mark.parametrize(
    ("stamps", "date_format", "wanted"),
    [
        (STAMPS[0], "%Y-%m-%d %H:%M:%S%z", [5, 6]),
        (STAMPS[1], "%Y-%m-%d %H:%M:%S%z", [6, 9]),
        (STAMPS[2], "%Y-%m-%dT%H:%M:%S%z", [27, 30]),
        (["05/03/2026 00:00 +0900", "06/03/2026 00:00 -0500"], "%d/%m/%Y %H:%M %z", [5, 6]),
        (["05/03/2026 00:00 JST", "06/03/2026 00:00 UTC"], "%d/%m/%Y %H:%M %Z", [5, 6]),
        (["5 Mar 2026", "6 Mar 2026"], "%d %b %Y", [5, 6]),
    ],
)
def test_a_format_with_a_zone_moves_no_day(stamps: list[str], date_format: str, wanted: list[int]) -> None:
    assert days("csv", stamps, date_format=date_format) == [f"2026-03-{day:02}" for day in wanted]


def test_a_fund_of_tokyo_keeps_its_days() -> None:
    content = "Date,NAV\n2026-03-05 00:00:00+09:00,12345\n2026-03-06 00:00:00+09:00,12445\n"
    options = {"dataset": "fund_nav", "fund_id": "A", "columns": {"date": "Date", "nav_jpy": "NAV"}}
    for more in ({}, {"date_format": "%Y-%m-%d %H:%M:%S%z"}):
        frame = parser_for("csv")(content.encode(), options | more)
        assert frame["date"].astype("str").tolist() == ["2026-03-05", "2026-03-06"]


@pytest.mark.parametrize(
    ("stamp", "options", "message"),
    [
        ("2026-03-04T15:00:00Z", {}, "date is a midnight east of Greenwich, moved to UTC"),
        ("2026-03-04 23:00:00+00:00", {}, "date is a midnight east of Greenwich, moved to UTC"),
        ("2026-03-04 15:00:00+00:00", {"date_format": "%Y-%m-%d %H:%M:%S%z"}, "moved to UTC"),
        ("2026-02-30 00:00:00+09:00", {}, "date can't be read (line 2"),
        ("1772668800", {}, "date can't be read"),
        ("2026-03-05 00:00:00", {"date_format": "%Y-%m-%d %H:%M:%S%z"}, "date can't be read"),
    ],
)  # fmt: skip
def test_a_stamp_that_says_no_day_is_refused(stamp: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(PayloadError) as refused:
        days("csv", [stamp], **options)
    assert message in str(refused.value)


def test_midnights_of_tokyo_in_utc_are_told_by_their_sunday() -> None:
    week = [f"2026-03-{day:02} 15:00:00" for day in (1, 2, 3, 4, 5)]  # Monday to Friday, the 2nd to the 6th
    with pytest.raises(PayloadError, match=r"moved to UTC.*2026-03-01 15:00:00"):
        days("csv", week)
    with pytest.raises(PayloadError, match="moved to UTC"):
        days("csv", week, date_format="%Y-%m-%d %H:%M:%S")


def test_the_hour_of_the_close_moves_no_day() -> None:
    week = [f"2026-03-{day:02} 16:00:00" for day in (2, 3, 4, 5, 6)]
    assert days("csv", week) == [f"2026-03-{day:02}" for day in (2, 3, 4, 5, 6)]
