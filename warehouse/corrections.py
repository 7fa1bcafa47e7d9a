"""Macros that set what people state (core.correction) beside the data that it speaks of.

Belongs here: their SQL, made from the contracts: what each statement matches, and the rows of a table as corrected.
Does not belong here: the files that state it (assets/corrections.py), which rows a check excuses
(checks/sql).
"""

from __future__ import annotations

from warehouse.contract import Contract, quoted

CORRECTION = "core.correction"

PRICES = {
    "core.index_level": ("level", "close"),
    "core.security_level": ("level", "close"),
    "core.fund_nav": ("nav_jpy",),
}
"""The tables of prices a unit, and their columns by which a split is seen; the first one is put right by it."""

VALUES = (*PRICES, "core.fund", "core.eps_estimate", "core.revenue_geography")
"""The tables of which a single value can be put right."""

SAME = 1e-6
"""Two values are one where they differ by less than this share: an adjusted close is stored to about as many digits."""


def day_of(contract: Contract) -> str:
    """The column that says which day a row of a core table speaks of: what a correction calls ``date``."""
    dates = [c.name for c in contract.column if c.type == "DATE" and c.name in contract.entity]
    return dates[-1]


def number_columns(contract: Contract) -> list[str]:
    """The columns whose values can be put right: numbers that a vendor states."""
    if contract.table not in VALUES:
        return []
    numbers = [c.name for c in contract.column if c.name in contract.values and c.type in ("DOUBLE", "BIGINT")]
    return [name for name in numbers if name != "quantum"]  # how finely a value is printed is no statement of a vendor


def correction_macros(contract: Contract) -> list[str]:
    """CREATE MACRO statements for a bitemporal table of core; they need core.correction only when they are called.

    ``<table>_corrections(ts)``: the statements about the table that were known at ``ts``, with ``state`` and ``why``.
    ``<table>_as_corrected(ts)``: as ``<table>_as_known(ts)``, with right values for wrong ones; levels go on over a
    split, and NAVs have ``units`` beside them: how many units one of the first day has become.
    ``<table>_corrected(rows, ts)``: the same for rows of the table that a query chose, by the name of their relation.
    """
    if not contract.is_correctable:
        return []
    macros = [f"{contract.table}_splits(ts) AS TABLE\n{_splits(contract)}"] if contract.table in PRICES else []
    macros.append(f"{contract.table}_corrections(ts) AS TABLE\n{_states(contract)}")
    if contract.table in VALUES:
        macros.append(
            f"{contract.table}_as_corrected(ts) AS TABLE\n{_corrected(contract, f'{contract.table}_as_known(ts)')}"
        )
        macros.append(f"{contract.table}_corrected(rows, ts) AS TABLE\n{_corrected(contract, 'query_table(rows)')}")
    return [f"CREATE OR REPLACE MACRO {macro};" for macro in macros]


def _stated(contract: Contract, *kinds: str) -> str:
    """The statements of some kinds about the table; of two about one value or split the one known last."""
    chosen = ", ".join(quoted(kind) for kind in kinds)
    return f"""
        SELECT * FROM core.correction_as_known(ts)
        WHERE dataset = {quoted(contract.name)} AND kind IN ({chosen})
        QUALIFY row_number() OVER (PARTITION BY kind, subject, date, column_name ORDER BY known_at DESC, stated_in) = 1
    """


def _known(contract: Contract) -> str:
    """The rows as known, of the subjects that the relation ``stated`` names: the rest of the table is not read."""
    return f"""
        SELECT * FROM (
            SELECT t.* FROM {contract.table} AS t
            SEMI JOIN stated ON stated.subject = t.{contract.entity[0]}
            WHERE t.known_at <= ts
            QUALIFY row_number() OVER (PARTITION BY {", ".join(contract.entity)} ORDER BY known_at DESC) = 1
        ) WHERE NOT is_withdrawn
    """


def _series(contract: Contract) -> list[str]:
    """The key of one history: a row's without its day."""
    return [name for name in contract.entity if name != day_of(contract)]


def _splits(contract: Contract) -> str:
    """The stated splits that the data doesn't adjust for, a row a history: on the first day from ``date`` on the price
    is nearer to the one before with the factor put in than without it.
    """
    day, subject, series = day_of(contract), contract.entity[0], ", ".join(f"k.{n}" for n in _series(contract))
    seen, moves = [], []
    for price in PRICES[contract.table]:
        moves.append(
            f"max_by(k.{price}, k.{day}) FILTER (k.{day} < s.date) AS {price}_before, "
            f"min_by(k.{price}, k.{day}) FILTER (k.{day} >= s.date) AS {price}_after"
        )
        ratio = f"{price}_after / {price}_before"
        seen.append(f"coalesce(abs(ln({ratio} * factor)) < abs(ln({ratio})), false) AS is_{price}_split")
    return f"""
    WITH stated AS ({_stated(contract, "split")}),
    known AS ({_known(contract)}),
    beside AS (
        SELECT s.stated_in, s.correction_id, s.date, s.factor, {series}, {", ".join(moves)}
        FROM stated AS s JOIN known AS k ON k.{subject} = s.subject
        WHERE k.{PRICES[contract.table][0]} > 0
        GROUP BY ALL
    )
    SELECT *, {", ".join(seen)} FROM beside
    """


def _units(contract: Contract) -> str:
    """How many units one of a history's first day has become, from each split on (``since``) until the next one."""
    series = ", ".join(_series(contract))
    return f"""
        SELECT
            {series}, date AS since, coalesce(lead(date) OVER splits, DATE '9999-12-31') AS before,
            exp(sum(ln(factor)) OVER (splits ROWS UNBOUNDED PRECEDING)) AS units
        FROM {contract.table}_splits(ts)
        WHERE is_{PRICES[contract.table][0]}_split
        WINDOW splits AS (PARTITION BY {series} ORDER BY date)
    """


def _corrected(contract: Contract, rows: str) -> str:
    day, subject = day_of(contract), contract.entity[0]
    types = {column.name: column.type for column in contract.column}
    is_wrong_value = {
        name: f"abs(k.{name} - w.{name}_found) <= {SAME} * abs(w.{name}_found)" for name in number_columns(contract)
    }
    # cast where it is put in: what is right already must not pass through a DOUBLE
    right = {
        name: f"CASE WHEN {is_wrong_value[name]} THEN CAST(w.{name}_right AS {types[name]}) ELSE k.{name} END"
        for name in is_wrong_value
    }
    if {"level", "close"} <= is_wrong_value.keys():  # an adjusted close is a close times what makes it comparable
        right["level"] = (
            f"CASE WHEN {is_wrong_value['level']} THEN w.level_right "
            f"WHEN {is_wrong_value['close']} THEN k.level * w.close_right / w.close_found ELSE k.level END"
        )
    joined, added = "", ""
    if contract.table in PRICES:
        own = " AND ".join(f"u.{name} = k.{name}" for name in _series(contract))
        joined = f"LEFT JOIN ({_units(contract)}) AS u ON {own} AND k.{day} >= u.since AND k.{day} < u.before"
        if "level" in right:
            right["level"] = f"({right['level']}) * coalesce(u.units, 1)"
        else:
            added = ", coalesce(u.units, 1) AS units"
    replaced = ", ".join(f"{value} AS {name}" for name, value in right.items())
    pivoted = ", ".join(
        f"max(found) FILTER (column_name = {quoted(name)}) AS {name}_found, "
        f"max(value) FILTER (column_name = {quoted(name)}) AS {name}_right"
        for name in is_wrong_value
    )
    return f"""
    SELECT k.* REPLACE ({replaced}){added}
    FROM {rows} AS k
    LEFT JOIN (
        SELECT subject, date, {pivoted} FROM ({_stated(contract, "wrong_value")}) GROUP BY subject, date
    ) AS w ON w.subject = k.{subject} AND w.date = k.{day}
    {joined}
    """


def _evidence(contract: Contract) -> str:
    """What the data says to each statement about the table, as common table expressions: ``value`` of a wrong value,
    ``span`` (rows of its days), ``restated``, ``split``, and ``subject_known``.
    """
    day, subject, table = day_of(contract), contract.entity[0], contract.table
    cells = " UNION ALL ".join(
        f"SELECT {subject} AS subject, {day} AS date, {quoted(name)} AS column_name, CAST({name} AS DOUBLE) AS there "
        f"FROM known"
        for name in number_columns(contract)
    )
    nothing = "SELECT NULL::VARCHAR AS subject, NULL::DATE AS date, NULL::VARCHAR AS column_name, NULL::DOUBLE AS there"
    shown = " OR ".join(f"is_{price}_split" for price in PRICES.get(table, ()))
    splits = f"SELECT stated_in, correction_id, bool_or({shown}) AS is_seen FROM {table}_splits(ts) GROUP BY ALL"
    no_splits = (
        "SELECT NULL::VARCHAR AS stated_in, NULL::VARCHAR AS correction_id, NULL::BOOLEAN AS is_seen WHERE false"
    )
    return f"""
    stated AS (SELECT * FROM core.correction_as_known(ts) WHERE dataset = {quoted(contract.name)}),
    known AS ({_known(contract)}),
    cell AS ({cells or nothing + " WHERE false"}),
    value AS (
        SELECT
            s.stated_in, s.correction_id,
            bool_or(abs(c.there - s.found) <= {SAME} * abs(s.found)) AS is_found,
            bool_or(abs(c.there - s.value) <= {SAME} * abs(s.value)) AS is_right,
            min(c.there) AS there
        FROM stated AS s
        JOIN cell AS c ON c.subject = s.subject AND c.date = s.date AND c.column_name = s.column_name
        WHERE s.kind = 'wrong_value' AND c.there IS NOT NULL
        GROUP BY ALL
    ),
    span AS (
        SELECT s.stated_in, s.correction_id, count(*) AS rows_known
        FROM stated AS s
        JOIN known AS k ON k.{subject} = s.subject AND k.{day} BETWEEN s.date AND coalesce(s.until, s.date)
        GROUP BY ALL
    ),
    restated AS (
        SELECT DISTINCT s.stated_in, s.correction_id
        FROM stated AS s
        JOIN {table} AS t ON t.{subject} = s.subject AND t.{day} BETWEEN s.date AND coalesce(s.until, s.date)
        WHERE s.kind = 'restatement' AND t.known_at <= ts
        GROUP BY s.stated_in, s.correction_id, {", ".join(f"t.{name}" for name in contract.entity)}
        HAVING count(*) > 1
    ),
    split AS ({splits if shown else no_splits}),
    subject_known AS (SELECT {subject} AS subject, max({day}) AS newest FROM known GROUP BY ALL)
    """


def _states(contract: Contract) -> str:
    """Every statement about the table with its state.

    applied: a wrong value that is there, a split that is seen; excuses: a row that it speaks of is there; mended: the
    right value is there already; contradicted: a third one; unmatched: there is nothing that it speaks of.
    """
    table = contract.table
    return f"""
    WITH {_evidence(contract)},
    with_state AS (
        SELECT
            s.*, v.there, subject_known.subject IS NOT NULL AS is_subject_known,
            CASE s.kind
                WHEN 'wrong_value' THEN
                    CASE WHEN v.is_found THEN 'applied' WHEN v.is_right THEN 'mended'
                         WHEN s.date <= subject_known.newest THEN 'contradicted' ELSE 'unmatched' END
                WHEN 'split' THEN CASE WHEN split.is_seen THEN 'applied' ELSE 'unmatched' END
                WHEN 'restatement' THEN CASE WHEN restated.correction_id IS NOT NULL THEN 'excuses' ELSE 'unmatched' END
                ELSE CASE WHEN span.rows_known > 0 THEN 'excuses' ELSE 'unmatched' END
            END AS state
        FROM stated AS s
        LEFT JOIN value AS v USING (stated_in, correction_id)
        LEFT JOIN span USING (stated_in, correction_id)
        LEFT JOIN restated USING (stated_in, correction_id)
        LEFT JOIN split USING (stated_in, correction_id)
        LEFT JOIN subject_known ON subject_known.subject = s.subject
    )
    SELECT
        stated_in, correction_id, kind, dataset, subject, date, until, column_name, found, value, factor, reason,
        source, stated_by, stated_on, known_at, payload_sha256, state,
        CASE
            WHEN state IN ('applied', 'excuses') THEN NULL
            WHEN NOT is_subject_known THEN '{table} has no ' || subject
            WHEN state = 'mended' THEN 'the right value is there already: the vendor has mended it'
            WHEN there IS NOT NULL THEN column_name || ' is ' || there || ' there, neither found nor value'
            WHEN kind = 'wrong_value' THEN '{table} has no ' || column_name || ' of that day'
            WHEN kind = 'split' THEN 'no price moves by it on the first day from then: adjusted already, or another day'
            WHEN kind = 'restatement' THEN 'no row of these days was known otherwise before'
            ELSE '{table} has no row of that day'
        END AS why
    FROM with_state
    """
