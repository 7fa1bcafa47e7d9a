"""The shipped monthly study on the short invented history.

Belongs here: making inputs, reading results. Does not belong here: expectations about results.
"""

from __future__ import annotations

from tests.support.night import REPOSITORY, Place

MONTHLY = "us_size_french"


def add_monthly_study(place: Place, old: str = "years = 30", new: str = "years = 2") -> None:
    """The shipped study on a history of a few years; ``old`` and ``new`` change its file further."""
    text = (REPOSITORY / "pipelines" / "studies" / f"{MONTHLY}.toml").read_text(encoding="utf-8")
    assert old in text
    text = text.replace("years = 30", "years = 2").replace(old, new)
    (place.studies / f"{MONTHLY}.toml").write_text(text, encoding="utf-8")
