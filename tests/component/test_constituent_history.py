"""Figure 4 from a history with versions, withdrawals, two files and corrections, against a second answer in pandas.

The figure reads sums of months, and the versions of few days; the second answer reads every version of every day.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.constituents import CORE, END, NAMES, START, SUMMARY, add_members, add_security, make, returns
from tests.support.helpers import add_rows, day, empty_warehouse, sessions

DAYS = sessions(START, END)
FIRST_NIGHT = datetime(2026, 3, 10)
KEY = ["security_id", "source", "date"]
NAMED = ["A", "B", "B~2", "C", "D", "E"]
ENDED = {"C": DAYS[300], "D": DAYS[40]}


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    connection = empty_warehouse(*CORE, SUMMARY, NAMES, "core.correction")
    add_members(connection, "SMALLS", [name for name in NAMED if name != "B"])
    add_members(connection, "LARGES", ["E"])
    for name, ended in ENDED.items():
        add_security(connection, name, delisted_on=ended, delisting_return=-0.1)
    return connection


def stored(rng: random.Random) -> pd.DataFrame:
    """Levels in the order in which they came: two files of each security, the second of which goes on where the first
    stops; then nights that restate some, withdraw some and send some again.
    """
    rows: list[dict[str, Any]] = []
    for name in NAMED:
        stop = rng.randrange(60, len(DAYS)) if rng.random() < 0.5 else len(DAYS)
        for source, days in {"panel": DAYS[:stop], "other": DAYS[rng.randrange(30, stop) :]}.items():
            if source == "panel" or stop < len(DAYS):
                level = rng.choice([20.0, 500.0])
                for one in days:
                    level *= rng.choice([0.99, 1.0, 1.02]) * (
                        rng.choice([0.1, 0.6, 1.7, 8]) if rng.random() < 0.005 else 1
                    )
                    rows.append({"security_id": name, "source": source, "date": one, "level": level})
    first = pd.DataFrame(rows).assign(known_at=FIRST_NIGHT)
    nights = [first]
    for night in range(1, 4):
        some = first.sample(n=rng.choice([1, 5, 60]), random_state=rng.randrange(1000))
        begin = rng.randrange(len(first) - 100)
        some = pd.concat([some, first.iloc[begin : begin + rng.choice([0, 3, 90])]]).drop_duplicates(KEY)
        new = {"restated": some["level"] * rng.choice([1.001, 3]), "withdrawn": None, "sent again": some["level"]}
        told = some.assign(level=new[rng.choice(list(new))], known_at=FIRST_NIGHT + timedelta(days=night))
        nights.append(told.sample(frac=1, random_state=night) if rng.random() < 0.5 else told.sort_values(KEY))
    return pd.concat(nights, ignore_index=True).astype({"level": "float64"})


def as_known(rows: pd.DataFrame, known_at: datetime) -> pd.DataFrame:
    """The newest version of each day, without what is withdrawn, in the order of days."""
    newest = rows[rows["known_at"] <= known_at].sort_values("known_at", kind="stable").drop_duplicates(KEY, keep="last")
    return newest.dropna(subset="level").sort_values(KEY)


def line(levels: pd.DataFrame, name: str) -> pd.Series:
    """The levels of a security on one scale, by day: the file with the first month, then the one that goes on."""
    files = {
        source: own.set_index("date")["level"]
        for source, own in levels[levels["security_id"] == name].groupby("source")
    }
    panel, other = (files.get(source, pd.Series(dtype=float)) for source in ("panel", "other"))
    common = panel.index.intersection(other.index)
    if panel.empty or other.empty or common.empty or other.index[-1] <= panel.index[-1]:
        return panel
    factor = panel[common[-1]] / other[common[-1]]
    return pd.concat([panel, other[other.index > panel.index[-1]] * factor])


def expected(levels: pd.DataFrame) -> dict[str, float]:
    """The returns with cash after an end."""
    found = {}
    for name in NAMED:
        own = line(levels, name)
        start = own[(own.index >= day("2024-02-22")) & (own.index <= day(START))]
        until = ENDED.get(name, day(END))
        end = own[(own.index <= until) & (own.index >= until - timedelta(days=35 if name in ENDED else 7))]
        if len(start) and len(end):
            found[name] = end.iloc[-1] / start.iloc[-1] * (0.9 if name in ENDED else 1) - 1
    return found


def wide(levels: pd.DataFrame) -> dict[tuple[Any, ...], float]:
    moves = levels.assign(move=levels["level"] / levels.groupby(["security_id", "source"])["level"].shift())
    chosen = moves[(moves["move"] >= 1.5) | (moves["move"] <= 1 / 1.5)]
    return {(row.security_id, row.source, row.date): pytest.approx(row.move) for row in chosen.itertuples()}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), night=st.integers(0, 3), is_corrected=st.booleans())
def test_every_version_counts_as_it_was_known(
    connection: duckdb.DuckDBPyConnection, seed: int, night: int, is_corrected: bool
) -> None:
    rng = random.Random(seed)
    rows, known_at = stored(rng), FIRST_NIGHT + timedelta(days=night, hours=1)
    connection.execute("DELETE FROM core.security_level; DELETE FROM core.correction")
    connection.execute(
        """
        INSERT INTO core.security_level BY NAME
        SELECT *, 'gross' AS return_basis, 'USD' AS currency, 'levels' AS payload_sha256, level IS NULL AS is_withdrawn
        FROM rows
        """
    )
    levels = as_known(rows, known_at)
    if is_corrected:
        wrong = levels.sample(n=1, random_state=seed).iloc[0]
        state_wrong(connection, wrong["security_id"], wrong["date"], wrong["level"])
        is_wrong = (levels["security_id"] == wrong["security_id"]) & (levels["date"] == wrong["date"])
        levels.loc[is_wrong & (levels["level"] == wrong["level"]), "level"] *= 2
    _, names = make(connection, known_at=known_at, min_coverage=0.0)
    assert returns(names, "terminal_cash") == pytest.approx(
        {name: value for name, value in expected(levels).items() if name != "B"}, rel=1e-9
    )
    found = connection.execute("SELECT security_id, source, date, move FROM constituent_wide").fetchall()
    assert {(name, source, one): move for name, source, one, move in found} == wide(levels[levels["date"] <= day(END)])


def state_wrong(connection: duckdb.DuckDBPyConnection, name: str, one: Any, level: float) -> None:
    row = {
        "stated_in": "corrections.toml", "correction_id": "one", "kind": "wrong_value", "dataset": "security_level",
        "subject": name, "date": one, "column_name": "level", "found": level, "value": level * 2, "reason": "why",
        "source": "where", "stated_by": "who", "stated_on": one, "known_at": FIRST_NIGHT, "payload_sha256": "stated",
    }  # fmt: skip
    add_rows(connection, "core.correction", row)
