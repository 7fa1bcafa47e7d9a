"""Policy rates: FRED's files and tables of others to fractions, days without a rate, the sample's facts.

Belongs here: the dataset's formats. Does not belong here: what claims make of it (test_claims.py).
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from assets.ingest.payload import PayloadError
from assets.ingest.vendors import parser_for, sample
from warehouse.contract import BOOKKEEPING, contracts

FRED = b"observation_date,DFEDTARU\n2026-03-09,3.75\n2026-03-10,.\n2026-03-11,\n2026-03-12,0.57\n"
OPTIONS = {"series_id": "DFEDTARU", "dataset": "policy_rate"}
CSV = b"day,bound\n2026-03-11,0.57\n2026-03-12,-0.10\n"
MAPPED: dict[str, Any] = {
    **OPTIONS,
    "columns": {"date": "day", "rate": "bound"},
    "scale": {"rate": 0.01},
}


def rows(frame: pd.DataFrame) -> list[tuple[str, str, float]]:
    plain = frame.assign(date=frame["date"].dt.strftime("%Y-%m-%d"))
    return list(plain.itertuples(index=False, name=None))


def refusal(format: str, content: bytes, options: dict[str, Any]) -> str:
    with pytest.raises(PayloadError) as refused:
        parser_for(format)(content, options)
    return str(refused.value)


@pytest.mark.parametrize(("format", "content", "options"), [("fred_csv", FRED, OPTIONS), ("csv", CSV, MAPPED)])
def test_the_result_has_the_columns_of_the_contract(format: str, content: bytes, options: dict[str, Any]) -> None:
    frame = parser_for(format)(content, options)
    assert list(frame.columns) == [
        name for name in contracts()["core.policy_rate"].column_names if name not in BOOKKEEPING
    ]
    assert str(frame["date"].dtype) == "datetime64[us]"
    assert frame["rate"].dtype == "float64"
    assert list(frame.index) == list(range(len(frame)))


@pytest.mark.parametrize("header", [b"observation_date,DFEDTARU", b"DATE,VALUE"])
def test_fred_prints_percent_and_gaps(header: bytes) -> None:
    content = FRED.replace(b"observation_date,DFEDTARU", header)
    expected = [("DFEDTARU", "2026-03-09", 0.0375), ("DFEDTARU", "2026-03-12", 0.0057)]  # not 0.005699999999999999
    assert rows(parser_for("fred_csv")(content, OPTIONS)) == expected


def test_a_rate_of_zero_and_below_is_one() -> None:
    content = b"DATE,VALUE\n2015-01-01,0\n2015-01-02,-0.25\n"
    assert [rate for *_, rate in rows(parser_for("fred_csv")(content, OPTIONS))] == [0.0, -0.0025]


def test_csv_takes_a_scale() -> None:
    expected = [("DFEDTARU", "2026-03-11", 0.0057), ("DFEDTARU", "2026-03-12", -0.001)]
    assert rows(parser_for("csv")(CSV, MAPPED)) == expected
    assert [rate for *_, rate in rows(parser_for("csv")(CSV, MAPPED | {"scale": {}}))] == [0.57, -0.10]


def test_csv_may_name_the_series_in_a_column() -> None:
    columns = {"series_id": "name", "date": "day", "rate": "bound"}
    content = b"name,day,bound\nDFEDTARU,2026-03-11,3.75\nECBDFR,2026-03-11,2.00\n"
    frame = parser_for("csv")(content, MAPPED | {"columns": columns})
    assert rows(frame) == [("DFEDTARU", "2026-03-11", 0.0375), ("ECBDFR", "2026-03-11", 0.02)]


def test_csv_leaves_a_gap_out_where_its_mark_is_named() -> None:
    content = b"day,bound\n2026-03-10,.\n2026-03-11,3.75\n"
    frame = parser_for("csv")(content, MAPPED | {"missing": ["."]})
    assert rows(frame) == [("DFEDTARU", "2026-03-11", 0.0375)]
    assert list(frame.index) == [0]


@pytest.mark.parametrize(
    ("content", "options", "told"),
    [
        (b"day,bound\n2026-03-10,\n2026-03-11,3.75\n", MAPPED, "rate is missing"),
        (b"day,bound\n2026-03-10,x\n", MAPPED, "rate is not a number"),
        (b"day,bound\n2026-03-10,.\n", MAPPED | {"missing": ["."]}, "payload has no rate"),
        (b"day,bound\n2026-03-10,1\n2026-03-10,2\n", MAPPED, "row is given twice"),
        (CSV, MAPPED | {"columns": {"date": "day"}, "scale": {}}, "rate is needed"),
        (CSV, {k: v for k, v in MAPPED.items() if k != "series_id"}, "series_id is needed"),
        (CSV, MAPPED | {"columns": {"date": "day", "rate": "bound", "level": "bound"}}, "policy_rate has not"),
    ],
)
def test_csv_refuses(content: bytes, options: dict[str, Any], told: str) -> None:
    assert told in refusal("csv", content, options)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"DATE,VALUE\n2026-03-10,.\n", "payload has no rate"),
        (b"DATE,VALUE\n", "no row"),
        (b"DATE,VALUE\n2026-03-10,high\n", "rate is not a number"),
        (b"DATE,VALUE\n2026-03-10,1\n2026-03-10,.\n", "twice"),
        (b"DATE,VALUE,MORE\n2026-03-10,1,2\n", "header is not"),
    ],
)
def test_fred_refuses(content: bytes, told: str) -> None:
    assert told in refusal("fred_csv", content, OPTIONS)


def test_fred_needs_the_series() -> None:
    assert "series_id" in refusal("fred_csv", FRED, {"dataset": "policy_rate"})


@pytest.mark.parametrize(
    ("day", "rate"),
    [
        ("2008-12-16", 0.0025),
        ("2015-12-16", 0.0025),
        ("2015-12-17", 0.005),
        ("2022-03-16", 0.0025),
        ("2022-03-17", 0.005),
        ("2023-07-26", 0.0525),
        ("2023-07-27", 0.055),
        ("2024-12-31", 0.045),
        ("2025-12-31", 0.0375),
        ("2026-03-11", 0.0375),
    ],
)
def test_the_sample_has_the_rates_as_they_were_set(day: str, rate: float) -> None:
    found = sample_rates(date(2026, 3, 11))
    assert found[pd.Timestamp(day)] == rate


def test_the_sample_has_every_day_to_its_session_and_none_later() -> None:
    found = sample_rates(date(2024, 2, 29))
    assert list(found.index) == list(pd.date_range("2008-12-16", "2024-02-29"))


def test_the_sample_has_nothing_before_its_first_day() -> None:
    assert sample._policy_rate(date(2008, 12, 15)) == b""


def sample_rates(session: date) -> pd.Series:
    frame = parser_for("fred_csv")(sample._policy_rate(session), OPTIONS)
    return frame.set_index("date")["rate"]


def test_the_profiles_bring_it() -> None:
    for name in ("sample", "files"):
        text = (Path(__file__).parents[2] / "pipelines" / "profiles" / f"{name}.toml").read_text(encoding="utf-8")
        assert 'dataset = "policy_rate"' in text
