"""Places for nights: see tests/support/places.py."""

from tests.support.places import new_place, place, published

__all__ = ["new_place", "place", "published"]
