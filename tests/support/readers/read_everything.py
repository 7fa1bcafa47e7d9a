"""Run by every client: prints all that a reader can ask of the database, as JSON. Only duckdb is imported."""

import json
import sys

import duckdb

connection = duckdb.connect(sys.argv[1], read_only=True)
connection.execute("SET TimeZone = 'Asia/Tokyo'")  # a reader's own, which must not matter
found = {"version": duckdb.__version__}


def read(name, query):
    columns = [row[:2] for row in connection.execute(f"DESCRIBE {query}").fetchall()]
    result = connection.execute(query)
    found[name] = [columns, sorted(repr(row) for row in result.fetchall())]


views = connection.execute("SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal").fetchall()
for schema, view in views:
    read(f"{schema}.{view}", f"SELECT * FROM {schema}.{view}")
macros = connection.execute(
    "SELECT DISTINCT schema_name, function_name, function_type FROM duckdb_functions() "
    "WHERE NOT internal AND database_name = current_database()"
).fetchall()
for schema, macro, kind in macros:
    if kind == "table_macro" and macro.endswith(("_as_known", "_as_corrected")):
        for moment in ("2026-03-11 23:00:00", "2026-03-13 00:00:00"):
            read(f"{schema}.{macro}({moment})", f"SELECT * FROM {schema}.{macro}(TIMESTAMP '{moment}')")
numbers = "unnest([0.0005, 0.00115, -0.0005, 0.145, 2.675, 1e-9, NULL, 'inf'::DOUBLE, 449999999.1234565]) AS x"
read("round_half_up", f"SELECT x, round_half_up(x, 2), round_half_up(x, 6), in_percent(x, 1) FROM (SELECT {numbers})")
comments = " UNION ALL ".join(
    f"SELECT '{kind}' AS kind, schema_name, {name} AS name, {column} AS part, comment "
    f"FROM duckdb_{kind}() WHERE NOT internal"
    for kind, name, column in (
        ("tables", "table_name", "''"),
        ("views", "view_name", "''"),
        ("columns", "table_name", "column_name"),
    )
)
read("comments", comments)
claims = connection.execute("SELECT study, claim_id, variant, evidence FROM latest.claim").fetchall()
for study, claim, variant, evidence in claims:
    if evidence is not None:
        read(f"{study} {claim} {variant}", evidence)
print(json.dumps(found))
