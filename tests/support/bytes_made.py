"""Digests of everything that has to be the same bytes wherever it is made: sample payloads, pictures.

``python -m tests.support.bytes_made`` prints them as JSON. Belongs here: making. Does not belong here: comparing.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from datetime import date
from typing import get_args

from assets.ingest.fetching import FetchContext
from assets.ingest.vendors import fetch_for
from assets.profile import Dataset, read_profile
from assets.publish.charts import render

SLOW = sorted({"altair", "vl_convert", "matplotlib"} & sys.modules.keys())
"""Libraries of pictures that are loaded although nothing was drawn yet."""

SESSION = date(2026, 3, 11)


def payloads() -> Iterator[tuple[str, bytes]]:
    """Every payload of the sample vendor."""
    from tests.support.example_page import ROOT

    profile = read_profile(ROOT / "pipelines" / "profiles", "sample")
    for dataset in get_args(Dataset):
        for source in profile.sources(dataset):
            for payload in fetch_for(source.vendor)(source, FetchContext(SESSION)):
                yield payload.url, payload.content


def pictures() -> Iterator[tuple[str, bytes]]:
    """The figures of the example release in both languages."""
    from assets.study import Study
    from tests.support.example_page import FIGURES, ROOT, example_figure
    from warehouse.toml_file import read_toml

    study = read_toml(ROOT / "pipelines" / "studies" / "us_small_caps.toml", Study)
    for name in FIGURES:
        for language, spec in example_figure(study, name).specs.items():
            svg = render.render_svg(spec)
            yield f"{name}.{language}.svg", svg
            yield f"{name}.{language}.png", render.render_png(svg)


def digests() -> dict[str, str]:
    """SHA-256 by name."""
    made = {}
    for make in (payloads, pictures):
        for name, content in make():
            assert name not in made, f"{name} is made twice"
            made[name] = hashlib.sha256(content).hexdigest()
    return made


if __name__ == "__main__":
    print(json.dumps({"slow": SLOW, "digests": digests()}))
