"""The list of members of the S&P 500 since 1996 that fja05680 keeps on GitHub (MIT licence).

Belongs here: where the file is. Does not belong here: its layout (membership.py), which index the list stands in for
(the study).
"""

from __future__ import annotations

from collections.abc import Iterator

from assets.ingest.batches import required_text
from assets.ingest.fetching import FetchContext, payload_from
from assets.ingest.http.client import Site
from assets.ingest.payload import Payload
from assets.profile import Source

SITE = Site(vendor="fja05680", url="https://raw.githubusercontent.com")
INTERVALS = "/fja05680/sp500/master/sp500_ticker_start_end.csv"
"""Believed, unchecked: the branch and the file's name."""


def fetch(source: Source, context: FetchContext) -> Iterator[Payload]:
    """The whole list as it is today; option series_id says what it is called here. Raises FetchError."""
    required_text(source, "series_id")
    yield payload_from(source, context.web().get(SITE, INTERVALS), "membership_intervals_csv")
