"""The intake: what a source's failure costs, what stays as evidence, who is absent and who is late."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets.core.assets import load_staged
from assets.core.load import load_payload
from assets.datasets import DATASETS
from assets.ingest import ingest as intake_module
from assets.ingest import vendors
from assets.ingest.fetching import FetchContext, payload_from
from assets.ingest.ingest import Ingest, IngestResult
from assets.ingest.landing import Landing
from assets.ingest.outcomes import check_optional_sources, check_payloads
from assets.ingest.payload import Answer, BrokenAnswerError, FetchError, NotThereError, Payload
from assets.profile import Source
from checks.outcome import UNKNOWN_SUBJECT, record
from tests.support.helpers import STUDY, day, empty_warehouse, sessions
from warehouse.contract import contracts
from warehouse.database import create_from_frame, transaction
from warehouse.rows import Rows
from warehouse.staging import stage_payloads

SESSION = day("2026-03-11")
BEFORE = day("2026-03-10")
SITE = "https://acme.example"
Script = list[bytes | Exception]


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    found = empty_warehouse("core.index_level", "meta.load", "meta.payload", "meta.check_result")
    yield found
    found.execute("DROP SCHEMA IF EXISTS staging CASCADE")


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    return Landing(tmp_path / "landing")


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The payloads that were parsed, in their order."""
    seen: list[bytes] = []

    def parse_payload(payload: Payload) -> Rows:
        content = payload.content
        seen.append(content if isinstance(content, bytes) else content.read_bytes())
        return vendors.parse_payload(payload)

    monkeypatch.setattr(intake_module, "parse_payload", parse_payload)
    return seen


@pytest.fixture
def acme(monkeypatch: pytest.MonkeyPatch) -> dict[str, Script]:
    """A live vendor: what it answers for each series, one after the other; an error ends the fetch."""
    script: dict[str, Script] = {}

    def fetch(source: Source, context: FetchContext) -> Iterator[Payload]:
        for number, said in enumerate(script[source.options["series_id"]]):
            if isinstance(said, Exception):
                raise said
            place = f"{SITE}/levels/{source.options['series_id']}/{number}.csv"
            answer = Answer(f"{place}?to={context.session}", place, said, "text/csv")
            yield payload_from(source, answer, "fred_csv", series_id=f"{source.options['series_id']}{number or ''}")

    monkeypatch.setitem(vendors._fetches(), "acme", fetch)
    return script


def source(series: str = "A", **changes: Any) -> Source:
    options = {"series_id": series, "return_basis": "gross", "currency": "USD"}
    return Source("acme", "index_level", options=options, **changes)


def levels(last: date = SESSION, first: str = "2026-01-05", start: float = 100.0) -> bytes:
    """FRED's layout, a level on every session: its own, wherever the history begins."""
    days = sessions(first, last.isoformat())
    return "".join(["DATE,VALUE\n", *(f"{one},{start + one.toordinal() % 1000:.2f}\n" for one in days)]).encode()


def take(
    connection: duckdb.DuckDBPyConnection, landing: Landing, *sources: Source, session: date = SESSION
) -> IngestResult:
    return Ingest(connection, landing, FetchContext(session), DATASETS["index_level"]).ingest(sources)


def stage(connection: duckdb.DuckDBPyConnection, intake: IngestResult, *, is_again: bool = False) -> None:
    stage_payloads(connection, "index_level", intake.payloads_to_load(), is_again=is_again)


def load(connection: duckdb.DuckDBPyConnection, intake: IngestResult) -> None:
    """What was accepted goes into core, as the night of the session does it."""
    stage(connection, intake)
    record(connection, "run", [check_payloads("index_level", intake.refused, STUDY, SESSION)])
    load_staged(connection, "index_level", "run")


def broken(content: bytes, reason: str = "the answer broke off after 12 bytes") -> BrokenAnswerError:
    return BrokenAnswerError(reason, Answer(f"{SITE}/levels/A.csv?to=now", f"{SITE}/levels/A.csv", content, "text/csv"))


def rejected(landing: Landing) -> dict[bytes, dict[str, Any]]:
    """The refused bytes, each with its origin record."""
    found = {}
    for origin_file in landing.folder.glob("acme/index_level/rejected/*.origin.jsonl"):
        [line] = origin_file.read_text(encoding="utf-8").splitlines()
        origin = json.loads(line)
        found[(origin_file.parent / origin["file"]).read_bytes()] = origin
    return found


# ---- refusals


def test_an_answer_that_broke_off_is_kept_and_refused(
    connection: duckdb.DuckDBPyConnection, landing: Landing, acme: dict[str, Script], parsed: list[bytes]
) -> None:
    acme["A"] = [broken(b"DATE,VALUE\n20")]
    intake = take(connection, landing, source())
    [(content, origin)] = rejected(landing).items()
    assert content == b"DATE,VALUE\n20"
    assert origin["rejected_because"] == "the answer broke off after 12 bytes"
    assert (origin["vendor"], origin["dataset"], origin["url"]) == (
        "acme",
        "index_level",
        f"{SITE}/levels/A.csv?to=now",
    )
    [refusal] = intake.refused
    assert (refusal.vendor, refusal.reason, refusal.subjects) == ("acme", origin["rejected_because"], ("A",))
    assert refusal.url == origin["url"]
    assert parsed == [], "nobody reads half an answer"
    assert list(landing.retrievals()) == []
    assert not check_payloads("index_level", intake.refused, STUDY, SESSION).passed


def test_a_broken_answer_of_bytes_that_were_good_once_takes_nothing_away(
    connection: duckdb.DuckDBPyConnection, landing: Landing, acme: dict[str, Script]
) -> None:
    acme["A"], acme["B"] = [levels()], [broken(levels())]
    intake = take(connection, landing, source("A"), source("B"))
    assert (len(intake.accepted), len(intake.refused)) == (1, 1)
    assert list(rejected(landing)) == [levels()]
    assert [retrieval.payload.content.read_bytes() for retrieval in landing.retrievals()] == [levels()]


@pytest.mark.parametrize("error", [FetchError("no answer"), broken(b"DA"), NotThereError("404")])
def test_a_fetch_that_fails_midway_keeps_what_came_before(
    connection: duckdb.DuckDBPyConnection, landing: Landing, acme: dict[str, Script], error: Exception
) -> None:
    acme["A"], acme["B"] = [levels(), levels(start=50), error, levels(start=20)], [levels(start=10)]
    intake = take(connection, landing, source("A"), source("B"))
    assert [retrieval.payload.subjects for retrieval, _ in intake.accepted] == [("A",), ("A1",), ("B",)]
    assert [refusal.reason for refusal in intake.refused] == [str(error)]
    assert len(list(landing.retrievals())) == 3


def test_a_source_that_nobody_knows_the_series_of_may_be_any(
    connection: duckdb.DuckDBPyConnection, landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(source: Source, context: FetchContext) -> Iterator[Payload]:
        raise broken(b"half")
        yield

    monkeypatch.setitem(vendors._fetches(), "acme", fetch)
    intake = take(connection, landing, Source("acme", "index_level"))
    outcome = check_payloads("index_level", intake.refused, STUDY, SESSION)
    assert outcome.subjects == (UNKNOWN_SUBJECT,)
    assert list(rejected(landing)) == [b"half"]


def test_an_optional_source_that_is_not_there_is_noted_and_fails_nothing(
    connection: duckdb.DuckDBPyConnection, landing: Landing, acme: dict[str, Script]
) -> None:
    acme["A"], acme["B"] = [NotThereError("404 from acme")], [levels()]
    intake = take(connection, landing, source("A", optional=True), source("B"))
    assert intake.refused == []
    assert [(one.vendor, one.reason) for one in intake.absent] == [("acme", "404 from acme")]
    assert len(intake.accepted) == 1
    outcome = check_optional_sources("index_level", intake.absent, STUDY, SESSION)
    assert (outcome.passed, outcome.blocking, outcome.failing) == (False, False, 1)
    assert "404 from acme" in outcome.observed
    assert check_optional_sources("index_level", [], STUDY, SESSION).passed


@pytest.mark.parametrize(("optional", "error"), [(False, NotThereError("404")), (True, FetchError("no answer"))])
def test_what_is_no_absence_is_a_refusal(
    connection: duckdb.DuckDBPyConnection,
    landing: Landing,
    acme: dict[str, Script],
    optional: bool,
    error: Exception,
) -> None:
    acme["A"] = [error]
    intake = take(connection, landing, source(optional=optional))
    assert (intake.absent, [one.reason for one in intake.refused]) == ([], [str(error)])


def test_the_door_refuses_what_the_parser_takes(
    connection: duckdb.DuckDBPyConnection, landing: Landing, acme: dict[str, Script]
) -> None:
    acme["A"] = [levels()]
    load(connection, take(connection, landing, source()))
    larger = levels(first="2025-06-02")
    acme["A"] = [larger]
    intake = take(connection, landing, source())
    [refusal] = intake.refused
    assert refusal.reason.startswith("the payload is larger than before")
    assert refusal.subjects == ("A",)
    assert rejected(landing)[larger]["rejected_because"] == refusal.reason
    allowed = take(connection, landing, source(limits={"grows_at_most": 10.0}))
    assert (len(allowed.accepted), allowed.refused) == (1, [])


def test_a_limit_reaches_the_guard_of_the_dataset(
    connection: duckdb.DuckDBPyConnection, landing: Landing, acme: dict[str, Script]
) -> None:
    acme["A"] = [levels()]
    load(connection, take(connection, landing, source()))
    acme["A"] = [levels(first="2026-03-02")]
    assert "smaller than before" in take(connection, landing, source()).refused[0].reason
    assert take(connection, landing, source(limits={"keeps_at_least": 0.0})).refused == []


def test_an_unchanged_payload_is_not_parsed(
    connection: duckdb.DuckDBPyConnection, landing: Landing, acme: dict[str, Script], parsed: list[bytes]
) -> None:
    acme["A"] = [levels()]
    load(connection, take(connection, landing, source()))
    again = take(connection, landing, source(limits={"grows_at_most": 2.0}))  # a limit is no other way to read it
    assert (len(again.unchanged), len(parsed)) == (1, 1)
    assert again.payloads == 1


def test_the_bytes_of_a_night_are_in_landing_alone(
    connection: duckdb.DuckDBPyConnection, landing: Landing, acme: dict[str, Script]
) -> None:
    """Five data sets and 200 annual reports are hundreds of MB; how many bytes each had is still told."""
    acme["A"] = [levels(), levels(start=50)]
    first = take(connection, landing, source())
    load(connection, first)
    again = take(connection, landing, source())
    kept = [retrieval for retrieval, _ in first.accepted] + again.unchanged
    assert [retrieval.payload.content for retrieval in kept] == [b""] * len(kept) == [b""] * 4
    told = {(sha256, size) for sha256, size in connection.execute("SELECT sha256, bytes FROM meta.payload").fetchall()}
    assert told == {(one.sha256, one.payload.size) for one in landing.retrievals()}
    assert {size for _, size in told} == {len(levels()), len(levels(start=50))}


# ---- what is late


@pytest.mark.parametrize(
    ("answers", "is_late"),
    [
        ([levels(SESSION)], False),
        ([levels(BEFORE)], True),
        ([levels(BEFORE), levels(SESSION)], False),
        ([], True),
        ([b""], True),
        ([FetchError("no answer")], True),
        ([broken(b"DA")], True),
        ([NotThereError("404")], True),
        ([levels(SESSION), FetchError("no answer")], False),
    ],
    ids=["there", "day before", "one of two", "nothing", "refused", "no answer", "broken", "404", "there, then none"],
)
def test_who_is_late(
    connection: duckdb.DuckDBPyConnection,
    landing: Landing,
    acme: dict[str, Script],
    answers: Script,
    is_late: bool,
) -> None:
    acme["A"] = answers
    assert take(connection, landing, source(awaits_session=True)).late == (["A"] if is_late else [])
    assert take(connection, landing, source()).late == [], "a history that has ended"


def test_another_series_does_not_stand_for_one_that_is_late(
    connection: duckdb.DuckDBPyConnection, landing: Landing, acme: dict[str, Script]
) -> None:
    acme["A"], acme["B"], acme["C"] = [levels()], [levels(BEFORE)], [levels()]
    awaited = [source(name, awaits_session=True) for name in "ABC"]
    assert take(connection, landing, *awaited).late == ["B"]
    absent = source("A", awaits_session=True, optional=True)
    acme["A"] = [NotThereError("404")]
    assert take(connection, landing, absent).late == []


@pytest.mark.parametrize(("last", "is_late"), [(SESSION, False), (BEFORE, True)])
def test_an_unchanged_payload_is_as_new_as_its_series(
    connection: duckdb.DuckDBPyConnection,
    landing: Landing,
    acme: dict[str, Script],
    last: date,
    is_late: bool,
) -> None:
    acme["A"] = [levels(last)]
    load(connection, take(connection, landing, source()))
    again = take(connection, landing, source(awaits_session=True))
    assert (len(again.unchanged), again.late) == (1, ["A"] if is_late else [])


def test_an_earlier_try_is_staged_before_a_later_one(
    connection: duckdb.DuckDBPyConnection, landing: Landing, acme: dict[str, Script]
) -> None:
    """Landing keeps both, so core has to load both, or a rebuild would make another core."""
    acme["A"], acme["B"] = [levels()], [FetchError("no answer")]
    stage(connection, take(connection, landing, source("A"), source("B")))
    acme["A"], acme["B"] = [levels(start=50)], [levels()]
    stage(connection, take(connection, landing, source("A"), source("B")), is_again=True)
    load_staged(connection, "index_level", "run")
    night = loads(connection)
    assert [rows for _, rows in night] == [46, 46, 46]

    connection.execute("DELETE FROM core.index_level; DELETE FROM meta.load")
    for retrieval in landing.retrievals():
        payload = retrieval.payload
        rows = vendors.parse_payload(payload)
        with transaction(connection):
            create_from_frame(connection, "TEMP TABLE incoming", rows)
            load_payload(connection, "index_level", retrieval.payload_to_load(), "rebuild")
    assert loads(connection) == night


def loads(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, int]]:
    table = contracts()["core.index_level"].table
    return connection.execute(
        f"SELECT payload_sha256 || known_at, count(*) FROM {table} GROUP BY ALL ORDER BY ALL"
    ).fetchall()


def test_the_first_try_forgets_what_a_run_before_left_behind(
    connection: duckdb.DuckDBPyConnection, landing: Landing, acme: dict[str, Script]
) -> None:
    acme["A"] = [levels()]
    stage(connection, take(connection, landing, source()))
    acme["A"] = [FetchError("no answer")]
    stage(connection, take(connection, landing, source()))
    acme["A"] = [levels(BEFORE)]
    stage(connection, take(connection, landing, source()), is_again=True)
    load_staged(connection, "index_level", "run")
    assert connection.execute("SELECT count(*), max(date) FROM core.index_level").fetchall() == [(45, BEFORE)]
