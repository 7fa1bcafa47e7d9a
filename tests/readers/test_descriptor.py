"""What the descriptor says of every column holds for readers that know nothing else: Python's and Node's."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import frictionless
import pyarrow.parquet
import pytest

from assets.publish.descriptor import NAME, FigureTable, ReleaseFacts, make_descriptor
from assets.publish.tables import as_csv
from assets.study import Study
from tests.support.readers.clients import run_node
from tests.support.readers.example import ROOT, SESSION, figures
from warehouse.contract import contracts
from warehouse.toml_file import read_toml

STUDY_FILE = ROOT / "pipelines" / "studies" / "us_small_caps.toml"

READ_BY_SCHEMA = """
const {Table} = require('tableschema'), fs = require('fs'), path = require('path');
(async () => {
  const folder = process.argv[1], found = {};
  for (const one of JSON.parse(fs.readFileSync(path.join(folder, 'datapackage.json'))).resources) {
    const options = {schema: one.schema, encoding: one.encoding, strict: true, bom: true};
    const table = await Table.load(path.join(folder, one.path), {...options, delimiter: one.dialect.delimiter});
    try {
      found[one.path] = {rows: await table.read({keyed: true})};
    } catch (error) {
      found[one.path] = {errors: [error.message, ...(error.errors || []).map(inner => inner.message)].slice(0, 5)};
    }
  }
  console.log(JSON.stringify(found));
})();
"""
"""The official implementation of Table Schema in JavaScript. It strips the mark when told that there is one."""

READ_ANYHOW = """
const {open} = require('frictionless.js'), fs = require('fs'), path = require('path');
(async () => {
  const folder = process.argv[1], found = {};
  for (const one of JSON.parse(fs.readFileSync(path.join(folder, 'datapackage.json'))).resources) {
    const rows = await open({...one, path: path.join(folder, one.path)}, {basePath: '/'}).rows();
    found[one.path] = [];
    for await (const row of rows) found[one.path].push(row);
  }
  console.log(JSON.stringify(found));
})();
"""


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tables of the example as this code writes and describes them."""
    folder = tmp_path_factory.mktemp("release")
    files, described = {}, []
    for table, parquet in figures().items():
        files[f"{parquet.stem}.csv"] = as_csv(pyarrow.parquet.read_table(parquet))
        described.append(FigureTable(contracts()[table], parquet.stem, SESSION, []))
    facts = ReleaseFacts(
        study=read_toml(STUDY_FILE, Study), session=SESSION, revision=1, identity="0" * 64, profile="sample",
        is_sample=True, tables=described, withheld=[], checks=[], lag={},
    )  # fmt: skip
    for name, content in {**files, NAME: make_descriptor(facts, files).to_json()}.items():
        (folder / name).write_bytes(content)
    return folder


def published() -> dict[str, list[dict[str, Any]]]:
    """Name of a CSV -> the rows that it has to give, as JSON has them."""
    found = {}
    for parquet in figures().values():
        rows = pyarrow.parquet.read_table(parquet).to_pylist()
        found[f"{parquet.stem}.csv"] = [{name: as_json(value) for name, value in row.items()} for row in rows]
    return found


def as_json(value: Any) -> Any:
    """A day and a time as JavaScript's Date is written, a text as CSV for Excel has it."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%S}.000Z"
    if isinstance(value, date):
        return f"{value}T00:00:00.000Z"
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "＝", "＋", "－")) else value


def test_python_reads_every_column_as_described(release: Path) -> None:
    report = frictionless.validate(str(release / NAME))
    found = [error.message for error in report.errors]
    assert found + [f"{task.place}: {error.message}" for task in report.tasks for error in task.errors] == []
    assert len(report.tasks) == len(figures())


def test_node_reads_every_column_as_described(release: Path) -> None:
    found = json.loads(run_node(READ_BY_SCHEMA, str(release)))
    assert {name: said["errors"] for name, said in found.items() if "errors" in said} == {}
    expected = published()
    assert found.keys() == expected.keys()
    for name, said in found.items():
        assert said["rows"] == expected[name], name


def test_node_refuses_what_is_not_as_described(release: Path, tmp_path: Path) -> None:
    """So that the test above can fail: a time as it was written before has not the form of the schema."""
    said = json.loads((release / NAME).read_bytes())
    said["resources"] = [one for one in said["resources"] if one["path"] == "fig3_rows.csv"]
    (tmp_path / NAME).write_text(json.dumps(said), encoding="utf-8")
    content = (release / "fig3_rows.csv").read_bytes()
    (tmp_path / "fig3_rows.csv").write_bytes(content.replace(b"T16:31:00Z", b" 16:31:00.000000"))
    [refused] = json.loads(run_node(READ_BY_SCHEMA, str(tmp_path))).values()
    assert "errors" in refused


def test_a_strict_reader_takes_the_header_behind_the_mark(release: Path) -> None:
    found = json.loads(run_node(READ_ANYHOW, str(release)))
    expected = published()
    assert found.keys() == expected.keys()
    for name, [header, *rows] in found.items():
        assert [header[0].removeprefix("\ufeff"), *header[1:]] == list(expected[name][0])
        assert len(rows) == len(expected[name])
