"""The registry of vendors: finds what the modules of this folder offer; a new vendor is one new module.

Belongs here: finding parsers and fetches by name, and what a fetch needs. Does not belong here: any vendor's
format or address (one module each), keeping payloads (landing.py), table contracts (warehouse/).

A module may have ``FORMATS`` (format name -> parse function), ``READS_FILES`` (those of them that also read a file of
any size), ``fetch`` (a fetching.Fetch) and ``REQUIRES`` (sets of environment variables, of which its fetch needs one
set whole); the module's name is the vendor's name. Modules whose name begins with an underscore are helpers.
"""

from __future__ import annotations

import logging
import os
import pkgutil
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pandas as pd

from assets.ingest.fetching import Fetch
from assets.ingest.parsing.delimited_text import FIRST_DAY
from assets.ingest.payload import FetchError, Parser, Payload, PayloadError
from warehouse.limits import LimitError
from warehouse.rows import FileRows, Rows


class UnknownFormatError(ValueError):
    """No vendor module parses a format of that name."""


class UnknownVendorError(ValueError):
    """No vendor module of that name fetches anything."""


def parser_for(format: str) -> Parser:
    """The parse function of a format such as ``fred_csv``. Raises UnknownFormatError naming the known."""
    parse = _parsers().get(format)
    if parse is None:
        raise UnknownFormatError(f"no parser for format {format!r}; there are: {_names(_parsers())}")
    return parse


def parse_payload(payload: Payload) -> Rows:
    """The rows of a payload: what its format's parser makes of it. Raises PayloadError and UnknownFormatError, and
    LimitError, which says nothing of the payload. Whatever else a parser did not foresee refuses the payload in its
    name, with the traceback in the log.
    """
    parse, content = parser_for(payload.format), payload.content
    try:
        if isinstance(content, Path) and payload.format not in _read_from_files():
            content = content.read_bytes()
        rows = parse(content, payload.options)
        if not isinstance(rows, FileRows):  # whoever reads a file in pieces looks at its days
            _refuse_far_days(rows)
    except (PayloadError, LimitError):
        raise
    except Exception as error:
        logging.getLogger(__name__).exception("parser %s failed on %s", payload.format, payload.url)
        what = f"the parser of format {payload.format} failed with {type(error).__name__}; the log has its traceback"
        raise PayloadError(what, value=str(error)[:200]) from error
    return rows


def _refuse_far_days(rows: pd.DataFrame) -> None:
    for name in rows.select_dtypes("datetime"):
        far = (rows[name] < FIRST_DAY).to_numpy()
        if far.any():
            row = int(far.argmax())
            where = f"row {row + 1} of the rows read"
            raise PayloadError(f"{name} is before {FIRST_DAY}", where=where, value=rows[name].iloc[row])


def fetch_for(vendor: str) -> Fetch:
    """The fetch of a vendor such as ``files``. Raises UnknownVendorError naming the known, and FetchError naming the
    environment variables that the vendor needs and that are not set.
    """
    fetch = _fetches().get(vendor)
    if fetch is None:
        raise UnknownVendorError(f"no fetch for vendor {vendor!r}; there are: {_names(_fetches())}")
    missing = missing_variables([vendor])
    if missing:
        raise FetchError(f"environment variables are not set: {missing[0]}")
    return fetch


def missing_variables(vendors: Iterable[str]) -> list[str]:
    """What the environment lacks, a text a vendor in the order given, like ``A and B, or C (vendor)``.

    An empty variable is one that is not set. An unknown vendor lacks nothing.
    """
    required = {vendor: _requires().get(vendor, ()) for vendor in vendors}
    return [
        f"{', or '.join(' and '.join(names) for names in sets)} ({vendor})"
        for vendor, sets in required.items()
        if sets and not any(all(os.environ.get(name) for name in names) for names in sets)
    ]


def _names(known: Iterable[str]) -> str:
    return ", ".join(sorted(known))


@cache
def _modules() -> dict[str, ModuleType]:
    names = [module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")]
    return {name: import_module(f"{__name__}.{name}") for name in names}


@cache
def _parsers() -> dict[str, Parser]:
    parsers: dict[str, Parser] = {}
    for vendor, module in _modules().items():
        for name, parse in getattr(module, "FORMATS", {}).items():
            if name in parsers:
                raise ValueError(f"format {name!r} of vendor {vendor!r} belongs to another vendor already")
            parsers[name] = parse
    return parsers


@cache
def _read_from_files() -> frozenset[str]:
    return frozenset().union(*(getattr(module, "READS_FILES", ()) for module in _modules().values()))


@cache
def _fetches() -> dict[str, Fetch]:
    return {name: module.fetch for name, module in _modules().items() if hasattr(module, "fetch")}


def _requires() -> dict[str, tuple[tuple[str, ...], ...]]:
    return {name: getattr(module, "REQUIRES", ()) for name, module in _modules().items()}
