"""The data dictionary: docs/data-dictionary.md, made from the contracts by ``python -m warehouse.dictionary``.

Belongs here: contracts as a page for people. Does not belong here: the meaning of anything (it stands in the
contracts), the tables that only the writer sees.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from warehouse.contract import Check, Column, Contract, contracts

PAGE = Path(__file__).parents[1] / "docs" / "data-dictionary.md"

OPENING = """\
# Data dictionary

The tables of the readers' database `published/zuhyo.duckdb`. This page is made from `warehouse/contracts/` by
`make docs`; a test compares them. In the database the same texts stand in `meta.column` and in the comments of
tables and columns.

* Returns are fractions (0.0272 is 2.72 %), dates are `DATE`, times are `TIMESTAMP` in UTC.
* *Decimals* says how far a number is rounded when it is published; empty: not rounded.
* Each table `figure.X` has a view `latest.X` with the same columns: of each study the newest session that has rows,
  at its newest revision. `latest.freshness` says how old each of them is.
* A release has the rows of a figure as `figN.parquet` and `figN.csv`, with the columns that stand here."""

HISTORY = {
    "all": "every published session and revision",
    "highest_session": "the highest session only; older ones are in their releases",
}


def data_dictionary() -> str:
    """The page: what is common to all tables, their list, then one section a published table."""
    published = [contract for contract in contracts().values() if contract.published]
    listed = [f"* [`{c.table}`](#{_anchor(c)}): {c.title}" for c in published]
    return "\n\n".join([OPENING, "\n".join(listed), *(_section(contract) for contract in published)]) + "\n"


def main() -> None:
    """Writes the page."""
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(data_dictionary(), encoding="utf-8")
    print(PAGE)


def _section(contract: Contract) -> str:
    facts = [f"* Key: {', '.join(f'`{name}`' for name in contract.key)}", f"* Licence: {_sentence(contract.licence)}"]
    if contract.schema_name == "figure":
        facts.append(f"* Keeps {HISTORY[contract.history]}.")
    if contract.bitemporal:
        facts.append(
            f"* `{contract.table}_as_known(ts)` gives the rows as they were known at the UTC time `ts`, one for each "
            f"{', '.join(f'`{name}`' for name in contract.entity)}."
        )
    parts = [
        f"## `{contract.table}`",
        f"**{contract.title}.** {_sentence(contract.description)}",
        "\n".join(facts),
        _table(
            ("column", "type", "unit", "decimals", "NULL", "allowed", "meaning"),
            (_column_cells(column) for column in contract.column),
        ),
    ]
    if contract.check:
        heads = ("check", "must hold", "otherwise")
        parts += [
            "Checks of the whole table:",
            _table(heads, (_check_cells(check) for check in contract.check)),
        ]
    return "\n\n".join(parts)


def _column_cells(column: Column) -> Sequence[str]:
    return (
        f"`{column.name}`",
        column.type,
        column.unit,
        "" if column.decimals is None else str(column.decimals),
        "yes" if column.nullable else "",
        _allowed(column),
        _meaning(column),
    )


def _meaning(column: Column) -> str:
    history = [f"named `{name}` before" for name in column.renamed_from]
    if column.since:
        history.append(f"since {column.since}")
    return f"{column.description} ({', '.join(history)})" if history else column.description


def _check_cells(check: Check) -> Sequence[str]:
    return f"`{check.name}`", check.expected, "figures withheld" if check.blocking else "warning"


def _allowed(column: Column) -> str:
    limits = [
        *(f"`{code}`" for code in column.allowed),
        *(f"{sign} {limit:g}" for sign, limit in _limits(column) if limit is not None),
    ]
    return ", ".join(limits)


def _limits(column: Column) -> tuple[tuple[str, float | None], ...]:
    return ("from", column.minimum), ("above", column.exclusive_minimum), ("to", column.maximum)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def _anchor(contract: Contract) -> str:
    """The heading's anchor as GitHub makes it: without the dot."""
    return contract.table.replace(".", "")


if __name__ == "__main__":
    main()
