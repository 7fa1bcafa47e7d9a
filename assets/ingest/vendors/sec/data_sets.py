"""The SEC's Financial Statement Data Sets: a quarter's filings in one zip, sub.txt and num.txt.

Belongs here: the zip, its tab-separated files, both orders of their columns. Does not belong here: which figure
counts (domestic_revenue.sql).

A quarter has some three million numbers. They go to a folder in pieces and DuckDB reads them from there, so that
memory stays bounded.
"""

from __future__ import annotations

import io
import re
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import duckdb
import pandas as pd

from assets.ingest.parsing.zip_file import unzipping
from assets.ingest.payload import PayloadError
from assets.ingest.vendors.sec.facts import ANNUAL_FORMS, GEOGRAPHY_AXES, classified, fact_tables, sql
from assets.ingest.vendors.sec.options import unpacked_data
from assets.ingest.vendors.sec.places import STATES
from warehouse.contract import quoted
from warehouse.limits import scratch_folder

NEEDED = {
    "sub": ("adsh", "cik", "name", "form", "period"),
    "num": ("adsh", "tag", "version", "ddate", "qtrs", "uom", "segments", "coreg", "value"),
}
OPTIONAL = {"sub": ("accepted", "filed", "countryinc", "stprinc", "countryba", "stprba"), "num": ()}
PIECE = 1 << 20
RECONCILES_FROM, UNRECONCILED_AT_MOST = 20, 0.5
"""So many filings that name the US beside other places tell, and so large a part of them may miss the total. Of the 87
fiscal years of 17 large companies that were looked at none does; small companies' tables are known to be less whole.
"""


def parse(content: bytes, options: Mapping[str, Any]) -> pd.DataFrame:
    """One row an annual filing: revenue by geography of the fiscal year that it reports on. Raises PayloadError."""
    with scratch_folder() as folder:
        files = _extracted(unpacked_data(content), Path(folder))
        with fact_tables(spill_to=Path(folder)) as connection:
            for name, file in files.items():
                _make_view(connection, name, file)
            _read(connection)
            _refuse_defects(connection)
            rows = classified(connection)
            _refuse_unreconciled(connection)
            return rows


def _extracted(content: bytes, folder: Path) -> dict[str, Path]:
    """sub.txt and num.txt in the folder, whole."""
    with unzipping(content) as archive:
        return {name: _copied(archive, f"{name}.txt", folder) for name in NEEDED}


def _copied(archive: zipfile.ZipFile, name: str, folder: Path) -> Path:
    matches = [entry for entry in archive.namelist() if PurePosixPath(entry).name == name]
    if len(matches) != 1:
        entries = ", ".join(archive.namelist())[:200] or "nothing"
        raise PayloadError(f"the zip needs one {name}", value=f"found {entries}")
    target = folder / name
    with archive.open(matches[0]) as source, target.open("wb") as file:
        shutil.copyfileobj(source, file, PIECE)
    _refuse_cut(target)
    return target


def _refuse_cut(file: Path) -> None:
    with file.open("rb") as opened:
        if not opened.seek(0, io.SEEK_END):
            raise PayloadError("file is empty", where=file.name)
        opened.seek(-1, io.SEEK_END)
        if opened.read() != b"\n":
            raise PayloadError("file is cut short: its last line has no line end", where=file.name)


def _make_view(connection: duckdb.DuckDBPyConnection, name: str, file: Path) -> None:
    """A view <name>_text of the needed columns, as text, in whatever order the file has them."""
    header = _header(file, NEEDED[name])
    chosen = [*NEEDED[name], *(column for column in OPTIONAL[name] if column in header)]
    absent = [f"CAST(NULL AS VARCHAR) AS {column}" for column in OPTIONAL[name] if column not in header]
    columns = ", ".join(f"{quoted(column)}: 'VARCHAR'" for column in header)
    # without quotes: a name such as 1" PIPE CO is no open quotation
    connection.execute(
        f"""
        CREATE TEMP VIEW {name}_text AS SELECT {", ".join([*chosen, *absent])}
        FROM read_csv({quoted(str(file))}, delim = '\t', quote = '', escape = '', header = true, auto_detect = false,
                      columns = {{{columns}}})
        """
    )


def _header(file: Path, needed: Sequence[str]) -> list[str]:
    with file.open("rb") as opened:
        line = opened.readline(1 << 16)
    names = line.decode("utf-8-sig", "replace").strip("\r\n").split("\t")
    for name in needed:
        if name not in names:
            raise PayloadError(f"column {name} is missing", where=f"{file.name}, line 1", value=f"found {names!s:.200}")
    if len(set(names)) < len(names):
        raise PayloadError("a column appears more than once", where=f"{file.name}, line 1", value=f"{names!s:.200}")
    return names


def _read(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("SET VARIABLE annual_forms = ?::VARCHAR[]", [list(ANNUAL_FORMS)])
    connection.execute("SET VARIABLE us_states = ?::VARCHAR[]", [list(STATES)])
    connection.execute("SET VARIABLE geography_axes = ?::VARCHAR[]", [list(GEOGRAPHY_AXES)])
    try:
        connection.execute(sql("data_sets"))
    except duckdb.InvalidInputException as error:
        raise _as_payload_error(str(error)) from error
    if not connection.execute("SELECT count(*) FROM period").fetchall()[0][0]:
        forms = connection.execute("SELECT string_agg(DISTINCT form, ', ' ORDER BY form) FROM sub_text").fetchall()
        raise PayloadError("payload has no annual filing", where="sub.txt", value=f"forms: {forms[0][0] or 'none'}")


def _as_payload_error(message: str) -> PayloadError:
    """What DuckDB says of a line that it can't read, without its advice and our folder."""
    line, file = re.search(r"Line: ([0-9]+)", message), re.search(r"([a-z]+\.txt)\s*$", message, re.MULTILINE)
    said = [text for text in message.splitlines() if text.startswith(("Expected Number", "Invalid unicode"))]
    where = ", ".join(part for part in (file and file[1], line and f"line {line[1]}") if part)
    return PayloadError(
        "row can't be read as tab-separated UTF-8 text", where=where or None, value=" ".join(said)[:200]
    )


def _refuse_defects(connection: duckdb.DuckDBPyConnection) -> None:
    defects = connection.execute("SELECT file, place, what, value FROM defect LIMIT 1").fetchall()
    for file, place, what, value in defects:
        raise PayloadError(what, where=f"{file}, {place}", value=value or "empty")


def _refuse_unreconciled(connection: duckdb.DuckDBPyConnection) -> None:
    """A data set in which the US and other places miss the total in many filings: a column is not what it was.

    Single ones are their filers' own doing: many name a few of the places only, or a place beside parts of it.
    """
    [(missed, compared, example)] = connection.execute(
        """
        SELECT
            count(*) FILTER (misses), count(*),
            min(format('{}: {} of {}', filing, CAST(every_member AS HUGEINT), CAST(revenue AS HUGEINT)))
                FILTER (misses)
        FROM (
            SELECT *, len(list_filter(sums, lambda s: abs(s - revenue) * 100 <= revenue)) = 0 AS misses
            FROM judged
            WHERE found = 'reported' AND geographies > 1 AND revenue > 0
        )
        """
    ).fetchall()
    if compared >= RECONCILES_FROM and missed > UNRECONCILED_AT_MOST * compared:
        raise PayloadError(
            f"revenue by geography misses the total in {missed} of {compared} filings (limit "
            f"{UNRECONCILED_AT_MOST:.0%}): is it in another unit, or another column?",
            value=example,
        )
