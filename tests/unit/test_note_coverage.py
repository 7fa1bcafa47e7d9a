"""docs/note-coverage.md: every id that it names is there, every claim and event of the study is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assets.study import Study, read_studies
from warehouse.contract import contracts

ROOT = Path(__file__).parents[2]
COVERAGE = (ROOT / "docs" / "note-coverage.md").read_text("utf-8")
TEMPLATES = sorted((ROOT / "pipelines" / "studies").glob("us_small_caps.note.*.md"))
DECIMAL = re.compile(r"\d+(?:\.\d+)?\s*[%％]|\d\.\d")


@pytest.fixture(scope="module")
def study() -> Study:
    [found] = [one for one in read_studies(ROOT / "pipelines" / "studies") if one.study == "us_small_caps"]
    return found


def named(kind: str, text: str = COVERAGE) -> set[str]:
    return set(re.findall(rf"{kind} `([^`]+)`", text))


def test_claims_named_are_those_of_the_study(study: Study) -> None:
    assert named("claim") == {claim.id for claim in study.claim}


def test_events_named_are_those_of_the_study(study: Study) -> None:
    assert named("event") == {event.id for event in study.event}


def test_tables_and_columns_named_are_there() -> None:
    tables = set(re.findall(r"`((?:core|figure|landing|meta)\.\w+)`", COVERAGE))
    assert len(tables) > 10
    assert tables <= contracts().keys()
    for table, column in re.findall(r"table `([\w.]+)` \(column `(\w+)`", COVERAGE):
        assert column in contracts()[table].column_names, (table, column)


def test_every_row_says_what_is_behind_it() -> None:
    rows = [line.strip("|").split("|") for line in COVERAGE.splitlines() if line.startswith("|")]
    assert all(len(row) == 2 and row[1].strip() for row in rows)


def test_both_templates_ask_for_every_claim_and_every_event(study: Study) -> None:
    assert len(TEMPLATES) == 2
    for path in TEMPLATES:
        text = path.read_text("utf-8")
        assert set(re.findall(r'claim\("(\w+)"', text)) == {claim.id for claim in study.claim}, path
        past = {event.id for event in study.event if not event.scheduled}
        assert set(re.findall(r'event\("(\w+)"', text)) == past, path
        assert "next_event" in text


def test_both_templates_refer_to_the_same_numbers() -> None:
    refer = [sorted(set(re.findall(r"number\([^)]*\)", path.read_text("utf-8")))) for path in TEMPLATES]
    assert refer[0] == refer[1]


def test_no_template_has_a_measured_number_of_its_own() -> None:
    for path in TEMPLATES:
        prose = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", path.read_text("utf-8"), flags=re.S)
        assert not DECIMAL.findall(prose), path
