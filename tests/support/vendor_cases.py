"""What every vendor's module has to hold: numbered cases, each a function of a module and its name.

A vendor is done when its module passes all of them. tests/component/test_vendor_conformance.py tries every module that
is found in assets/ingest/vendors, and the guide's example is tried as well. Cases speak of what is the same for all
vendors; what a format means is told in tests of its own.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import get_args

import pandas as pd
import pytest

from assets.ingest.fetching import FetchContext
from assets.ingest.frames.row_results import PANDAS_TYPES, stated_columns
from assets.ingest.payload import FetchError, Payload, PayloadError
from assets.ingest.vendors import fetch_for, parser_for
from assets.profile import Dataset, Source, read_profile
from tests.support.replay.__main__ import vendor_modules
from tests.support.specimens import Specimen, all_specimens, specimens_of
from warehouse.contract import contracts

ROOT = Path(__file__).parents[2]
PROFILES = ROOT / "pipelines" / "profiles"
DATASETS = {table.removeprefix("core.") for table in contracts() if table.startswith("core.")}
SESSION = date(2026, 3, 11)
NO_PAYLOADS = {
    "blanks": b" \r\n\t\n",
    "a page": b"<!DOCTYPE html><html><head><title>Log in</title></head><body>Log in</body></html>\n",
    "an answer in words": b"Too Many Requests\n",
    "an answer in JSON": b'{"error": "quota exceeded"}',
    "bytes": bytes(range(256)) * 4,
}


def formats_of(module: ModuleType) -> Mapping[str, Callable[..., pd.DataFrame]]:
    """The formats that a module reads."""
    formats: Mapping[str, Callable[..., pd.DataFrame]] = getattr(module, "FORMATS", {})
    return formats


def readable(name: str) -> Iterator[Specimen]:
    """A vendor's specimens that are read, not refused."""
    return (specimen for specimen in specimens_of(name) if not specimen.is_refused)


def refusal(specimen: Specimen, content: bytes) -> str | None:
    """Why the parser of a specimen refuses other bytes; None where it reads them. Whatever else it raises goes on."""
    try:
        parser_for(specimen.format)(content, dict(specimen.options))
    except PayloadError as error:
        return str(error)
    return None


def v01_offers_something(name: str, module: ModuleType) -> None:
    """It has FORMATS or fetch, its name is one of an environment variable, and its head says what belongs there."""
    assert formats_of(module) or hasattr(module, "fetch")
    assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
    assert re.search(r"Belongs here: .*Does not belong here: ", " ".join((module.__doc__ or "").split()))


def v02_formats_are_named_parsers(name: str, module: ModuleType) -> None:
    """FORMATS leads from a name like fred_csv to a function of content and options that says what it raises."""
    for format, parse in formats_of(module).items():
        assert re.fullmatch(r"[a-z][a-z0-9_]*", format)
        assert list(inspect.signature(parse).parameters) == ["content", "options"]
        assert "PayloadError" in (parse.__doc__ or "")


def v03_fetch_is_a_function_of_source_and_context(name: str, module: ModuleType) -> None:
    """fetch takes a source and a context, yields as it goes, and says what it raises."""
    if hasattr(module, "fetch"):
        assert list(inspect.signature(module.fetch).parameters) == ["source", "context"]
        assert inspect.isgeneratorfunction(module.fetch)
        assert "FetchError" in (module.fetch.__doc__ or "")


def v04_requires_are_sets_of_variables(name: str, module: ModuleType) -> None:
    """REQUIRES are sets of environment variables, and only a module with fetch has any."""
    requires = getattr(module, "REQUIRES", ())
    assert isinstance(requires, tuple)
    assert not requires or hasattr(module, "fetch")
    for variables in requires:
        assert isinstance(variables, tuple)
        assert variables
        assert all(re.fullmatch(r"[A-Z][A-Z0-9_]*", variable) for variable in variables)


def v05_every_format_has_a_specimen(name: str, module: ModuleType) -> None:
    """tests/support/specimens has a small good payload of each format, of a dataset that there is."""
    assert {specimen.format for specimen in specimens_of(name)} == set(formats_of(module))
    assert {specimen.dataset for specimen in specimens_of(name)} <= DATASETS


def v06_a_good_payload_gives_the_columns_of_the_contract(name: str, module: ModuleType) -> None:
    """At least one row, with the columns that a vendor states, in the contract's order and of its types; a quantum of
    levels may follow.
    """
    for specimen in readable(name):
        frame = parser_for(specimen.format)(specimen.content, dict(specimen.options))
        assert len(frame)
        stated = {c.name: pd.Series(dtype=PANDAS_TYPES[c.type]).dtype for c in stated_columns(specimen.dataset)}
        assert list(frame.columns)[: len(stated)] == list(stated)
        assert set(frame.columns) <= {*stated, "quantum"}
        has_values = [column for column in stated if frame[column].notna().any()]
        assert [(column, frame[column].dtype) for column in has_values] == [(c, stated[c]) for c in has_values]


def v07_the_same_bytes_give_the_same_rows(name: str, module: ModuleType) -> None:
    """A parser is pure: landing is parsed again years later, with the options that were kept."""
    for specimen in readable(name):
        options = dict(specimen.options)
        frames = [parser_for(specimen.format)(specimen.content, options) for _ in range(2)]
        pd.testing.assert_frame_equal(*frames)
        assert options == specimen.options


def v08_no_bytes_are_refused(name: str, module: ModuleType) -> None:
    """An empty payload is refused, unless its format says that it states nothing."""
    for specimen in specimens_of(name):
        assert (refusal(specimen, b"") is None) == specimen.may_be_empty


def v09_what_is_no_payload_is_refused(name: str, module: ModuleType) -> None:
    """A login page, an answer in words, an answer in JSON and noise are refused with PayloadError alone."""
    for specimen in specimens_of(name):
        for kind, content in NO_PAYLOADS.items():
            is_nothing = specimen.may_be_empty and not content.strip()
            assert is_nothing or refusal(specimen, content), f"{specimen.format} reads {kind}"


def v10_another_format_is_refused(name: str, module: ModuleType) -> None:
    """Bytes of another format of the same dataset, and of every other vendor's, are refused with PayloadError alone."""
    for specimen in specimens_of(name):
        for other in all_specimens():
            if other.format != specimen.format and other.content != specimen.content:
                assert refusal(specimen, other.content), f"{specimen.format} reads {other.format}"


def v11_a_cut_payload_is_refused(name: str, module: ModuleType) -> None:
    """The first third, half and two thirds of a payload, cut inside a line, are refused with PayloadError alone."""
    for specimen in readable(name):
        for share in (1 / 3, 1 / 2, 2 / 3):
            cut = specimen.content[: round(len(specimen.content) * share)].rstrip(b"\r\n")
            assert refusal(specimen, cut), f"{specimen.format} reads the first {share:.0%}"


def v12_options_that_are_missing_are_named(name: str, module: ModuleType) -> None:
    """Without an option a parser reads the payload, or says which one it lacks; it never stumbles."""
    for specimen in readable(name):
        for option in specimen.options:
            rest = {key: value for key, value in specimen.options.items() if key != option}
            assert refusal(replace(specimen, options=rest), specimen.content) != ""


def v13_a_fetch_without_http_fails_as_a_fetch(name: str, module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a client, a drop folder and an environment it raises FetchError and nothing else, or has nothing.

    Tried with no option, and with every entry of a profile that names the vendor.
    """
    if not hasattr(module, "fetch"):
        return
    for variables in getattr(module, "REQUIRES", ()):
        for variable in variables:
            monkeypatch.delenv(variable, raising=False)
    if getattr(module, "REQUIRES", ()):
        with pytest.raises(FetchError, match=module.REQUIRES[0][0]):
            fetch_for(name)
    profiles = [read_profile(PROFILES, path.stem) for path in sorted(PROFILES.glob("*.toml"))]
    sources = [Source(name, dataset) for dataset in get_args(Dataset)]
    sources += [
        source
        for profile in profiles
        for dataset in get_args(Dataset)
        for source in profile.sources(dataset)
        if source.vendor == name
    ]
    for source in sources:
        try:
            payloads = list(module.fetch(source, FetchContext(SESSION)))
        except FetchError as error:
            assert str(error)  # noqa: PT017 - what it says is the vendor's own
        else:
            assert all(isinstance(payload, Payload) for payload in payloads)
            assert not payloads or not source.is_live, f"{name} gave {source.dataset} without a client"


def v14_what_it_reads_is_in_the_documents(name: str, module: ModuleType) -> None:
    """README.md, or a page of docs, names every format."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    assert [format for format in formats_of(module) if f"`{format}`" not in text] == []


def v15_what_is_asked_over_http_is_replayed(name: str, module: ModuleType) -> None:
    """A vendor over HTTP has a module in tests/support/replay: no test reaches the vendor itself."""
    if hasattr(module, "fetch") and Source(name, "").is_live:
        assert name in vendor_modules()


def try_case(case: Callable[..., None], name: str, request: pytest.FixtureRequest) -> None:
    """Tries a case with a vendor's module, and with the fixtures that the case names."""
    fixtures = [fixture for fixture in inspect.signature(case).parameters if fixture not in ("name", "module")]
    module = import_module(f"assets.ingest.vendors.{name}")
    case(name, module, **{fixture: request.getfixturevalue(fixture) for fixture in fixtures})


CASES: dict[str, Callable[..., None]] = {
    name: case for name, case in sorted(globals().items()) if re.match(r"v[0-9]{2}_", name)
}
