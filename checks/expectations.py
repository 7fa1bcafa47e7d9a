"""Great Expectations suites generated from table contracts, run on new rows.

Belongs here: contract to suite, suite to outcomes. Does not belong here: truths over whole tables
(table_checks.py), hand-written suites: a column's rules stand in its contract.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import duckdb
import pandas as pd

from checks.outcome import SAMPLE_ROWS, Outcome
from warehouse.contract import Contract


@dataclass(frozen=True)
class Group:
    """Expectations of one kind, shown as one check."""

    name: str
    expected: str


MOST_VALUES = 1_000
"""Of so many failing values the subjects are looked up; with more the whole table fails."""

GROUPS = {
    "columns": Group("columns_are_those_of_the_contract", "exactly the contract's columns, in its order"),
    "not_null": Group("required_values_are_there", "no NULL where the contract allows none"),
    "allowed": Group("codes_are_allowed", "only the codes that the contract lists"),
    "range": Group("values_are_in_range", "numbers within the contract's limits"),
    "key": Group("key_is_unique", "each key once"),
}


def expected_values(contract: Contract) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(group, expectation type, arguments) for everything that the contract says of its columns."""
    yield "columns", "ExpectTableColumnsToMatchOrderedList", {"column_list": contract.column_names}
    for column in contract.column:
        if not column.nullable:
            yield "not_null", "ExpectColumnValuesToNotBeNull", {"column": column.name}
        if column.allowed:
            allowed = {"column": column.name, "value_set": list(column.allowed)}
            yield "allowed", "ExpectColumnValuesToBeInSet", allowed
        low = column.minimum if column.minimum is not None else column.exclusive_minimum
        if low is not None or column.maximum is not None:
            limits = {"column": column.name, "min_value": low, "max_value": column.maximum}
            strict = {"strict_min": column.exclusive_minimum is not None}
            yield "range", "ExpectColumnValuesToBeBetween", {**limits, **strict}
    if len(contract.key) > 1:
        yield "key", "ExpectCompoundColumnsToBeUnique", {"column_list": list(contract.key)}
    else:
        yield "key", "ExpectColumnValuesToBeUnique", {"column": contract.key[0]}


def check_rows(
    contract: Contract, rows: pd.DataFrame, study: str, sessions: list[date], subject: str | None = None
) -> list[Outcome]:
    """The contract's expectations on ``rows``, one outcome a group and session.

    ``subject`` is the column that names the series, so that a failure hits only the figures that use it.
    A fault of Great Expectations itself is a failed check that says so.
    """
    try:
        results = _validate(contract, rows) if len(rows) else []
    except Exception as error:  # whatever it raises: a check that could not run has not passed
        results = [{**_NOTHING_RUN, "group": group, "error": str(error)} for group in GROUPS]
    outcomes: list[Outcome] = []
    for key, group in GROUPS.items():
        broken = [result for result in results if result["group"] == key and not result["success"]]
        outcomes += [_outcome(contract, rows, group, broken, study, session, subject) for session in sessions]
    return outcomes


def unchecked_rows(connection: duckdb.DuckDBPyConnection, contract: Contract) -> pd.DataFrame:
    """The newest known rows of a core table whose load no run has accepted yet: this run's, and any that failed."""
    return connection.execute(
        f"""
        WITH proven AS (
            SELECT run_id FROM meta.check_result
            WHERE table_name = ? AND list_contains(?, check_name)
            GROUP BY run_id HAVING bool_and(passed)
        ),
        unproven AS (
            SELECT payload_sha256, known_at FROM meta.load
            WHERE table_name = ? AND run_id NOT IN (SELECT run_id FROM proven)
        )
        SELECT t.* FROM {contract.table}_as_known(TIMESTAMP '9999-01-01') AS t
        SEMI JOIN unproven USING (payload_sha256, known_at)
        """,
        [contract.table, group_names(contract), contract.table],
    ).df()


def group_names(contract: Contract) -> list[str]:
    """The names of the checks that ``check_rows`` reports for a contract."""
    return [f"{contract.name}_{group.name}" for group in GROUPS.values()]


def _validate(contract: Contract, rows: pd.DataFrame) -> list[dict[str, Any]]:
    # imported here: the import costs seconds, and the code location must not pay for it
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations as gx

    batch = (
        _context()
        .data_sources.add_or_update_pandas("rows")
        .add_dataframe_asset(contract.table)
        .add_batch_definition_whole_dataframe("all")
    )
    rules = list(expected_values(contract))
    suite = gx.ExpectationSuite(
        name=contract.table,
        expectations=[
            getattr(gx.expectations, kind)(**arguments, severity="critical", meta={"group": group})
            for group, kind, arguments in rules
        ],
    )
    validation = batch.get_batch({"dataframe": rows}).validate(
        suite, result_format={"result_format": "SUMMARY", "partial_unexpected_count": MOST_VALUES}
    )
    return [_result(result) for result in validation.results]


@cache
def _context() -> Any:
    """One ephemeral context for all validations of a process: it costs more than a small one."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


_NOTHING_RUN = {"column": "", "success": False, "failing": 0, "values": []}


def _result(validated: Any) -> dict[str, Any]:
    config = validated.expectation_config
    error = [info["exception_message"] for info in _exceptions(validated.exception_info)]
    return {
        "group": config.meta["group"],
        "column": config.kwargs.get("column") or ", ".join(config.kwargs.get("column_list", [])),
        "success": bool(validated.success),
        "failing": int((validated.result or {}).get("unexpected_count") or 1),
        "values": (validated.result or {}).get("partial_unexpected_list") or [],
        "error": error[0] if error else None,
    }


def _exceptions(info: Any) -> list[dict[str, Any]]:
    """A raised exception comes as one dict or, by metric, as several."""
    if not isinstance(info, dict):
        return []
    entries = [info] if "raised_exception" in info else [v for v in info.values() if isinstance(v, dict)]
    return [entry for entry in entries if entry.get("raised_exception")]


def _outcome(
    contract: Contract,
    rows: pd.DataFrame,
    group: Group,
    broken: list[dict[str, Any]],
    study: str,
    session: date,
    subject: str | None,
) -> Outcome:
    errors = [result["error"] for result in broken if result["error"]]
    return Outcome(
        check_name=f"{contract.name}_{group.name}",
        table=contract.table,
        study=study,
        session=session,
        passed=not broken,
        blocking=True,
        expected=group.expected,
        failing=sum(result["failing"] for result in broken),
        sample=tuple({"column": r["column"], "values": str(r["values"][:SAMPLE_ROWS])} for r in broken)[:SAMPLE_ROWS],
        subjects=_subjects(rows, broken, subject),
        error=errors[0] if errors else None,
    )


def _subjects(rows: pd.DataFrame, broken: list[dict[str, Any]], subject: str | None) -> tuple[str, ...] | None:
    """The series of the failing rows, where each failing row can be found again by its values."""
    if subject is None or not broken or any(r["column"] not in rows.columns or r["error"] for r in broken):
        return None
    if any(result["failing"] > len(result["values"]) for result in broken):
        return None
    hit = [rows.loc[rows[result["column"]].isin(result["values"]), subject] for result in broken]
    named = pd.concat(hit)
    return None if named.isna().any() or named.empty else tuple(dict.fromkeys(map(str, named)))
