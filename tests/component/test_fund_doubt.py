"""Funds that contradict themselves are left out of figure 5 by name; the others stay, and real data passes.

Belongs here: one lie about one fund at a time. Does not belong here: what the figure shows of good data
(test_fund_ranking.py).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from assets.figures.figure import make_rows
from assets.figures.fund_ranking import FIGURE, fill_fund_tables
from assets.publish.charts.figure_chart import ChartInput
from assets.publish.charts.pictures import footer_lines
from assets.publish.note import Caption, NoteFacts, note
from assets.publish.page.content import _withheld
from assets.study import Language, Study, read_studies
from checks.expectations import check_rows
from checks.gate import Withheld
from checks.table_checks import check_table
from tests.support.funds import RANKING, TABLES, A, B, C, D, E, study
from tests.support.helpers import CUT_OFF, STUDY, add_rows, day, empty_warehouse
from warehouse.contract import contracts
from warehouse.database import rows_as_dicts

ROOT = Path(__file__).parents[2]
FUNDS = (A, B, C, D, E)
DAYS = ["2026-03-06", "2026-03-09", "2026-03-10", "2026-03-11"]
SESSION = DAYS[-1]
KNOWN_AT = datetime(2026, 3, 12)

Row = dict[str, Any]


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    return empty_warehouse(*TABLES, "meta.coverage")


def good(fund_id: str, at: int, number: int) -> Row:
    """A valuation of an ordinary fund: a little of everything moves, the printed returns don't within the month."""
    nav = 15_000.0 * (1 + 0.01 * ((at * 7 + number) % 5 - 2))
    return {
        "fund_id": fund_id, "valuation_date": DAYS[at], "association_code": f"CODE{number}", "name": f"fund {number}",
        "net_assets_jpy": int(nav * 2_000_000 * (number + 1)), "nav_jpy": nav, "expense_ratio": 0.0187,
        "return_1y": 0.3617, "return_3y": 0.8114, "known_at": KNOWN_AT, "payload_sha256": "funds",
    }  # fmt: skip


def load(connection: duckdb.DuckDBPyConnection, *lies: tuple[str, int, Row], days: int = len(DAYS)) -> None:
    """The lists of ``days`` days; a lie replaces values of a fund on a day, by its number."""
    said = {(fund_id, at): values for fund_id, at, values in lies}
    rows = [good(one, at, number) | said.get((one, at), {}) for number, one in enumerate(FUNDS) for at in range(days)]
    add_rows(connection, "core.fund", *rows)


def nav_history(connection: duckdb.DuckDBPyConnection, fund_id: str, number: int, last: Row | None = None) -> None:
    """The fund's own history of the same days, before them a year and a month without a move."""
    early = {"fund_id": fund_id, "date": "2025-02-28", "nav_jpy": 15_000.0, "known_at": KNOWN_AT, "payload_sha256": "n"}
    rows = [early, early | {"date": "2026-02-27", "nav_jpy": 15_000.0 * 1.3}]
    for at, one in enumerate(DAYS):
        row = good(fund_id, at, number)
        rows.append(early | {"date": one, "nav_jpy": row["nav_jpy"], "net_assets_jpy": row["net_assets_jpy"]})
    rows[-1] |= last or {}
    add_rows(connection, "core.fund_nav", *rows)


def state(connection: duckdb.DuckDBPyConnection, kind: str, fund_id: str, on: str, dataset: str = "fund") -> None:
    stated = {"stated_in": "t", "correction_id": f"{kind} {fund_id} {on}", "kind": kind, "dataset": dataset}
    more = {"subject": fund_id, "date": on, "known_at": KNOWN_AT, "payload_sha256": "c"}
    add_rows(connection, "core.correction", stated | more)


def make(connection: duckdb.DuckDBPyConnection, session: str = SESSION) -> tuple[list[str], dict[str, str]]:
    """Who is shown, and why others are not; nothing else may fail."""
    made, days = study(FUNDS), [day(session)]
    fill_fund_tables(connection, made, days, CUT_OFF, "3 days", FIGURE.name)
    make_rows(connection, FIGURE, made, days)
    rows = rows_as_dicts(connection, f"SELECT * FROM {RANKING} ORDER BY rank")
    assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))
    told = rows_as_dicts(connection, "SELECT * FROM meta.coverage WHERE figure = 'fund_ranking' ORDER BY subject")
    gone = {row["subject"]: f"{row['check_name']}: {row['reason']}" for row in told}
    if None not in gone:
        for contract in (contracts()[table] for table in FIGURE.tables):
            for outcome in check_table(connection, contract, STUDY, days):
                assert outcome.error is None
                if outcome.blocking and not outcome.passed:
                    assert set(outcome.subjects or ["?"]) <= gone.keys()
    return [row["fund_id"] for row in rows], gone


NEW, BEFORE = len(DAYS) - 1, len(DAYS) - 2
ASSETS, NAV = good(B, NEW, 1)["net_assets_jpy"], good(B, NEW, 1)["nav_jpy"]
LIES: list[tuple[Row, str]] = [
    ({"net_assets_jpy": ASSETS * 100}, "fund_valuation_move"),
    ({"net_assets_jpy": ASSETS * 1000}, "fund_valuation_move"),
    ({"net_assets_jpy": ASSETS // 100}, "fund_valuation_move"),
    ({"nav_jpy": NAV * 10}, "fund_valuation_move"),
    ({"nav_jpy": NAV / 10}, "fund_valuation_move"),
    ({"nav_jpy": NAV * 10, "net_assets_jpy": ASSETS * 10}, "fund_valuation_move"),
    ({"expense_ratio": 1.87}, "fund_values_are_in_range"),
    ({"expense_ratio": 0.187}, "fund_values_are_in_range"),
    ({"expense_ratio": 0.00187}, "fund_valuation_move"),
    ({"return_1y": 0.003617}, "fund_valuation_move"),
    ({"return_1y": 36.17}, "fund_values_are_in_range"),
    ({"return_3y": 0.0081}, "fund_valuation_move"),
    ({"return_3y": 81.14}, "fund_values_are_in_range"),
    ({"association_code": "CODE0"}, "fund_keeps_its_code"),
]


@pytest.mark.parametrize(("lie", "check"), LIES)
def test_a_lie_costs_its_fund_and_no_other(connection: duckdb.DuckDBPyConnection, lie: Row, check: str) -> None:
    load(connection, (B, NEW, lie))
    shown, gone = make(connection)
    assert sorted(shown) == [A, C, D, E]
    assert list(gone) == [B]
    assert gone[B].startswith(f"{check}: fund 1: ")


def test_good_funds_are_all_shown(connection: duckdb.DuckDBPyConnection) -> None:
    load(connection)
    for number, one in enumerate(FUNDS):
        nav_history(connection, one, number)
    assert make(connection) == ([E, D, C, B, A], {})


@pytest.mark.parametrize("lie", [lie for lie, check in LIES if check == "fund_valuation_move"])
def test_a_lie_that_stays_is_no_truth_and_one_that_is_mended_is_over(
    connection: duckdb.DuckDBPyConnection, lie: Row
) -> None:
    load(connection, (B, BEFORE, lie), (B, NEW, lie), (C, BEFORE, lie | {"net_assets_jpy": None}))
    shown, gone = make(connection)
    assert list(gone) == [B]
    assert B not in shown
    assert C in shown


@pytest.mark.parametrize(
    ("kind", "on", "is_shown"),
    [("real_move", SESSION, True), ("split", SESSION, True), ("real_move", "2026-03-02", False)],
)
def test_what_is_stated_to_be_real_is_shown(
    connection: duckdb.DuckDBPyConnection, kind: str, on: str, is_shown: bool
) -> None:
    load(connection, (B, NEW, {"nav_jpy": NAV / 10}))
    state(connection, kind, B, on)
    assert (B in make(connection)[0]) is is_shown


@pytest.mark.parametrize(
    "last", [{"nav_jpy": NAV * 1.2}, {"net_assets_jpy": ASSETS * 100}, {"net_assets_jpy": ASSETS // 10}]
)
def test_list_and_history_tell_the_same(connection: duckdb.DuckDBPyConnection, last: Row) -> None:
    load(connection, days=4)
    nav_history(connection, B, 1, last)
    _, gone = make(connection)
    assert list(gone) == [B]
    assert "fund_list_agrees_with_history" in gone[B]


def test_the_first_night_has_the_history_to_compare_with(connection: duckdb.DuckDBPyConnection) -> None:
    add_rows(connection, "core.fund", *(good(one, NEW, number) for number, one in enumerate(FUNDS)))
    connection.execute("UPDATE core.fund SET net_assets_jpy = net_assets_jpy * 100 WHERE fund_id = ?", [B])
    nav_history(connection, B, 1)
    assert list(make(connection)[1]) == [B]


@pytest.mark.parametrize(
    ("printed", "is_shown"), [(0.3, True), (0.28, True), (0.003, False), (3.0, False), (0.55, False)]
)
def test_printed_return_beside_the_own_one(
    connection: duckdb.DuckDBPyConnection, printed: float, is_shown: bool
) -> None:
    """The own one is 30 %."""
    load(connection, *((B, at, {"return_1y": printed, "return_3y": None}) for at in range(len(DAYS))))
    nav_history(connection, B, 1)
    shown, gone = make(connection)
    assert (B in shown) is is_shown
    assert is_shown or "fund_return_far_from_printed" in gone[B]


def test_a_jump_in_one_history_costs_one_fund(connection: duckdb.DuckDBPyConnection) -> None:
    load(connection)
    nav_history(connection, B, 1)
    connection.execute("UPDATE core.fund_nav SET nav_jpy = nav_jpy * 10 WHERE date = DATE '2025-02-28'")
    shown, gone = make(connection)
    assert sorted(shown) == [A, C, D, E]
    assert "nav_before 150000.0, nav 19500.0" in gone[B]


def test_where_more_than_a_quarter_is_in_doubt_the_list_is(connection: duckdb.DuckDBPyConnection) -> None:
    load(connection, (B, NEW, {"nav_jpy": NAV * 10}), (C, NEW, {"expense_ratio": 1.87}))
    shown, gone = make(connection)
    assert shown == []
    [reason] = gone.values()
    assert "2 of the 5 funds are in doubt" in reason
    assert all(one in reason for one in (B, C))


def test_small_funds_and_late_valuations_may_move_far(connection: duckdb.DuckDBPyConnection) -> None:
    """Lists print whole units of 100 million yen; months apart, markets and flows move a fund."""
    load(connection, (B, BEFORE, {"net_assets_jpy": 100_000_000}), (B, NEW, {"net_assets_jpy": 200_000_000}))
    connection.execute("DELETE FROM core.fund WHERE fund_id = ? AND valuation_date < ?", [B, DAYS[BEFORE]])
    connection.execute(
        "UPDATE core.fund SET valuation_date = DATE '2025-03-11', nav_jpy = nav_jpy / 2, "
        "net_assets_jpy = net_assets_jpy // 8 WHERE fund_id = ? AND valuation_date = ?",
        [D, DAYS[BEFORE]],
    )
    connection.execute(
        "DELETE FROM core.fund WHERE fund_id = ? AND valuation_date BETWEEN '2026-01-01' AND ?", [D, DAYS[BEFORE]]
    )
    assert make(connection)[1] == {}


def test_the_contract_names_every_fund_beyond_its_limits(connection: duckdb.DuckDBPyConnection) -> None:
    load(connection, *((one, NEW, {"expense_ratio": 1.0 + number}) for number, one in enumerate(FUNDS[:2])))
    contract = contracts()["core.fund"]
    found = check_rows(connection, contract, "FROM core.fund", STUDY, [date(2026, 3, 11)], subject="fund_id")
    assert [(one.check_name, one.subjects) for one in found if not one.passed] == [("fund_values_are_in_range", (A, B))]


@pytest.mark.parametrize(("before", "now"), [(0.1458, 0.0146), (-0.0034, -0.3388), (0.05, -0.31)])
def test_printed_returns_go_far_at_an_end_of_a_month(
    connection: duckdb.DuckDBPyConnection, before: float, now: float
) -> None:
    load(connection, *((B, at, {"return_1y": now, "return_3y": now}) for at in range(len(DAYS))))
    add_rows(
        connection,
        "core.fund",
        good(B, 0, 1) | {"valuation_date": "2026-02-27", "return_1y": before, "return_3y": before},
    )
    assert make(connection)[1] == {}


# What readers are told


@pytest.fixture(scope="module")
def own_study() -> Study:
    [found] = [one for one in read_studies(ROOT / "pipelines" / "studies") if one.study == "us_small_caps"]
    return found


def gone(own_study: Study) -> tuple[str, str, Withheld]:
    """Id and name of a fund of the study that is left out, and what the release says of it."""
    asked = own_study.figure.fund_ranking
    assert asked is not None
    fund = asked.fund[0]
    return fund.isin, fund.name, Withheld("fund_ranking", "failed", "NAV went", "fund_valuation_move", fund.isin)


def test_the_lines_below_the_picture_name_it(own_study: Study) -> None:
    isin, name, _ = gone(own_study)
    chart_input = ChartInput(
        own_study, "fund_ranking", 5, date(2026, 3, 11), pd.DataFrame(), None, [], ["acme"], False, left_out=(isin,)
    )
    assert f"データの検査で問題が見つかったため、「{name} ({isin})」は掲載していない。" in footer_lines(
        chart_input, "ja"
    )
    assert f"Not shown, because the data failed a check: {name} ({isin})." in footer_lines(chart_input, "en")
    assert len(footer_lines(replace(chart_input, left_out=()), "ja")) == len(footer_lines(chart_input, "ja")) - 1


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_note_names_it_and_calls_none_the_largest(own_study: Study, language: Language) -> None:
    isin, name, told = gone(own_study)
    row = {"rank": 1, "name": "甲", "net_assets_jpy": 10**10, "valuation_date": date(2026, 3, 11), "is_headline": True}
    template = own_study.note[language]
    start = template.index('{% call given("fund_ranking") %}')
    part = own_study.model_copy(update={"note": {language: template[start : template.index("{{ figure(", start)]}})
    facts = NoteFacts(
        session=date(2026, 3, 11),
        revision=1,
        tables={"fund_ranking": [row]},
        claims=[],
        captions={"fund_ranking": Caption("table", date(2026, 3, 11), ())},
    )
    assert "甲" in note(part, language, facts).decode()
    text = note(part, language, replace(facts, withheld=[told])).decode()
    assert "甲" not in text
    assert f"{' '.join(name.split())} ({isin})" in text
    assert "[EDITOR: " in text


def test_the_page_names_it_beside_the_figure(own_study: Study) -> None:
    _, name, told = gone(own_study)
    shown = _withheld(own_study, told, [])
    assert name in shown.title.ja
    assert name in shown.title.en
    assert (shown.number, shown.kind, shown.is_part) == (5, "failed", True)
    assert "NAV went" in shown.reason.en
