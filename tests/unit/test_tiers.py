"""Every test is in a tier, which its folder says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import TESTS, TIERS, tier_of


@pytest.mark.parametrize("tier", TIERS)
def test_a_folder_is_a_tier(tier: str) -> None:
    assert tier_of(TESTS / tier / "test_of_it.py") == tier
    assert (TESTS / tier).is_dir()


@pytest.mark.parametrize(
    "path", [TESTS / "test_of_nothing.py", TESTS / "support" / "test_it.py", Path("/tmp/test_it.py")]
)
def test_a_test_outside_a_tier_is_an_error(path: Path) -> None:
    with pytest.raises(pytest.UsageError, match="outside every tier"):
        tier_of(path)


def test_each_test_has_the_marker_of_its_tier(request: pytest.FixtureRequest) -> None:
    assert request.node.get_closest_marker("unit")
