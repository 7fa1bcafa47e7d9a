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


def test_a_column_has_its_row_with_all_that_is_said_of_it() -> None:
    assert "| `return_ann` | DOUBLE | fraction | 6 | yes | from -1 | Return a year, (" in section("figure.size_return")
    assert "| `size` | VARCHAR | name |  |  | `small`, `large` | Which side" in section("figure.size_return")


def test_limits_say_whether_the_limit_itself_is_allowed() -> None:
    figure = section("figure.long_run")
    assert "| `rebased` | DOUBLE | base = 100 | 4 |  | above 0 |" in figure
    assert "| `revision` | INTEGER | order |  |  | from 0 |" in figure


@pytest.mark.parametrize("contract", PUBLISHED, ids=lambda contract: contract.table)
def test_every_check_says_what_a_failure_does(contract: Contract) -> None:
    text = section(contract.table)
    for check in contract.check:
        assert f"| `{check.name}` | {check.expected} | {'figures withheld' if check.blocking else 'warning'} |" in text
