"""What a vendor needs to know before it is asked over HTTP.

Belongs here: options of a source without which there is no request. Does not belong here: options of a parser
(_text.text_option), the client (assets/ingest/http.py).
"""

from __future__ import annotations

from assets.ingest.payload import FetchError, Source


def asked_text(source: Source, name: str) -> str:
    """An option that a request can't do without. Raises FetchError naming it."""
    value = source.options.get(name)
    if not isinstance(value, str) or not value:
        raise FetchError(f"option {name} is needed to ask {source.vendor} for {source.dataset} (found {value!r})")
    return value
