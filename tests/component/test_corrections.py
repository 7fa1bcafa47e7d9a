"""Known corrections: what their files may say, which files there are, and what core knows of them at which time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets.core.assets import load_staged
from assets.core.reload import load_again
from assets.corrections import NEEDS, read_entries
from assets.datasets import DATASETS
from assets.drop import Drop, unclaimed_files
from assets.ingest.fetch_targets import known_correction_files
from assets.ingest.fetching import FetchContext
from assets.ingest.ingest import Ingest, IngestResult
from assets.ingest.landing import Landing
from assets.ingest.payload import PayloadError
from assets.ingest.vendors import parser_for
from assets.ingest.vendors.corrections import FORMAT, SOURCE
from tests.support.helpers import day, empty_warehouse
from warehouse.database import rows_as_dicts
from warehouse.staging import stage_payloads

NAME = "corrections.toml"
SESSION = day("2026-03-11")
WHY = 'reason = "told by phone"\nsource = "letter of 2026-03-12"\nby = "M. Sato"\nsince = 2026-03-12\n'
CLOSURE = 'kind = "closure"\ndate = 2026-03-09\n'
SPLIT = 'kind = "split"\ndataset = "fund_nav"\nsubject = "JP90C000PA51"\ndate = 2026-03-02\nfactor = 10\n'
WRONG = (
    'kind = "wrong_value"\ndataset = "index_level"\nsubject = "SMALL"\ndate = 2026-03-02\n'
    'column = "level"\nfound = 1200.5\nvalue = 120.05\n'
)
REAL = 'kind = "real_move"\ndataset = "security_level"\nsubject = "EXA"\ndate = 2026-03-02\nuntil = 2026-03-04\n'
RESTATED = 'kind = "restatement"\ndataset = "index_level"\nsubject = "SMALL"\ndate = 2024-01-02\nuntil = 2025-12-31\n'
KINDS = {"closure": CLOSURE, "split": SPLIT, "wrong-value": WRONG, "real-move": REAL, "restatement": RESTATED}


def entry(name: str, said: str, why: str = WHY) -> str:
    return f'[[correction]]\nid = "{name}"\n{said}{why}\n'


def refused(text: str | bytes) -> str:
    with pytest.raises(PayloadError) as caught:
        parser_for(FORMAT)(text if isinstance(text, bytes) else text.encode(), {"stated_in": NAME})
    return str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_can_be_stated(kind: str) -> None:
    frame = parser_for(FORMAT)(entry(kind, KINDS[kind]).encode(), {"stated_in": NAME})
    [row] = frame.to_dict("records")
    assert (row["stated_in"], row["correction_id"], row["kind"]) == (NAME, kind, kind.replace("-", "_"))
    assert (row["reason"], row["source"], row["stated_by"]) == ("told by phone", "letter of 2026-03-12", "M. Sato")
    assert row["stated_on"].date() == day("2026-03-12")


def test_a_file_may_begin_with_a_byte_order_mark_and_may_say_nothing() -> None:
    text = "# nothing yet\n" + entry("one", CLOSURE)
    assert [one.id for one in read_entries(b"\xef\xbb\xbf" + text.encode(), NAME)] == ["one"]
    assert read_entries(b"# nothing any more\n", NAME) == []


@pytest.mark.parametrize(
    ("said", "named"),
    [
        (CLOSURE.replace("closure", "closed"), ["kind", "'closed'", "'closure'"]),
        (CLOSURE.replace("2026-03-09", '"9 March"'), ["date", "'9 March'"]),
        (CLOSURE.replace("2026-03-09", "20260309"), ["date", "20260309"]),
        (CLOSURE + "until = 2026-03-06\n", ["until lies before date", "2026-03-06"]),
        (CLOSURE + "until = 2027-03-09\n", ["a closure is of at most 31 days", "2027-03-09"]),
        (CLOSURE + 'subject = "SMALL"\n', ["a closure has none of subject", "SMALL"]),
        (REAL.replace("until = 2026-03-04", "until = 2026-05-04"), ["a real_move is of at most 31 days", "2026-05-04"]),
        (REAL.replace("until = 2026-03-04", "until = 2026-03-30"), ["nobody can know of 2026-03-30"]),
        (RESTATED.replace("2025-12-31", "2030-01-01"), ["nobody can know of 2030-01-01"]),
        (CLOSURE + "untill = 2026-03-10\n", ["untill", "2026, 3, 10"]),
        (SPLIT.replace("factor = 10\n", ""), ["missing: factor"]),
        (SPLIT.replace("= 10", "= 0"), ["factor", "found 0"]),
        (SPLIT.replace("= 10", "= -10"), ["factor", "found -10"]),
        (SPLIT.replace("= 10", "= 1"), ["factor is 1"]),
        (SPLIT.replace("= 10", '= "10"'), ["factor", "'10'"]),
        (SPLIT.replace("= 10", "= true"), ["factor", "True"]),
        (SPLIT.replace("fund_nav", "holding"), ["a split is of", "holding"]),
        (SPLIT.replace("fund_nav", "fund_navs"), ["dataset", "'fund_navs'", "policy_rate"]),
        (SPLIT + "until = 2026-03-04\n", ["a split has none of until", "2026-03-04"]),
        (WRONG.replace("1200.5", "nan"), ["found", "nan"]),
        (WRONG.replace("1200.5", "120.05"), ["found and value are the same", "120.05"]),
        (WRONG.replace('column = "level"\n', ""), ["missing: column"]),
        (WRONG.replace('"level"', '"currency"'), ["column must be one of level", "currency"]),
        (REAL.replace('"EXA"', '" "'), ["subject", "' '"]),
        (REAL + "value = 3.0\n", ["a real_move has none of value", "3.0"]),
        (RESTATED.replace('subject = "SMALL"\n', ""), ["missing: subject"]),
    ],
)
def test_an_entry_that_cannot_be_meant_is_refused_by_file_entry_key_and_value(said: str, named: list[str]) -> None:
    message = refused(entry("good", CLOSURE) + entry("bad", said))
    assert message.startswith(f"{NAME}: entry 2 (bad): ")
    assert [part for part in named if part not in message] == []


@pytest.mark.parametrize("key", ["reason", "source", "by", "since"])
def test_nothing_is_taken_without_reason_source_name_and_day(key: str) -> None:
    why = "".join(line for line in WHY.splitlines(keepends=True) if not line.startswith(key))
    assert f"entry 1 (one): {key}: Field required" in refused(entry("one", CLOSURE, why))
    assert f"entry 1 (one): {key}: " in refused(entry("one", CLOSURE, f'{why}{key} = ""\n'))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[[correction]\n", "not TOML"),
        (entry("one", CLOSURE).encode("utf-16"), "not TOML in UTF-8"),
        ("[correction]\nid = 'one'\n", "[[correction]]"),
        ("[[corection]]\nid = 'one'\n", "found corection"),
        (entry("one", CLOSURE) + entry("one", SPLIT), "two entries have the id one"),
        (entry("one", WRONG) + entry("two", WRONG), "one and two state the same wrong_value of 2026-03-02"),
        (entry("one", SPLIT) + entry("two", SPLIT.replace("10", "5")), "one and two state the same split"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused(text: str | bytes, named: str) -> None:
    message = refused(text)
    assert message.startswith(f"{NAME}: ")
    assert named in message


def test_every_fault_of_a_file_is_named_at_once() -> None:
    message = refused(entry("one", SPLIT.replace("10", "0")) + entry("two", CLOSURE + "value = 1.0\n"))
    assert "entry 1 (one): factor" in message
    assert "entry 2 (two): a closure has none of value" in message


class Desk:
    """A desk with a project's folder of corrections, a drop folder and a warehouse, night after night."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self.connection, self.landing = connection, Landing(folder / "landing")
        self.project, self.drop = folder / "corrections", folder / "drop"
        self.drop.mkdir()

    def states(self, text: str | None) -> None:
        path = self.drop / NAME
        path.unlink() if text is None else path.write_text(text, encoding="utf-8")

    def night(self) -> IngestResult:
        now = datetime(9998, 1, 1)
        context = FetchContext(
            SESSION,
            drop=self.drop,
            corrections=self.project,
            correction_files=lambda: known_correction_files(self.connection, now),
        )
        intake = Ingest(self.connection, self.landing, context, DATASETS["correction"]).ingest([SOURCE])
        stage_payloads(self.connection, "correction", intake.payloads_to_load())
        load_staged(self.connection, "correction", "run")
        return intake

    def known(self, at: datetime = datetime(9998, 1, 1)) -> set[tuple[str, str]]:
        rows = self.connection.execute("FROM core.correction_as_known(?)", [at])
        return {(row[0], row[1]) for row in rows.fetchall()}

    def everything(self) -> list[dict[str, Any]]:
        return rows_as_dicts(self.connection, "FROM core.correction ORDER BY known_at, correction_id")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    connection = empty_warehouse("core.correction", "meta.load", "meta.payload")
    yield Desk(connection, tmp_path)
    connection.execute("DROP SCHEMA IF EXISTS staging CASCADE; DROP TABLE IF EXISTS incoming")


def test_no_file_is_no_fault_and_what_is_stated_is_known(desk: Desk) -> None:
    assert desk.night().payloads == 0
    desk.states(entry("split", SPLIT) + entry("closed", CLOSURE))
    desk.project.mkdir()
    (desk.project / "all.toml").write_text(entry("closed", CLOSURE), encoding="utf-8")
    assert len(desk.night().accepted) == 2
    drop, project = NAME, "pipelines/corrections/all.toml"
    assert desk.known() == {(drop, "split"), (drop, "closed"), (project, "closed")}
    night = desk.night()
    assert (len(night.accepted), len(night.unchanged)) == (0, 2)


def test_an_entry_or_a_file_that_is_taken_out_is_withdrawn_and_was_known_before(desk: Desk) -> None:
    desk.states(entry("split", SPLIT) + entry("closed", CLOSURE))
    desk.night()
    times = [max(row["known_at"] for row in desk.everything())]
    desk.states(entry("split", SPLIT.replace("= 10", "= 5")))
    desk.night()
    times.append(max(row["known_at"] for row in desk.everything()))
    assert desk.known() == {(NAME, "split")}
    assert [row["factor"] for row in desk.everything() if row["correction_id"] == "split"] == [10, 5]
    desk.states(None)
    assert len(desk.night().accepted) == 1
    assert desk.known() == set()
    assert desk.night().payloads == 0
    desk.states(entry("closed", CLOSURE))
    desk.night()
    assert desk.known() == {(NAME, "closed")}
    assert desk.known(times[0]) == {(NAME, "split"), (NAME, "closed")}
    assert desk.known(times[1]) == {(NAME, "split")}


def test_an_emptied_file_withdraws_what_it_said(desk: Desk) -> None:
    desk.states(entry("split", SPLIT))
    desk.night()
    desk.states("# all settled\n")
    desk.night()
    assert desk.known() == set()


def test_a_rebuild_knows_the_same(desk: Desk) -> None:
    for text in (entry("split", SPLIT) + entry("closed", CLOSURE), entry("split", SPLIT), None, entry("x", CLOSURE)):
        desk.states(text)
        desk.night()
    before = desk.everything()
    for table in ("core.correction", "meta.load", "meta.payload"):
        desk.connection.execute(f"DELETE FROM {table}")
    for retrieval in desk.landing.retrievals():
        load_again(desk.connection, retrieval)
    assert desk.everything() == before
    assert len(before) == 5  # three entries, and two that were taken back


def test_a_file_that_cannot_be_read_is_refused_and_takes_nothing_back(desk: Desk) -> None:
    desk.states(entry("split", SPLIT))
    desk.night()
    desk.states(entry("split", SPLIT.replace("= 10", "= 0")))
    [refusal] = desk.night().refused
    assert (refusal.url, refusal.subjects) == ("file:corrections.toml", None)  # None: it concerns every figure
    assert "entry 1 (split): factor" in refusal.reason
    assert desk.known() == {(NAME, "split")}


def test_a_file_that_cannot_be_opened_is_refused(desk: Desk) -> None:
    (desk.drop / NAME).symlink_to("nowhere.toml")
    [refusal] = desk.night().refused
    assert (desk.drop / NAME).as_posix() in refusal.reason
    assert refusal.subjects is None


def test_a_long_file_may_double_or_halve(desk: Desk) -> None:
    closures = [entry(f"c{n}", CLOSURE.replace("03-09", f"03-{n:02}")) for n in range(1, 29)]
    for count in (14, 28, 2):
        desk.states("".join(closures[:count]))
        assert desk.night().refused == []
        assert len(desk.known()) == count


def test_the_drop_folder_need_not_describe_its_corrections(desk: Desk) -> None:
    desk.states(entry("split", SPLIT))
    (desk.drop / "drop.toml").write_text("", encoding="utf-8")
    (desk.drop / "other.toml").write_text("", encoding="utf-8")
    assert unclaimed_files(desk.drop, Drop()) == ["other.toml"]


def test_a_drop_folder_that_is_not_there_fails(desk: Desk, tmp_path: Path) -> None:
    context = FetchContext(SESSION, drop=tmp_path / "nowhere")
    intake = Ingest(desk.connection, desk.landing, context, DATASETS["correction"]).ingest([SOURCE])
    assert [str(tmp_path / "nowhere") in one.reason for one in intake.refused] == [True]


def test_the_printed_entries_are_entries_of_every_kind() -> None:
    page = (Path(__file__).parents[2] / "docs" / "corrections.md").read_text(encoding="utf-8")
    printed = re.findall(r"^```toml\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)
    entries = read_entries("\n".join(printed).encode(), "docs/corrections.md")
    assert {entry.kind for entry in entries} == set(NEEDS)
