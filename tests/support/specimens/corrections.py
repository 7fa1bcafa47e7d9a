"""A specimen of a file of corrections."""

from __future__ import annotations

from tests.support.specimens import Specimen

TOML = b"""[[correction]]
id = "made"
kind = "closure"
date = 2026-03-09
reason = "made for tests"
source = "nowhere"
by = "M. Sato"
since = 2026-03-10
"""

SPECIMENS = (Specimen("corrections_toml", "correction", TOML, {"stated_in": "corrections.toml"}, may_be_empty=True),)
