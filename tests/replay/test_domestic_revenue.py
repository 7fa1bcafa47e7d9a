"""Figure 3 from the vendors' real files: full lists of members, and the few filings that there are."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from tests.support.night import REPOSITORY, Night, Place, ask, run_night

STUDY = "us_small_caps"
SESSION = date(2026, 6, 23)
FILES = (
    "holdings/IJR_holdings_20260619.csv",
    "holdings/IVV_holdings_20230406.csv",
    "holdings/IVV_normalised_20260311.csv",
    "membership/sec_company_tickers.json",
    "revenue_geography",
)


@pytest.fixture(scope="module")
def place(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A drop folder with the files of figure 3 alone."""
    place = Place(tmp_path_factory.mktemp("domestic"))
    place.drop.mkdir()
    shutil.copy(shared_data / "drop.toml", place.drop)
    for name in FILES:
        (place.drop / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (shared_data / name).is_dir() else shutil.copy
        copy(shared_data / name, place.drop / name)
    return place


@pytest.fixture(scope="module")
def night(place: Place) -> Night:
    settings = place.settings(studies=str(REPOSITORY / "pipelines" / "studies"))
    return run_night(settings, SESSION, has_expectations=True, is_rendered=True, partitions_from=date(2026, 6, 1))


def test_the_figure_goes_out_and_the_others_are_named(place: Place, night: Night) -> None:
    assert night.status == 0
    withheld = {one["figure"]: one["kind"] for one in night.said(SESSION, STUDY)["withheld"]}
    others = ("size_return", "long_run", "constituent_return", "fund_ranking", "event_return", "eps_growth")
    assert withheld == dict.fromkeys(others, "not_served")
    release = place.home / "published" / STUDY / "2026-06-23" / "r1"
    pictures = {f"fig3.{language}.{kind}" for language in ("ja", "en") for kind in ("svg", "png")}
    assert pictures <= {path.name for path in release.iterdir()}


def test_too_few_companies_have_no_share_and_the_bounds_stand(place: Place, night: Night) -> None:
    rows = ask(
        place.readers_database,
        """
        SELECT index_id, method, members_source, members_date, n_members, n_available, n_at_or_above, share, reason
        FROM latest.domestic_revenue_share WHERE is_headline ORDER BY index_id DESC, method
        """,
    )
    few = "too few companies with a figure: {}, 30.0 % of the members are needed"
    assert rows == [
        ("SP600", "lower_bound", "IJR", date(2026, 6, 19), 602, 0, 0, 0.0, None),
        ("SP600", "reported", "IJR", date(2026, 6, 19), 602, 0, 0, None, few.format("0 of 602")),
        ("SP600", "upper_bound", "IJR", date(2026, 6, 19), 602, 0, 602, 1.0, None),
        ("SP500", "lower_bound", "IVV", date(2026, 3, 11), 500, 2, 2, 0.004, None),
        ("SP500", "reported", "IVV", date(2026, 3, 11), 500, 2, 2, None, few.format("2 of 500")),
        ("SP500", "upper_bound", "IVV", date(2026, 3, 11), 500, 2, 500, 1.0, None),
    ]


def test_companies_carry_their_filing_or_the_reason_why_there_is_none(place: Place, night: Night) -> None:
    rows = ask(
        place.readers_database,
        """
        SELECT tickers, status, fiscal_period_end, us_revenue, revenue, us_share, reason
        FROM latest.domestic_revenue WHERE filing IS NOT NULL ORDER BY tickers
        """,
    )
    too_old = "newest fiscal year ends on {}, before 2025-01-01"
    assert [(row[0], row[1], row[5], row[6]) for row in rows] == [
        ("ADBE", "missing", None, too_old.format("2024-11-29, by the nearest end of a month 2024-11-30")),
        ("HD", "reported", 0.921593, None),
        ("KO", "missing", None, too_old.format("2024-12-31")),
        ("UNP", "missing", None, too_old.format("2024-12-31")),
        ("WMT", "reported", 0.818846, None),
    ]
    assert {row[0]: row[2:5] for row in rows if row[1] == "reported"} == {
        "HD": (date(2025, 2, 2), 147_007_000_000, 159_514_000_000),
        "WMT": (date(2025, 1, 31), 557_622_000_000, 680_985_000_000),
    }
    shared = "SELECT index_id, tickers FROM latest.domestic_revenue WHERE tickers LIKE '%,%' ORDER BY ALL"
    assert ask(place.readers_database, shared) == [
        ("SP500", "FOX, FOXA"),
        ("SP500", "GOOG, GOOGL"),
        ("SP500", "NWS, NWSA"),
        ("SP600", "CENT, CENTA"),
        ("SP600", "UA, UAA"),
    ]


def test_filings_without_a_time_of_acceptance_are_kept_and_refused(place: Place, night: Night) -> None:
    refused, *_ = [
        check
        for check in night.record["checks"]
        if (check["table_name"], check["check_name"]) == ("landing.revenue_geography", "payloads_accepted")
    ]
    assert refused["passed"] is False
    assert refused["observed"].startswith("2 rows broke it")
    assert "crr.xbrl.xml.gz" in refused["observed"]
    kept = place.home / "landing" / "files" / "revenue_geography" / "rejected"
    assert len(list(kept.glob("*.gz"))) == 2


def test_a_list_of_later_members_is_never_used(place: Place, night: Night) -> None:
    settings = place.settings(studies=str(REPOSITORY / "pipelines" / "studies"))
    earlier = run_night(settings, date(2026, 3, 11), partitions_from=date(2026, 3, 2))
    assert earlier.status == 1, "no figure is left, so nothing can be published"
    withheld = {one["figure"]: one for one in earlier.said(date(2026, 3, 11), STUDY)["withheld"]}
    assert withheld["domestic_revenue_share"]["kind"] == "not_covered"
    assert "the next is of 2026-06-19: too late" in withheld["domestic_revenue_share"]["reason"]
