"""datapackage.json: the release described for machines (Frictionless Data Package), and its verification.

Belongs here: the descriptor's content, and checking a folder against it. Does not belong here: what is in the
files, clocks and run ids (build.json has those, so that equal inputs give equal bytes here).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

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


@dataclass(frozen=True)
class Described:
    """A figure's table in the descriptor: its contract, the name of its files, as-of date and payloads."""

    contract: Contract
    stem: str
    as_of: date
    payloads: list[dict[str, Any]]


@dataclass(frozen=True)
class ReleaseFacts:
    """What a descriptor says beside its files."""

    study: Study
    session: date
    revision: int
    identity: str
    profile: str
    is_sample: bool
    figures: list[Described]
    withheld: list[Withheld]
    checks: list[dict[str, Any]]
    lag: dict[str, str | None]
    corrections: Sequence[dict[str, Any]] = ()


def descriptor(facts: ReleaseFacts, files: dict[str, bytes]) -> bytes:
    """The bytes of datapackage.json for these files (name -> content)."""
    payloads = {p["sha256"]: p for figure in facts.figures for p in figure.payloads}
    content = {
        "profile": "data-package",
        "name": f"{facts.study.study.replace('_', '-')}-{facts.session}-r{facts.revision}",
        "title": f"{facts.study.title['en']} / {facts.study.title['ja']}, {facts.session}",
        "version": f"{facts.session}.{facts.revision}",
        "licenses": _licences(payloads),
        "sources": [_source(payload) for _, payload in sorted(payloads.items())],
        "resources": [_resource(name, content, facts.figures) for name, content in sorted(files.items())],
        "zuhyo": {
            "study": facts.study.study,
            "study_version": facts.study.version,
            "method_version": METHOD_VERSION,
            "session": facts.session.isoformat(),
            "revision": facts.revision,
            "identity": facts.identity,
            "profile": facts.profile,
            "is_sample": facts.is_sample,
            "as_of": {figure.stem: figure.as_of.isoformat() for figure in facts.figures},
            "figures": {figure.stem: figure.contract.table for figure in facts.figures},
            "lag": facts.lag,
            "withheld": [
                {"figure": w.figure, "kind": w.kind, "check_name": w.check_name, "reason": w.reason}
                | ({"subject": w.subject} if w.subject else {})
                for w in facts.withheld
            ],
            "checks": facts.checks,
            "corrections": [_correction(one) for one in facts.corrections],
        },
    }
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def faults(folder: Path) -> list[str]:
    """Every difference between a release folder and its descriptor, a line each; empty where all is well."""
    try:
        resources = json.loads((folder / NAME).read_bytes())["resources"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        return [f"{folder / NAME}: can't be read as a descriptor: {error!r}"]
    found = []
    for resource in resources:
        path = folder / resource["path"]
        if not path.is_file():
            found.append(f"{path}: missing")
            continue
        data = path.read_bytes()
        if len(data) != resource["bytes"]:
            found.append(f"{path}: {len(data)} bytes, the descriptor says {resource['bytes']}")
        elif f"sha256:{hashlib.sha256(data).hexdigest()}" != resource["hash"]:
            found.append(f"{path}: its sha256 differs from the descriptor's")
    named = {resource["path"] for resource in resources} | {NAME, "build.json"}
    found += [f"{path}: not in the descriptor" for path in sorted(folder.iterdir()) if path.name not in named]
    return found


def _resource(name: str, content: bytes, figures: list[Described]) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "name": name.lower().replace(".", "-"),
        "path": name,
        "type": "file",  # a validator would take a Vega-Lite spec for a package, and Parquet needs its plugin
        "mediatype": MEDIA_TYPES[Path(name).suffix],
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
    }
    figure = next((one for one in figures if name == f"{one.stem}.csv"), None)
    if figure is not None:
        resource |= {
            "type": "table",
            "profile": "tabular-data-resource",
            "format": "csv",
            "encoding": "utf-8",  # with a byte order mark, which has no name of its own outside Python
            "dialect": CSV_DIALECT,
            "title": figure.contract.title,
            "description": figure.contract.description,
            "schema": figure.contract.frictionless_schema(),
        }
    return resource


def _correction(stated: dict[str, Any]) -> dict[str, Any]:
    """A statement with what it says; days as text."""
    said = {name: value for name, value in stated.items() if value is not None}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in said.items()}


def _licences(payloads: dict[str, dict[str, Any]]) -> list[dict[str, str]]:
    stated = sorted({payload["licence"] or "not stated" for payload in payloads.values()})
    return [{"name": "other", "title": licence} for licence in stated] or [{"name": "other", "title": "not stated"}]


def _source(payload: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": f"{payload['vendor']} {payload['dataset']}",
        "path": payload["url"],
        "sha256": payload["sha256"],
        "bytes": payload["bytes"],
        "licence": payload["licence"],
        "may_publish": payload["may_publish"],
    }
