"""Claims in releases: what readers can run again, and verdicts that turn.

Belongs here: whole nights with the own study. Does not belong here: single claims (tests/component/test_claims.py).
"""

from __future__ import annotations

import shutil
from datetime import date
from typing import Any

import pytest

from assets.publish.claims import evidence_sql
from tests.support.night import REPOSITORY, Night, Place, ask, reading, run_night

STUDY = "us_small_caps"
BEFORE, SESSION = date(2026, 3, 10), date(2026, 3, 11)
OWN_STUDIES = REPOSITORY / "pipelines" / "studies"
OWN = (OWN_STUDIES / f"{STUDY}.toml").read_text(encoding="utf-8")
YTD_POSITIVE = "AND size = 'small' AND period = 'YTD' AND base_rule = 'prev'\"\n"
TURNED = OWN.replace(YTD_POSITIVE, YTD_POSITIVE + 'holds = "value < threshold"\n', 1)
CHANGED = OWN.replace("threshold = 0.20", "threshold = 0.25", 1)


def night(place: Place, study: str, first: date, last: date | None = None) -> Night:
    place.studies.mkdir(exist_ok=True)
    for beside in OWN_STUDIES.glob(f"{STUDY}.*"):
        shutil.copy(beside, place.studies)
    (place.studies / f"{STUDY}.toml").write_text(study, encoding="utf-8")
    return run_night(place.settings(profile="sample"), first, last, partitions_from=date(2026, 3, 2))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(tmp_path_factory.mktemp("claims"))


@pytest.fixture(scope="module")
def nights(place: Place) -> list[Night]:
    """A session as the study is, the next one with a turned claim, then both again: two revisions of two sessions."""
    assert TURNED != OWN
    assert CHANGED != OWN
    return [
        night(place, OWN, BEFORE),
        night(place, TURNED, SESSION),
        night(place, CHANGED, BEFORE, SESSION),
    ]


def claims(place: Place) -> list[dict[str, Any]]:
    names = ("session", "revision", "claim_id", "variant", "holds", "value", "reason", "text_ja", "text_en", "evidence")
    rows = ask(place.readers_database, f"SELECT {', '.join(names)} FROM figure.claim ORDER BY ALL")
    return [dict(zip(names, row, strict=True)) for row in rows]


def test_every_release_has_its_claims(place: Place, nights: list[Night]) -> None:
    assert [one.status for one in nights] == [0] * 3
    found = claims(place)
    releases = [(BEFORE, 1), (BEFORE, 2), (SESSION, 1), (SESSION, 2)]
    assert sorted({(row["session"], row["revision"]) for row in found}) == releases
    asked = [13 + 12] * len(releases)
    assert [sum((row["session"], row["revision"]) == one for row in found) for one in releases] == asked


def test_the_stored_evidence_gives_the_value_on_readers_rows(place: Place, nights: list[Night]) -> None:
    found = claims(place)
    with reading(place.readers_database) as connection:
        for row in found:
            if row["evidence"] is None:
                assert row["value"] is None
                continue
            [given] = connection.execute(evidence_sql(row["evidence"], row["revision"])).fetchall()
            assert (None if given[-1] is None else round(float(given[-1]), 6)) == row["value"], row["claim_id"]
            by_name = connection.execute(
                row["evidence"], {"revision": row["revision"]} if "$" in row["evidence"] else None
            )
            assert by_name.fetchall() == [given]


def test_what_cannot_be_tested_says_why(place: Place, nights: list[Night]) -> None:
    found = [row for row in claims(place) if row["holds"] is None]
    reasons = {(row["session"], row["claim_id"], row["reason"]) for row in found}
    untestable = "needs actual earnings of past years, which no dataset has"
    assert reasons == {
        (BEFORE, "small_earnings_weak_recently", untestable),
        (SESSION, "small_earnings_weak_recently", untestable),
        (BEFORE, "small_eps_growth_above_large", "eps_growth is withheld (not_covered)"),
    }
    assert {row["value"] for row in found} == {None}


def test_sentences_have_their_numbers(place: Place, nights: list[Night]) -> None:
    for row in claims(place):
        for text in (row["text_ja"], row["text_en"]):
            assert "{" not in text
            assert ("―" in text) == ("withheld" in (row["reason"] or ""))


def test_a_turned_verdict_warns_and_the_run_stays_green(place: Place, nights: list[Night]) -> None:
    first, turned, *_ = nights
    checks = {one["check_name"]: one for one in turned.record["checks"] if one["table_name"] == "figure.claim"}
    assert (checks["claim_turned"]["passed"], checks["claim_turned"]["severity"]) == (False, "warning")
    assert "small_cap_ytd_positive" in checks["claim_turned"]["observed"]
    assert [name for name, one in checks.items() if not one["passed"]] == ["claim_turned"]
    assert not turned.checks()["claim_turned"]
    assert first.checks()["claim_turned"]
    assert turned.result.success
    assert turned.said(SESSION, STUDY)["withheld"] == []


def test_rates_are_those_of_the_federal_reserve(place: Place, nights: list[Night]) -> None:
    found = {row["claim_id"]: row for row in claims(place) if (row["session"], row["revision"]) == (SESSION, 2)}
    assert found["hikes_2022_2023_above_4_points"]["value"] == 0.0525
    assert found["cuts_in_2025"]["value"] == -0.0075
    assert found["cuts_in_2025"]["text_en"] == "The policy rate was cut in 2025 (from 4.50% to 3.75%, -0.75 points)"
