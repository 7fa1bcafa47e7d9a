"""What a replayed vendor answers at one of its real paths.

Belongs here: the type. Does not belong here: any vendor (one module each beside this one, with a function ``routes``),
serving (server.py), ways to fail (faults.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from werkzeug import Request


@dataclass(frozen=True)
class Route:
    """An answer of ``vendor`` at ``path`` of its base URL (begins with a slash).

    It answers a request that has every pair of ``query``; the most pairs win. ``body`` may depend on the request, and
    raise werkzeug's HTTP exceptions. ``headers`` go with it.
    """

    vendor: str
    path: str
    body: bytes | Callable[[Request], bytes]
    media_type: str = "application/json"
    method: str = "GET"
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
