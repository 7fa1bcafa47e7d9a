"""The database that readers open: described, rounded, readable by older clients, replaced under their feet."""

from __future__ import annotations

from datetime import date

import pytest

from tests.support.drop import fill_drop
from tests.support.night import FIRST, NEXT, STUDY, Place, ask, reading, run_night
from warehouse.contract import contracts

DECIMALS = [
    ("figure.size_return", "return_cum", 6),
    ("figure.size_return", "return_ann", 6),
    ("figure.size_return", "base_level", 6),
    ("figure.size_return", "end_level", 6),
    ("figure.long_run", "rebased", 4),
]


@pytest.mark.parametrize("objects", ["tables", "views", "columns"])
def test_everything_carries_a_comment(published: Place, objects: str) -> None:
    kind = objects.removesuffix("s")
    name = f"schema_name || '.' || {'table_name' if objects == 'columns' else f'{kind}_name'}"
    rows = ask(
        published.readers_database,
        f"SELECT {name}, comment FROM duckdb_{objects}() WHERE NOT internal",
    )
    assert len(rows) >= 3
    assert [row for row in rows if not row[1]] == []


def test_a_column_comment_says_its_unit(published: Place) -> None:
    rows = ask(
        published.readers_database,
        "SELECT column_name, comment FROM duckdb_columns() "
        "WHERE schema_name = 'figure' AND table_name = 'size_return' AND column_name IN ('return_cum', 'as_of')",
    )
    comments = dict(rows)
    assert comments["return_cum"].endswith("[fraction]")
    assert comments["as_of"].endswith("[date]")


def test_every_figure_begins_with_the_same_columns(published: Place) -> None:
    for table in ("figure.size_return", "figure.long_run", "latest.size_return", "latest.long_run"):
        with reading(published.readers_database) as connection:
            cursor = connection.execute(f"SELECT * FROM {table} LIMIT 1")
            columns = [(column[0], str(column[1])) for column in cursor.description[:5]]
            cursor.fetchall()
        assert columns == [
            ("study", "VARCHAR"),
            ("session", "DATE"),
            ("revision", "INTEGER"),
            ("as_of", "DATE"),
            ("is_headline", "BOOLEAN"),
        ]


@pytest.mark.parametrize(("table", "column", "decimals"), DECIMALS)
def test_numbers_have_the_decimals_of_their_contract(published: Place, table: str, column: str, decimals: int) -> None:
    [stated] = [one.decimals for one in contracts()[table].column if one.name == column]
    assert stated == decimals
    [(values, rounded)] = ask(
        published.readers_database,
        f"SELECT count({column}), count(*) FILTER ({column} = round({column}, {decimals})) FROM {table}",
    )
    assert rounded == values
    assert values > 0 or column == "return_ann"


def test_headline_rows_are_those_that_are_drawn(published: Place) -> None:
    rows = ask(
        published.readers_database,
        "SELECT index_id, base_rule, period FROM latest.size_return WHERE is_headline ORDER BY index_id, period_order",
    )
    assert rows == [(index, "prev", period) for index in ("R1000", "R2000") for period in ("1M", "YTD", "1Y")]
    assert ask(published.readers_database, "SELECT DISTINCT is_headline FROM latest.long_run") == [(True,)]


def test_older_clients_can_open_the_file(published: Place) -> None:
    rows = ask(
        published.readers_database,
        "SELECT tags['storage_version'] FROM duckdb_databases() WHERE database_name = 'zuhyo'",
    )
    assert rows == [("v1.2.0+",)]


def test_nothing_but_the_file_is_left_beside_it(published: Place) -> None:
    below = published.readers_database.parent
    assert {path.name for path in below.iterdir()} == {STUDY, "zuhyo.duckdb"}


def test_times_are_utc_without_a_zone(published: Place) -> None:
    rows = ask(
        published.readers_database,
        "SELECT DISTINCT data_type FROM duckdb_columns() WHERE NOT internal AND data_type LIKE 'TIME%' "
        "AND schema_name IN ('meta', 'core')",
    )
    assert rows == [("TIMESTAMP",)]


def test_the_release_row_leads_to_the_folder(published: Place) -> None:
    rows = ask(
        published.readers_database,
        "SELECT study, session, revision, profile, is_sample, rendered, git_sha, path, approved_by FROM meta.release",
    )
    assert rows == [(STUDY, FIRST, 1, "files", False, False, "a" * 40, f"{STUDY}/{FIRST}/r1", None)]
    assert (published.readers_database.parent / rows[0][7]).is_dir()


def test_the_payloads_of_the_release_are_there(published: Place) -> None:
    rows = ask(
        published.readers_database,
        "SELECT p.url, p.vendor, p.licence, p.may_publish FROM meta.release_payload "
        "JOIN meta.payload AS p USING (sha256) ORDER BY ALL",
    )
    assert rows == [(f"file:fred/{name}.csv", "files", "invented", False) for name in ("RU1000TR", "RU2000TR")]


def test_a_reader_keeps_its_file_while_a_night_publishes(place: Place) -> None:
    fill_drop(place.drop, NEXT)
    newest = "SELECT max(session), count(*) FROM figure.size_return"
    with reading(place.readers_database) as connection:
        before = connection.execute(newest).fetchall()
        assert before[0][0] == FIRST
        assert run_night(place.settings(), NEXT).status == 0
        assert connection.execute(newest).fetchall() == before
        assert connection.execute("SELECT count(*) FROM latest.long_run").fetchall()[0][0] > 0
    [(session, rows)] = ask(place.readers_database, newest)
    assert (session, rows) == (NEXT, 2 * before[0][1])
    kept = ask(place.readers_database, "SELECT DISTINCT session FROM figure.long_run")
    assert kept == [(date(2024, 3, 14),)]
