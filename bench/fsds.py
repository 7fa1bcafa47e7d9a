"""How long, and in how much memory, a quarter of the SEC's Financial Statement Data Sets is parsed.

Belongs here: a made-up quarter of the real size, the parser's time and peak memory in a process of its own, and the
time of plainly reading the same file. Does not belong here: whether the figures are right (tests/).

Run: ``python bench/fsds.py`` (options: --filings, --rows).
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from assets.ingest.vendors import parser_for

SUB = """
SELECT
    format('{:010d}-25-{:06d}', f, f) AS adsh, 1000 + f AS cik, 'COMPANY "' || f AS name, 'US' AS countryba,
    'US' AS countryinc, CASE WHEN f % 4 < 3 THEN '10-K' ELSE '10-Q' END AS form, '20241231' AS period, '2024' AS fy,
    'FY' AS fp, '20250214' AS filed, '2025-02-14 16:' || lpad((f % 60)::VARCHAR, 2, '0') || ':00.0' AS accepted
FROM range({filings}) AS t (f)
"""
NUM = """
WITH numbers AS (
    SELECT i, i // {each} AS f, i % {each} AS line FROM range({rows}) AS t (i)
)
SELECT
    format('{{:010d}}-25-{{:06d}}', f, f) AS adsh,
    CASE WHEN line < 6 THEN 'Revenues' ELSE 'SomeLongerConceptOfTheTaxonomy' || (hash(i) % 3000) END AS tag,
    'us-gaap/2024' AS version,
    CASE WHEN line % 2 = 0 THEN '20241231' ELSE '20231231' END AS ddate,
    CASE WHEN line < 6 OR line % 3 = 0 THEN 4 ELSE line % 3 - 1 END AS qtrs,
    'USD' AS uom,
    CASE
        WHEN line < 2 THEN ''
        WHEN line < 4 THEN 'Geographical=US;'
        WHEN line < 6 THEN 'Geographical=NonUs;'
        WHEN line % 10 = 0 THEN 'Geographical=US;ProductOrService=Product' || line || ';'
        WHEN line % 3 = 0 THEN 'BusinessSegments=Segment' || line || ';ConsolidationItems=OperatingSegments;'
        ELSE ''
    END AS segments,
    '' AS coreg,
    CASE WHEN line < 2 THEN 1000 WHEN line < 4 THEN 820 WHEN line < 6 THEN 180 ELSE hash(i) % 1000000 END * 1000
        || '.0000' AS value,
    CASE WHEN line % 50 = 0 THEN 'a footnote with "quotes" in it' ELSE '' END AS footnote
FROM numbers
"""


def main() -> None:
    """Prints the figures; exits with 1 where a row is missing or wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--filings", type=int, default=6_000)
    parser.add_argument("--rows", type=int, default=3_000_000)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        _measure(given.child)
        return
    with TemporaryDirectory(prefix="fsds_bench_") as folder:
        archive = _make_zip(Path(folder), given.filings, given.rows)
        plain = _plain_seconds(Path(folder) / "num.txt")
        command = [sys.executable, __file__, "--child", str(archive)]
        answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        measured = json.loads(answer)
    print(f"num.txt: {given.rows:,} rows, {measured['zip_mb']:.0f} MB zipped; {given.filings:,} filings")
    print(f"parsed in {measured['seconds']:.1f} s, peak memory {measured['peak_mb']:.0f} MB")
    print(f"of which before the parser was called: {measured['before_mb']:.0f} MB with the zip in memory")
    print(f"plain count(*) of num.txt: {plain:.2f} s; parsing takes {measured['seconds'] / plain:.1f} times that")
    print(f"rows: {measured['status']}")
    expected = {"reported": sum(f % 4 < 3 for f in range(given.filings))}
    sys.exit(measured["status"] != expected)


def _make_zip(folder: Path, filings: int, rows: int) -> Path:
    queries = {"sub": SUB.replace("{filings}", str(filings)), "num": NUM.format(each=rows // filings, rows=rows)}
    archive = folder / "2025q1.zip"
    with duckdb.connect() as connection, zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, query in queries.items():
            file = folder / f"{name}.txt"
            connection.execute(f"COPY ({query}) TO '{file}' (FORMAT csv, DELIMITER '\t', QUOTE '', ESCAPE '', HEADER)")
            opened.write(file, file.name)
    return archive


def _plain_seconds(file: Path) -> float:
    with duckdb.connect() as connection:
        started = time.perf_counter()
        connection.execute(
            f"SELECT count(*) FROM read_csv('{file}', delim = '\t', quote = '', escape = '', all_varchar = true)"
        ).fetchall()
        return time.perf_counter() - started


def _measure(archive: Path) -> None:
    content = archive.read_bytes()
    parse, before = parser_for("sec_fsds_zip"), _peak_mb()
    started = time.perf_counter()
    rows = parse(content, {})
    seconds = time.perf_counter() - started
    status = {str(name): int(count) for name, count in rows["status"].value_counts().items()}
    measured = {"seconds": seconds, "before_mb": before, "peak_mb": _peak_mb(), "zip_mb": len(content) / 1e6}
    print(json.dumps(measured | {"status": status}))


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
