"""Every vendor's module passes every case of tests/support/vendor_cases.py; a new module is found."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable

import pytest

from assets.ingest import vendors
from tests.support import specimens
from tests.support.vendor_cases import CASES, try_case

VENDORS = sorted(module.name for module in pkgutil.iter_modules(vendors.__path__) if not module.name.startswith("_"))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@pytest.mark.parametrize("name", VENDORS)
def test_a_vendor_passes_the_case(name: str, case: Callable[..., None], request: pytest.FixtureRequest) -> None:
    try_case(case, name, request)


def test_every_specimen_is_of_a_vendor() -> None:
    assert {module.name for module in pkgutil.iter_modules(specimens.__path__)} <= set(VENDORS)
