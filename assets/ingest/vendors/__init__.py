"""The registry of vendors: finds what the modules of this folder offer; a new vendor is one new module.

Belongs here: finding parsers and fetches by name, and what a fetch needs. Does not belong here: any vendor's
format or address (one module each), keeping payloads (landing.py), table contracts (warehouse/).

A module may have ``FORMATS`` (format name -> parse function), ``fetch`` (a fetching.Fetch) and ``REQUIRES`` (sets of
environment variables, of which its fetch needs one set whole); the module's name is the vendor's name. Modules whose
name begins with an underscore are helpers.
"""

from __future__ import annotations

import os
import pkgutil
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from types import ModuleType

from assets.ingest.fetching import Fetch
from assets.ingest.payload import FetchError, Parser


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
def _fetches() -> dict[str, Fetch]:
    return {name: module.fetch for name, module in _modules().items() if hasattr(module, "fetch")}


def _requires() -> dict[str, tuple[tuple[str, ...], ...]]:
    return {name: getattr(module, "REQUIRES", ()) for name, module in _modules().items()}
