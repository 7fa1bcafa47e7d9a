"""Funds that look as if they belonged to figure 5: matching names, the check, the entries that `make funds` proposes.

Belongs here: names, and what is said of them. Does not belong here: which funds are shown (test_fund_ranking.py).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import duckdb
import pytest

from assets.figures.fund_candidates import Candidate, candidates, folded
from assets.figures.fund_ranking import fill_fund_tables
from assets.home import Home
from assets.settings import Settings
from assets.study import Fund, FundRanking, Study
from checks.outcome import Outcome
from checks.table_checks import check_table
from pipelines.commands.funds import propose
from tests.support.helpers import CUT_OFF, STUDY, add_rows, day, empty_warehouse, make_study, study_content
from warehouse.contract import contracts

SESSION = "2026-03-11"
KNOWN_AT = datetime(2026, 3, 12, 1)
LATER = datetime(2026, 4, 1)
KEYWORDS = [["米国小型"], ["米国中小型"], ["米国", "小型株"]]
INDEX_WORDS = ["インデックス", "ラッセル", "S&P", "ETF", "連動", "V・米国"]
LISTED, OTHER, THIRD = "JP90C0000001", "JP90C0000002", "JP90C0000003"


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    return empty_warehouse("core.fund", "figure.fund_ranking")


def named(
    connection: duckdb.DuckDBPyConnection,
    fund_id: str,
    name: str,
    on: str = SESSION,
    *,
    known_at: datetime = KNOWN_AT,
    **more: Any,
) -> None:
    row = {"fund_id": fund_id, "valuation_date": on, "name": name, "known_at": known_at, "payload_sha256": "funds"}
    add_rows(connection, "core.fund", row | more)


def study(**asked: Any) -> Study:
    text = {"ja": "図", "en": "figure"}
    figure = {"number": 5, "title": text, "unit": text, "source": text} | asked
    figure.setdefault("keywords", KEYWORDS)
    figure.setdefault("index_words", INDEX_WORDS)
    figure.setdefault("fund", [{"isin": LISTED, "name": "米国小型", "style": "active"}])
    return make_study(figure=study_content()["figure"] | {"fund_ranking": figure})


def asked_of(made: Study) -> FundRanking:
    assert made.figure.fund_ranking
    return made.figure.fund_ranking


def found(connection: duckdb.DuckDBPyConnection, cut_off: datetime = CUT_OFF, **asked: Any) -> list[Candidate]:
    return candidates(connection, asked_of(study(**asked)), cut_off)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("グローバルＸ　Ｍｏａｔ　ＥＴＦ", "グローバルxmoatetf"),
        ("Ｔｒａｃｅｒｓ　Ｓ＆Ｐ１０００", "tracerss&p1000"),
        ("ＳＢＩ・Ｖ・米国小型", "sbi・v・米国小型"),
        ("ﾗｯｾﾙ･ｲﾝﾃﾞｯｸｽ", "ラッセル・インデックス"),
        (" 米国\u3000小型\t株 ", "米国小型株"),
        ("", ""),
    ],
)
def test_folded(name: str, plain: str) -> None:
    assert folded(name) == plain
    assert folded(folded(name)) == plain


@pytest.mark.parametrize(
    ("name", "is_one", "is_index"),
    [
        ("米国小型グロースＦ", True, False),
        ("米国　小型　グロースＦ", True, False),
        ("明治安田米国中小型成長株式Ｆ", True, False),
        ("小型株Ｆ（米国）", True, False),  # both words, in another order and place
        ("小型バリュー（米国）", False, False),
        ("日本小型株Ｆ", False, False),
        ("グローバルＸ　米国中小型Ｍｏａｔ　ＥＴＦ", True, True),
        ("Ｔｒａｃｅｒｓ　Ｓ＆Ｐ１０００（米国中小型株式）", True, True),
        ("ＳＢＩ・Ｖ・米国小型株式", True, True),
        ("Ｍｙ　ＳＭＴﾗｯｾﾙ２０００米国中小型株式", True, True),
        ("Ｓ＆Ｐ５００", False, False),  # an index, of other companies
    ],
)
def test_names_with_the_keywords(
    connection: duckdb.DuckDBPyConnection, name: str, is_one: bool, is_index: bool
) -> None:
    named(connection, OTHER, name, manager="Ｍ", association_code="CODE")
    expected = [Candidate(OTHER, "CODE", name, "Ｍ", is_index)] if is_one else []
    assert found(connection) == expected


def test_words_of_the_study_are_folded_too(connection: duckdb.DuckDBPyConnection) -> None:
    named(connection, OTHER, "us small cap etf")
    [one] = found(connection, keywords=[["ＵＳ　Ｓｍａｌｌ", "Ｃａｐ"]], index_words=["ＥＴＦ"])
    assert one.is_index


def test_without_keywords_there_is_no_candidate(connection: duckdb.DuckDBPyConnection) -> None:
    named(connection, OTHER, "米国小型")
    assert found(connection, keywords=[]) == []


def test_each_fund_once_with_its_newest_name_by_id(connection: duckdb.DuckDBPyConnection) -> None:
    named(connection, THIRD, "米国小型")
    named(connection, OTHER, "米国小型の新しい名", "2026-03-10")
    named(connection, OTHER, "米国小型の古い名", "2026-03-09", known_at=KNOWN_AT.replace(hour=2))
    named(connection, LISTED, "米国小型", "2026-03-10")
    named(connection, LISTED, "改名した", SESSION)
    assert [(c.fund_id, c.name) for c in found(connection)] == [(OTHER, "米国小型の新しい名"), (THIRD, "米国小型")]


def test_what_is_known_after_the_cut_off_is_no_candidate(connection: duckdb.DuckDBPyConnection) -> None:
    named(connection, OTHER, "米国小型", known_at=LATER)
    named(connection, THIRD, "何か", known_at=KNOWN_AT)
    named(connection, THIRD, "米国小型", known_at=LATER)
    assert found(connection) == []
    assert [one.fund_id for one in found(connection, LATER)] == [OTHER, THIRD]


def unreviewed(connection: duckdb.DuckDBPyConnection, made: Study) -> Outcome:
    fill_fund_tables(connection, made, [day(SESSION)], CUT_OFF, "3 days", "fund_ranking")
    connection.execute("CREATE OR REPLACE TEMP TABLE fund_listed (session DATE, fund_id VARCHAR)")
    connection.execute("CREATE OR REPLACE TEMP TABLE fund_valuation AS SELECT * FROM core.fund")
    outcomes = check_table(connection, contracts()["figure.fund_ranking"], STUDY, [day(SESSION)])
    [outcome] = [one for one in outcomes if one.check_name == "fund_candidate_unreviewed"]
    assert outcome.error is None
    return outcome


def test_unreviewed_candidates_are_named(connection: duckdb.DuckDBPyConnection) -> None:
    named(connection, LISTED, "米国小型")
    assert unreviewed(connection, study()).passed
    named(connection, THIRD, "米国小型ＥＴＦ")
    named(connection, OTHER, "米国小型")
    outcome = unreviewed(connection, study())
    assert [(row["fund_id"], row["is_index"]) for row in outcome.sample] == [(OTHER, False), (THIRD, True)]
    assert (outcome.passed, outcome.blocking) == (False, False)


@pytest.mark.parametrize("style", ["active", "index"])
def test_a_fund_that_is_reviewed_and_not_sold_is_not_named(connection: duckdb.DuckDBPyConnection, style: str) -> None:
    named(connection, OTHER, "米国小型")
    assert unreviewed(connection, study(fund=[{"isin": OTHER, "name": "米国小型", "style": style}])).passed


class Stand:
    """Settings as the command asks them, over the warehouse of a test."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, *studies: Study) -> None:
        self.connection, self.studies = connection, studies

    def home_folder(self) -> Home:
        return Home(Path("no-home"))  # there is no file in it to bring up to date

    @contextmanager
    def warehouse(self) -> Iterator[duckdb.DuckDBPyConnection]:
        yield self.connection

    def read_studies(self) -> list[Study]:
        return list(self.studies)

    def read_profile(self) -> SimpleNamespace:
        return SimpleNamespace(is_sample=False)

    def cut_off(self) -> datetime:
        return CUT_OFF


def test_command_proposes_what_the_list_lacks(
    connection: duckdb.DuckDBPyConnection, capsys: pytest.CaptureFixture[str]
) -> None:
    named(connection, LISTED, "米国小型")
    named(connection, OTHER, "米国小型成長株Ｆ", manager="Ｍ社", association_code="9I31223A")
    named(connection, THIRD, "米国小型ＥＴＦ")
    assert propose(cast(Settings, Stand(connection, make_study(), study()))) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"# {STUDY}: 2 funds look as if they belonged to the list and are not in it\n")
    entries = tomllib.loads(printed)["figure"]["fund_ranking"]["fund"]
    active, index = [Fund.model_validate(entry) for entry in entries]
    assert (active.isin, active.name, active.association_code) == (OTHER, "米国小型成長株Ｆ", "9I31223A")
    assert (index.isin, index.style, index.association_code) == (THIRD, "index", None)
    assert [one.sold_since for one in (active, index)] == [None, None], "a person says since when"
    assert ["# Ｍ社; ?" in printed, "# manager not stated; its name tells an index" in printed] == [True, True]
    reviewed = study(fund=[{"isin": LISTED, "name": "米国小型", "style": "active"}, *entries])
    assert unreviewed(connection, reviewed).passed, "pasted into the study, they are reviewed"


def test_command_with_nothing_to_propose(
    connection: duckdb.DuckDBPyConnection, capsys: pytest.CaptureFixture[str]
) -> None:
    named(connection, LISTED, "米国小型")
    assert propose(cast(Settings, Stand(connection, study()))) == 0
    assert capsys.readouterr().out == f"# {STUDY}: 0 funds look as if they belonged to the list and are not in it\n"
