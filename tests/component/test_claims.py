"""Claims: each of the study's on rows made by hand, verdict and sentence, and every way to write one wrongly.

Belongs here: the verdicts and what a faulty claim is told. Does not belong here: claims in releases
(tests/pipeline/test_claims.py), the figures themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet
import pytest

from assets.figures.figure import Figure
from assets.figures.registry import FIGURES
from assets.ingest.vendors import parser_for
from assets.publish.claims import CLAIMS, ClaimError, Verdict, check_claims, evidence_sql, make_claims, verdicts_before
from assets.publish.clearance import GateResult, add_claims
from assets.publish.descriptor import NAME
from assets.study import Study, read_studies
from checks import expectations
from checks.gate import Recorded, Withheld, judge_claim
from checks.outcome import Outcome
from checks.table_checks import check_table
from tests.support.claims import Row, claim, study_with
from tests.support.helpers import (
    KNOWN_AT,
    add_levels,
    add_rows,
    day,
    empty_warehouse,
    make_figure,
)
from warehouse.contract import contracts
from warehouse.database import rows_as_dicts

OWN = "us_small_caps"
OWN_STUDIES = Path(__file__).parents[2] / "pipelines" / "studies"
SESSION = day("2026-03-11")
RETURNS, EVENTS, RATIO = "figure.size_return", "figure.event_return", "figure.long_run_ratio"
EPS, SHARES, GAPS = "figure.eps_growth", "figure.domestic_revenue_share", "figure.constituent_return_summary"
RATES = "core.policy_rate"
PLAIN: Row = {
    "VARCHAR": "x", "DATE": SESSION, "TIMESTAMP": KNOWN_AT, "BOOLEAN": False, "INTEGER": 1, "BIGINT": 1, "DOUBLE": 1.0,
}  # fmt: skip


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    return empty_warehouse()


@pytest.fixture(autouse=True)
def _no_expectations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Great Expectations takes longer than all claims; one test below runs them."""
    monkeypatch.setattr(expectations, "_validate", lambda *rows: [])


@pytest.fixture(scope="module")
def own_study() -> Study:
    [study] = [one for one in read_studies(OWN_STUDIES) if one.study == OWN]
    return study


def put(connection: duckdb.DuckDBPyConnection, table: str, study: str = OWN, **stated: Any) -> None:
    """A row of a figure; columns that matter to no claim get any value."""
    filled = {column.name: None if column.nullable else PLAIN[column.type] for column in contracts()[table].column}
    own = {"study": study, "session": SESSION, "revision": 0, "as_of": SESSION} if "study" in filled else {}
    add_rows(connection, table, filled | own | stated)


def sides(
    connection: duckdb.DuckDBPyConnection, table: str, column: str, small: Any, large: Any, **stated: Any
) -> None:
    for size, value in (("small", small), ("large", large)):
        put(connection, table, size=size, **{column: value, "index_id": size}, **stated)


def returns(connection: duckdb.DuckDBPyConnection, small: Any, large: Any, **stated: Any) -> None:
    sides(connection, RETURNS, "return_cum", small, large, **({"period": "YTD", "base_rule": "prev"} | stated))
    # rows that a careless condition would take
    sides(connection, RETURNS, "return_cum", 9.0, -9.0, period="YTD", base_rule="next")
    sides(connection, RETURNS, "return_cum", -9.0, 9.0, period="5Y", base_rule="prev")
    sides(connection, RETURNS, "return_cum", 7.0, -7.0, **({"period": "YTD", "base_rule": "prev"} | stated),
          session=day("2026-03-10"))  # fmt: skip


def three_years(connection: duckdb.DuckDBPyConnection, small: Any, large: Any) -> None:
    returns(connection, small, large, period="3Y")


def marks(connection: duckdb.DuckDBPyConnection, at_day: str = "2021-06-30", **ratios: float) -> None:
    days = {"lowest": "1999-04-08", "highest": "2014-03-04", "at": at_day, "end": "2026-03-11"}
    for mark, ratio in ratios.items():
        put(connection, RATIO, mark=mark, date=day(days[mark]), ratio=ratio)


def attack(connection: duckdb.DuckDBPyConnection, small: Any, large: Any) -> None:
    dates = {"base_date": day("2026-02-27"), "end_date": SESSION}
    sides(connection, EVENTS, "return_cum", small, large, event_id="iran", **dates)
    sides(connection, EVENTS, "return_cum", 9.0, 9.0, event_id="covid", **dates)


def rates(connection: duckdb.DuckDBPyConnection, **by_day: float) -> None:
    """Rates by day, `d2025_12_11`; another series has others."""
    for name, rate in by_day.items():
        one = date.fromisoformat(name[1:].replace("_", "-"))
        put(connection, RATES, series_id="DFEDTARU", date=one, rate=rate)
        put(connection, RATES, series_id="ECBDFR", date=one, rate=0.5)


def growth(connection: duckdb.DuckDBPyConnection, small: Any, large: Any) -> None:
    sides(connection, EPS, "growth", small, large, is_headline=True, fiscal_year=2026)
    sides(connection, EPS, "growth", 9.0, 9.0, fiscal_year=2026)


def shares(connection: duckdb.DuckDBPyConnection, small: Any, large: Any) -> None:
    sides(connection, SHARES, "share", small, large, is_headline=True, method="reported")
    sides(connection, SHARES, "share", 1.0, 0.0, is_headline=True, method="upper_bound")


def gaps(connection: duckdb.DuckDBPyConnection, small: float, large: float, grouping: str = "half") -> None:
    stated = {"availability": "survivors", "rounding": "floor", "grouping": grouping, "measure": "cumulative"}
    sides(connection, GAPS, "mean_top", small, large, mean_bottom=0.0, **stated)
    sides(connection, GAPS, "mean_top", 9.0, 9.0, mean_bottom=0.0, **stated | {"rounding": "ceil"})


def verdicts(connection: duckdb.DuckDBPyConnection, study: Study, *withheld: Withheld) -> dict[tuple[str, str], Row]:
    """The rows by claim and variant; every blocking check passes."""
    outcomes = [*make_claims(connection, study, {SESSION: withheld}), *check_claims(connection, study, SESSION, [])]
    assert [one.observed for one in outcomes if not one.passed] == []
    rows = rows_as_dicts(connection, "SELECT * FROM figure.claim WHERE study = ?", study.study)
    return {(row["claim_id"], row["variant"]): row for row in rows}


Put = Callable[[duckdb.DuckDBPyConnection], None]


def case(claim: str, fill: Put, holds: bool | None, value: float | None, said: str, variant: str = "main") -> Any:
    return pytest.param(claim, variant, fill, holds, value, said, id=f"{claim} {variant} {holds} {value}")


MID_2021 = ("level_until_mid_2021", "at_2021_06_30")
NO_VALUE = "the data behind it has no value for this day"

CASES = [
    case("small_cap_ytd_positive", lambda c: returns(c, 0.0272, -0.0081), True, 0.0272, "(+2.7%)"),
    case("small_cap_ytd_positive", lambda c: returns(c, -0.0272, 0.1), False, -0.0272, "(-2.7%)"),
    case("small_cap_ytd_positive", lambda c: returns(c, 0.0, 0.1), False, 0.0, "(0.0%)"),
    case("small_cap_ytd_positive", lambda c: returns(c, None, 0.1), None, None, "(―)"),
    case("large_ytd_negative", lambda c: returns(c, 0.0272, -0.0081), True, -0.0081, "(-0.8%)"),
    case("large_ytd_negative", lambda c: returns(c, -0.1, 0.0), False, 0.0, "(0.0%)"),
    case("large_ytd_negative", lambda c: returns(c, -0.1, None), None, None, "(―)"),
    case("small_ytd_above_large", lambda c: returns(c, 0.02, -0.01), True, 0.03, "(+2.0%) are ahead of"),
    case("small_ytd_above_large", lambda c: returns(c, -0.02, -0.01), False, -0.01, "(-2.0%)"),
    case("small_ytd_above_large", lambda c: returns(c, 0.02, None), None, None, "(+2.0%) are ahead of large caps (―)"),
    case("small_lags_large_3y", lambda c: three_years(c, 0.4903, 0.8083), True, -0.318, "(+49.0%) lag"),
    case("small_lags_large_3y", lambda c: three_years(c, 0.9, 0.8), False, 0.1, "(+90.0%)"),
    case("small_lags_large_3y", lambda c: three_years(c, None, 0.8), None, None, "(―) lag large caps (+80.0%)"),
    case(MID_2021[0], lambda c: marks(c, at=0.891), False, 0.891, "0.891 on 2021-06-30", MID_2021[1]),
    case(MID_2021[0], lambda c: marks(c, at=0.9), True, 0.9, "0.900", MID_2021[1]),
    case(MID_2021[0], lambda c: marks(c, at=1.11), False, 1.11, "1.110", MID_2021[1]),
    case(MID_2021[0], lambda c: marks(c, "2020-01-02", at=1.0), None, None, "= ― on ―", MID_2021[1]),
    case(
        MID_2021[0], lambda c: marks(c, lowest=0.602, highest=1.1, at=0.891, end=3.0), False, 0.398,
        "from 0.602 on 1999-04-08 to 1.100 on 2014-03-04", "whole_path",
    ),
    case(MID_2021[0], lambda c: marks(c, lowest=0.8, highest=1.1, at=1), True, 0.2, "0.800", "whole_path"),
    case(MID_2021[0], lambda c: marks(c, lowest=0.9, highest=1.3, at=1), False, 0.3, "1.300", "whole_path"),
    case(
        MID_2021[0], lambda c: marks(c, "2021-05-31", lowest=0.9, highest=1.1, at=1), None, None, "― on ―", "whole_path"
    ),
    case("apart_since_2021", lambda c: marks(c, at=0.891, end=0.642), True, 0.358, "was 0.109 away from 1, now 0.358"),
    case("apart_since_2021", lambda c: marks(c, at=1.2, end=0.9), False, 0.1, "now 0.100"),
    case("apart_since_2021", lambda c: marks(c, end=0.9), None, None, "now ―"),
    case(
        "small_fell_since_attack", lambda c: attack(c, -0.0327, 0.01), True, -0.0327,
        "(-3.3% from 2026-02-27 to 2026-03-11)",
    ),
    case("small_fell_since_attack", lambda c: attack(c, 0.01, -0.01), False, 0.01, "(+1.0%"),
    case("small_fell_since_attack", lambda c: attack(c, None, -0.01), None, None, "(― from 2026-02-27"),
    case(
        "hikes_2022_2023_above_4_points", lambda c: rates(c, d2022_03_15=0.0025, d2022_03_16=0.03, d2023_12_31=0.055),
        True, 0.0525, "(from 0.25% to 5.50%, +5.25 points)",
    ),
    case(
        "hikes_2022_2023_above_4_points", lambda c: rates(c, d2022_03_15=0.01, d2023_07_27=0.05, d2024_01_01=0.09),
        False, 0.04, "+4.00 points)",
    ),
    case("hikes_2022_2023_above_4_points", lambda c: rates(c, d2022_03_15=0.01, d2023_07_26=0.05), None, None, "to ―"),
    case(
        "cuts_in_2025", lambda c: rates(c, d2024_12_31=0.045, d2025_12_31=0.0375, d2026_01_01=0.05),
        True, -0.0075, "(from 4.50% to 3.75%, -0.75 points)",
    ),
    case("cuts_in_2025", lambda c: rates(c, d2024_12_31=0.045, d2025_12_31=0.045), False, 0.0, ", 0.00 points)"),
    case("cuts_in_2025", lambda c: rates(c, d2024_12_31=0.045, d2026_03_12=0.01), None, None, "from 4.50% to ―"),
    case("small_eps_growth_above_large", lambda c: growth(c, 0.513, 0.145), True, 0.368, "2026 earnings"),
    case("small_eps_growth_above_large", lambda c: growth(c, 0.1, 0.145), False, -0.045, "(+10.0%)"),
    case("small_eps_growth_above_large", lambda c: growth(c, None, 0.145), None, None, "(―) than for large caps (+14"),
    case("domestic_share_small_above_large", lambda c: shares(c, 0.6, 0.4), True, 0.2, "(60.0%) than large ones (40"),
    case("domestic_share_small_above_large", lambda c: shares(c, 0.4, 0.6), False, -0.2, "(40.0%)"),
    case("domestic_share_small_above_large", lambda c: shares(c, None, None), None, None, "(―)"),
    case(
        "dispersion_small_above_large", lambda c: gaps(c, 12.0, 8.0), True, 4.0,
        "halves, cumulative) is wider for small caps (1,200.0 points)", "half cumulative",
    ),
    case("dispersion_small_above_large", lambda c: gaps(c, 8.0, 8.0), False, 0.0, "(800.0 points)", "half cumulative"),
    case(
        "dispersion_small_above_large", lambda c: gaps(c, 12.0, 8.0), None, None,
        "deciles, cumulative) is wider for small caps (― points)", "decile cumulative",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "variant", "fill", "holds", "value", "said"), CASES)
def test_a_claim_of_the_study(
    connection: duckdb.DuckDBPyConnection,
    own_study: Study,
    claim: str,
    variant: str,
    fill: Put,
    holds: bool | None,
    value: float | None,
    said: str,
) -> None:
    fill(connection)
    row = verdicts(connection, only(own_study, claim))[claim, variant]
    assert (row["holds"], row["value"]) == (holds, value)
    assert row["reason"] == (NO_VALUE if holds is None else None)
    assert said in row["text_en"]
    assert "{" not in row["text_ja"] + row["text_en"]
    given = connection.execute(evidence_sql(row["evidence"], 0)).fetchall()
    assert [None if one[-1] is None else round(float(one[-1]), 6) for one in given] in ([value], [])


def only(study: Study, claim: str) -> Study:
    """The study with the variants of one claim."""
    return study.model_copy(update={"claim": tuple(one for one in study.claim if one.id == claim)})


def test_every_claim_that_can_be_tested_has_its_cases(own_study: Study) -> None:
    asked = {(one.id, one.variant or "main") for one in own_study.claim if one.evidence and not one.each}
    for verdict in (True, False, None):
        found = {(one.values[0], one.values[1]) for one in CASES if one.values[3] is verdict}
        assert asked <= found
        assert "dispersion_small_above_large" in {claim for claim, _ in found}


def test_each_word_makes_its_variant(connection: duckdb.DuckDBPyConnection, own_study: Study) -> None:
    found = verdicts(connection, only(own_study, "dispersion_small_above_large"))
    groupings = ("half", "mean_split", "tercile", "quartile", "quintile", "decile")
    asked = {f"{grouping} {measure}" for grouping in groupings for measure in ("cumulative", "annualised")}
    assert {variant for _, variant in found} == asked
    assert len({row["evidence"] for row in found.values()}) == len({row["text_ja"] for row in found.values()}) == 12


def test_a_claim_names_the_figures_that_it_reads(own_study: Study) -> None:
    """Otherwise a withheld figure's rows would decide it."""
    owner = {table: figure.name for figure in FIGURES for table in figure.tables}
    for stated in own_study.claim:
        read = {name for table, name in owner.items() if f"{table} " in (stated.evidence or "").replace("\n", " ")}
        assert read == set(stated.figures), stated.id


def test_a_claim_on_a_withheld_figure_has_no_verdict(connection: duckdb.DuckDBPyConnection, own_study: Study) -> None:
    returns(connection, 0.02, -0.01)
    study = only(own_study, "small_ytd_above_large")
    withheld = Withheld("size_return", "failed", "something broke")
    [row] = verdicts(connection, study, withheld).values()
    assert (row["holds"], row["value"], row["reason"]) == (None, None, "size_return is withheld (failed)")
    assert row["text_en"] == "Year to date small caps (―) are ahead of large caps (―)"
    assert row["text_ja"] == "年初来で小型株（―）は大型株（―）を上回る"
    assert row["evidence"]
    [row] = verdicts(connection, study, Withheld("long_run", "failed", "no concern of it")).values()
    assert row["holds"] is True


def test_a_claim_that_no_data_can_test_says_why(connection: duckdb.DuckDBPyConnection, own_study: Study) -> None:
    [row] = verdicts(connection, only(own_study, "small_earnings_weak_recently")).values()
    assert (row["holds"], row["value"], row["evidence"]) == (None, None, None)
    assert row["reason"] == "needs actual earnings of past years, which no dataset has"
    assert row["text_ja"] == "小型株の利益はここ数年伸び悩み"


def test_a_day_is_made_again_in_place_of_its_rows(connection: duckdb.DuckDBPyConnection, own_study: Study) -> None:
    study = only(own_study, "small_cap_ytd_positive")
    returns(connection, 0.02, -0.01)
    assert [row["holds"] for row in verdicts(connection, study).values()] == [True]
    connection.execute("UPDATE figure.size_return SET return_cum = -return_cum")
    assert [row["holds"] for row in verdicts(connection, study).values()] == [False]


# Claims written by hand


def one_row(connection: duckdb.DuckDBPyConnection, **changes: Any) -> Row:
    [row] = verdicts(connection, study_with(claim(**changes))).values()
    return row


@pytest.mark.parametrize(
    ("evidence", "holds", "verdict", "value"),
    [
        ("SELECT 1.5", "value > threshold", True, 1.5),
        ("SELECT 1", "value > threshold", False, 1.0),
        ("SELECT 2 AS other, 1.0000004 AS last", "other > last AND value = 1", True, 1.0),
        ("SELECT DATE '2021-06-30' AS d, 1 AS n", "year(d) = 2021", True, 1.0),
        ("SELECT 'small' AS s, 1 AS n", "s = 'small'", True, 1.0),
        ("SELECT TIMESTAMP '2026-03-11 09:30:00' AS t, 1 AS n", "hour(t) = 9", True, 1.0),
        ("SELECT CAST(1.25 AS DECIMAL(9, 2))", "value > threshold", True, 1.25),
        ("SELECT true", "value = 1", True, 1.0),
        ("SELECT CAST(NULL AS DOUBLE) AS other, 1 AS n", "value > other", None, 1.0),
        ("SELECT CAST('inf' AS DOUBLE)", "value > threshold", None, None),
        ("SELECT CAST('nan' AS DOUBLE)", "value > threshold", None, None),
        ("SELECT 1 WHERE false", "value > threshold", None, None),
        ("SELECT NULL", "value > threshold", None, None),
    ],
)
def test_evidence_and_condition(
    connection: duckdb.DuckDBPyConnection, evidence: str, holds: str, verdict: bool | None, value: float | None
) -> None:
    row = one_row(connection, evidence=evidence, holds=holds, text={"ja": "文", "en": "text"})
    assert (row["holds"], row["value"]) == (verdict, value)
    assert (row["reason"] is None) == (verdict is not None)


def test_numbers_and_dates_in_both_languages(connection: duckdb.DuckDBPyConnection) -> None:
    evidence = "SELECT DATE '2021-06-30' AS d, 'x' AS s, CAST(NULL AS DOUBLE) AS gone, 0.0251 AS v"
    text = "{d} {d:%Y/%m} {s} {gone:+.1%} {value:.2%} {v:.3f} {threshold:g}"
    row = one_row(connection, evidence=evidence, text={"ja": f"日本語 {text}", "en": text})
    assert row["text_en"] == "2021-06-30 2021/06 x ― 2.51% 0.025 1"
    assert row["text_ja"] == f"日本語 {row['text_en']}"


def test_a_threshold_of_none_is_a_dash(connection: duckdb.DuckDBPyConnection) -> None:
    text = {"ja": "{threshold:.1f}", "en": "{threshold:.1f}"}
    row = one_row(connection, threshold=None, holds="value > 0", text=text)
    assert (row["holds"], row["threshold"], row["text_en"]) == (True, None, "―")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"evidence": "SELECT 1 UNION ALL SELECT 2"}, "its evidence gives 2 rows instead of one: SELECT 1 UNION"),
        ({"evidence": "SELEC 1"}, "its evidence can't be run: "),
        ({"evidence": "SELECT value FROM figure.nothing"}, "its evidence can't be run: "),
        ({"evidence": "SELECT 'text'"}, "the last column of its evidence is no number: 'text'"),
        ({"evidence": "SELECT DATE '2026-03-11'"}, "the last column of its evidence is no number: "),
        ({"holds": "valu > 1"}, "its evidence can't be run: "),
        ({"holds": "value >"}, "its evidence can't be run: "),
        ({"evidence": "SELECT 1 WHERE {there}"}, "its evidence has an unknown word in braces: 'there'"),
        ({"evidence": "SELECT 1 WHERE {}"}, "its evidence has an unknown word in braces: "),
        ({"evidence": "SELECT 1 WHERE {here.x}"}, "its evidence has an unknown word in braces: "),
        ({"evidence": "SELECT 1 WHERE {here"}, "its evidence has an unknown word in braces: "),
        ({"text": {"ja": "値", "en": "{valu:.1%}"}}, "its text can't be filled: nothing is called 'valu' (in "),
        ({"text": {"ja": "{valu}", "en": "value"}}, "its text can't be filled: nothing is called 'valu' (in "),
        ({"text": {"ja": "値", "en": "{value:d}"}}, "its text can't be filled: "),
        ({"text": {"ja": "値", "en": "{value"}}, "its text can't be filled: "),
        ({"text": {"ja": "値", "en": "{value.x}"}}, "its text can't be filled: "),
        ({"text": {"ja": "値", "en": "{value[0]}"}}, "its text can't be filled: "),
        ({"text": {"ja": "値", "en": "{}"}}, "its text can't be filled: "),
    ],
)
def test_a_claim_that_is_written_wrongly_is_named(
    connection: duckdb.DuckDBPyConnection, changes: Row, told: str
) -> None:
    study = study_with(claim(id="good"), claim(id="bad", **changes))
    with pytest.raises(ClaimError) as refused:
        make_claims(connection, study, {SESSION: []})
    assert str(refused.value).startswith(f"claim bad: {told}")


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        ([claim(evidence=None)], "claim it needs either evidence or untestable"),
        ([claim(untestable={"ja": "理由", "en": "why"})], "claim it needs either evidence or untestable"),
        (
            [claim(evidence=None, untestable="why")],
            "untestable\n  Input should be a valid dictionary or instance of Text",
        ),
        ([claim(), claim()], "claims are not unique: it, it"),
        ([claim(figures=["size_return", "size_retrun"])], "claim it needs figures that the study has not: size_retrun"),
        ([claim(figures=["eps_growth"])], "claim it needs figures that the study has not: eps_growth"),
        ([claim(id="It")], "should match pattern"),
        (
            [claim(unit="points", text={"ja": "差は{value:+.1%}", "en": "{value}"})],
            r"claim it is in points and prints its value as a percentage \(\{value:\+\.1%\}\)",
        ),
    ],
)
def test_a_study_refuses_claims(claims: list[Row], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        study_with(*claims)


RATE = "SELECT rate FROM core.policy_rate WHERE series_id = 'DFEDTARU'"


@pytest.mark.parametrize(
    ("table", "subjects", "blocking", "concerned"),
    [
        ("core.policy_rate", ["DFEDTARU"], True, True),
        ("core.policy_rate", ["ECBDFR"], True, False),
        ("core.policy_rate", ["ECBDFR", "DFEDTARU"], True, True),
        ("core.policy_rate", None, True, True),
        ("core.policy_rate", ["DFEDTARU"], False, False),
        ("landing.policy_rate", ["?"], True, True),
        ("core.index_level", None, True, False),
    ],
)
def test_a_claim_falls_with_the_data_that_it_reads(
    connection: duckdb.DuckDBPyConnection, table: str, subjects: list[str] | None, blocking: bool, concerned: bool
) -> None:
    result = {"check_name": "c", "observed": "1 row", "expected": "none", "blocking": blocking, "subjects": subjects}
    recorded = Recorded({}, {}, {(SESSION, table): [result]}, {}, {}, {})
    verdict = judge_claim(recorded, "it", ["policy_rate"], RATE, SESSION)
    wanted = Withheld("claim", "failed", f"{table}: 1 row (expected: none)", "c", "it")
    assert verdict == (wanted if concerned else None)
    study = study_with(claim(datasets=["policy_rate"]), claim(id="other"))
    rows = verdicts(connection, study, *([verdict] if verdict else []))
    assert [row["holds"] for _, row in sorted(rows.items())] == [None if concerned else True, True]


# The checks


def put_claim(connection: duckdb.DuckDBPyConnection, study: Study, before: list[Verdict]) -> dict[str, Outcome]:
    make_claims(connection, study, {SESSION: []})
    outcomes = check_claims(connection, study, SESSION, before)
    return {one.check_name: one for one in outcomes}


@pytest.mark.parametrize(
    ("before", "passes"),
    [
        ([], True),
        ([Verdict("it", "main", True)], True),
        ([Verdict("it", "main", None)], True),
        ([Verdict("it", "other", False)], True),
        ([Verdict("gone", "main", False)], True),
        ([Verdict("it", "main", False)], False),
    ],
)
def test_a_turned_verdict_warns(connection: duckdb.DuckDBPyConnection, before: list[Verdict], passes: bool) -> None:
    outcome = put_claim(connection, study_with(claim()), before)["claim_turned"]
    assert (outcome.passed, outcome.blocking, outcome.error) == (passes, False, None)
    if not passes:
        assert (outcome.sample[0]["before"], outcome.sample[0]["now"]) == (False, True)


def test_a_verdict_that_is_lost_has_not_turned(connection: duckdb.DuckDBPyConnection) -> None:
    study = study_with(claim(evidence="SELECT NULL"))
    assert put_claim(connection, study, [Verdict("it", "main", True)])["claim_turned"].passed


@pytest.mark.parametrize(
    "broken",
    [
        "DELETE FROM figure.claim WHERE claim_id = 'it'",
        "INSERT INTO figure.claim FROM figure.claim WHERE claim_id = 'it'",
        "UPDATE figure.claim SET holds = NULL WHERE claim_id = 'it'",
        "UPDATE figure.claim SET reason = 'why' WHERE claim_id = 'it'",
    ],
    ids=["missing", "twice", "no verdict", "verdict and reason"],
)
def test_a_claim_without_its_row_blocks(connection: duckdb.DuckDBPyConnection, broken: str) -> None:
    study = study_with(claim(), claim(id="other"))
    assert put_claim(connection, study, [])["claim_covers_the_study"].passed
    connection.execute(broken)
    found = check_table(connection, contracts()["figure.claim"], study.study, [SESSION])
    [outcome] = [one for one in found if one.check_name == "claim_covers_the_study"]
    assert (outcome.passed, outcome.blocking, outcome.failing) == (False, True, 1)
    assert outcome.error is None
    assert outcome.sample[0]["claim_id"] == "it"


def test_two_claims_of_one_variant_block(connection: duckdb.DuckDBPyConnection) -> None:
    study = study_with(claim(each={"size": ["small", "large"]}), claim(variant="small"))
    assert not put_claim(connection, study, [])["claim_covers_the_study"].passed


def test_the_rows_are_as_their_contract_says(
    connection: duckdb.DuckDBPyConnection, own_study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    outcomes = make_claims(connection, own_study, {SESSION: []})
    assert len(outcomes) > 2
    assert [one.observed for one in outcomes if not one.passed] == []


# In a publication


def publish(connection: duckdb.DuckDBPyConnection, study: Study, folder: Path) -> tuple[list[Figure], list[Withheld]]:
    gate = GateResult([figure for figure in FIGURES if figure.name == "size_return"], [])
    add_claims(connection, study, {SESSION: gate}, folder)
    return gate.figures, gate.withheld


def test_claims_go_out_with_the_figures(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    figures, withheld = publish(connection, study_with(claim()), tmp_path)
    assert ([one.name for one in figures], withheld) == (["size_return", "claim"], [])


def test_a_faulty_claim_withholds_the_claims_and_no_figure(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    figures, [withheld] = publish(connection, study_with(claim(), claim(id="bad", evidence="SELECT")), tmp_path)
    assert [one.name for one in figures] == ["size_return"]
    assert (withheld.figure, withheld.kind) == ("claim", "failed")
    assert withheld.reason.startswith("claim bad: ")


def test_a_failed_check_withholds_the_claims_and_no_figure(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    study = study_with(claim(each={"size": ["small", "large"]}), claim(variant="small"))
    figures, [withheld] = publish(connection, study, tmp_path)
    assert [one.name for one in figures] == ["size_return"]
    assert (withheld.figure, withheld.kind, withheld.check_name) == ("claim", "failed", "claim_covers_the_study")


def test_verdicts_before_are_of_the_newest_session_and_revision(tmp_path: Path) -> None:
    for session, revision, holds in (
        ("2026-03-09", 3, None), ("2026-03-10", 2, False), ("2026-03-10", 10, True), ("2026-03-11", 1, None),
    ):  # fmt: skip
        release(tmp_path, session, revision, holds)
    assert verdicts_before(tmp_path, "study", SESSION) == [Verdict("it", "main", True)]
    assert verdicts_before(tmp_path, "other", SESSION) == []
    assert verdicts_before(tmp_path, "study", day("2026-03-09")) == []
    (tmp_path / "study" / "2026-03-10" / "r10" / "claims.parquet").unlink()
    assert verdicts_before(tmp_path, "study", SESSION) == [], "a release without claims says nothing"


@pytest.mark.parametrize("others", [[], ["2026-03-10"]], ids=["alone", "after another of its run"])
def test_a_verdict_turns_against_the_newest_session_also_of_the_same_run(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, others: list[str]
) -> None:
    study = study_with(claim(evidence="SELECT CASE WHEN {session} = DATE '2026-03-10' THEN 0 ELSE 2 END"))
    for session in ("2026-03-09", "2026-03-10"):
        release(tmp_path, session, 1, True, study.study)
    returns = [figure for figure in FIGURES if figure.name == "size_return"]
    results = {session: GateResult(returns, []) for session in (*map(day, others), SESSION)}
    add_claims(connection, study, results, tmp_path)
    [turned] = [one for one in results[SESSION].claim_outcomes if one.check_name == "claim_turned"]
    assert turned.passed is (not others)
    assert all(result.figures == [*returns, CLAIMS] for result in results.values())


def release(published: Path, session: str, revision: int, holds: bool | None, study: str = "study") -> None:
    folder = published / study / session / f"r{revision}"
    folder.mkdir(parents=True)
    (folder / NAME).write_text("{}", encoding="utf-8")
    table = pa.table({"claim_id": ["it"], "variant": ["main"], "holds": pa.array([holds], pa.bool_())})
    pyarrow.parquet.write_table(table, folder / "claims.parquet")


# The real files


def test_the_verdicts_on_the_real_files(
    shared_data: Path, connection: duckdb.DuckDBPyConnection, own_study: Study
) -> None:
    fill_levels(connection, own_study, shared_data)
    for figure in ("size_return", "long_run", "event_return"):
        make_figure(connection, own_study, figure, [SESSION])
    found = {key: (row["holds"], row["value"]) for key, row in verdicts(connection, own_study).items()}
    rounded = {key: (holds, round(value, 3)) for key, (holds, value) in found.items() if value is not None}
    assert rounded == {
        ("small_cap_ytd_positive", "main"): (True, 0.027),
        ("large_ytd_negative", "main"): (True, -0.008),
        ("small_ytd_above_large", "main"): (True, 0.035),
        ("small_lags_large_3y", "main"): (True, -0.318),
        ("level_until_mid_2021", "at_2021_06_30"): (False, 0.891),
        ("level_until_mid_2021", "whole_path"): (False, 0.398),
        ("apart_since_2021", "main"): (True, 0.358),
        ("small_fell_since_attack", "main"): (True, -0.033),
    }
    texts = {row["claim_id"] + row["variant"]: row["text_en"] for row in verdicts(connection, own_study).values()}
    assert "from 0.602 on 1999-04-08 to " in texts["level_until_mid_2021whole_path"]
    assert "was 0.109 away from 1, now 0.358" in texts["apart_since_2021main"]


def fill_levels(connection: duckdb.DuckDBPyConnection, study: Study, shared_data: Path) -> None:
    for series in (series for index in study.index for series in index.series):
        folder = "fred" if series.id.startswith("RU") else "yahoo"
        content = (shared_data / "index_levels" / folder / f"{series.id}.csv").read_bytes()
        options = {"series_id": series.id, "return_basis": series.return_basis, "currency": series.currency}
        frame = parser_for(f"{folder}_csv")(content, options)
        levels = dict(zip(frame["date"].dt.date, frame["level"], strict=True))
        add_levels(connection, series.id, levels, basis=series.return_basis, known_at=datetime(2026, 3, 12))


def test_a_sentence_about_a_day_to_come_has_no_verdict(connection: duckdb.DuckDBPyConnection, own_study: Study) -> None:
    rates(connection, d2022_03_15=0.0025, d2023_12_31=0.055)
    [claim] = [claim for claim in own_study.claim if claim.id == "hikes_2022_2023_above_4_points"]
    early = own_study.model_copy(update={"claim": (claim.model_copy(update={"since": date(2030, 1, 2)}),)})
    row = verdicts(connection, early)[claim.id, "main"]
    assert (row["holds"], row["value"], row["reason"]) == (None, None, "speaks of 2030-01-02 and later")
