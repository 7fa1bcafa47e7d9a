"""HTTP for vendors: one client with limits that returns a whole answer or raises an error.

Belongs here: what is the same for every vendor (time, tries, rate, redirects, conditional requests, User-Agent, keeping
secrets out of addresses). Does not belong here: whether a body is whole (body.py), the cache of answers
(cache.py), a vendor's paths and parameters (its module in vendors/), whether the bytes are any good (ingest.py,
guards.py).
"""

from __future__ import annotations

import logging
import os
import re
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, quote_plus, urlencode, urljoin, urlsplit

import requests
from pyrate_limiter import InMemoryBucket, Rate, RateItem
from requests.structures import CaseInsensitiveDict
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, stop_before_delay
from tenacity.wait import wait_exponential_jitter

from assets.ingest.http.body import Body, CutError, LimitError
from assets.ingest.http.cache import CachedAnswer, HttpCache
from assets.ingest.payload import Answer, BrokenAnswerError, DeniedError, FetchError, NotThereError

TRIES = 4
REDIRECTS = 5
BACKOFF = wait_exponential_jitter(multiplier=1, max=30, jitter=1)
"""Seconds between tries: 1, 2, 4, each with up to one more by chance."""

LONGEST_WAIT = 999_999_999
"""Seconds; a vendor that asks for more (30 years) is understood as asking for that."""

logging.getLogger("urllib3.connectionpool").addFilter(lambda record: False)  # it logs whole addresses, keys included


def pause(seconds: float) -> None:
    """Waits. Tests replace it."""
    time.sleep(seconds)


@dataclass(frozen=True)
class Site:
    """A vendor's address, and how it may be asked: how often, how long, for how much.

    ``url`` has no slash at its end; ZUHYO_<VENDOR>_URL moves it. ``seconds`` is the deadline of one answer, tries and
    waiting included; ``byte_limit`` the most that one answer may have. ``headers`` go with every request. A connection
    may take ``connect_seconds`` and a silence ``stall_seconds``.
    """

    vendor: str
    url: str
    calls_per_second: float = 1.0
    byte_limit: int = 50_000_000
    seconds: float = 120.0
    headers: Mapping[str, str] = field(default_factory=dict)
    connect_seconds: float = 10.0
    stall_seconds: float = 30.0

    @property
    def base(self) -> str:
        """The address in force."""
        return os.environ.get(f"ZUHYO_{self.vendor.upper()}_URL", self.url).rstrip("/")


class Http:
    """The client of one process: cookies and a rate limit a vendor. Closed at the end of its use (``with``).

    ``cache_folder`` has validators (ETag, Last-Modified) and the bytes that they are of: it may be lost.
    ``contact`` goes into the User-Agent. ``requests`` counts what was asked, ``received`` the bytes of bodies that came
    over the wire. The first site of a vendor sets its rate.
    """

    def __init__(self, cache_folder: Path, contact: str = "") -> None:
        self.requests = self.received = 0
        self._cache = HttpCache(cache_folder)
        self._user_agent = f"Zuhyo/{version('zuhyo')}" + (f" ({contact.strip()})" if contact.strip() else "")
        self._sessions: defaultdict[str, requests.Session] = defaultdict(requests.Session)
        self._turns: dict[str, InMemoryBucket] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of every connection."""
        for session in self._sessions.values():
            session.close()

    def get(
        self,
        site: Site,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        changing: Mapping[str, Any] | None = None,
        secret: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        absent_days: int = 0,
    ) -> Answer:
        """What the site has at ``path`` (begins with a slash).

        ``params`` say what is asked for, ``changing`` what differs from run to run, ``secret`` what nobody may read
        (keys): the last never appear in an answer, an error or a log. A GET is conditional where an answer to the same
        address was kept with a validator. Who wants a web page says so by a header ``Accept: text/html``: otherwise one
        behind a redirect is refused. What was not there is not asked for again within ``absent_days``. Raises
        NotThereError, DeniedError, BrokenAnswerError, FetchError.
        """
        place = _address(site.base + path, params)
        url = _address(site.base + path, params, changing)
        address = _address(site.base + path, params, changing, secret)
        call = _Call(site, "GET", url, place, address, {**site.headers, **(headers or {})}, secret or {})
        today = datetime.now(UTC).date()
        since = self._cache.absent_since(place) if absent_days else None
        if since is not None and (today - since).days < absent_days:
            raise NotThereError(call.words(f"there was no such thing on {since}; asked again after {absent_days} days"))
        try:
            answer, validators = self._answer(call, self._cache.find(place, url))
        except NotThereError:
            if absent_days:
                self._cache.store_absence(place, today)
            raise
        if not answer.is_unchanged:
            self._cache.store(place, url, validators, answer.media_type, answer.content)
        return answer

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
        address = site.base + path
        url = f"{address}?{page}" if page else address
        call = _Call(site, "POST", url, url, address, {**site.headers, **(headers or {})}, json=json)
        return self._answer(call, None)[0]

    def _answer(self, call: _Call, cached: CachedAnswer | None) -> tuple[Answer, Mapping[str, str]]:
        """The answer after as many tries as it may take, and its headers."""
        body = Body(call.site.byte_limit)
        tries = Retrying(
            sleep=lambda seconds: pause(seconds),
            stop=stop_after_attempt(TRIES) | stop_before_delay(call.site.seconds),
            wait=_wait,
            retry=retry_if_exception_type(_TryAgainError),
            reraise=True,
        )
        try:
            return tries(self._try, call, body, cached), body.headers
        except _TryAgainError as error:
            failed = error
        finally:
            self.received += body.received
        raise _given_up(call, failed, tries.statistics["attempt_number"])

    def _try(self, call: _Call, body: Body, cached: CachedAnswer | None) -> Answer:
        rest = body.conditions_of_rest() if call.method == "GET" else {}
        response, led_to = self._follow(call, rest or (cached.conditions if cached else {}))
        with response:
            _refuse_status(call, response, is_part_asked=bool(rest))
            if response.status_code == requests.codes.not_modified:
                if cached is None or rest:
                    raise call.error("HTTP 304 (not modified), which nobody asked for; look at the site")
                return Answer(call.url, call.place, cached.content, cached.media_type, is_unchanged=True)
            try:
                body.read(response, call.ends)
                answer = call.answer(body.decoded(), body.headers)
            except CutError as error:
                raise _TryAgainError(str(error), came=call.answer(error.came, body.headers)) from None
            except LimitError as error:
                raise call.error(f"{error}; raise the site's limit if that is right") from None
        if led_to and answer.media_type == "text/html" and not call.wants_page:
            raise BrokenAnswerError(call.words(f"it led to a web page, {led_to} (a login?); look at the site"), answer)
        return answer

    def _follow(self, call: _Call, conditions: Mapping[str, str]) -> tuple[requests.Response, str]:
        """The answer behind the redirects, and host and path to which they led, if any did."""
        method, address, json, led_to = call.method, call.address, call.json, ""
        for _ in range(1 + REDIRECTS):
            response = self._send(call, method, address, conditions, json)
            if response.status_code not in (301, 302, 303, 307, 308):
                return response, led_to
            response.close()
            address, led_to = _next_address(call, address, response.headers.get("Location", ""))
            if response.status_code < 307:
                method, json = "GET", None
        raise call.error(f"it led on more than {REDIRECTS} times, at last to {led_to}; look at the site")

    def _send(
        self, call: _Call, method: str, address: str, conditions: Mapping[str, str], json: Any
    ) -> requests.Response:
        """One request, in its turn. Errors of the library hold the address with its keys: only their kind goes on."""
        self._wait_for_turn(call)
        left = call.ends - time.monotonic()
        if left <= 0:
            raise call.error(f"no whole answer in {call.site.seconds:g} s; try again later")
        self.requests += 1
        silence = min(call.site.stall_seconds, left)
        own: dict[str, str | bytes] = {"User-Agent": self._user_agent.encode(), "Accept-Encoding": "gzip, deflate"}
        try:
            return self._sessions[call.site.vendor].request(
                method,
                address,
                headers={**call.headers, **conditions, **own},
                json=json,
                timeout=(min(call.site.connect_seconds, left), silence),
                allow_redirects=False,
                stream=True,
            )
        except requests.Timeout:
            failure: Exception = _TryAgainError(f"no answer in {silence:.3g} s")
        except requests.ConnectionError as error:
            reason = getattr(error.args[0] if error.args else None, "reason", None) or error
            failure = _TryAgainError(f"no connection ({type(reason).__name__})")
        except requests.RequestException as error:
            failure = call.error(f"the request could not be made ({type(error).__name__}); look at the address")
        raise failure

    def _wait_for_turn(self, call: _Call) -> None:
        """Keeps the vendor's rate. A call's time is its turn's, so that the next one waits for its own."""
        rate = Rate(1, max(1, round(1000 / call.site.calls_per_second)))
        turns = self._turns.setdefault(call.site.vendor, InMemoryBucket([rate]))
        now = turns.now()
        assert isinstance(now, int)
        turn = RateItem(call.site.vendor, now)
        while not turns.put(turn):
            milliseconds = turns.waiting(turn)
            assert isinstance(milliseconds, int)
            if time.monotonic() + milliseconds / 1000 > call.ends:
                raise call.error(f"the rate of {call.site.calls_per_second:g} calls a second leaves no time for it")
            pause(milliseconds / 1000)
            turn.timestamp += milliseconds


@cache
def client(cache_folder: Path, contact: str) -> Http:
    """The one client of this process: a vendor's rate holds for all requests of a run."""
    return Http(cache_folder, contact)


@dataclass(frozen=True)
class _Call:
    """What is asked. ``address`` has the keys, ``url`` and ``place`` have none."""

    site: Site
    method: str
    url: str
    place: str
    address: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    secret: Mapping[str, Any] = field(default_factory=dict, repr=False)
    json: Any = None
    began: float = field(default_factory=time.monotonic)

    @property
    def ends(self) -> float:
        """The deadline, by time.monotonic."""
        return self.began + self.site.seconds

    @property
    def wants_page(self) -> bool:
        return "text/html" in CaseInsensitiveDict(self.headers).get("Accept", "")

    def answer(self, content: bytes, headers: Mapping[str, str]) -> Answer:
        media_type = headers.get("Content-Type", "application/octet-stream").partition(";")[0].strip().lower()
        return Answer(self.url, self.place, content, media_type)

    def words(self, what: str) -> str:
        """One sentence for the operator: what was asked, what came back. Keys are taken out of it."""
        for value in map(str, self.secret.values()):
            for written in {value, quote(value), quote(value, safe=""), quote_plus(value)} - {""}:
                what = what.replace(written, "…")
        return f"{self.site.vendor} was asked for {self.url}: {what}"

    def error(self, what: str) -> FetchError:
        return FetchError(self.words(what))


class _TryAgainError(Exception):
    """A failure that another try may heal: after ``wait`` seconds where the vendor said so. ``came``: a broken body."""

    def __init__(self, what: str, *, wait: float | None = None, came: Answer | None = None) -> None:
        super().__init__(what)
        self.wait, self.came = wait, came


def _address(base: str, *params: Mapping[str, Any] | None) -> str:
    query = urlencode([pair for some in params if some for pair in some.items()], doseq=True)
    return f"{base}?{query}" if query else base


def _wait(state: RetryCallState) -> float:
    """Seconds before the next try: what the vendor asks for, or more from try to try."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.wait if isinstance(error, _TryAgainError) else None
    return BACKOFF(state) if asked is None else asked


def _refuse_status(call: _Call, response: requests.Response, *, is_part_asked: bool) -> None:
    """Lets through what has a body to read, and 304 and 416, which depend on what was asked."""
    status = response.status_code
    if status in (404, 410):
        raise NotThereError(call.words(f"HTTP {status}: there is no such thing"))
    if status in (401, 403):
        what = f"HTTP {status}: it does not let us in; it may want a contact (set ZUHYO_CONTACT) or a valid key"
        raise DeniedError(call.words(what))
    if status in (408, 429) or status >= 500:
        raise _TryAgainError(f"HTTP {status}", wait=_retry_after(response.headers))
    if is_part_asked and status in (206, 416):
        return
    if status in (206, 416) or not (200 <= status < 300 or status == 304):
        raise call.error(f"HTTP {status}, which another try would not change; look at the request")


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the vendor asks to wait; a date is read by the vendor's own clock where it states that."""
    stated = headers.get("Retry-After", "").strip()
    if re.fullmatch("[0-9]{1,18}", stated):
        return float(min(int(stated), LONGEST_WAIT))
    until = _time(stated)
    if until is None:
        return None
    now = _time(headers.get("Date", "")) or datetime.now(UTC)
    return min(max(0.0, (until - now).total_seconds()), LONGEST_WAIT)


def _time(text: str) -> datetime | None:
    try:
        time = parsedate_to_datetime(text)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _given_up(call: _Call, failed: _TryAgainError, tries: int) -> FetchError:
    """The last error after every try, or after the one behind which the deadline leaves no time for another."""
    text = f"{failed}, {tries} {'try' if tries == 1 else 'tries'} in the {call.site.seconds:g} s that it may take"
    if failed.wait:
        until = datetime.now(UTC) + timedelta(seconds=failed.wait)
        return call.error(f"{text}; it asks to come back in {failed.wait:.0f} s, at {until:%Y-%m-%d %H:%M:%S} UTC")
    if failed.came is not None and failed.came.content:
        return BrokenAnswerError(call.words(f"{text}; try again later"), failed.came)
    return call.error(f"{text}; try again later")


def _next_address(call: _Call, address: str, location: str) -> tuple[str, str]:
    """Where a redirect leads: the address, and host and path of it. Raises FetchError where that is another host."""
    try:
        before, after = urlsplit(address), urlsplit(urljoin(address, location))
        led_to = f"{after.hostname}{after.path}"
        is_same = (after.scheme, after.port) == (before.scheme, before.port)
    except ValueError:
        raise call.error("it led to something that is no address; look at the site") from None
    rises = (before.scheme, after.scheme) == ("http", "https")
    if not location or after.hostname != before.hostname or not (is_same or rises):
        raise call.error(f"it led to {led_to}, another site (a login?); look whether its address has changed")
    return after.geturl(), led_to
