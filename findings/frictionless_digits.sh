#!/usr/bin/env bash
# frictionless 5.21.0 validates a table as good whose numbers the Table Schema does not allow and other readers refuse or read as text:
# underscores between digits (1_000.5 is 1000.5, 1_0 is 10) and full-width digits of a Japanese form, in number, integer and
# year. NaN is a valid number by the standard; a column with a minimum of 0 and a maximum of 100 reports it twice.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check frictionless==5.21.0
cd "$folder"
printf 'level,count,year\n1.5,1,2026\n1_000.5,1_0,2026\n１２.5,４,２０２６\n' > table.csv
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
from frictionless import Resource, Schema, validate

fields = [{"name": "level", "type": "number"}, {"name": "count", "type": "integer"}, {"name": "year", "type": "year"}]
table = Resource(path="table.csv", schema=Schema.from_descriptor({"fields": fields}))
report = validate(table)
rows = [tuple(row.to_dict().values()) for row in Resource(path="table.csv", schema=table.schema).read_rows()]
print("valid:", report.valid, "rows:", [tuple(str(value) for value in row) for row in rows])
assert report.valid and [float(row[0]) for row in rows] == [1.5, 1000.5, 12.5], rows
assert [(row[1], row[2]) for row in rows] == [(1, 2026), (10, 2026), (4, 2026)], rows
PYTHON
printf 'level\nNaN\n' > table.csv
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
from frictionless import Resource, Schema, validate

field = {"name": "level", "type": "number", "constraints": {"minimum": 0, "maximum": 100}}
report = validate(Resource(path="table.csv", schema=Schema.from_descriptor({"fields": [field]})))
faults = [error.type for error in report.tasks[0].errors]
print("NaN between 0 and 100:", faults)
assert faults == ["constraint-error", "constraint-error"], faults
PYTHON
echo "as stated"
