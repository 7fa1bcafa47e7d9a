"""Kenneth R. French's library replayed: a real file of portfolios in its zip."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

from tests.support.replay.route import Route

PATH = "/pages/faculty/ken.french/ftp/Portfolios_Formed_on_ME_CSV.zip"


def routes(data: Path) -> Iterator[Route]:
    """The zip of portfolios formed on size."""
    [file] = (data / "index_levels" / "kenfrench").glob("Portfolios_Formed_on_ME*.csv")
    yield Route("french", PATH, zipped({"Portfolios_Formed_on_ME.csv": file.read_bytes()}), "application/zip")


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip of the files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()
