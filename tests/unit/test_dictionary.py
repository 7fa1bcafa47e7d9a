"""The data dictionary: the committed page is what the contracts say, and nothing is left out of it."""

from __future__ import annotations

import re

import pytest

from warehouse.contract import Contract, contracts
from warehouse.dictionary import PAGE, data_dictionary

PUBLISHED = [contract for contract in contracts().values() if contract.published]


def section(table: str) -> str:
    """The part of the page on one table."""
    return data_dictionary().split(f"\n## `{table}`\n")[1].split("\n## ")[0]


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def test_the_committed_page_is_what_the_contracts_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == data_dictionary(), "docs/data-dictionary.md is old: run `make docs`"


def test_every_published_table_has_a_section_and_no_other() -> None:
    headings = re.findall(r"^## `(.+)`$", data_dictionary(), flags=re.MULTILINE)
    assert headings == [contract.table for contract in PUBLISHED]


@pytest.mark.parametrize("contract", PUBLISHED, ids=lambda contract: contract.table)
def test_every_column_has_its_row_in_order(contract: Contract) -> None:
    rows = [cells(line) for line in section(contract.table).splitlines() if line.startswith("| `")]
    rows = rows[: len(contract.column)]
    assert [row[0] for row in rows] == [f"`{name}`" for name in contract.column_names]
    for row, column in zip(rows, contract.column, strict=True):
        assert row[1:3] == [column.type, column.unit]
        assert row[3] == ("" if column.decimals is None else str(column.decimals))
        assert row[4] == ("yes" if column.nullable else "")
        assert all(f"`{code}`" in row[5] for code in column.allowed)
        meaning = row[6].replace("\\|", "|")
        assert meaning.startswith(column.description)
        assert (f"since {column.since}" in meaning) is (column.since is not None)
        assert all(f"named `{name}` before" in meaning for name in column.renamed_from)


def test_limits_say_whether_the_limit_itself_is_allowed() -> None:
    figure = section("figure.long_run")
    assert "| `rebased` | DOUBLE | base = 100 | 4 |  | above 0 |" in figure
    assert "| `revision` | INTEGER | order |  |  | from 0 |" in figure


@pytest.mark.parametrize("contract", PUBLISHED, ids=lambda contract: contract.table)
def test_every_check_says_what_a_failure_does(contract: Contract) -> None:
    text = section(contract.table)
    for check in contract.check:
        assert f"| `{check.name}` | {check.expected} | {'figures withheld' if check.blocking else 'warning'} |" in text
