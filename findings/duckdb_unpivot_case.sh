#!/usr/bin/env bash
# A wide table of prices, a column a ticker: DuckDB 2.0.1 takes names that differ only in case for one.
# Some vendors write the kind of a share in small letters (Polygon its preferred shares: ABRpD), so that two
# securities of one Parquet file may differ in nothing else. read_parquet renames the second to "ABRpD_1" without a word,
# UNPIVOT makes a security of that name, and a query that names either column gets the first. polars 2.1.0 and pyarrow
# 26.0.1 keep both.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check duckdb==2.0.1 polars==2.1.0 pyarrow==26.0.1
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import datetime

import duckdb
import polars
import pyarrow as pa
import pyarrow.parquet as pq

day = [datetime.date(2026, 3, 11)]
pq.write_table(pa.table({"date": day, "ABRPD": [10.0], "ABRpD": [20.0]}), "prices.parquet")
print("pyarrow:", pq.read_schema("prices.parquet").names)
print("polars:", polars.read_parquet("prices.parquet").unpivot(index="date").rows())
long = duckdb.sql("SELECT name, value FROM (UNPIVOT 'prices.parquet' ON COLUMNS(* EXCLUDE date)) ORDER BY value").fetchall()
print("duckdb, unpivoted:", long)
print("duckdb, the second by its name:", duckdb.sql("""SELECT "ABRpD" FROM 'prices.parquet'""").fetchall())
assert [name for _, name, _ in polars.read_parquet("prices.parquet").unpivot(index="date").rows()] == ["ABRPD", "ABRpD"]
assert long == [("ABRPD", 10.0), ("ABRpD_1", 20.0)], long
assert duckdb.sql("""SELECT "ABRpD" FROM 'prices.parquet'""").fetchall() == [(10.0,)]
PYTHON
echo "as stated"
