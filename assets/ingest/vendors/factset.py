"""FactSet GeoRev: revenue by country, asked for with the vendor's own client, and what its API answers.

Belongs here: /factset-georev/v1/countries. Does not belong here: which company a ticker belongs to (core.company),
which companies are asked for (the context's ``companies``).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, InvalidOperation
from threading import Thread
from typing import Any

import pandas as pd
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from assets.ingest.fetching import FetchContext, payload_from
from assets.ingest.frames.revenue_geography import end_of_day
from assets.ingest.frames.row_results import result_frame
from assets.ingest.http import client as http
from assets.ingest.parsing.delimited_text import Table, refuse_no_data
from assets.ingest.parsing.json_text import list_at, read_json
from assets.ingest.payload import Answer, BrokenAnswerError, FetchError, NotThereError, Parser, Payload, PayloadError
from assets.profile import Source

REQUIRES = (("FACTSET_USERNAME", "FACTSET_API_KEY"), ("FACTSET_OAUTH_CONFIG",))
"""The user with its serial (NAME-123456) and its key; or the path of an OAuth 2 confidential client's JSON."""

SITE = http.Site(vendor="factset", url="https://api.factset.com/content", calls_per_second=10, seconds=60)
PATH = "/factset-georev/v1/countries"
IDS_A_REQUEST = 300
TRIES = 3

BETWEEN_CLASS = re.compile(r"[-/ ]")
"""What stands before the class of a share at other vendors; FactSet's ids have a dot (believed, not checked)."""

MILLION = 1_000_000
TOO_LARGE = 10**18
TOO_MANY = 10**9
"""Millions, and percent, that no answer has: what is computed of them would not fit a BIGINT."""
FINEST_THRESHOLD = Decimal("0.01")
"""Percent: a study's threshold is a whole number of ten-thousandths."""

PERCENT_DECIMALS = 6, 15
"""Stands for all revenue where the answer has a share and no amount: 100 with so many zeros that the share is whole, at
least six and at most as many as a BIGINT holds. Both columns are then without a currency.
"""

ADVICE = {
    401: "check FACTSET_USERNAME (with its serial) and FACTSET_API_KEY, or FACTSET_OAUTH_CONFIG",
    403: "the account has no right to GeoRev, or not from this machine's address",
    429: "too many requests; another program may share the account's limit",
}

NEEDED = ("requestId", "countryId", "countryPercent", "fiscalEndDate", "reportDate")


class _PassingError(FetchError):
    """A failure that may be over in a moment."""


def fetch(source: Source, context: FetchContext) -> Iterator[Payload]:
    """One payload a batch of at most 300 companies, sorted by id so that a batch is the same from run to run.

    Options: ``members_of``, the funds (series ids) whose companies are asked for; ``ids``, FactSet's id where it is not
    the ticker and ``-US``. An answer that has nothing on any company of its batch gives no payload. Raises FetchError.
    """
    ids = _ids(source, context)
    batches = [ids[at : at + IDS_A_REQUEST] for at in range(0, len(ids), IDS_A_REQUEST)]
    if not batches:
        return
    api = _within(SITE.seconds, _client)
    for batch in batches:
        answer = _ask(api, batch, context)
        if not _knows_nothing(answer.content):
            # the answer to a question about some companies: what it lacks was not asked for
            yield payload_from(source, answer, "factset_georev_json", complete=False)


def _ids(source: Source, context: FetchContext) -> list[str]:
    members_of = source.options.get("members_of")
    if not isinstance(members_of, list) or not members_of:
        raise FetchError('option members_of names the funds whose companies are asked for, like ["IJR", "IVV"]')
    stated = source.options.get("ids", {})
    tickers = {company.ticker for company in context.companies(members_of)}
    return sorted({stated.get(ticker) or f"{BETWEEN_CLASS.sub('.', ticker)}-US" for ticker in tickers})


def _client() -> Any:
    """The SDK's client of the endpoint, with the credentials of the environment. It does not try again by itself."""
    try:
        from fds.sdk.FactSetGeoRev import ApiClient, Configuration
        from fds.sdk.FactSetGeoRev.api.countries_api import CountriesApi
        from fds.sdk.utils.authentication import ConfidentialClient
        from urllib3 import Retry
    except ImportError as error:
        raise FetchError(
            f"FactSet's SDK is not installed ({error.name}): make pro adds it to the environment that make sets up; "
            "into another one: uv pip install -e '.[pro]'"
        ) from error
    stated = {name: os.environ.get(name, "") for names in REQUIRES for name in names}
    path = stated["FACTSET_OAUTH_CONFIG"]
    once = Retry(0, redirect=False)  # a redirect would take the credentials along
    try:
        client = ConfidentialClient(config_path=path, retry=once) if path else None
    except Exception:  # the SDK raises whatever it meets, with parts of the file in its text
        raise FetchError(
            f"FACTSET_OAUTH_CONFIG={path} can't be used: it is no file of a confidential client, "
            "or FactSet's authorization server does not answer"
        ) from None
    login = {"fds_oauth_client": client} if client else {
        "username": stated["FACTSET_USERNAME"], "password": stated["FACTSET_API_KEY"],
    }  # fmt: skip
    configuration = Configuration(host=SITE.base, **login)
    configuration.retries = once
    return CountriesApi(ApiClient(configuration))


def _ask(api: Any, batch: Sequence[str], context: FetchContext) -> Answer:
    """The whole answer for a batch, of the fiscal years that figure 3 counts, tried again while the failure may pass.
    Raises FetchError.
    """
    parameters = {
        "ids": list(batch),
        "country_ids": ["US"],
        "frequency": "FY",
        "start_date": f"{context.session.year - context.fiscal_years_back}-01-01",
        "end_date": context.session.isoformat(),
    }

    def fetch_once() -> Answer:
        http.pause(1 / SITE.calls_per_second)
        return _within(SITE.seconds, lambda: _answer(api, parameters))

    tries = Retrying(
        retry=retry_if_exception_type(_PassingError),
        stop=stop_after_attempt(TRIES),
        wait=wait_exponential_jitter(initial=1, max=30),
        sleep=lambda seconds: http.pause(seconds),
        reraise=True,
    )
    return tries(fetch_once)


def _answer(api: Any, parameters: Mapping[str, Any]) -> Answer:
    """One request through the SDK, with the bytes as they came: its models would drop what they don't know."""
    from fds.sdk.FactSetGeoRev import ApiException
    from urllib3.exceptions import HTTPError

    place = f"{SITE.base}{PATH}?ids={parameters['ids'][0]}..{parameters['ids'][-1]}"
    url = f"{place}&countryIds=US&frequency=FY&startDate={parameters['start_date']}&endDate={parameters['end_date']}"
    try:
        response = api.get_countries(**parameters, _preload_content=False, _request_timeout=SITE.seconds)
        content = response.data
    except HTTPError as error:
        raise _PassingError(f"{url}: no whole answer ({type(error).__name__})") from None
    except Exception as error:  # texts of the SDK and of HTTP quote headers, and with them the key
        refused = error if isinstance(error, ApiException) else error.__context__
        if isinstance(refused, ApiException):  # the SDK stumbles over a refusal whose body is no UTF-8
            raise _refused(url, refused.status) from None
        raise FetchError(f"{url}: the request can't be made ({type(error).__name__}); {ADVICE[401]}") from None
    media_type = response.headers.get("Content-Type", "").partition(";")[0]
    answer = Answer(url=url, place=place, content=content, media_type=media_type or "application/json")
    try:
        refuse_no_data(content)
    except PayloadError as error:
        raise BrokenAnswerError(f"{url}: {error}", answer) from error
    return answer


def _refused(url: str, status: int) -> FetchError:
    kind = NotThereError if status in (404, 410) else _PassingError if status == 429 or status >= 500 else FetchError
    return kind(f"{url} answered {status}" + (f": {ADVICE[status]}" if status in ADVICE else ""))


def _within(seconds: float, call: Any) -> Any:
    """What the call gives. Raises FetchError after so many seconds: the SDK's own log-in knows no time limit."""
    future: Future[Any] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:
            future.set_exception(error)

    Thread(target=run, daemon=True).start()
    try:
        return future.result(timeout=seconds)
    except TimeoutError:
        raise FetchError(f"{SITE.base} gave no whole answer within {seconds:g} seconds") from None


def _knows_nothing(content: bytes) -> bool:
    """Whether an answer is a good one without any row of the US; what can't be read is the parser's to refuse."""
    try:
        return not any(row["countryId"] == "US" for row in json.loads(content)["data"])
    except (ValueError, TypeError, KeyError):
        return False


def parse(content: bytes, options: Mapping[str, Any]) -> pd.DataFrame:
    """One row a company and fiscal year: the columns of core.revenue_geography that a vendor states.

    Only rows of country ``US`` count. The answer states the country's revenue in millions and its percent of all
    revenue; all revenue follows from both, rounded down, so that a share at a threshold stays at it. ``company_id`` is
    the id that was asked for (``AAPL-US``), ``ticker`` its part before the last hyphen. Source: FactSet GeoRev API,
    v1. Raises PayloadError.
    """
    rows = [row for row in _data(content) if row["countryId"] == "US"]
    if not rows:
        raise PayloadError("payload has no row of country US")
    table = Table(list(NEEDED), [[] for _ in rows], list(range(1, len(rows) + 1)))
    return result_frame("revenue_geography", table, _columns([_company(row, at) for at, row in enumerate(rows, 1)]))


def _data(content: bytes) -> Sequence[Mapping[str, Any]]:
    rows = list_at(read_json(content), "data")
    for at, row in enumerate(rows, 1):
        lacking = [name for name in NEEDED if not isinstance(row, dict) or name not in row]
        if lacking:
            raise PayloadError(f"{lacking[0]} is missing", where=f"data {at}")
    return rows


def _company(row: Mapping[str, Any], at: int) -> dict[str, Any]:
    where = f"data {at}, {row['requestId']}"
    share = _number(row, "countryPercent", where)
    amount = _number(row, "countryRevenue", where)
    us, everything, is_money = _amounts(share, amount)
    reported = _day(row, "reportDate", where)
    problem = None if share is None or 0 <= share <= 100 else f"{share} % of revenue from the US"
    confidence = _number(row, "countryConfidence", where)
    return {
        "company_id": str(row["requestId"]),
        "filing": f"FactSet GeoRev {row['requestId']} {reported}",
        "fiscal_period_end": pd.Timestamp(_day(row, "fiscalEndDate", where)),
        "name": None,
        "ticker": str(row["requestId"]).rpartition("-")[0] or str(row["requestId"]),
        "form": None,
        "accepted_on": pd.Timestamp(reported),
        "revenue": everything,
        "us_revenue": us,
        "currency": row.get("currency") if is_money else None,
        "concept": "GeoRev",
        "status": "invalid" if problem else "missing" if share is None else "reported",
        "reason": problem or ("the vendor has no share for the US" if share is None else None),
        "confidence": None if confidence is None else float(confidence),
    }


def _amounts(share: Decimal | None, amount: Decimal | None) -> tuple[int | None, int | None, bool]:
    """US revenue and all revenue, of which the one is the stated share of the other, and whether they are money.

    Whole units can't say every share: 79.9999 % of some hundred dollars would be 80 %. There the share alone stands.
    """
    if share is None:
        return None, None, bool(amount)
    if amount and share > 0:
        us = _whole(amount * MILLION, ROUND_HALF_UP)
        everything = _whole(Decimal(us) * 100 / share, ROUND_DOWN)
        next_threshold = share.quantize(FINEST_THRESHOLD, ROUND_DOWN) + FINEST_THRESHOLD
        if us and us * 100 < everything * next_threshold and everything < TOO_LARGE:
            return us, everything, True
    least, most = PERCENT_DECIMALS
    decimals = min(max(least, -int(share.normalize().as_tuple().exponent)), most)
    return _whole(share.scaleb(decimals), ROUND_HALF_UP), 100 * 10**decimals, False


def _whole(value: Decimal, rounding: str) -> int:
    return int(value.to_integral_value(rounding=rounding))


def _number(row: Mapping[str, Any], name: str, where: str) -> Decimal | None:
    value = row.get(name)
    if value is None:
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise PayloadError(f"{name} is not a number", where=where, value=value) from error
    if not number.is_finite() or isinstance(value, bool):
        raise PayloadError(f"{name} is not a number", where=where, value=value)
    if abs(number) >= TOO_MANY:
        raise PayloadError(f"{name} is too large", where=where, value=str(value)[:80])
    return number


def _day(row: Mapping[str, Any], name: str, where: str) -> date:
    try:
        return date.fromisoformat(str(row[name])[:10])
    except ValueError as error:
        raise PayloadError(f"{name} is not a date", where=where, value=row[name]) from error


def _columns(companies: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    columns = {name: [company[name] for company in companies] for name in companies[0]}
    return columns | {"accepted_at": end_of_day(pd.Series(columns["accepted_on"]))}


FORMATS: dict[str, Parser] = {"factset_georev_json": parse}
