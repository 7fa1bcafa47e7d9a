"""Great Expectations suites generated from table contracts, run on rows that are new.

Belongs here: contract to suite, suite to outcomes, which rows no run has checked yet. Does not belong here: truths over
whole tables (table_checks.py), hand-written suites: a column's rules stand in its contract.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from importlib.metadata import version
from typing import Any

import duckdb
import pandas as pd

from checks.outcome import SAMPLE_ROWS, Outcome
from warehouse.contract import Contract, quoted
from warehouse.database import append, rows_as_dicts
from warehouse.limits import explained


@dataclass(frozen=True)
class Group:
    """Expectations of one kind, shown as one check."""

    name: str
    expected: str


MOST_VALUES = 1_000
"""Of so many failing values the subjects are looked up; with more the whole table fails."""

CHUNK_VECTORS = 100
"""So many of DuckDB's vectors (of 2,048 rows) Great Expectations gets at once: memory does not grow with the rows."""

GROUPS = {
    "columns": Group("columns_are_those_of_the_contract", "exactly the contract's columns, in its order"),
    "not_null": Group("required_values_are_there", "no NULL where the contract allows none"),
    "allowed": Group("codes_are_allowed", "only the codes that the contract lists"),
    "range": Group("values_are_in_range", "numbers within the contract's limits"),
    "key": Group("key_is_unique", "each key once"),
}
"""The key's uniqueness is found by DuckDB over all rows, the others by Great Expectations."""


@dataclass
class Result:
    """What broke one expectation: how many rows, the first values and, where they can be told, the subjects of all."""

    group: str
    column: str
    failing: int = 0
    values: list[Any] = field(default_factory=list)
    subjects: list[str] | None = field(default_factory=list)
    error: str | None = None

    def add(self, validated: Any, rows: pd.DataFrame, subject: str | None) -> None:
        """Adds what Great Expectations found in a chunk of rows."""
        found = validated.result or {}
        values, failing = found.get("partial_unexpected_list") or [], found.get("unexpected_count")
        errors = [info["exception_message"] for info in _exceptions(validated.exception_info)]
        self.error = self.error or (errors[0] if errors else None)
        self.failing = self.failing + int(failing) if failing else max(self.failing, 1)
        self.values += values[: MOST_VALUES - len(self.values)]
        if self.subjects is None or subject is None or self.column not in rows or self.failing > len(self.values):
            self.subjects = None
            return
        named = rows.loc[rows[self.column].isin(values), subject]
        self.subjects = None if named.isna().any() or named.empty else [*self.subjects, *map(str, named.unique())]


def expected_values(contract: Contract) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(group, expectation type, arguments) for everything that the contract says of single columns."""
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


def check_rows(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    rows: str,
    study: str,
    sessions: list[date],
    subject: str | None = None,
) -> list[Outcome]:
    """The contract's expectations on the ``rows`` that a query gives, one outcome a group and session.

    ``subject`` is the column that names the series, so that a failure hits only the figures that use it. Memory does
    not depend on the number of rows. A fault of Great Expectations itself is a failed check that says so.
    """
    try:
        broken = _validate(connection, contract, rows, subject)
    except Exception as error:  # whatever it raises: a check that could not run has not passed
        return failed_rows(contract, study, sessions, error)
    return _outcomes(contract, broken, study, sessions, subject)


def check_session_rows(
    connection: duckdb.DuckDBPyConnection, contract: Contract, study: str, sessions: list[date]
) -> list[Outcome]:
    """The contract's expectations on a study's rows of some sessions. Rows that held them once are not validated again:
    meta.validation has the digest of the rows and of all that is expected of them.
    """
    days = ", ".join(f"DATE '{session}'" for session in sessions)
    rows = f"SELECT * FROM {contract.table} WHERE study = {quoted(study)} AND session IN ({days})"
    digest = _digest(connection, contract, rows)
    known = "SELECT 1 FROM meta.validation WHERE table_name = ? AND digest = ?"
    if connection.execute(known, [contract.table, digest]).fetchall():
        return _outcomes(contract, [], study, sessions, None)
    outcomes = check_rows(connection, contract, rows, study, sessions)
    if all(outcome.passed for outcome in outcomes):
        now = datetime.now(UTC).replace(tzinfo=None)
        append(connection, "meta.validation", [{"table_name": contract.table, "digest": digest, "validated_at": now}])
    return outcomes


def failed_rows(contract: Contract, study: str, sessions: list[date], error: Exception) -> list[Outcome]:
    """What ``check_rows`` reports of a table that could not be made for a study."""
    return _outcomes(
        contract, [Result(group, "", 1, error=str(explained(error))) for group in GROUPS], study, sessions, None
    )


def unchecked_rows(connection: duckdb.DuckDBPyConnection, contract: Contract) -> str:
    """A query for the newest known rows of a core table whose load no run has accepted yet: this run's, and any that
    failed. It reads temporary tables of the connection.
    """
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE unproven AS
        WITH proven AS (
            SELECT run_id FROM meta.check_result
            WHERE table_name = ? AND list_contains(?, check_name)
            GROUP BY run_id HAVING bool_and(passed)
        )
        SELECT DISTINCT payload_sha256, known_at FROM meta.load WHERE table_name = ? AND run_id NOT IN (FROM proven)
        """,
        [contract.table, group_names(contract), contract.table],
    )
    loads = connection.execute("SELECT count(*) FROM unproven").fetchall()[0][0]
    if not loads:
        return f"SELECT * FROM {contract.table} WHERE false"
    same_entity = " AND ".join(f"newer.{name} = row.{name}" for name in contract.entity)
    # as <table>_as_known, without looking at every key of the table: what came later than the first of these loads
    return f"""
        SELECT row.* FROM {contract.table} AS row
        SEMI JOIN unproven USING (payload_sha256, known_at)
        ANTI JOIN (
            FROM {contract.table} WHERE known_at > (SELECT min(known_at) FROM unproven)
        ) AS newer ON {same_entity} AND newer.known_at > row.known_at
        WHERE NOT row.is_withdrawn
    """


def contract_check(contract: Contract) -> str:
    """The check of Dagster that shows all of a contract's groups."""
    return f"{contract.name}_keeps_its_contract"


def group_names(contract: Contract) -> list[str]:
    """The names of the checks that ``check_rows`` reports for a contract."""
    return [f"{contract.name}_{group.name}" for group in GROUPS.values()]


def _validate(
    connection: duckdb.DuckDBPyConnection, contract: Contract, rows: str, subject: str | None
) -> list[Result]:
    """What broke: keys over all rows, and what is expected of single values a chunk of rows after another."""
    results = {"key": _duplicates(connection, contract, rows)}
    chunks, validate = connection.execute(rows), None
    while len(chunk := chunks.fetch_df_chunk(CHUNK_VECTORS)):
        validate = validate or _validator(contract)
        for validated in validate(chunk):
            if not validated.success:
                column = validated.expectation_config.kwargs.get("column", "")
                group = validated.expectation_config.meta["group"]
                results.setdefault(f"{group} {column}", Result(group, column)).add(validated, chunk, subject)
    return [result for result in results.values() if result.failing]


def _validator(contract: Contract) -> Callable[[pd.DataFrame], list[Any]]:
    """A function that gives what Great Expectations says of rows, one result an expectation."""
    # imported here: the import costs seconds, and neither the code location nor a night with nothing new pays for it
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations as gx

    batch = (
        _context()
        .data_sources.add_or_update_pandas("rows")
        .add_dataframe_asset(contract.table)
        .add_batch_definition_whole_dataframe("all")
    )
    expectations = [
        getattr(gx.expectations, kind)(**arguments, severity="critical", meta={"group": group})
        for group, kind, arguments in expected_values(contract)
    ]
    suite = gx.ExpectationSuite(name=contract.table, expectations=expectations)
    shown = {"result_format": "SUMMARY", "partial_unexpected_count": MOST_VALUES}
    return lambda rows: batch.get_batch({"dataframe": rows}).validate(suite, result_format=shown).results


@cache
def _context() -> Any:
    """One ephemeral context for all validations of a process: it costs more than a small one."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


def _duplicates(connection: duckdb.DuckDBPyConnection, contract: Contract, rows: str) -> Result:
    """The rows that share their key with another one, as DuckDB counts them: no chunk has them all."""
    key = ", ".join(contract.key)
    result = Result("key", key, subjects=None)
    try:
        groups = rows_as_dicts(
            connection,
            f"""
            SELECT {key}, count(*) AS same_key, sum(count(*)) OVER () AS failing
            FROM ({rows}) GROUP BY {key} HAVING count(*) > 1 ORDER BY {key} LIMIT {SAMPLE_ROWS}
            """,
        )
    except duckdb.Error as error:
        return Result("key", key, 1, subjects=None, error=str(error))
    if groups:
        result.failing = int(groups[0]["failing"])
        result.values = [{name: group[name] for name in contract.key} for group in groups]
    return result


def _digest(connection: duckdb.DuckDBPyConnection, contract: Contract, rows: str) -> str:
    """Of the rows in whatever order, and of all that is expected of them and by whom."""
    content = connection.execute(
        f"""
        SELECT string_agg(digest, '' ORDER BY digest)
        FROM (SELECT sha256(CAST(to_json(row) AS VARCHAR)) AS digest FROM ({rows}) AS row)
        """
    ).fetchall()[0][0]
    expected = [*expected_values(contract), *contract.key, version("great-expectations")]
    return hashlib.sha256(f"{json.dumps(expected)} {content}".encode()).hexdigest()


def _exceptions(info: Any) -> list[dict[str, Any]]:
    """A raised exception comes as one dict or, by metric, as several."""
    if not isinstance(info, dict):
        return []
    entries = [info] if "raised_exception" in info else [v for v in info.values() if isinstance(v, dict)]
    return [entry for entry in entries if entry.get("raised_exception")]


def _outcomes(
    contract: Contract, broken: list[Result], study: str, sessions: list[date], subject: str | None
) -> list[Outcome]:
    return [
        _outcome(contract, group, [result for result in broken if result.group == key], study, session, subject)
        for key, group in GROUPS.items()
        for session in sessions
    ]


def _outcome(
    contract: Contract, group: Group, broken: list[Result], study: str, session: date, subject: str | None
) -> Outcome:
    return Outcome(
        check_name=f"{contract.name}_{group.name}",
        table=contract.table,
        study=study,
        session=session,
        passed=not broken,
        blocking=True,
        expected=group.expected,
        failing=sum(result.failing for result in broken),
        sample=tuple({"column": r.column, "values": str(r.values[:SAMPLE_ROWS])} for r in broken)[:SAMPLE_ROWS],
        subjects=_subjects(broken) if subject else None,
        error=next((result.error for result in broken if result.error), None),
        shown_in=contract_check(contract),
    )


def _subjects(broken: list[Result]) -> tuple[str, ...] | None:
    """The series of the failing rows, where each failing row can be found again by its values."""
    if not broken or any(result.subjects is None or result.error for result in broken):
        return None
    return tuple(dict.fromkeys(name for result in broken for name in result.subjects or ()))
