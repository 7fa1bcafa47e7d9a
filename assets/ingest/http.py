"""HTTP for vendors: one client, with manners and limits, that gives a whole answer or an error.

Belongs here: what is the same for every vendor (time, tries, rate, size, conditional requests, User-Agent, keeping
secrets out of addresses). Does not belong here: a vendor's paths and parameters (its module in vendors/), whether the
bytes are any good (intake.py, guards.py).
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


def pause(seconds: float) -> None:
    """Waits. Tests replace it."""
    time.sleep(seconds)


@dataclass(frozen=True)
class Site:
    """A vendor's address and manners.

    ``url`` has no slash at its end; ZUHYO_<VENDOR>_URL moves it. ``seconds`` is the deadline of one answer, tries and
    waiting included; ``byte_limit`` the most that one answer may have. ``headers`` go with every request.
    """

    vendor: str
    url: str
    calls_per_second: float = 1.0
    byte_limit: int = 50_000_000
    seconds: float = 120.0
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def base(self) -> str:
        """The address in force."""
        return os.environ.get(f"ZUHYO_{self.vendor.upper()}_URL", self.url).rstrip("/")


@dataclass(frozen=True)
class Answer:
    """A whole answer. ``url`` and ``place`` hold no secret; ``place`` lacks what changes from night to night.

    ``is_unchanged``: the vendor said so (304), and ``content`` is what was kept of the answer before.
    """

    url: str
    place: str
    content: bytes
    media_type: str
    is_unchanged: bool = False


class Http:
    """The client of one night: a connection, cookies and a rate limit a site.

    ``kept`` is a folder for validators (ETag, Last-Modified) and the bytes that they speak of: it may be lost.
    ``contact`` goes into the User-Agent.
    """

    def __init__(self, kept: Path, contact: str = "") -> None:
        self.kept, self.contact = kept, contact

    def get(
        self,
        site: Site,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        nightly: Mapping[str, Any] | None = None,
        secret: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """What the site has at ``path`` (begins with a slash).

        ``params`` say what is asked for, ``nightly`` what differs from night to night, ``secret`` what nobody may read
        (keys): the last never appear in an answer, an error or a log. A GET is conditional where an answer to the same
        address was kept with a validator. Raises NotThereError, BrokenAnswerError, FetchError.
        """
        raise NotImplementedError

    def post(
        self,
        site: Site,
        path: str,
        json: Any,
        *,
        page: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """What the site answers to a JSON body; never conditional. Raises as ``get``.

        The address of the answer is the path's, with ``page`` behind a ``?`` where one search has several.
        """
        raise NotImplementedError
