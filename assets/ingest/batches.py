"""What fetches over HTTP have in common: options without which there is no request, and fetching name by name.

Belongs here: options of a source that its fetch reads, what one silent name of many costs. Does not belong here:
options of a parser (delimited_text.text_option), the client (http/client.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from assets.ingest.payload import FetchError, NotThereError, Payload
from assets.profile import Source

GIVE_UP_AFTER = 3
"""So many names in a row without an answer: the site is down, and further requests would only take time."""


def required_text(source: Source, name: str) -> str:
    """An option that a request can't do without. Raises FetchError naming it."""
    value = source.options.get(name)
    if not isinstance(value, str) or not value:
        raise FetchError(f"option {name} is needed to ask {source.vendor} for {source.dataset} (found {value!r})")
    return value


def count_option(source: Source, name: str, default: int) -> int:
    """An option that is a whole number above 0. Raises FetchError naming it."""
    value: Any = source.options.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise FetchError(f"option {name} is a whole number above 0 (found {value!r})")
    return value


def series_option(source: Source, name: str) -> list[str]:
    """An option that is a list of series ids. Raises FetchError naming it."""
    series: Any = source.options.get(name)
    if not isinstance(series, list) or not series or not all(isinstance(series_id, str) for series_id in series):
        raise FetchError(f"option {name} is a list of series ids such as IJR (found {series!r})")
    return series


def fetch_each(requests: Sequence[tuple[str, Callable[[], Payload | None]]], what: str) -> Iterator[Payload]:
    """The payloads of requests (name, its fetch) that a vendor answers name by name; ``what`` they are, in the plural.

    A name that the vendor does not have is skipped; so is one that fails, until the others are through. Raises
    FetchError then, which names some of those that failed, and at once where GIVE_UP_AFTER names in a row fail.
    """
    failed: list[str] = []
    in_a_row = 0
    for name, fetch in requests:
        try:
            payload = fetch()
        except NotThereError:
            payload = None
        except FetchError as error:
            failed.append(f"{name}: {error}")
            in_a_row += 1
            if in_a_row == GIVE_UP_AFTER:
                break
            continue
        in_a_row = 0
        if payload:
            yield payload
    if failed:
        raise FetchError(
            f"{len(failed)} of {len(requests)} {what} have not answered; {'; '.join(failed[-GIVE_UP_AFTER:])}"
        )
