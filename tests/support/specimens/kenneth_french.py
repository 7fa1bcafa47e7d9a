"""Specimens of French's library: the text, and the zip that it comes in."""

from __future__ import annotations

import io
import zipfile

from tests.support.specimens import Specimen

TEXT = "\r\n".join(
    [
        "Made returns of portfolios by size.",
        "",
        "  Value Weight Returns -- Monthly",
        ",<= 0,Lo 30,Hi 30",
        "202601,  -99.99,    1.25,    0.50",
        "202602,  -99.99,   -2.00,    0.75",
        "",
        "Copyright made for tests",
        "",
    ]
).encode()
OPTIONS = {"return_basis": "gross", "currency": "USD"}


def _zipped(text: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(zipfile.ZipInfo("Portfolios_Formed_on_ME.csv"), text)
    return content.getvalue()


SPECIMENS = (
    Specimen("kenneth_french_csv", "index_level", TEXT, OPTIONS),
    Specimen("kenneth_french_zip", "index_level", _zipped(TEXT), OPTIONS),
)
