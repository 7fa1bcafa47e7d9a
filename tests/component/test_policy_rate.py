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
from assets.ingest.sample.index_files import policy_rate_csv
from assets.ingest.vendors import parser_for
from assets.study_tables import fill_policy_rate_tables
from checks.table_checks import check_table
from tests.support.helpers import CUT_OFF, add_rows, empty_warehouse, make_study
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
    assert policy_rate_csv(date(2008, 12, 15)) == b""


def sample_rates(session: date) -> pd.Series:
    frame = parser_for("fred_csv")(policy_rate_csv(session), OPTIONS)
    return frame.set_index("date")["rate"]


def test_the_profiles_bring_it() -> None:
    for name in ("sample", "files"):
        text = (Path(__file__).parents[2] / "pipelines" / "profiles" / f"{name}.toml").read_text(encoding="utf-8")
        assert 'dataset = "policy_rate"' in text


# The scale of a history


DATES = ["2025-09-18", "2025-10-30", "2025-12-11", "2026-03-10", "2026-03-11"]
REAL = [0.0425, 0.04, 0.0375, 0.0375, 0.0375]
RULE = {"series_id": "DFEDTARU", "step": 0.0025, "band": [0.0025, 0.15], "most": 0.0125}


def broken(rates: list[float], series_id: str = "DFEDTARU", stated_on: str | None = None) -> set[str]:
    """What is wrong with a history of these rates."""
    connection = empty_warehouse("core.policy_rate", "core.correction")
    known = {"known_at": CUT_OFF, "payload_sha256": "rates"}
    rows = [
        {"series_id": series_id, "date": day, "rate": rate, **known} for day, rate in zip(DATES, rates, strict=False)
    ]
    add_rows(connection, "core.policy_rate", *rows)
    if stated_on:
        stated = {"stated_in": "t", "correction_id": "i", "kind": "real_move", "dataset": "policy_rate"}
        add_rows(connection, "core.correction", stated | {"subject": series_id, "date": stated_on, **known})
    session = date(2026, 3, 11)
    fill_policy_rate_tables(connection, make_study(cross_check={"policy_rate": [RULE]}), [session], CUT_OFF, None)
    found = check_table(connection, contracts()["core.policy_rate"], "study", [session])
    [outcome] = [one for one in found if one.check_name == "policy_rate_scale"]
    assert outcome.error is None
    assert outcome.blocking
    assert outcome.subjects == (None if outcome.passed else (series_id,))
    return {row["what"] for row in outcome.sample}


STEP, BAND = "is no multiple of the step", "is outside the band"
SMALL, FAR = "moved by less than a basis point", "moved further than ever"


@pytest.mark.parametrize(
    ("rates", "wrong"),
    [
        (REAL, set()),
        ([0.0175, 0.0125, 0.0025], set()),  # March 2020
        ([rate / 100 for rate in REAL], {STEP, BAND, SMALL}),
        ([rate * 100 for rate in REAL], {BAND, FAR}),
        ([rate / 10 for rate in REAL], {STEP}),
        ([rate * 10 for rate in REAL], {BAND, FAR}),
        ([0.000375], {STEP, BAND}),  # the first night, one day
        ([0.0005], {STEP, BAND}),
        ([*REAL[:3], 0.000375], {STEP, BAND, FAR}),
        ([0.0433, 0.0432, 0.0433], {STEP}),  # the effective rate under the target's name
        ([0.0425, 0.0225], {FAR}),
    ],
)
def test_the_scale_of_a_history_that_the_study_knows(rates: list[float], wrong: set[str]) -> None:
    assert broken(rates) == wrong


@pytest.mark.parametrize(
    ("rates", "wrong"),
    [
        ([0.0433, 0.0432, 0.0433], set()),
        ([-0.005, 0.0, 0.0025], set()),
        ([0.08, 0.1425, 0.24], set()),
        ([0.0010, 0.00075, 0.0005], set()),  # in 1/16 of a point or tenths
        ([0.0004, 0.000375, 0.0004], {SMALL}),
    ],
)
def test_the_scale_of_another_series_shows_in_its_steps(rates: list[float], wrong: set[str]) -> None:
    assert broken(rates, "ECBDFR") == wrong


def test_a_step_that_is_stated_passes() -> None:
    assert broken([0.0425, 0.0225], stated_on=DATES[1]) == set()
    assert broken([0.0425, 0.0225], stated_on=DATES[0]) == {FAR}


def test_the_sample_passes_by_the_rule_of_the_study() -> None:
    found = sample_rates(date(2026, 3, 11))
    steps = found.diff().abs()
    assert found.between(*RULE["band"]).all()
    assert steps[steps > 0].min() >= 0.0025 - 1e-9
    assert steps.max() <= RULE["most"] + 1e-9
