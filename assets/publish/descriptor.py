"""datapackage.json: the release described for machines (Frictionless Data Package), and its verification.

Belongs here: the descriptor's content, and checking a folder against it. Does not belong here: what is in the
files, clocks and run ids (build.json has those, so that equal inputs give equal bytes here).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pydantic

from assets.publish import build_record
from assets.publish.document import Document, DocumentError, Row, read_document
from assets.publish.identity import METHOD_VERSION
from assets.study import Study
from checks.gate import Withheld
from warehouse.contract import Contract

NAME = "datapackage.json"
MEDIA_TYPES = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".json": "application/json",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}

CSV_DIALECT = {"delimiter": ",", "lineTerminator": "\n", "quoteChar": '"', "doubleQuote": True, "header": True}
"""Said although it is the default: a reader that guesses it from sentences with commas and quotes guesses wrong."""


class Licence(Document):
    """A licence that payloads behind the release name."""

    name: str
    title: str


class PayloadSource(Document):
    """A payload behind the release; ``path`` is where it came from, ``title`` vendor and dataset."""

    title: str
    path: str
    sha256: str
    bytes: int
    licence: str | None
    may_publish: bool | None


class Resource(Document):
    """A file of the release; the keys after ``hash`` are those of a CSV of a figure."""

    name: str
    path: str
    type: str
    mediatype: str
    bytes: int
    hash: str
    profile: str | None = None
    format: str | None = None
    encoding: str | None = None
    dialect: dict[str, Any] | None = None
    title: str | None = None
    description: str | None = None
    table_schema: dict[str, Any] | None = pydantic.Field(None, alias="schema")


class ReleaseRecord(Document):
    """What a release says of itself. By the name of a figure's files (`fig1`): ``as_of`` and ``figures``, its table; by
    dataset: ``lag``, how old it may be. ``checks`` are rows of meta.check_result, ``corrections`` what people stated.
    """

    study: str
    study_version: str
    method_version: str
    session: date
    revision: int
    identity: str
    profile: str
    is_sample: bool
    as_of: dict[str, date]
    figures: dict[str, str]
    lag: dict[str, str | None] = pydantic.Field(default_factory=dict)
    withheld: list[Withheld]
    checks: list[Row]
    corrections: list[Row] = pydantic.Field(default_factory=list)

    @pydantic.field_serializer("withheld")
    def _in_order(self, withheld: list[Withheld]) -> list[Row]:
        """A subject is named only where there is one: releases of before it existed stay as they are."""
        return [
            {"figure": w.figure, "kind": w.kind, "check_name": w.check_name, "reason": w.reason}
            | ({"subject": w.subject} if w.subject else {})
            for w in withheld
        ]


class Descriptor(Document):
    """datapackage.json."""

    profile: str
    name: str
    title: str
    version: str
    licenses: list[Licence]
    sources: list[PayloadSource]
    resources: list[Resource]
    zuhyo: ReleaseRecord


@dataclass(frozen=True)
class FigureTable:
    """A table of a figure in the release: its contract, the name of its files, as-of date, the payloads behind it."""

    contract: Contract
    file_stem: str
    as_of: date
    payloads: Sequence[Row]


@dataclass(frozen=True)
class ReleaseFacts:
    """What a descriptor says beside its files."""

    study: Study
    session: date
    revision: int
    identity: str
    profile: str
    is_sample: bool
    tables: Sequence[FigureTable]
    withheld: Sequence[Withheld]
    checks: Sequence[Row]
    lag: Mapping[str, str | None]
    corrections: Sequence[Row] = ()


def make_descriptor(facts: ReleaseFacts, files: Mapping[str, bytes]) -> Descriptor:
    """The descriptor of these files (name -> content)."""
    payloads = payloads_by_sha256(facts.tables)
    return Descriptor(
        profile="data-package",
        name=f"{facts.study.study.replace('_', '-')}-{facts.session}-r{facts.revision}",
        title=f"{facts.study.title['en']} / {facts.study.title['ja']}, {facts.session}",
        version=f"{facts.session}.{facts.revision}",
        licenses=_licences(payloads.values()),
        sources=[_source(payload) for payload in payloads.values()],
        resources=[_resource(name, content, facts.tables) for name, content in sorted(files.items())],
        zuhyo=ReleaseRecord(
            study=facts.study.study,
            study_version=facts.study.version,
            method_version=METHOD_VERSION,
            session=facts.session,
            revision=facts.revision,
            identity=facts.identity,
            profile=facts.profile,
            is_sample=facts.is_sample,
            as_of={table.file_stem: table.as_of for table in facts.tables},
            figures={table.file_stem: table.contract.table for table in facts.tables},
            lag=dict(facts.lag),
            withheld=list(facts.withheld),
            checks=list(facts.checks),
            corrections=[correction_entry(stated) for stated in facts.corrections],
        ),
    )


def payloads_by_sha256(tables: Iterable[FigureTable]) -> dict[str, Row]:
    """The payloads behind tables, each once, in the order of their digests."""
    payloads = {payload["sha256"]: payload for table in tables for payload in table.payloads}
    return dict(sorted(payloads.items()))


def faults(folder: Path) -> list[str]:
    """Every difference between a release folder and its descriptor, a line each; empty where all is well."""
    try:
        resources = read_document(folder / NAME, Descriptor).resources
    except DocumentError as error:
        return str(error).splitlines()
    differences = []
    for resource in resources:
        path = folder / resource.path
        if not path.is_file():
            differences.append(f"{path}: missing")
            continue
        data = path.read_bytes()
        if len(data) != resource.bytes:
            differences.append(f"{path}: {len(data)} bytes, the descriptor says {resource.bytes}")
        elif f"sha256:{hashlib.sha256(data).hexdigest()}" != resource.hash:
            differences.append(f"{path}: its sha256 differs from the descriptor's")
    named = {resource.path for resource in resources} | {NAME, build_record.NAME}
    return [
        *differences,
        *(f"{path}: not in the descriptor" for path in sorted(folder.iterdir()) if path.name not in named),
    ]


def _resource(name: str, content: bytes, tables: Sequence[FigureTable]) -> Resource:
    stated: dict[str, Any] = {
        "name": name.lower().replace(".", "-"),
        "path": name,
        "type": "file",  # a validator would take a Vega-Lite spec for a package, and Parquet needs its plugin
        "mediatype": MEDIA_TYPES[Path(name).suffix],
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
    }
    table = next((table for table in tables if name == f"{table.file_stem}.csv"), None)
    if table is not None:
        stated |= {
            "type": "table",
            "profile": "tabular-data-resource",
            "format": "csv",
            "encoding": "utf-8",  # with a byte order mark, which has no name of its own outside Python
            "dialect": CSV_DIALECT,
            "title": table.contract.title,
            "description": table.contract.description,
            "schema": table.contract.frictionless_schema(),
        }
    return Resource(**stated)


def correction_entry(stated: Row) -> Row:
    """A statement with what it says; days as text."""
    said = {name: value for name, value in stated.items() if value is not None}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in said.items()}


def _licences(payloads: Iterable[Row]) -> list[Licence]:
    titles = sorted({payload["licence"] or "not stated" for payload in payloads}) or ["not stated"]
    return [Licence(name="other", title=title) for title in titles]


def _source(payload: Row) -> PayloadSource:
    return PayloadSource(
        title=f"{payload['vendor']} {payload['dataset']}",
        path=payload["url"],
        sha256=payload["sha256"],
        bytes=payload["bytes"],
        licence=payload["licence"],
        may_publish=payload["may_publish"],
    )
