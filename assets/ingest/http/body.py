"""The body of an answer: read with limits, resumed where it was cut, decoded.

Belongs here: bytes on the wire, and whether they are whole. Does not belong here: asking and asking again
(http/client.py).
"""

from __future__ import annotations

import re
import time
import zlib
from collections.abc import Mapping

import requests
import urllib3

PIECE = 65_536
"""Bytes read at once, at most."""


class CutError(Exception):
    """A body that is not whole: ``came`` is what came of it. Another try may get the rest, or all of it."""

    def __init__(self, what: str, came: bytes) -> None:
        super().__init__(what)
        self.came = came


class LimitError(Exception):
    """A body that is too much, in bytes or in time: another try would be so again."""


class Body:
    """What came of an answer, as on the wire. It outlives a try, so that the next can go on where one was cut.

    ``received`` counts every byte, also of what was thrown away.
    """

    def __init__(self, byte_limit: int) -> None:
        self.byte_limit, self.received = byte_limit, 0
        self.headers: Mapping[str, str] = {}
        self.came = bytearray()
        self.total: int | None = None

    def drop(self) -> bytes:
        """Returns what came and forgets it."""
        came, self.came = bytes(self.came), bytearray()
        return came

    def conditions_of_rest(self) -> dict[str, str]:
        """The headers that ask for the rest of a cut body; none where nothing shows that the rest is of the same."""
        validator = _validator(self.headers)
        if not self.came or not validator:
            return {}
        return {"Range": f"bytes={len(self.came)}-", "If-Range": validator}

    def read(self, response: requests.Response, ends: float) -> None:
        """Reads a whole answer, or the rest of one (206; 416 where there is none), until ``ends`` (time.monotonic).

        Raises CutError with what is missing, LimitError.
        """
        if response.status_code == requests.codes.range_not_satisfiable:
            raise CutError("the body was cut, and there is no rest of it (HTTP 416)", self.drop())
        if response.status_code == requests.codes.partial_content:
            self._go_on(response)
        else:
            self._begin(response)
        if self.total is not None and self.total > self.byte_limit:
            raise LimitError(f"the body has {self.total} bytes, more than the limit of {self.byte_limit}")
        try:
            while piece := response.raw.read1(PIECE, decode_content=False):
                self.came += piece
                self.received += len(piece)
                if len(self.came) > self.byte_limit:
                    raise LimitError(f"the body has more than the limit of {self.byte_limit} bytes")
                if time.monotonic() > ends:
                    raise LimitError(f"the body did not end in time ({len(self.came)} bytes came)")
            trouble = ""
        except urllib3.exceptions.ReadTimeoutError:
            trouble = "stalled"
        except urllib3.exceptions.HTTPError:
            trouble = "was cut"
        if trouble or (self.total is not None and len(self.came) != self.total):
            promised = f" of {self.total}" if self.total is not None else ""
            raise CutError(f"the body {trouble or 'was cut'} after {len(self.came)}{promised} bytes", bytes(self.came))

    def decoded(self) -> bytes:
        """The content. Raises CutError where it is not in the encoding that its header says, LimitError."""
        content = bytes(self.came)
        encodings = self.headers.get("Content-Encoding", "")
        for encoding in reversed(encodings.lower().replace(" ", "").split(",")):
            try:
                content = self._decoded_once(content, encoding)
            except zlib.error as error:
                raise CutError(f"the body can't be decoded as {encoding} ({error})", self.drop()) from None
        return content

    def _begin(self, response: requests.Response) -> None:
        self.drop()
        self.headers = response.headers
        length = response.headers.get("Content-Length", "")
        self.total = int(length) if re.fullmatch("[0-9]{1,18}", length) else None

    def _go_on(self, response: requests.Response) -> None:
        """Refuses a part that is not the rest of what came; its headers need not say again what the first ones did."""
        stated = response.headers.get("Content-Range", "")
        match = re.fullmatch(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})", stated.strip())
        start, last, total = (int(number) for number in match.groups()) if match else (-1, -1, -1)
        is_rest = start == len(self.came) and last + 1 == total and self.total in (None, total)
        is_same = all(
            response.headers.get(name, self.headers.get(name)) == self.headers.get(name)
            for name in ("ETag", "Last-Modified", "Content-Encoding")
        )
        if not is_rest or not is_same:
            came = self.drop()
            raise CutError(f"the rest from byte {len(came)} was asked for, and {stated or 'no range'} came", came)
        self.total = total

    def _decoded_once(self, content: bytes, encoding: str) -> bytes:
        if encoding in ("", "identity"):
            return content
        if encoding in ("gzip", "x-gzip"):
            return self._inflated(content, zlib.MAX_WBITS | 16)
        if encoding != "deflate":
            raise zlib.error("an encoding that was not asked for")
        try:
            return self._inflated(content, zlib.MAX_WBITS)
        except zlib.error:
            return self._inflated(content, -zlib.MAX_WBITS)  # some servers leave zlib's header away

    def _inflated(self, content: bytes, window: int) -> bytes:
        """Inflates member after member, no further than the limit."""
        inflated = b""
        while content:
            inflater = zlib.decompressobj(window)
            inflated += inflater.decompress(content, self.byte_limit + 1 - len(inflated))
            if len(inflated) > self.byte_limit:
                raise LimitError(f"the body has more than the limit of {self.byte_limit} bytes once it is decoded")
            if not inflater.eof:
                raise zlib.error("it ends too early")
            content = inflater.unused_data
        return inflated


def _validator(headers: Mapping[str, str]) -> str:
    """What distinguishes a body from its next edition by the byte: a strong ETag, else the time of its last change."""
    etag = headers.get("ETag", "")
    return etag if etag.startswith('"') else headers.get("Last-Modified", "")
