"""Vendor ``sample``: invented data in the vendors' real formats, made from a seed for any session.

Belongs here: which source gets which file, and keeping files for the next run of the session. Does not belong here:
making the files (ingest/sample/), parsing (the real formats' modules).
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from assets import calendar
from assets.files import write_atomically
from assets.ingest.fetching import FetchContext
from assets.ingest.parsing.delimited_text import Days, Floats
from assets.ingest.payload import FetchError, Payload
from assets.ingest.sample import companies, constituents, filings, funds
from assets.ingest.sample.index_files import (
    FUNDS,
    PORTFOLIOS,
    estimates_csv,
    fred_csv,
    french_csv,
    policy_rate_csv,
    yahoo_csv,
)
from assets.ingest.sample.index_paths import paths
from assets.profile import Source

LICENCE = "invented; free to use"
FileType = Literal["csv", "json", "parquet", "zip"]
MEDIA_TYPES: dict[FileType, str] = {
    "csv": "text/csv",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
    "zip": "application/zip",
}

UNNAMED = {
    "security": "securities",
    "security_level": "panel",
    "company": "company_tickers",
    "revenue_geography": "filings",
    "eps_estimate": "estimates",
    "fund": "funds",
}
"""The one file of each dataset that has no series."""

SERVED_WHOLE = ("fund_nav",)
"""Datasets of which a source without a series_id gets every file."""


@dataclass(frozen=True)
class SampleFile:
    """How one sample file is made; ``make`` gives no bytes for a session before the file's first row.

    ``dated`` gives the options that hang on the session.
    """

    format: str
    subjects: tuple[str, ...]
    make: Callable[[date], bytes]
    options: Mapping[str, str] = field(default_factory=dict)
    file_type: FileType = "csv"
    dated: Callable[[date], Mapping[str, str]] = lambda session: {}


def fetch(source: Source, context: FetchContext) -> Iterator[Payload]:
    """The payload of one series (option series_id; none where a dataset is one file), or none before it begins.

    Of a dataset in SERVED_WHOLE, a source without a series_id gets a payload for each series that has begun.

    Raises FetchError for an unknown dataset or series, another format than the series has, and a session
    after the last one of the calendar.
    """
    chosen = _chosen(source)
    last = calendar.exchange().last_session.date()
    if context.session > last:
        raise FetchError(f"the sample ends with the exchange calendar on {last} (asked for {context.session})")
    for name, file in chosen.items():
        content = _content(source.dataset, name, file, context)
        if content:
            yield _payload(source, context.session, name, file, content)


def _content(dataset: str, name: str, file: SampleFile, context: FetchContext) -> bytes:
    """The file's bytes; where the context has a cache, those of an earlier run of the session with the same code."""
    if context.cache is None:
        return file.make(context.session)
    folder = context.cache / "sample" / f"{context.session}-{_code_digest()}"
    if not folder.exists():
        shutil.rmtree(folder.parent, ignore_errors=True)
    path = folder / f"{dataset}-{name}"
    if not path.exists():
        write_atomically(path, file.make(context.session))
    return path.read_bytes()


@cache
def _code_digest() -> str:
    """Of the modules and tables that make the files, and of the libraries that they are made with."""
    digest = hashlib.sha256()
    for module in (
        Path(__file__),
        Path(calendar.__file__),
        *sorted(path for path in (Path(__file__).parents[1] / "sample").iterdir() if path.is_file()),
    ):
        digest.update(module.read_bytes())
    for library in ("exchange-calendars", "numpy", "pandas", "pyarrow"):
        digest.update(version(library).encode())
    return digest.hexdigest()[:16]


def _payload(source: Source, session: date, name: str, file: SampleFile, content: bytes) -> Payload:
    return Payload(
        vendor="sample",
        dataset=source.dataset,
        format=file.format,
        url=f"sample:{name}.{file.file_type}?session={session}",
        content=content,
        options=dict(file.options) | dict(file.dated(session)) | dict(source.options),
        media_type=MEDIA_TYPES[file.file_type],
        licence=source.licence or LICENCE,
        may_publish=source.may_publish,
        subjects=file.subjects,
        speaks_until=session,
    )


def _chosen(source: Source) -> dict[str, SampleFile]:
    """The files that a source asks for, by name."""
    files = _files().get(source.dataset)
    if files is None:
        raise FetchError(f"the sample vendor has no dataset {source.dataset!r}; it has: {', '.join(_files())}")
    name = str(source.options.get("series_id", _unnamed(source)))
    chosen = files if source.dataset in SERVED_WHOLE and not name else {name: files.get(name)}
    return {name: _of_format(source, name, file, files) for name, file in chosen.items()}


def _of_format(source: Source, name: str, file: SampleFile | None, files: Mapping[str, SampleFile]) -> SampleFile:
    if file is None:
        raise FetchError(f"the sample vendor has no series {name!r}; it has: {', '.join(files)}")
    if source.format not in (None, file.format):
        raise FetchError(f"the sample vendor has {name} as {file.format}, not as {source.format}")
    return file


def _unnamed(source: Source) -> str:
    """The file that a source without a series_id asks for."""
    if source.format == "kenneth_french_csv":
        return "FF_ME"
    return UNNAMED.get(source.dataset, "")


@cache
def _files() -> dict[str, dict[str, SampleFile]]:
    """All files by dataset and name."""
    return {
        "index_level": _series(),
        "membership": {
            group.series_id: SampleFile(
                "membership_intervals_csv", (group.series_id,), partial(constituents.membership_csv, group.series_id)
            )
            for group in constituents.GROUPS
        },
        "security": {"securities": SampleFile("csv", (), constituents.security_csv, {"dataset": "security"})},
        "policy_rate": {
            "DFEDTARU": SampleFile(
                "fred_csv",
                ("DFEDTARU",),
                policy_rate_csv,
                {"series_id": "DFEDTARU", "dataset": "policy_rate"},
            )
        },
        "eps_estimate": {"estimates": SampleFile("csv", (), estimates_csv, {"dataset": "eps_estimate"})},
        "security_level": {
            "panel": SampleFile(
                "price_panel_parquet",
                (),
                constituents.panel_parquet,
                {"file_name": "panel.parquet", "return_basis": "adjusted_close", "currency": "USD"},
                "parquet",
            )
        },
        "holding": {
            fund: SampleFile("ishares_csv", (fund,), partial(companies.holdings_csv, fund), {"series_id": fund})
            for fund in companies.FUNDS
        },
        "company": {
            "company_tickers": SampleFile(
                "sec_company_tickers_json", (), companies.tickers_json, file_type="json", dated=companies.list_day
            )
        },
        "revenue_geography": {"filings": SampleFile("sec_fsds_zip", (), filings.filings_zip, file_type="zip")},
        "fund": {
            "funds": SampleFile("toushin_search_json", (), partial(funds.search_json, _small_index), file_type="json")
        },
        "fund_nav": {
            fund.code: SampleFile(
                "toushin_nav_csv",
                (fund.isin,),
                partial(funds.nav_csv, fund, _small_index),
                {"fund_id": fund.isin, "association_code": fund.code},
            )
            for fund in funds.FUNDS
        },
    }


def _small_index() -> tuple[Days, Floats]:
    return paths().days, paths().total["small"]


@cache
def _series() -> dict[str, SampleFile]:
    files = {
        "RU2000TR": _levels("fred_csv", "gross", ("RU2000TR",), lambda day: fred_csv(paths().total["small"], day)),
        "RU1000TR": _levels("fred_csv", "gross", ("RU1000TR",), lambda day: fred_csv(paths().total["large"], day)),
        "RU3000TR": _levels("fred_csv", "gross", ("RU3000TR",), lambda day: fred_csv(paths().market, day)),
        "RU2000PR": _levels("fred_csv", "price", ("RU2000PR",), lambda day: fred_csv(paths().price["small"], day)),
        "RU1000PR": _levels("fred_csv", "price", ("RU1000PR",), lambda day: fred_csv(paths().price["large"], day)),
    }
    for name in FUNDS:
        files[name] = _levels("yahoo_csv", "adjusted_close", (name,), partial(yahoo_csv, name))
    portfolios = tuple(f"FF_ME_{name.replace(' ', '_')}" for name in PORTFOLIOS)
    return files | {"FF_ME": _levels("kenneth_french_csv", "gross", portfolios, french_csv)}


def _levels(format: str, return_basis: str, subjects: tuple[str, ...], make: Callable[[date], bytes]) -> SampleFile:
    return SampleFile(format, subjects, make, {"return_basis": return_basis, "currency": "USD"})
