"""Identifiers in the forms that spreadsheets and pandas leave behind: read again, or refused, in every dataset."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from assets.ingest.frames.identifiers import READERS, read_identifiers
from assets.ingest.payload import PayloadError
from assets.ingest.vendors import parser_for


def read(name: str, *texts: str) -> list[str]:
    return list(read_identifiers(name, pd.Series(texts, dtype="str"), lambda row: f"line {row + 2}"))


@pytest.mark.parametrize(
    "text",
    ["320193", "320193.0", "320193.", "0000320193", "CIK0000320193", "CIK 320193", "cik:320193",
    '="0000320193"', "'320193"],
)  # fmt: skip
def test_a_cik_in_many_forms(text: str) -> None:
    assert read("company_id", text, text) == ["0000320193"] * 2


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("company_id", "AAPL-US", "AAPL-US"), ("company_id", "0016YD-E", "0016YD-E"),
        ("company_id", "CIKNA-US", "CIKNA-US"),
        ("cusip", "37833100", "037833100"), ("cusip", "37833100.0", "037833100"), ("cusip", "67066g104", "67066G104"),
        ("cusip", "03783310", "03783310"), ("isin", "us0378331005", "US0378331005"),
        ("association_code", "1311078", "01311078"), ("association_code", "1311078.0", "01311078"),
        ("association_code", "9I31223A", "9I31223A"), ("fund_id", "jp90c0001111", "JP90C0001111"),
        ("fund_id", "1311078", "01311078"), ("fund_id", "JP1", "JP1"),
        ("ticker", "True", "TRUE"), ("ticker", "TRUE", "TRUE"),
        ("ticker", "NA", "NA"), ("ticker", "NAN", "NAN"), ("ticker", "INF", "INF"),

        ("ticker", "BRK.B", "BRK.B"), ("ticker", "7203.0", "7203"), ("ticker", "E", "E"), ("ticker", "1E", "1E"),
        ("security_id", "10107.0", "10107"), ("security_id", "AAPL~2", "AAPL~2"),
    ],
)  # fmt: skip
def test_what_a_program_changed_is_changed_back(name: str, text: str, wanted: str) -> None:
    assert read(name, text) == [wanted]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("company_id", "3.20193E+05", "was taken for a number by the program that wrote it, and has lost digits"),
        ("company_id", "320,193", "is no CIK"), ("company_id", "12345678901", "is no CIK"), ("company_id", "0",
        "is no CIK"),
        ("company_id", "-320193", "is no CIK"), ("company_id", "320193.5", "is no CIK"), ("company_id", "CIK-X",
        "is no CIK"),
        ("company_id", "nan", "is the mark of a program for what it lost"), ("company_id", "True", "a truth value"),
        ("cusip", "1.23E+08", "has lost digits"), ("cusip", "37833101", "is no CUSIP"),
        ("association_code", "1.31E+06", "has lost digits"), ("association_code", "inf", "is the mark"),
        ("fund_id", "nan", "is the mark"), ("ticker", "nan", "is the mark"), ("ticker", "None", "is the mark"),
        ("ticker", "#N/A", "is the mark"), ("ticker", "1E+05", "has lost digits"), ("security_id", "<NA>",
        "is the mark"),
    ],
)  # fmt: skip
def test_what_nobody_can_change_back_is_refused(name: str, text: str, message: str) -> None:
    with pytest.raises(PayloadError) as refused:
        read(name, "X1", text)
    assert str(refused.value).startswith(f"{name} ")
    assert message in str(refused.value)
    assert str(refused.value).endswith(f"(line 3: {text})")


def test_missing_identifiers_stay_missing() -> None:
    for name in READERS:
        texts = pd.Series(["X1", None, ""], dtype="str")
        assert read_identifiers(name, texts, str).isna().tolist() == [False, True, False]


def parse(content: str, **options: Any) -> pd.DataFrame:
    return parser_for("csv")(content.encode(), options)


REVENUE = {
    "dataset": "revenue_geography", "file_name": "f.csv", "currency": "USD",
    "columns": {"company_id": "cik", "ticker": "t", "fiscal_period_end": "e", "accepted_on": "a", "revenue": "r",
        "us_revenue": "u"},
}  # fmt: skip
DATASETS: dict[str, tuple[str, dict[str, Any], str]] = {
    "company": ("t,cik\nAAPL,{}\n", {"dataset": "company", "as_of": "2026-03-10", "columns": {"ticker": "t",
        "company_id": "cik"}}, "company_id"),
    "revenue": ("cik,t,e,a,r,u\n{},,2025-12-31,2026-02-20,1000,850\n", REVENUE, "company_id"),
    "membership": (
        "id,t,f\n{},AAPL,2020-01-02\n",
        {"dataset": "membership", "series_id": "X", "columns": {"security_id": "id", "ticker": "t", "valid_from": "f"}},
        "security_id",
    ),
    "prices": (
        "id,d,p\n{},2020-01-02,1\n",
        {"dataset": "security_level", "source": "s", "return_basis": "price", "currency": "USD",
         "columns": {"security_id": "id", "date": "d", "level": "p"}},
        "security_id",
    ),
}  # fmt: skip


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_dataset_reads_an_identifier_by_the_same_rule(dataset: str) -> None:
    content, options, name = DATASETS[dataset]
    wanted = "0000320193" if name == "company_id" else "320193"
    assert parse(content.format("320193.0"), **options)[name].tolist() == [wanted]
    assert parse(content.format("320193"), **options)[name].tolist() == [wanted]
    with pytest.raises(PayloadError, match=rf"{name} was taken for a number .*\(line 2.*: 3.2E\+05\)"):
        parse(content.format("3.2E+05"), **options)


def test_a_row_that_names_no_company_is_refused() -> None:
    row = "cik,t,e,a,r,u\nEXAMPLE-US,{},2025-12-31,2026-02-20,1000,850\n"
    assert parse(row.format("EXA"), **REVENUE)["company_id"].tolist() == ["EXAMPLE-US"]
    with pytest.raises(PayloadError, match="is no CIK and there is no ticker: nobody can say which company it is"):
        parse(row.format(""), **REVENUE)
