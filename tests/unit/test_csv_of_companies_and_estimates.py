"""Format ``csv`` for companies, their revenue and estimates of earnings: exact values and every refusal."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from assets.ingest.frames.row_results import column_names
from assets.ingest.payload import PayloadError
from assets.ingest.vendors import parser_for
from warehouse.contract import contracts

ESTIMATES = {
    "dataset": "eps_estimate",
    "columns": {
        "index_id": "idx", "constituent": "id", "fiscal_year": "fy", "source_date": "day",
        "eps_base": "e0", "eps_target": "e1", "growth": "g", "shares": "n",
    },
}  # fmt: skip
OF_INDEX = {
    "dataset": "eps_estimate",
    "columns": {"index_id": "idx", "fiscal_year": "fy", "source_date": "day", "growth": "g"},
    "scale": {"growth": 0.01},
    "source": "by hand",
}
REVENUES = {
    "dataset": "revenue_geography", "file_name": "revenue.csv", "currency": "USD",
    "columns": {
        "company_id": "id", "fiscal_period_end": "end", "accepted_at": "at", "accepted_on": "on",
        "revenue": "all", "us_revenue": "us", "status": "st", "reason": "why", "confidence": "conf", "form": "form",
        "concept": "concept", "filing": "file",
    },
}  # fmt: skip
COMPANIES = {"dataset": "company", "as_of": "2026-03-10", "columns": {"ticker": "t", "company_id": "cik", "name": "n"}}

HEAD = "idx,id,fy,day,e0,e1,g,n\n"
REVENUE_HEAD = "id,end,at,on,all,us,st,why,conf,form,concept,file\n"
NO_US = "no revenue from the US, or no total, is given"


def parse(content: str, options: dict[str, Any], **more: Any) -> pd.DataFrame:
    return parser_for("csv")(content.encode(), options | more)


def refusal(content: str, options: dict[str, Any], **more: Any) -> str:
    with pytest.raises(PayloadError) as caught:
        parse(content, options, **more)
    return str(caught.value)


def cells(frame: pd.DataFrame, *names: str) -> list[tuple[Any, ...]]:
    """Rows with None for what is missing and text for times."""
    plain = frame[list(names)]
    for name in plain.select_dtypes("datetime").columns:
        plain = plain.assign(**{name: plain[name].dt.strftime("%Y-%m-%d %H:%M:%S")})
    plain = plain.astype(object)
    return list(plain.where(plain.notna(), None).itertuples(index=False, name=None))


# ---- estimates


def test_estimates_of_constituents() -> None:
    frame = parse(HEAD + 'R2000,A,2026,2026-03-11,10,11,,"1,000"\nR2000,B,2026,2026-03-11,-8,N/A,,5\n', ESTIMATES)
    assert list(frame.columns) == column_names("eps_estimate")
    assert cells(frame, *frame.columns) == [
        ("R2000", "A", 2026, "2026-03-11 00:00:00", 10.0, 11.0, None, 1000.0, None),
        ("R2000", "B", 2026, "2026-03-11 00:00:00", -8.0, None, None, 5.0, None),
    ]
    assert str(frame["fiscal_year"].dtype) == "Int64"


def test_estimates_of_an_index_in_percent() -> None:
    frame = parse("idx,fy,day,g\nR2000,2026,2026-03-11,51.3\nR1000,2026,2026-03-11,14.5%\n".replace("%", ""), OF_INDEX)
    assert cells(frame, "index_id", "constituent", "growth", "source") == [
        ("R2000", "INDEX", 0.513, "by hand"),
        ("R1000", "INDEX", 0.145, "by hand"),
    ]


def test_day_and_index_may_be_said_of_the_whole_file() -> None:
    columns = {"fiscal_year": "fy", "eps_base": "e0", "eps_target": "e1"}
    options = {"dataset": "eps_estimate", "columns": columns, "as_of": "2026-03-11", "index_id": "R2000"}
    frame = parse("fy,e0,e1\n2026,80,100\n", options)
    assert cells(frame, "index_id", "source_date", "eps_base") == [("R2000", "2026-03-11 00:00:00", 80.0)]


def test_a_column_wins_over_what_is_said_of_the_whole_file() -> None:
    frame = parse("idx,fy,day,g\nR1000,2026,2026-03-10,5\n", OF_INDEX, as_of="2026-03-11", index_id="R2000")
    assert cells(frame, "index_id", "source_date") == [("R1000", "2026-03-10 00:00:00")]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("R2000,INDEX,2026,2026-03-11,80,100,0.2489,\n",
         "growth is not that of its levels (line 2: 0.2489 stated, 0.25 from the levels)"),
        ("R2000,INDEX,2026,2026-03-11,80,100,25,\n",
         "growth is not that of its levels (line 2: 25 stated, 0.25 from the levels)"),
        ("R2000,A,2026,2026-03-11,1,2,,5\nR2000,B,2026,2026-03-11,1,2,,\n",
         "shares is missing although others have it (line 3: B, one of 1 of 2 of R2000 on 2026-03-11)"),
        ("R2000,A,2026,2026-03-11,1,2,,-5\n", "shares is below 0 (line 2: -5.0)"),
        ("R2000,A,2026,2026-03-11,,,,\n", "payload has neither earnings nor a growth (1 rows)"),
        ("R2000,,2026,2026-03-11,1,2,,\n", "constituent is needed and not given (1 rows)"),
        ("R2000,A,2026,2026-03-11,1,2,,\nR2000,,2026,2026-03-11,1,2,,\n", "constituent is missing (line 3)"),
        ("R2000,A,2026.5,2026-03-11,1,2,,\n", "fiscal_year is not a whole number (line 2: 2026.5)"),
        ("R2000,A,2026,11.3.2026,1,2,,\n", "date can't be read (line 2: 11.3.2026)"),
        ("R2000,A,2026,2026-03-11,one,2,,\n", "eps_base is not a number (line 2: one)"),
        ("R2000,A,2026,2026-03-11,1,2,,\nR2000,A,2026,2026-03-11,1,3,,\n",
         "row is given twice (line 3: R2000, A, 2026, 2026-03-11)"),
        ("R2000,A,2026,2026-03-11,1,2,,5", "payload is cut short"),
        ("", "payload has no rows"),
    ],
)  # fmt: skip
def test_estimates_that_are_refused(rows: str, said: str) -> None:
    assert refusal(HEAD + rows, ESTIMATES).startswith(said)


@pytest.mark.parametrize(
    "rows",
    [
        "R2000,INDEX,2026,2026-03-11,80,100,0.2509,\n",
        "R2000,INDEX,2026,2026-03-11,-5,100,21,\n",  # no growth follows from a loss: the figure says so
        # another day, another index, a row that is in no sum, and the index itself may be otherwise
        "R2000,A,2026,2026-03-11,1,2,,5\nR2000,A,2026,2026-03-10,1,2,,\n",
        "R2000,A,2026,2026-03-11,1,2,,5\nR1000,A,2026,2026-03-11,1,2,,\n",
        "R2000,A,2026,2026-03-11,1,2,,5\nR2000,B,2026,2026-03-11,,2,,\n",
        "R2000,A,2026,2026-03-11,1,2,,5\nR2000,INDEX,2026,2026-03-11,1,2,,\n",
    ],
)
def test_estimates_that_are_fine(rows: str) -> None:
    assert len(parse(HEAD + rows, ESTIMATES)) == rows.count("\n")


def test_another_datasets_column_is_refused() -> None:
    options = {"dataset": "eps_estimate", "columns": {"index_id": "idx", "rate": "e"}}
    assert refusal("idx,e\nR2000,1\n", options) == "option columns names a column that eps_estimate has not (rate)"


def test_a_column_that_no_contract_has_is_refused() -> None:
    options = {"dataset": "eps_estimate", "columns": {"index_id": "idx", "eps": "e"}}
    assert refusal("idx,e\nR2000,1\n", options) == "option columns names a column that no contract has (eps: e)"


def test_a_name_of_a_column_has_one_type_in_every_table_of_core() -> None:
    tables = [contract for contract in contracts().values() if contract.table.startswith("core.")]
    types = {(column.name, column.type) for contract in tables for column in contract.column}
    assert sorted(types) == sorted(dict(types).items())


# ---- revenue


def revenue(row: str, **more: Any) -> pd.DataFrame:
    return parse(REVENUE_HEAD + row + "\n", REVENUES, **more)


@pytest.mark.parametrize(
    ("at", "on", "accepted_at", "accepted_on"),
    [
        ("2025-10-31 10:01:26", "", "2025-10-31 10:01:26", "2025-10-31"),
        ("2026-02-14 03:00:00", "", "2026-02-14 03:00:00", "2026-02-13"),  # the evening before in New York
        ("2026-02-14 03:00:00", "2026-02-13", "2026-02-14 03:00:00", "2026-02-13"),
        ("", "2026-02-13", "2026-02-14 04:59:59", "2026-02-13"),  # winter time
        ("", "2025-07-31", "2025-08-01 03:59:59", "2025-07-31"),  # summer time
    ],
)
def test_when_a_filing_was_accepted(at: str, on: str, accepted_at: str, accepted_on: str) -> None:
    frame = revenue(f"320193,2025-09-27,{at},{on},100,80,,,,,,")
    assert list(frame.columns) == column_names("revenue_geography")
    assert cells(frame, "accepted_at", "accepted_on") == [(accepted_at, f"{accepted_on} 00:00:00")]


@pytest.mark.parametrize(
    ("everything", "us", "stated", "status", "reason"),
    [
        ("100", "80", "", "reported", None),
        ("100", "100", "", "reported", None),
        ("100", "0", "", "reported", None),
        ("100", "80", "domicile_tag", "domicile_tag", None),
        ("100", "", "", "missing", NO_US),
        ("", "80", "", "missing", NO_US),
        ("100", "", "reported", "missing", NO_US),
        ("100", "", "region_only", "region_only", None),
        ("100", "101", "", "invalid", "revenue from the US is 101 of 100"),
        ("100", "101", "reported", "invalid", "revenue from the US is 101 of 100"),
        ("100", "-1", "", "invalid", "revenue from the US is -1 of 100"),
        ("0", "0", "", "invalid", "revenue from the US is 0 of 0"),
    ],
)
def test_status_of_a_company(everything: str, us: str, stated: str, status: str, reason: str | None) -> None:
    frame = revenue(f"320193,2025-09-27,,2025-10-31,{everything},{us},{stated},,,,,")
    assert cells(frame, "status", "reason") == [(status, reason)]


@pytest.mark.parametrize(
    ("amount", "scale", "whole"),
    [
        ("2", 1, 2), ("3.0", 1, 3), ("1.000005", 1e6, 1000005), ("1.15", 100, 115), ("-2.5", 10, -25),
        ("4503599627370497", 1, 4503599627370497), ("681,000,000,000", 1, 681000000000), ("$12.5m", 1e6, 12_500_000),
    ],
)  # fmt: skip
def test_amounts_are_exact(amount: str, scale: float, whole: int) -> None:
    frame = revenue(f'7,2025-12-31,,2026-02-13,"{amount}",1,,,,,,', scale={"revenue": scale, "us_revenue": 1})
    assert frame["revenue"].tolist() == [whole]


@pytest.mark.parametrize("amount", ["2.5", "0.5", "12.4999", "-2.5", "1e-3"])
def test_an_amount_with_a_fraction_has_lost_its_scale(amount: str) -> None:
    refused = refusal(REVENUE_HEAD + f"7,2025-12-31,,2026-02-13,{amount},1,,,,,,\n", REVENUES)
    assert "revenue is kept in whole units and this is none" in refused
    assert "scale = { revenue = 1e6 }" in refused


def test_a_share_next_to_the_threshold_is_not_rounded_over_it() -> None:
    millions = "7,2025-12-31,,2026-02-13,12.5,9.9,,,,,,"
    frame = revenue(millions, scale={"revenue": 1e6, "us_revenue": 1e6})
    assert frame[["us_revenue", "revenue"]].to_numpy().tolist() == [[9_900_000, 12_500_000]]
    other = REVENUE_HEAD + millions.replace("9.9", "9") + "\n"
    assert "option scale has one of revenue and us_revenue" in refusal(other, REVENUES, scale={"revenue": 1e6})


def test_what_else_a_file_may_say() -> None:
    frame = revenue("7,2025-12-31,,2026-02-13,100,,missing,no such note,0.75,10-K,Revenues,0001-26-1")
    names = ("company_id", "filing", "form", "currency", "concept", "status", "reason", "confidence")
    assert cells(frame, *names) == [
        ("0000000007", "0001-26-1", "10-K", "USD", "Revenues", "missing", "no such note", 0.75)
    ]


def test_the_file_is_the_filing_where_none_is_named() -> None:
    columns = {name: theirs for name, theirs in REVENUES["columns"].items() if name != "filing"}  # type: ignore[attr-defined]
    frame = revenue("320193,2025-09-27,,2025-10-31,100,80,,,,,,", columns=columns)
    assert cells(frame, "company_id", "filing") == [("0000320193", "revenue.csv")]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("7,2025-12-31,,,100,80,,,,,,f", "neither accepted_at nor accepted_on is given (line 2)"),
        ("7,2025-12-31,2026-02-13,,100,80,,,,,,f", "accepted_at is not YYYY-MM-DD HH:MM:SS (line 2: 2026-02-13)"),
        ("7,2025-12-31,2026-02-14 03:00:00,2026-02-14,100,80,,,,,,f",
         "accepted_on is not the day of accepted_at in New York (line 2: 2026-02-14 03:00:00 UTC and 2026-02-14)"),
        ("7,2025-12-31,,2026-02-13,100,80,guessed,,,,,f", "status is none of reported, "),
        ("7,2025-12-31,,2026-02-13,much,80,,,,,,f", "revenue is not a number (line 2: much)"),
        ("7,2025-12-31,,2026-02-13,100,80,,,-0.1,,,f", "confidence is below 0 (line 2: -0.1)"),
        (",2025-12-31,,2026-02-13,100,80,,,,,,f", "company_id is needed and not given"),
        ("7,,,2026-02-13,100,80,,,,,,f", "fiscal_period_end is needed and not given"),
    ],
)  # fmt: skip
def test_revenue_that_is_refused(row: str, said: str) -> None:
    assert refusal(REVENUE_HEAD + row + "\n", REVENUES).startswith(said)


def test_neither_time_nor_day_of_acceptance_is_mapped() -> None:
    options = REVENUES | {"columns": {"company_id": "id", "fiscal_period_end": "end", "revenue": "all"}}
    said = refusal("id,end,all\n7,2025-12-31,1\n", options)
    assert said == "neither accepted_at nor accepted_on is given (line 2)"


# ---- companies


def test_companies_get_their_zeros_back() -> None:
    frame = parse("t,cik,n\nAAPL,320193,Apple Inc.\nBRK-B,0001067983,-\n", COMPANIES)
    assert list(frame.columns) == column_names("company")
    assert cells(frame, *frame.columns) == [
        ("AAPL", "2026-03-10 00:00:00", "0000320193", "Apple Inc."),
        ("BRK-B", "2026-03-10 00:00:00", "0001067983", None),
    ]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("AAPL,AAPL-US,x\n", "company_id is no CIK (line 2: AAPL-US)"),
        ("AAPL,12345678901,x\n", "company_id is no CIK (line 2: 12345678901)"),
        ("AAPL,,x\n", "company_id is needed and not given (1 rows)"),
        ("A,1,x\nA,2,y\n", "row is given twice (line 3: A, 2026-03-10)"),
    ],
)
def test_companies_that_are_refused(rows: str, said: str) -> None:
    assert refusal("t,cik,n\n" + rows, COMPANIES) == said


def test_a_list_of_companies_needs_its_day() -> None:
    options = {name: value for name, value in COMPANIES.items() if name != "as_of"}
    assert refusal("t,cik,n\nAAPL,320193,x\n", options) == "as_of is needed and not given (1 rows)"
