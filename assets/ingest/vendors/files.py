"""Vendor ``files``: the files of a drop folder.

Belongs here: a payload a file. Does not belong here: which file answers which dataset (assets/drop.py), parsing
(each format's module).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from assets.drop import DropError, Entry, files_of, read_drop
from assets.ingest.fetching import FetchContext
from assets.ingest.payload import FetchError, Payload
from assets.profile import Source

MEDIA_TYPES = {
    ".csv": "text/csv",
    ".txt": "text/plain",
    ".json": "application/json",
    ".html": "text/html",
    ".xml": "application/xml",
    ".gz": "application/gzip",
    ".zip": "application/zip",
    ".parquet": "application/vnd.apache.parquet",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def fetch(source: Source, context: FetchContext) -> Iterator[Payload]:
    """One payload a file of the source's dataset, in the order of the entries. Raises FetchError."""
    if context.drop is None:
        raise FetchError("the files profile needs a drop folder; none is given")
    try:
        files = files_of(context.drop, read_drop(context.drop), source.dataset)
    except DropError as error:
        raise FetchError(str(error)) from error
    beside = frozenset(_address(context.drop, file) for _, file in files)
    for entry, file in files:
        if source.format in (None, entry.format):
            yield replace(_payload(context.drop, entry, file), beside=beside)


def _payload(folder: Path, entry: Entry, file: Path) -> Payload:
    options = entry.options_for(file)
    return Payload(
        vendor=entry.vendor,
        dataset=entry.dataset,
        format=entry.format,
        url=_address(folder, file),
        content=file,
        options=options,
        media_type=MEDIA_TYPES.get(file.suffix.lower(), "application/octet-stream"),
        licence=entry.licence,
        may_publish=entry.may_publish,
        subjects=(options["series_id"],) if "series_id" in options else (),
    )


def _address(folder: Path, file: Path) -> str:
    return f"file:{file.relative_to(folder).as_posix()}"
