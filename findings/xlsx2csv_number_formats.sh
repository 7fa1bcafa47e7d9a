#!/usr/bin/env bash
# xlsx2csv 0.8.6 cuts the numbers of a workbook by how their cells look, in some formats only. A return of 0.123456789 in a cell
# shown as 0.0% comes out as 0.123; 1234.5678 shown as #,##0.00 comes out whole. 2.675 shown as 0.00 becomes 2.67, where
# the cell prints 2.68. The number of decimals is the length of the text behind the point of the format, so that
# 12.5 shown as 0.0"%" is 12.50000. A day in the Japanese era's format comes out with the format's own letters and quotes.
# A ratio made from such a CSV differs from the workbook's, and nothing says so.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check xlsx2csv==0.8.6 openpyxl==3.1.5
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import io
from datetime import date

import openpyxl
from xlsx2csv import Xlsx2csv

cells = [
    (0.123456789, "0.0%", "0.123"),
    (1234.5678, "#,##0.00", "1234.5678"),
    (1234.5678, "General", "1234.5678"),
    (2.675, "0.00", "2.67"),
    (12.5, '0.0"%"', "12.50000"),
    (date(2026, 3, 11), "yyyy-mm-dd", "2026-03-11"),
    (date(2026, 3, 11), '[$-411]ggge"年"m"月"d"日"', '"ggge""年""03""月""11""日"""'),
]
book = openpyxl.Workbook()
for row, (value, shown_as, _) in enumerate(cells, start=1):
    book.active.cell(row, 1, value).number_format = shown_as
book.save("book.xlsx")
written = io.StringIO()
Xlsx2csv("book.xlsx").convert(written)
for line, (value, shown_as, expected) in zip(written.getvalue().splitlines(), cells, strict=True):
    print(f"{value} shown as {shown_as} -> {line}")
    assert line == expected, (line, expected)
PYTHON
echo "as stated"
