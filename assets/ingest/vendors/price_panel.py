"""Panels of prices of many securities in Parquet: long (a row a ticker and day) or wide (a column a ticker).

Belongs here: the two layouts, and the rules of frames/security_level.py for a file of any size: it is read in pieces,
and its rows stay in it until core takes them. Does not belong here: the rules themselves, splicing two panels (the
figure).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from assets.ingest.frames.identifiers import read_identifiers
from assets.ingest.frames.index_level import refuse_unknown_basis
from assets.ingest.frames.prices import price_columns
from assets.ingest.frames.row_results import column_names
from assets.ingest.frames.security_level import DATASET, HALT_DAYS, changes_hands, source_of
from assets.ingest.parsing.delimited_text import FIRST_DAY, Days, refuse_no_data, text_option
from assets.ingest.payload import Parser, PayloadError
from warehouse.contract import quoted
from warehouse.database import connect
from warehouse.limits import scratch_folder
from warehouse.rows import FileRows, Rows

COPY_SUFFIX = "-checkpoint"
"""Ends the name of a working copy that an editor left among the files behind a panel."""

TIME_COLUMNS = ("time", "date", "Date", "__index_level_0__")

CELLS = 1 << 20
"""So many cells are read at once."""

LAST_DAY = np.datetime64("2099-12-31")
"""Days are counted as bits up to it; a ticker with a later day is looked at row by row."""

BUCKET = (HALT_DAYS + 1) // 2
"""A gap of more than HALT_DAYS leaves a whole bucket of so many days empty, wherever buckets begin."""


@dataclass(frozen=True)
class Layout:
    """How a file holds its rows. ``day``: its column of days; ``ticker``: that of tickers, None: each column is one.

    ``rows``: a query on ``file`` that gives place (the order in which rows are counted), row (in the file), ticker,
    day, level and close.
    """

    day: str
    ticker: str | None
    rows: str


def parse_long(content: bytes | Path, options: Mapping[str, Any]) -> Rows:
    """Levels from rows of ticker, date, close, adj_close; columns and attrs as security_level_frame gives them: of a
    file as a query on it, of bytes as a frame.

    Options: return_basis (``adjusted_close`` reads adj_close, ``price`` close), currency, file_name or source,
    optional level_column. Raises PayloadError.
    """
    return _rows(content, options, _long_layout)


def parse_wide(content: bytes | Path, options: Mapping[str, Any]) -> Rows:
    """Levels from a table of days by tickers; NaN means no price. Columns, attrs, options as for the long layout.

    ``return_basis`` says what the cells contain; ``close`` is NaN throughout. Raises PayloadError.
    """
    return _rows(content, options, _wide_layout)


LayoutOf = Callable[["_File", Mapping[str, Any]], Layout]


def _rows(content: bytes | Path, options: Mapping[str, Any], layout_of: LayoutOf) -> Rows:
    if isinstance(content, Path):
        return _rows_of_file(content, options, layout_of)
    with scratch_folder() as folder:
        path = Path(folder) / "panel.parquet"
        path.write_bytes(content)
        return _rows_of_file(path, options, layout_of).frame("security_id", "date")


def _rows_of_file(path: Path, options: Mapping[str, Any], layout_of: LayoutOf) -> FileRows:
    file = _File.open(path.absolute())
    layout = layout_of(file, options)
    currency, source = text_option(options, "currency"), source_of(options)
    first_day, last_day, is_sorted = _read_through(file, layout)
    with _readable(duckdb.Error), _panel(file, layout, first_day, last_day) as panel:
        basis = text_option(options, "return_basis")
        refuse_unknown_basis(lambda row: panel.where("true"), pd.Series([basis]))
        constants = {"source": source, "return_basis": basis, "currency": currency}
        return _checked(panel, file.path, constants, is_sorted)


# The file


@dataclass(frozen=True)
class _File:
    """A Parquet file. ``names`` leads from each column's name to the one that DuckDB gives it."""

    path: Path
    parquet: pq.ParquetFile
    schema: pa.Schema
    names: Mapping[str, str]

    @classmethod
    def open(cls, path: Path) -> _File:
        """Raises PayloadError where it is none, has no rows, or two columns of one name."""
        with path.open("rb") as file:
            refuse_no_data(file.read(CELLS))
        with _readable(pa.ArrowException, OSError, UnicodeDecodeError):
            parquet = pq.ParquetFile(path)
            schema = parquet.schema_arrow
        twice = [name for name, count in Counter(schema.names).items() if count > 1]
        if twice:
            raise PayloadError(f"column {twice[0]} appears more than once")
        if not parquet.metadata.num_rows:
            raise PayloadError("payload has no rows")
        with _readable(duckdb.Error), connect() as connection:
            columns = connection.execute(f"DESCRIBE FROM read_parquet({quoted(str(path))})").fetchall()
        return cls(path, parquet, schema, dict(zip(schema.names, (column for column, *_ in columns), strict=True)))

    def column(self, name: str) -> str:
        """A column as SQL names it: DuckDB takes AbC and ABC for one name, and calls the second ABC_1."""
        return '"' + self.names[name].replace('"', '""') + '"'

    def type_of(self, name: str) -> pa.DataType:
        """A column's type. Raises PayloadError where it is missing."""
        if name not in self.schema.names:
            columns = ", ".join(self.schema.names)[:200]
            raise PayloadError(f"column {name} is missing", value=f"found {columns}")
        return self.schema.field(name).type

    def text(self, name: str) -> str:
        """A column of text as SQL. Raises PayloadError."""
        kind = self.type_of(name)
        plain = kind.value_type if pa.types.is_dictionary(kind) else kind
        if not (pa.types.is_string(plain) or pa.types.is_large_string(plain)):
            raise PayloadError(f"column {name} holds no text", value=kind)
        return self.column(name)

    def days(self, name: str) -> str:
        """A column of dates, or of timestamps at midnight (of their own zone, where they have one) as SQL. Raises
        PayloadError.
        """
        kind = self.type_of(name)
        if not (pa.types.is_date(kind) or pa.types.is_timestamp(kind)):
            raise PayloadError(f"column {name} holds no days", value=kind)
        zone = getattr(kind, "tz", None)
        in_zone = f"timezone({quoted(zone)}, {self.column(name)})" if zone else self.column(name)
        return f"CAST({in_zone} AS DATE)"

    def numbers(self, name: str) -> str:
        """A column of numbers as SQL, NULL where it has none; integers are numbers too, texts and flags are not. Raises
        PayloadError.
        """
        kind = self.type_of(name)
        if not (pa.types.is_floating(kind) or pa.types.is_integer(kind)):
            raise PayloadError(f"column {name} holds no numbers", value=kind)
        number = f"CAST({self.column(name)} AS DOUBLE)"
        return f"CASE WHEN NOT isnan({number}) THEN {number} END"


@contextmanager
def _readable(*errors: type[Exception]) -> Iterator[None]:
    try:
        yield
    except (duckdb.OutOfMemoryException, MemoryError):
        raise
    except errors as error:
        raise PayloadError("payload is not a whole Parquet file", value=str(error)[:80]) from error


def _long_layout(file: _File, options: Mapping[str, Any]) -> Layout:
    basis = text_option(options, "return_basis")
    (name,) = price_columns(basis, options.get("level_column"), "close", ("adj_close",))
    ticker, day = file.text("ticker"), file.days("date")
    close = file.numbers("close") if "close" in file.schema.names else "CAST(NULL AS DOUBLE)"
    rows = f"""
        SELECT file_row_number AS place, file_row_number + 1 AS row, {ticker} AS ticker, {day} AS day,
               {file.numbers(name)} AS level, {close} AS close
        FROM file WHERE NOT suffix({ticker}, '{COPY_SUFFIX}')
    """
    return Layout("date", "ticker", rows)


def _wide_layout(file: _File, options: Mapping[str, Any]) -> Layout:
    times = [name for name in TIME_COLUMNS if name in file.schema.names]
    if len(times) != 1:
        columns = ", ".join(file.schema.names[:5])
        raise PayloadError(f"one column of {', '.join(TIME_COLUMNS)} is needed", value=f"found {columns}")
    day = file.days(times[0])
    names = [name for name in file.schema.names if name != times[0] and not name.endswith(COPY_SUFFIX)]
    if not names:
        raise PayloadError("payload has no column of a ticker", value=", ".join(file.schema.names))
    cells, tickers = ", ".join(map(file.numbers, names)), ", ".join(map(quoted, names))
    rows = f"""
        SELECT nth * {file.parquet.metadata.num_rows} + row AS place, row, ([{tickers}])[nth] AS ticker, day, level,
               CAST(NULL AS DOUBLE) AS close
        FROM (
            SELECT file_row_number + 1 AS row, {day} AS day, unnest(range(1, {len(names) + 1})) AS nth,
                   unnest([{cells}]) AS level
            FROM file
        )
        WHERE level IS NOT NULL
    """
    return Layout(times[0], None, rows)


def _read_through(file: _File, layout: Layout) -> tuple[np.datetime64, np.datetime64, bool]:
    """Reads the whole file once, a piece at a time: its first and last day, and whether tickers, and days of each, come
    in their order. Raises PayloadError for a piece that can't be read, or has no ticker or day.
    """
    row, low, high, is_sorted, before = 0, LAST_DAY, FIRST_DAY, layout.ticker is not None, None
    with _readable(pa.ArrowException, OSError, UnicodeDecodeError):
        for batch in file.parquet.iter_batches(max(1, CELLS // len(file.schema.names))):
            batch.validate(full=True)
            days = _days(batch.column(layout.day), layout.day, row)
            low, high = min(low, days.min()), max(high, days.max())
            if layout.ticker:
                tickers = _tickers(batch.column(layout.ticker), layout.ticker, row)
                is_sorted = is_sorted and _is_sorted(before, tickers, days)
                before = tickers[-1], days[-1]
            row += len(batch)
    return low, high, is_sorted


def _days(column: pa.Array, name: str, first_row: int) -> Days:
    _refuse_null(column, name, first_row)
    if getattr(column.type, "tz", None):
        column = pc.local_timestamp(column)
    days = column.to_numpy(False) if pa.types.is_timestamp(column.type) else column.cast(pa.date32()).to_numpy(False)
    stamps, days = days, days.astype("datetime64[D]")
    if (days != stamps).any():
        row = int((days != stamps).argmax())
        raise PayloadError(f"column {name} holds a time of day", where=f"row {first_row + row + 1}", value=stamps[row])
    if (days < FIRST_DAY).any():
        row = int((days < FIRST_DAY).argmax())
        raise PayloadError(f"{name} is before {FIRST_DAY}", where=f"row {first_row + row + 1}", value=days[row])
    return days


def _tickers(column: pa.Array, name: str, first_row: int) -> pa.Array:
    _refuse_null(column, name, first_row)
    tickers = column.cast(pa.large_string())
    blank = pc.index(pc.utf8_trim_whitespace(tickers), "").as_py()
    if blank >= 0:
        raise PayloadError(f"column {name} is blank", where=f"row {first_row + blank + 1}")
    return tickers


def _refuse_null(column: pa.Array, name: str, first_row: int) -> None:
    if column.null_count:
        row = first_row + pc.index(column.is_null(), True).as_py() + 1
        raise PayloadError(f"column {name} has no value", where=f"row {row}")


def _is_sorted(before: tuple[pa.Scalar, np.datetime64] | None, tickers: pa.Array, days: Days) -> bool:
    if before is not None:
        tickers = pa.concat_arrays([pa.array([before[0].as_py()], tickers.type), tickers])
        days = np.concatenate([[before[1]], days])
    comes_later = pc.greater(tickers[1:], tickers[:-1]).to_numpy(False)
    is_same = pc.equal(tickers[1:], tickers[:-1]).to_numpy(False)
    return bool((comes_later | (is_same & (days[1:] > days[:-1]))).all())


# Its rows


@dataclass(frozen=True)
class _Panel:
    """A database in memory with the views ``panel`` (the rows) and the table ``ticker``: what one look at them says.

    Of each ticker: first_place, rows, priced and usable ones, first_unusable (place), ``is_doubtful``: it may have two
    rows of a day; ``has_gap``: between two prices may lie more than HALT_DAYS.
    """

    connection: duckdb.DuckDBPyConnection
    view: str

    def where(self, condition: str) -> str:
        """The first row of the panel for which something holds, as errors name it."""
        query = f"SELECT row, day FROM panel WHERE {condition} ORDER BY place LIMIT 1"
        [(row, day)] = self.connection.execute(query).fetchall()
        return f"row {row}, {day}"


TICKERS = """
    CREATE TABLE ticker AS
    SELECT ticker, min(place) AS first_place, count(*) AS rows, count(level) AS priced,
           count(*) FILTER ({usable}) AS usable, min(place) FILTER (NOT coalesce({usable}, false)) AS first_unusable,
           max(day) > DATE '{high}' AS is_outside,
           is_outside OR bit_count(bitstring_agg(nth_day, 0, {days})) < count(*) AS is_doubtful,
           max(priced_bucket) - min(priced_bucket) + 1 AS span,
           is_outside OR bit_count(bitstring_agg(priced_bucket, 0, {days} // {bucket})) < span AS has_gap
    FROM (
        SELECT *, least(day, DATE '{high}') - DATE '{low}' AS nth_day,
               CASE WHEN level IS NOT NULL THEN nth_day // {bucket} END AS priced_bucket
        FROM panel
    )
    GROUP BY ticker
"""
USABLE = "level > 0 AND isfinite(level)"


@contextmanager
def _panel(file: _File, layout: Layout, first_day: np.datetime64, last_day: np.datetime64) -> Iterator[_Panel]:
    low, high = min(first_day, LAST_DAY), min(last_day, LAST_DAY)
    view = f"WITH file AS (FROM read_parquet({quoted(str(file.path))}, file_row_number = true)) {layout.rows}"
    days = (high - low).astype(int)
    with scratch_folder() as folder, connect(spill_to=Path(folder)) as connection:
        connection.execute(f"CREATE VIEW panel AS {view}")
        connection.execute(TICKERS.format(usable=USABLE, low=low, high=high, days=days, bucket=BUCKET))
        yield _Panel(connection, view)


Owners = list[tuple[str, str, str, str]]
"""(ticker, its first day, the day after its last one, id) of owners whose id is not the ticker."""


def _checked(panel: _Panel, file: Path, constants: Mapping[str, str], is_sorted: bool) -> FileRows:
    """The usable rows. Raises PayloadError for two of one security and day, or none."""
    owners = _owners(panel)
    ids = _with_ids(panel.view, owners)
    _refuse_twins(panel, ids)
    [(rows, usable, first_unusable)] = panel.connection.execute(
        "SELECT coalesce(sum(rows), 0)::BIGINT, sum(usable)::BIGINT, min(first_unusable) FROM ticker"
    ).fetchall()
    if not usable:
        raise PayloadError("payload has no rows with a level above 0", value=f"{rows} rows")
    because = ""
    if first_unusable is not None:
        query = f"SELECT security_id, day, level FROM ({ids}) WHERE place = {first_unusable}"
        [(name, day, level)] = panel.connection.execute(query).fetchall()
        because = f"level is missing or not above 0 (first {name} on {day}: {np.nan if level is None else level})"
    stated = {
        "security_id": "security_id", "date": "day", "level": "level", "close": "close", "quantum": "0.0::DOUBLE",
        **{name: quoted(value) for name, value in constants.items()},
    }  # fmt: skip
    columns = (*column_names(DATASET), "quantum")
    chosen = ", ".join(f"{stated.get(name, 'NULL::DOUBLE')} AS {name}" for name in columns)
    attrs = {"rejected_rows": rows - usable, "rejected_because": because}
    return FileRows(file, f"SELECT {chosen} FROM ({ids}) WHERE {USABLE}", columns, usable, is_sorted, attrs)


def _owners(panel: _Panel) -> Owners:
    """The owners whose id is not the ticker of the file. Raises PayloadError for a ticker that is none."""
    gaps = panel.connection.execute(
        f"""
        SELECT ticker, day, gap, before, level FROM (
            SELECT ticker, day, level, day - lag(day) OVER of_ticker AS gap, lag(level) OVER of_ticker AS before
            FROM panel SEMI JOIN (FROM ticker WHERE has_gap) USING (ticker)
            WHERE level IS NOT NULL
            WINDOW of_ticker AS (PARTITION BY ticker ORDER BY day, place)
        )
        WHERE gap > {HALT_DAYS} ORDER BY ticker, day
        """
    ).df()
    is_passed_on = changes_hands(*(gaps[name].to_numpy() for name in ("gap", "before", "level")))
    first_days: dict[str, list[str]] = {}
    for ticker, day in zip(gaps["ticker"][is_passed_on], gaps["day"][is_passed_on].dt.date, strict=True):
        first_days.setdefault(ticker, []).append(str(day))
    tickers = panel.connection.execute("SELECT ticker FROM ticker ORDER BY first_place").fetchall()
    owners: Owners = []
    for (ticker,) in tickers:
        starts = ["-infinity", *first_days.get(ticker, [])]
        ends = [*starts[1:], "infinity"]
        ids = [f"{ticker}~{later}" if later > 1 else ticker for later in range(len(starts), 0, -1)]
        owners += [(ticker, *owner) for owner in zip(starts, ends, ids, strict=True)]
    names = pd.Series([owner[-1] for owner in owners], dtype="str")
    read = read_identifiers("security_id", names, lambda at: panel.where(f"ticker = {quoted(owners[at][0])}"))
    several = Counter(read)
    shared = sorted({owner[0] for owner, name in zip(owners, read, strict=True) if several[name] > 1})
    panel.connection.execute("UPDATE ticker SET is_doubtful = true WHERE list_contains(?, ticker)", [shared])
    return [(*owner[:-1], name) for owner, name in zip(owners, read, strict=True) if name != owner[0]]


def _with_ids(view: str, owners: Owners) -> str:
    """The query of the panel's rows with security_id. A row without a price is the latest owner's."""
    if not owners:
        return f"SELECT *, ticker AS security_id FROM ({view})"
    values = ", ".join(
        f"({quoted(ticker)}, DATE '{start}', DATE '{end}', {quoted(name)})" for ticker, start, end, name in owners
    )
    return f"""
        SELECT p.*, coalesce(o.security_id, p.ticker) AS security_id
        FROM ({view}) AS p LEFT JOIN (VALUES {values}) AS o (ticker, first_day, next_day, security_id)
          ON o.ticker = p.ticker AND p.day < o.next_day
          AND CASE WHEN p.level IS NULL THEN o.next_day = DATE 'infinity' ELSE p.day >= o.first_day END
    """


def _refuse_twins(panel: _Panel, ids: str) -> None:
    twins = panel.connection.execute(
        f"""
        SELECT row, day, security_id, place FROM ({ids}) SEMI JOIN (FROM ticker WHERE is_doubtful) USING (ticker)
        QUALIFY row_number() OVER (PARTITION BY security_id, day ORDER BY place) > 1 ORDER BY place LIMIT 1
        """
    ).fetchall()
    for row, day, name, _ in twins:
        raise PayloadError("date is given twice", where=f"row {row}, {day}", value=name)


FORMATS: dict[str, Parser] = {"price_panel_parquet": parse_long, "price_wide_parquet": parse_wide}
READS_FILES = frozenset(FORMATS)
