"""Vendor ``corrections``: what people state of the data, as payloads and as rows of core.correction.

Belongs here: reading the files' bytes, their rows. Does not belong here: the schema of these files and where they are
(assets/corrections.py), applying what they say (the macros of warehouse/contract.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from assets.corrections import DROP_FILE, CorrectionsError, correction_files, read_entries
from assets.drop import DropError
from assets.ingest.fetching import FetchContext
from assets.ingest.frames.row_results import PANDAS_TYPES, stated_columns
from assets.ingest.parsing.delimited_text import refuse_no_data, text_option
from assets.ingest.payload import FetchError, Parser, Payload, PayloadError
from assets.profile import Source

FORMAT = "corrections_toml"
DATASET = "correction"
SOURCE = Source(vendor="corrections", dataset=DATASET, format=FORMAT, licence="the desk's own words", may_publish=True)
"""What every profile has, without naming it."""


def fetch(source: Source, context: FetchContext) -> Iterator[Payload]:
    """One payload a file: those of the project, then the drop folder's. No file is no fault. Raises FetchError.

    A file that is gone takes its entries with it: it comes as an empty payload, once.
    """
    try:
        files = correction_files(context.corrections, context.drop)
    except DropError as error:
        raise FetchError(str(error)) from error
    for name, path in files.items():
        yield _payload(source, name, _read(path))
    for name in context.correction_files():
        folder = context.drop if name == DROP_FILE else context.corrections
        if folder is not None and name not in files:
            yield _payload(source, name, b"")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FetchError(f"{path} can't be read: {error.strerror}") from error


def _payload(source: Source, name: str, content: bytes) -> Payload:
    return Payload(
        vendor=source.vendor,
        dataset=source.dataset,
        format=FORMAT,
        url=f"file:{name}",
        content=content,
        options={"dataset": source.dataset, "stated_in": name},
        media_type="application/toml",
        licence=source.licence,
        may_publish=source.may_publish,
        stated_place=name,
    )


def parse(content: bytes, options: Mapping[str, Any]) -> pd.DataFrame:
    """One row an entry, with the columns of core.correction; none for an empty file. Raises PayloadError.

    Option: stated_in, the file's name, which every message begins with.
    """
    name = text_option(options, "stated_in")
    if content.decode("utf-8-sig", "replace").strip():  # an empty file states nothing, and is no fault
        refuse_no_data(content)
    try:
        rows = [entry.as_row(name) for entry in read_entries(content, name)]
    except CorrectionsError as error:
        raise PayloadError(str(error)) from error
    columns = {c.name: pd.Series([row[c.name] for row in rows], dtype=PANDAS_TYPES[c.type]) for c in _columns()}
    return pd.DataFrame(columns)


def _columns() -> Any:
    return stated_columns(DATASET)


FORMATS: dict[str, Parser] = {FORMAT: parse}
