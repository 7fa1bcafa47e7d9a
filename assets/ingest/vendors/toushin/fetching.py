"""Asking the library of investment trusts: its search of funds, page by page, and one fund's NAVs.

Belongs here: addresses, the form of a question. Does not belong here: reading what comes (toushin/__init__.py), which
funds are asked for (assets/ingest/fetch_targets.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from assets.ingest.fetching import FetchContext, payload_from
from assets.ingest.http.client import Site
from assets.ingest.payload import Answer, FetchError, Payload
from assets.profile import Source

SITE = Site("toushin", "https://toushin-lib.fwg.ne.jp", calls_per_second=1.0)
"""No official interface: what its own pages ask for, one request at a time, once a day."""

SEARCH_PAGE = "/FdsWeb/FDST999900"
SEARCH = f"{SEARCH_PAGE}/fundDataSearch"
NAVS = "/FdsWeb/FDST030000/csv-file-download"

LISTS = (
    "s_investAssetKindCd", "s_investArea3kindCd", "s_instCd", "s_fdsInstCd", "s_dcFundCD", "t_investArea10kindCd",
    "t_investAssetKindCd", "t_instCd", "t_fdsInstCd", "s_investArea10kindCd", "s_setlFqcy", "s_dividend1y",
    "s_totalNetAssets", "s_nowToRedemptionDate", "s_establishedDateToNow", "s_isinCd",
)  # fmt: skip
"""Fields of the search that are lists; an empty one restricts nothing."""

WORDS = ("t_keyword", "t_kensakuKbn")
"""Fields that a source may state: a word, and where it is looked for ("1": in the fund's name)."""

MOST_FUNDS = 20_000
"""There are some 6,000: a total beyond this is no total."""


def fetch_funds(source: Source, context: FetchContext) -> Iterator[Payload]:
    """All pages of a search as one payload, a JSON list where there are several.

    Options t_keyword and t_kensakuKbn restrict the search; without them it finds every fund. A page that can't be read,
    or has no funds, is the last one: the parser says what is wrong or missing. So each further request follows at
    least one more fund, and there are no more of them than MOST_FUNDS. Raises FetchError.
    """
    # gives the session's cookie, without which the search is refused
    context.web().get(SITE, SEARCH_PAGE, headers={"Accept": "text/html"})
    pages = [_page(source, context, 0)]
    rows, total = _counts(pages[0].content)
    if total > MOST_FUNDS:
        raise FetchError(f"the search tells of {total} funds, which can't be (limit {MOST_FUNDS})")
    while rows < total:
        pages.append(_page(source, context, rows))
        more, _ = _counts(pages[-1].content)
        if not more:
            break
        rows += more
    whole = b"[" + b",\n".join(page.content for page in pages) + b"]" if len(pages) > 1 else pages[0].content
    yield payload_from(source, replace(pages[0], content=whole), "toushin_search_json")


def fetch_navs(source: Source, context: FetchContext) -> Iterator[Payload]:
    """The NAVs of each fund that the studies show, a payload a fund, which is named by its ISIN.

    A fund that fails is skipped until the others are through. Raises FetchError then: the fund's own error, or one
    that names all of them.
    """
    failed: list[tuple[str, FetchError]] = []
    for fund in context.funds():
        codes = {"isinCd": fund.isin, "associFundCd": fund.association_code}
        try:
            answer = context.web().get(SITE, NAVS, codes)
        except FetchError as error:
            failed.append((fund.isin, error))
            continue
        payload = payload_from(source, answer, "toushin_nav_csv", fund_id=fund.isin)
        yield replace(payload, subjects=(fund.isin,))
    if len(failed) == 1:
        raise failed[0][1]
    if failed:
        raise FetchError("; ".join(f"{isin}: {error}" for isin, error in failed))


def _page(source: Source, context: FetchContext, start: int) -> Answer:
    """The page of a search that begins with the row ``start``, counted from 0."""
    question: dict[str, Any] = {name: [] for name in LISTS}
    question |= {name: source.options[name] for name in WORDS if name in source.options}
    question |= {"startNo": start, "draw": 1, "searchBtnClickFlg": True}
    headers = {"X-Requested-With": "XMLHttpRequest", "Referer": f"{SITE.base}{SEARCH_PAGE}"}
    return context.web().post(SITE, SEARCH, question, page=f"startNo={start}", headers=headers)


def _counts(content: bytes) -> tuple[int, int]:
    """How many funds a page has, and how many the search found; 0 of either where it can't be read."""
    try:
        info = json.loads(content)["searchResultInfo"]
        return len(info["resultInfoMapList"]), int(info["recordsTotal"])
    except (ValueError, KeyError, TypeError):
        return 0, 0
