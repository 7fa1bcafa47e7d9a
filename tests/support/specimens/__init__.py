"""One small good payload a format, one module a vendor: what tests.support.vendor_cases tries every parser with.

A module beside this one has the name of a vendor's module and SPECIMENS. All of it is made.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class Specimen:
    """A good payload of a format: its bytes, the dataset that it is of, and the options that its parser needs.

    ``is_refused``: the format is known only to be refused with advice. ``may_be_empty``: no bytes state nothing, and
    are no fault.
    """

    format: str
    dataset: str
    content: bytes
    options: Mapping[str, Any] = field(default_factory=dict)
    is_refused: bool = False
    may_be_empty: bool = False


LEVELS = {"series_id": "RU2000TR", "return_basis": "gross", "currency": "USD"}
"""The options of a file with the levels of one series."""


def specimens_of(vendor: str) -> tuple[Specimen, ...]:
    """The specimens of a vendor's module; none where nobody has made any."""
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    return import_module(f"{__name__}.{vendor}").SPECIMENS if vendor in names else ()


def all_specimens() -> list[Specimen]:
    """Those of every vendor."""
    return [specimen for module in pkgutil.iter_modules(__path__) for specimen in specimens_of(module.name)]
