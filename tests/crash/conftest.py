"""Places for nights: see tests/support/places.py."""

from tests.support.places import published

__all__ = ["published"]
