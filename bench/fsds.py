"""How long, and in how much memory, a quarter of the SEC's Financial Statement Data Sets is parsed.

Belongs here: a made-up quarter of the real size, the parser's time and peak memory in a process of its own, and the
time of plainly reading the same file. Does not belong here: whether the figures are right (tests/).

Run: ``python bench/fsds.py``; SIZE=medium or full for a whole quarter, 3 million numbers of 6,000 filings.
"""

from __future__ import annotations

import statistics
import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from measure import ROUNDS, Cost, in_own_process, in_turns, ratio, report, size

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

FILINGS, NUMBERS_EACH = {"small": 600, "medium": 6_000, "full": 6_000}, 500


def main() -> None:
    """Prints the table; exits with 1 where a row is missing or wrong."""
    filings = FILINGS[size()]
    with TemporaryDirectory(prefix="fsds_bench_") as folder:
        archive = _make_zip(Path(folder), filings, filings * NUMBERS_EACH)
        costs: list[Cost] = []
        seconds = in_turns(
            {
                "parsed": lambda: costs.append(in_own_process(_parsed, archive)),
                "counted": lambda: _count(archive.with_name("num.txt")),
            }
        )
        idle = in_own_process(_parsed, None)
    expected = {"reported": sum(f % 4 < 3 for f in range(filings))}
    if any(cost.answer != expected for cost in costs):
        sys.exit(f"parsed {[cost.answer for cost in costs]}, and {expected} is right")
    parsed = [cost.seconds for cost in costs]
    peak = statistics.median(cost.peak_mb for cost in costs)
    rows = [
        {"what": "parsed into rows of revenue_geography", "seconds": statistics.median(parsed), "peak MB": peak},
        {"what": "the parser's imports alone", "seconds": "", "peak MB": idle.peak_mb},
        {"what": "count(*) of num.txt", "seconds": statistics.median(seconds["counted"]), "peak MB": ""},
    ]
    note = f"Parsing takes {ratio(parsed, seconds['counted']):.1f} times the count (median of {ROUNDS})."
    print(report(f"A quarter of SEC filings: {filings:,} of them, {filings * NUMBERS_EACH:,} numbers", rows, note))


def _make_zip(folder: Path, filings: int, rows: int) -> Path:
    queries = {"sub": SUB.replace("{filings}", str(filings)), "num": NUM.format(each=rows // filings, rows=rows)}
    archive = folder / "2025q1.zip"
    with duckdb.connect() as connection, zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, query in queries.items():
            file = folder / f"{name}.txt"
            connection.execute(f"COPY ({query}) TO '{file}' (FORMAT csv, DELIMITER '\t', QUOTE '', ESCAPE '', HEADER)")
            opened.write(file, file.name)
    return archive


def _count(file: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            f"SELECT count(*) FROM read_csv('{file}', delim = '\t', quote = '', escape = '', all_varchar = true)"
        ).fetchall()


def _parsed(archive: Path | None) -> dict[str, int]:
    """How many filings have which status; nothing is parsed where there is no archive."""
    parse = parser_for("sec_fsds_zip")
    rows = parse(archive.read_bytes(), {}) if archive else None
    return {} if rows is None else {str(name): int(count) for name, count in rows["status"].value_counts().items()}


if __name__ == "__main__":
    main()
