"""Profile public over HTTP: the note's session from replayed vendors that answer with real data, twice."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from assets.ingest.http import client as http
from assets.profile import read_profile
from assets.study import Study
from pipelines import resources
from pipelines.__main__ import main
from pipelines.resources import PIPELINES
from tests.support import expected
from tests.support.night import ask
from tests.support.replay import toushin
from tests.support.replay.__main__ import all_routes
from tests.support.replay.server import ReplayServer, environment, replay
from warehouse.toml_file import read_toml

SESSION = date(2026, 3, 11)
DAY_BEFORE = date(2026, 3, 10)
STUDY = "us_small_caps"
OUT = {
    "size_return", "long_run", "domestic_revenue_share", "constituent_return", "fund_ranking", "event_return",
}  # fmt: skip
"""The figures that the profile has sources for; all others are withheld because it has none."""

NOT_OUT = set(read_toml(PIPELINES / "studies" / f"{STUDY}.toml", Study).figure_names()) - OUT
KEY = "k3y-of-nobody"


@dataclass(frozen=True)
class Run:
    """One run of the command: its exit status, what it printed, what was asked for and how it was answered.

    ``requests``: method, whether it was conditional, status. ``sent``: bytes of bodies.
    """

    status: int
    printed: str
    requests: list[tuple[str, bool, int]]
    sent: int


@pytest.fixture(scope="module")
def vendors(shared_data: Path) -> Iterator[ReplayServer]:
    """Every vendor of the profile with real data; holdings and funds are dated as on the morning after the session."""
    with replay(all_routes(shared_data, SESSION)) as server:
        yield server


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("public") / "home"


@pytest.fixture(scope="module")
def runs(vendors: ReplayServer, home: Path) -> list[Run]:
    """The command twice."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            **environment(vendors),
            "DAGSTER_HOME": "",
            "ZUHYO_HOME": str(home),
            "ZUHYO_PROFILE": "public",
            "FRED_API_KEY": KEY,
        }.items():
            patch.setenv(name, value)
        for name in ("ZUHYO_SESSION", "ZUHYO_DROP", "ZUHYO_KNOWN_AT", "RENDER"):
            patch.delenv(name, raising=False)
        patch.setattr(http, "pause", lambda seconds: None)
        patch.setattr(http.Http, "_wait_for_turn", lambda self, call: None)  # its clock goes on though nobody waits
        patch.setattr(resources, "PIPELINES", fewer_securities(home.parent / "pipelines"))
        return [run(vendors) for _ in range(2)]


def fewer_securities(folder: Path) -> Path:
    """Studies, and the profile as it is, but for the prices of what one fund holds instead of three: they come in one
    night, and in a minute.
    """
    for name in ("studies", "profiles"):
        shutil.copytree(PIPELINES / name, folder / name)
    profile = folder / "profiles" / "public.toml"
    text = profile.read_text(encoding="utf-8")
    assert 'held_by = ["IWM", "IJR", "IVV"]' in text
    profile.write_text(text.replace('held_by = ["IWM", "IJR", "IVV"]', 'held_by = ["IVV"]'), encoding="utf-8")
    return folder


def run(vendors: ReplayServer) -> Run:
    vendors.clear_log()
    vendors.sent.clear()
    printed = io.StringIO()
    with redirect_stdout(printed):
        status = main(["run", "--session", SESSION.isoformat()])
    requests = [
        (request.method, "If-None-Match" in request.headers, response.status_code) for request, response in vendors.log
    ]
    return Run(status, printed.getvalue(), requests, vendors.sent.total())


def readers(home: Path, query: str) -> list[tuple[object, ...]]:
    return ask(home / "published" / "zuhyo.duckdb", query)


def origins(home: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Every line of every origin record, as text and as read."""
    for record in (home / "landing").rglob("*.origin.jsonl"):
        for line in record.read_text(encoding="utf-8").splitlines():
            yield line, json.loads(line)


def test_what_the_profile_serves_goes_out(runs: list[Run], home: Path) -> None:
    first = runs[0]
    assert first.status == 0, first.printed
    assert f"{STUDY} {SESSION}: published r1" in first.printed
    withheld = readers(home, f"SELECT DISTINCT figure, kind FROM meta.withheld WHERE study = '{STUDY}'")
    assert dict(withheld) == dict.fromkeys(NOT_OUT, "not_served")  # type: ignore[arg-type]
    rows = readers(home, f"SELECT figure FROM latest.freshness WHERE study = '{STUDY}' AND session = DATE '{SESSION}'")
    out = {figure for (figure,) in rows}
    assert (out >= OUT, out & NOT_OUT) == (True, set())


def test_figure_1_is_what_the_files_say(runs: list[Run], home: Path, shared_data: Path) -> None:
    assert runs
    rows = readers(
        home,
        "SELECT index_id, series_id, base_rule, period, base_date, end_date, return_cum, return_ann "
        f"FROM latest.size_return WHERE study = '{STUDY}'",
    )
    for index, fund in (("R2000", "IWM"), ("R1000", "IWB")):
        wanted = expected.size_returns(expected.raw_levels(shared_data, fund), SESSION.isoformat())
        found = {(rule, period): tuple(row) for at, series, rule, period, *row in rows if (at, series) == (index, fund)}
        assert found.keys() == wanted.keys()
        for key, (base, end, cumulative, annual) in wanted.items():
            assert found[key][:2] == (base, end), key
            assert found[key][2:] == pytest.approx((cumulative, annual), abs=6e-7), key
    notes = {(row[0], row[3]): (row[4], round(100 * row[6], 4)) for row in rows if row[2] == "prev" and row[6]}  # type: ignore[operator]
    assert [notes["R2000", "YTD"][1], notes["R1000", "YTD"][1]] == [2.7177, -0.8087]
    base = date(2023, 3, 10)
    assert [notes["R2000", "3Y"], notes["R1000", "3Y"]] == [(base, 49.0272), (base, 80.8338)]


def test_figure_2_goes_on_with_the_funds_where_the_indices_end(runs: list[Run], home: Path) -> None:
    assert runs
    rows = readers(
        home,
        "SELECT index_id, min(date), arg_min(rebased, date), max(date), round(arg_max(rebased, date), 4), "
        "list_sort(list(DISTINCT series_id)) FROM latest.long_run GROUP BY ALL ORDER BY ALL",
    )
    start = date(1996, 3, 11)
    assert rows == [
        ("R1000", start, 100.0, SESSION, 1824.1750, ["IWB", "RU1000TR"]),
        ("R2000", start, 100.0, SESSION, 1170.4383, ["IWM", "RU2000TR"]),
    ]


def test_figure_3_counts_what_the_annual_reports_say(runs: list[Run], home: Path) -> None:
    assert runs
    shares = readers(
        home,
        "SELECT index_id, members_source, members_date, n_members, n_available, n_at_or_above, share "
        "FROM latest.domestic_revenue_share WHERE is_headline AND method = 'lower_bound' ORDER BY ALL",
    )
    assert shares == [("SP500", "IVV", DAY_BEFORE, 500, 2, 2, 0.004), ("SP600", "IJR", DAY_BEFORE, 602, 0, 0, 0.0)]
    companies = readers(
        home,
        "SELECT tickers, fiscal_period_end, us_revenue, revenue, us_share "
        "FROM latest.domestic_revenue WHERE status = 'reported' ORDER BY ALL",
    )
    assert companies == [
        ("HD", date(2025, 2, 2), 147_007_000_000, 159_514_000_000, 0.921593),
        ("WMT", date(2025, 1, 31), 557_622_000_000, 680_985_000_000, 0.818846),
    ]


def test_figure_5_ranks_the_funds_as_the_library_has_them(runs: list[Run], home: Path, shared_data: Path) -> None:
    assert runs
    [file] = (shared_data / "funds" / "nisa_snapshots").glob("*_20260821.csv")
    told = {row["isinCd"]: row for row in csv.DictReader(file.read_text(encoding="utf-8-sig").splitlines())}
    rows = readers(
        home,
        "SELECT fund_id, net_assets_jpy, nav_jpy, round(100 * expense_ratio, 6), manager, session - valuation_date "
        "FROM latest.fund_ranking ORDER BY rank",
    )
    wanted = [
        (
            fund_id,
            int(told[fund_id]["純資産総額_億円"]) * 100_000_000,
            float(told[fund_id]["基準価額"]),
            float(told[fund_id]["信託報酬率pct"]),
            told[fund_id]["entrustCmpNm"],
            (date(2026, 8, 21) - date.fromisoformat(told[fund_id]["基準日"])).days,
        )
        for fund_id in map(str, (row[0] for row in rows))
    ]
    assert rows == wanted
    assert len(rows) == 10
    assert [row[1] for row in rows] == sorted((row[1] for row in rows), reverse=True)  # type: ignore[type-var]


def test_every_payload_says_where_it_came_from_and_no_secret(
    runs: list[Run], home: Path, vendors: ReplayServer
) -> None:
    assert runs
    found = list(origins(home))
    for line, origin in found:
        assert origin["url"].startswith(vendors.url_for("/"))
        assert not re.search(f"{KEY}|api_key|crumb|{toushin.COOKIE}", line, re.IGNORECASE)
    assert {origin["vendor"] for _, origin in found} == {
        one.vendor for one in read_profile(PIPELINES / "profiles", "public").source
    }
    assert not list((home / "landing").rglob("rejected"))
    behind = {url for (url,) in readers(home, "SELECT DISTINCT url FROM meta.payload")}
    assert behind
    assert behind <= {origin["url"] for _, origin in found}


def test_the_second_run_asks_whether_anything_is_new_and_hears_no(runs: list[Run], home: Path) -> None:
    first, second = runs
    assert second.status == 0, second.printed
    assert f"{STUDY} {SESSION}: unchanged r1" in second.printed
    assert [path.name for path in (home / "published" / STUDY / SESSION.isoformat()).iterdir()] == ["r1"]
    assert second.requests.count(("GET", True, 304)) > 30
    assert {request for request in second.requests if request[1]} == {("GET", True, 304)}
    assert {request for request in second.requests if not request[1]} == {("GET", False, 404), ("POST", False, 200)}
    share = second.sent / first.sent
    assert share < 0.05, f"{second.sent} bytes after {first.sent}, {share:.1%}"
