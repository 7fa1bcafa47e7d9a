"""Kenneth R. French's zip: the same levels as its text, every zip that is refused, and how it is asked for."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from assets.ingest.fetching import FetchContext
from assets.ingest.payload import PayloadError
from assets.ingest.vendors import fetch_for, kenneth_french, parser_for
from assets.profile import Source
from tests.support.fake_http import FakeHttp
from tests.support.replay.kenneth_french import PATH, routes, zipped
from tests.support.vendor_files import FRENCH, GROSS

WHOLE = zipped({"Portfolios_Formed_on_ME.CSV": FRENCH})


def encrypted(content: bytes) -> bytes:
    """The same zip, marked as encrypted, in its local and its central header."""
    made = bytearray(content)
    made[content.index(b"PK\x03\x04") + 6] |= 1
    made[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(made)


def refusal(content: bytes) -> str:
    with pytest.raises(PayloadError) as refused:
        parser_for("kenneth_french_zip")(content, GROSS)
    return str(refused.value)


@pytest.mark.parametrize("beside", [{}, {"readme.txt": b"words"}])
def test_the_zip_says_what_its_text_says(beside: dict[str, bytes]) -> None:
    content = zipped({"Portfolios_Formed_on_ME.CSV": FRENCH, **beside})
    frame = parser_for("kenneth_french_zip")(content, GROSS)
    pd.testing.assert_frame_equal(frame, parser_for("kenneth_french_csv")(FRENCH, GROSS))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "payload is empty"),
        (b"<html><body>moved</body></html>", "HTML page"),
        (FRENCH, "payload is no zip, or one that is cut short or broken"),
        (WHOLE[:-30], "payload is no zip, or one that is cut short or broken"),
        (WHOLE.replace(b"CSV", b"CSW", 1), "payload is no zip, or one that is cut short or broken"),
        (zipped({}), "the zip needs one file .csv (found nothing)"),
        (zipped({"readme.txt": FRENCH}), "the zip needs one file .csv (found readme.txt)"),
        (zipped({"a.csv": FRENCH, "b.csv": FRENCH}), "the zip needs one file .csv (found a.csv, b.csv)"),
        (encrypted(WHOLE), "payload is a zip that can't be unpacked"),
        (zipped({"a.csv": b"<!doctype html><p>"}), "HTML page"),
        (zipped({"a.csv": FRENCH[:-30]}), "payload is cut short"),
    ],
)
def test_what_is_no_zip_of_one_text_is_refused(content: bytes, message: str) -> None:
    assert message in refusal(content)


def test_a_text_with_a_broken_byte_is_refused() -> None:
    at = WHOLE.index(b"Portfolios_Formed_on_ME.CSV") + 60
    assert "zip" in refusal(WHOLE[:at] + bytes([WHOLE[at] ^ 0xFF]) + WHOLE[at + 1 :])


def test_a_text_that_swells_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kenneth_french, "LARGEST", 5000)
    assert "the text in the zip has more than 5000 bytes (a.csv)" in refusal(zipped({"a.csv": b"0" * 5001}))


def fetched() -> Any:
    options = {"return_basis": "gross", "currency": "USD"}
    context = FetchContext(date(2026, 3, 11), http=FakeHttp({("GET", PATH): WHOLE}))
    [payload] = fetch_for("kenneth_french")(Source("kenneth_french", "index_level", options=options), context)
    return payload


def test_the_zip_is_asked_for() -> None:
    payload = fetched()
    assert payload.url == f"https://mba.tuck.dartmouth.edu{PATH}"
    assert (payload.vendor, payload.format, payload.subjects) == ("kenneth_french", "kenneth_french_zip", ())
    frame = parser_for(payload.format)(payload.content, payload.options)
    assert set(frame["series_id"]) == {"FF_ME_Lo_30", "FF_ME_Hi_30"}


def test_the_host_moves_with_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZUHYO_FRENCH_URL", "http://127.0.0.1:1")
    assert fetched().url == f"http://127.0.0.1:1{PATH}"


def test_the_real_text_is_the_same_in_its_zip(shared_data: Path) -> None:
    [file] = (shared_data / "index_levels" / "kenfrench").glob("*.csv")
    [route] = routes(shared_data)
    assert isinstance(route.body, bytes)
    frame = parser_for("kenneth_french_zip")(route.body, GROSS)
    pd.testing.assert_frame_equal(frame, parser_for("kenneth_french_csv")(file.read_bytes(), GROSS))
