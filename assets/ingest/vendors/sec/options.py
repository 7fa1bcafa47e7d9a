"""What every payload of the SEC goes through: compression, what can't be used whatever the format, the filing's day.

Belongs here: bytes before they are read, and options that stand for what a file does not say. Does not belong here:
any format (data_sets.py, xbrl.py, filing.py).
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from assets.ingest.parsing.delimited_text import refuse_no_data
from assets.ingest.payload import PayloadError

GZIP = b"\x1f\x8b"
END_OF_DAY = time(23, 59, 59)
SUFFIXES = (".gz", ".zip", ".html", ".htm", ".xhtml", ".xml", ".xbrl")
NO_GEOGRAPHY = (
    "company facts carry no geography, only consolidated values: use the Financial Statement Data Sets (sec_fsds_zip) "
    "or the filing itself (sec_ixbrl, sec_xbrl)"
)


def unpacked(content: bytes) -> bytes:
    """The payload without its gzip, if it has one. Raises PayloadError for an empty one, a cut one, company facts."""
    if content.startswith(GZIP):
        try:
            content = gzip.decompress(content)
        except EOFError as error:
            raise PayloadError("payload is cut short: its gzip has no end", value=f"{len(content)} bytes") from error
        except (OSError, zlib.error) as error:
            raise PayloadError("payload is a broken gzip", value=error) from error
    if not content.strip():
        raise PayloadError("payload is empty", value=f"{len(content)} bytes")
    if is_company_facts(content):
        raise PayloadError(NO_GEOGRAPHY)
    return content


def unpacked_data(content: bytes) -> bytes:
    """The same for a format that is never a page. Raises PayloadError for an HTML page too."""
    content = unpacked(content)
    refuse_no_data(content)
    return content


def is_company_facts(content: bytes) -> bool:
    """Whether a payload is the SEC's JSON of all facts, or of one concept, of a company."""
    return content.lstrip()[:1] == b"{" and b'"cik"' in content[:500] and b'"entityName"' in content[:2000]


def end_of_filing_day(options: Mapping[str, Any]) -> datetime:
    """The end, in New York, of the day on which a filing came that does not carry its acceptance.

    Option ``filed``, else the one day in ``file_name``: too late rather than too early, since what is counted before
    it was known would be a false figure. Raises PayloadError where there is neither.
    """
    stated = options.get("filed")
    if stated is not None:
        day = _day(str(stated))
        if day is None:
            raise PayloadError("option filed is no day such as 2025-03-21", value=stated)
        return datetime.combine(day, END_OF_DAY)
    name = str(options.get("file_name", ""))
    days = {day for text in re.findall(r"(?<![0-9])[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])", name) if (day := _day(text))}
    if len(days) != 1:
        raise PayloadError(
            "the time of acceptance is not in such a file: option filed, or one day such as 2025-03-21 in the "
            "file's name, has to tell when it was filed",
            where="file_name",
            value=name or "none",
        )
    return datetime.combine(days.pop(), END_OF_DAY)


def filing_name(options: Mapping[str, Any]) -> str:
    """Option ``filing`` (the accession number), else the file's name without its suffixes. Raises PayloadError."""
    stated = str(options.get("filing") or options.get("file_name") or "")
    if not options.get("filing"):
        while stated.lower().endswith(SUFFIXES):
            stated = stated.rpartition(".")[0]
    if not stated:
        raise PayloadError("option filing, or the file's name, is needed to tell this filing from others")
    return stated


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else None
    except ValueError:
        return None
