"""What a later file of the same scope takes back: a file is the whole truth of its list, its day or its series.

Every dataset is put through whole: files in a drop folder, read, guarded, loaded; and loaded again from landing alone.
Belongs here: what is withdrawn, what stays, two files of one list. Does not belong here: the append itself
(test_bitemporal.py), limits (test_differences.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets.core.assets import load_staged
from assets.core.reload import load_again
from assets.datasets import DATASETS
from assets.drop import DropError, read_drop
from assets.ingest.fetching import FetchContext
from assets.ingest.ingest import Ingest, IngestResult
from assets.ingest.landing import Landing
from assets.profile import Source
from tests.support.helpers import empty_warehouse, sessions
from warehouse.contract import contracts
from warehouse.database import rows_as_dicts
from warehouse.staging import stage_payloads

SESSION = date(2026, 3, 11)
LATER = datetime(9998, 1, 1)

CSV = 'format = "csv"\ncolumns = {{ {} }}'

ENTRIES: dict[str, str] = {
    "company": CSV.format('ticker = "t", company_id = "c", name = "n", as_of = "d"'),
    "eps_estimate": CSV.format(
        'index_id = "i", constituent = "c", fiscal_year = "fy", eps_base = "b", eps_target = "t"'
    )
    + '\nas_of = "2026-03-10"',
    "fund": CSV.format('fund_id = "f", valuation_date = "d", name = "n"'),
    "fund_nav": CSV.format('date = "d", nav_jpy = "nav"') + '\nfund_id = "JP1"',
    "holding": CSV.format('ticker = "t", name = "n", asset_class = "a"') + '\nseries_id = "IJR"\nas_of = "2026-03-10"',
    "index_level": 'format = "fred_csv"\nseries_id = "A"\nreturn_basis = "gross"\ncurrency = "USD"',
    "membership": 'format = "membership_intervals_csv"\nseries_id = "SP500"',
    "policy_rate": 'format = "fred_csv"\nseries_id = "RATE"',
    "revenue_geography": CSV.format(
        'company_id = "c", filing = "f", fiscal_period_end = "e", accepted_at = "a", revenue = "r", us_revenue = "u", '
        'currency = "cur"'
    ),
    "security": CSV.format('security_id = "s", ticker = "t", ticker_from = "f"'),
    "security_level": CSV.format('security_id = "s", date = "d", level = "l"')
    + '\nreturn_basis = "gross"\ncurrency = "USD"',
}


def lines(head: str, *rows: str) -> str:
    return "\n".join([head, *rows, ""])


DAYS = [day.isoformat() for day in sessions("2026-01-05", "2026-03-10")]
NAMES = [f"T{n:02}" for n in range(30)]

FILES: dict[str, tuple[str, str, str]] = {
    "company": (
        lines("t,c,n,d", *(f"{t},{n + 1:010},{t} Inc,2026-03-10" for n, t in enumerate(NAMES))),
        "T07,",
        "T07",
    ),
    "eps_estimate": (
        lines("i,c,fy,b,t", *(f"{i},{t},2026,10,11" for i in ("R2000", "R1000") for t in NAMES)),
        "R2000,T07,",
        "R2000 T07",
    ),
    "fund": (lines("f,d,n", *(f"JP{t},2026-03-10,Fund {t}" for t in NAMES)), "JPT07,", "JPT07"),
    "fund_nav": (lines("d,nav", *(f"{day},{10000 + n}" for n, day in enumerate(DAYS))), DAYS[7], DAYS[7]),
    "holding": (lines("t,n,a", *(f"{t},{t} INC,Equity" for t in NAMES)), "T29,", "30"),
    "index_level": (lines("DATE,VALUE", *(f"{day},{100 + n}" for n, day in enumerate(DAYS))), DAYS[7], DAYS[7]),
    "membership": (lines("ticker,start_date,end_date", *(f"{t},1996-01-02," for t in NAMES)), "T07,", "T07"),
    "policy_rate": (lines("DATE,VALUE", *(f"{day},4.5" for day in DAYS)), DAYS[7], DAYS[7]),
    "revenue_geography": (
        lines(
            "c,f,e,a,r,u,cur",
            *(f"{n + 1:010},F{n},2025-12-31,2026-02-0{n % 9 + 1} 21:00:00,100,{50 + n},USD" for n in range(30)),
        ),
        "0000000030,",
        "0000000030",
    ),
    "security": (lines("s,t,f", *(f"P{t},{t},1996-01-02" for t in NAMES)), "PT07,", "PT07"),
    "security_level": (
        lines("s,d,l", *(f"{t},{day},{100 + n}" for t in ("AA", "BB") for n, day in enumerate(DAYS))),
        f"BB,{DAYS[7]}",
        f"BB {DAYS[7]}",
    ),
}
"""A dataset's file, the beginning of a line that a correction takes out, and what then is gone from core."""

GONE_BY = {
    "company": "ticker",
    "eps_estimate": "index_id || ' ' || constituent",
    "fund": "fund_id",
    "fund_nav": "date::VARCHAR",
    "holding": "line::VARCHAR",
    "index_level": "date::VARCHAR",
    "membership": "security_id",
    "policy_rate": "date::VARCHAR",
    "revenue_geography": "company_id",
    "security": "security_id",
    "security_level": "security_id || ' ' || date",
}


class Desk:
    """A drop folder, landing and a warehouse, night after night."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self.connection, self.landing, self.drop = connection, Landing(folder / "landing"), folder / "drop"
        self.drop.mkdir()

    def describes(self, dataset: str, *, path: str = "*.csv", more: str = "", entry: str | None = None) -> None:
        text = f'[[file]]\npath = "{path}"\ndataset = "{dataset}"\n{entry or ENTRIES[dataset]}\n{more}\n'
        with (self.drop / "drop.toml").open("a", encoding="utf-8") as file:
            file.write(text)

    def puts(self, content: str, name: str = "file.csv") -> None:
        (self.drop / name).write_text(content, encoding="utf-8")

    def night(self, dataset: str) -> IngestResult:
        context = FetchContext(SESSION, drop=self.drop)
        intake = Ingest(self.connection, self.landing, context, DATASETS[dataset]).ingest([Source("files", dataset)])
        stage_payloads(self.connection, dataset, intake.payloads_to_load())
        load_staged(self.connection, dataset, "run")
        self.connection.execute("DROP TABLE IF EXISTS incoming")
        return intake

    def loads(self, dataset: str, content: str, name: str = "file.csv") -> datetime:
        """A night that takes everything; gives when its newest payload was retrieved."""
        self.puts(content, name)
        assert [one.reason for one in self.night(dataset).refused] == []
        return self.now(dataset)

    def now(self, dataset: str) -> datetime:
        [(at,)] = self.connection.execute(
            "SELECT max(known_at) FROM meta.load WHERE table_name = ?", [f"core.{dataset}"]
        ).fetchall()
        return at

    def known(self, dataset: str, at: datetime = LATER) -> set[str]:
        present = "WHERE company_id IS NOT NULL" if dataset == "company" else ""
        rows = self.connection.execute(f"SELECT {GONE_BY[dataset]} FROM core.{dataset}_as_known(?) {present}", [at])
        newest = {name for (name,) in rows.fetchall()}
        if dataset != "company":
            return newest
        gone = self.connection.execute(
            """
            SELECT ticker FROM core.company_as_known(?)
            GROUP BY ticker HAVING max_by(company_id IS NULL, as_of)
            """,
            [at],
        ).fetchall()
        return newest - {ticker for (ticker,) in gone}

    def everything(self, dataset: str) -> list[dict[str, Any]]:
        key = ", ".join(contracts()[f"core.{dataset}"].key)
        return rows_as_dicts(self.connection, f"FROM core.{dataset} ORDER BY {key}")

    def rebuild(self, dataset: str) -> None:
        for table in (f"core.{dataset}", "meta.load", "meta.payload"):
            self.connection.execute(f"DELETE FROM {table}")
        for retrieval in self.landing.retrievals():
            load_again(self.connection, retrieval)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    core = [table for table in contracts() if table.startswith("core.")]
    connection = empty_warehouse(*core, "meta.load", "meta.payload", "meta.check_result")
    yield Desk(connection, tmp_path)
    connection.execute("DROP SCHEMA IF EXISTS staging CASCADE; DROP TABLE IF EXISTS incoming")


def without(content: str, beginning: str) -> str:
    kept = [line for line in content.splitlines() if not line.startswith(beginning)]
    assert len(kept) == len(content.splitlines()) - 1
    return "\n".join([*kept, ""])


def test_every_dataset_is_tried() -> None:
    tables = {one.name for one in contracts().values() if one.bitemporal} - {"correction"}
    assert set(FILES) == set(ENTRIES) == set(GONE_BY) == tables


@pytest.mark.parametrize("dataset", sorted(FILES))
def test_a_corrected_file_takes_a_row_back_and_a_rebuild_knows_the_same(desk: Desk, dataset: str) -> None:
    first, beginning, gone = FILES[dataset]
    desk.describes(dataset)
    before = desk.loads(dataset, first)
    everything = desk.known(dataset)
    assert gone in everything
    corrected = desk.loads(dataset, without(first, beginning))
    assert desk.known(dataset) == everything - {gone}
    assert desk.known(dataset, before) == everything
    again = desk.loads(dataset, first)
    assert desk.known(dataset) == everything, "what was taken back by mistake comes again"
    assert [len(desk.known(dataset, at)) for at in (before, corrected, again)] == [
        len(everything), len(everything) - 1, len(everything),
    ]  # fmt: skip
    rows = desk.everything(dataset)
    desk.rebuild(dataset)
    assert desk.everything(dataset) == rows


@pytest.mark.parametrize("dataset", sorted(set(FILES) - {"company"}))
def test_what_was_taken_back_is_counted(desk: Desk, dataset: str) -> None:
    first, beginning, _ = FILES[dataset]
    desk.describes(dataset)
    desk.loads(dataset, first)
    desk.loads(dataset, without(first, beginning))
    counts = desk.connection.execute("SELECT rows_withdrawn FROM meta.load ORDER BY known_at").fetchall()
    assert counts == [(0,), (1,)]
    withdrawn = [row for row in desk.everything(dataset) if row["is_withdrawn"]]
    assert len(withdrawn) == 1
    blank = contracts()[f"core.{dataset}"].blank_when_withdrawn
    assert blank is None or withdrawn[0][blank] is None, "readers of the table itself see that the value is gone"


@pytest.mark.parametrize("more", ["complete = false", "keeps_at_least = 0"])
@pytest.mark.parametrize("dataset", sorted(FILES))
def test_a_part_and_news_take_nothing_back(desk: Desk, dataset: str, more: str) -> None:
    first, beginning, gone = FILES[dataset]
    desk.describes(dataset, more=more)
    desk.loads(dataset, first)
    desk.loads(dataset, without(first, beginning))
    assert gone in desk.known(dataset)
    rows = desk.everything(dataset)
    desk.rebuild(dataset)
    assert desk.everything(dataset) == rows


# ---- lists of members


def members(*rows: str) -> str:
    return lines("ticker,start_date,end_date", *(f"{t},1996-01-02," for t in NAMES), *rows)


def test_a_member_that_came_later_is_no_member_before(desk: Desk) -> None:
    desk.describes("membership")
    desk.loads("membership", members("KOX,1996-01-02,", "XOX,1996-01-02,1999-05-03"))
    desk.loads("membership", members("KOX,1996-03-04,"))
    day = "valid_from <= DATE '1996-02-29' AND coalesce(valid_to > DATE '1996-02-29', true)"
    on_day = desk.connection.execute(f"SELECT ticker FROM core.membership_as_known(?) WHERE {day}", [LATER]).fetchall()
    assert {ticker for (ticker,) in on_day} == set(NAMES)
    assert desk.known("membership") == {*NAMES, "KOX"}


@pytest.mark.parametrize("moved_to", ["2026-04-20", "2025-12-22"])
def test_a_rebalance_that_moved_by_two_months_passes(desk: Desk, moved_to: str) -> None:
    def rebalanced(day: str) -> str:
        left = [f"L{n},1996-01-02,{day}" for n in range(9)]
        return members(*left, *(f"N{n},{day}," for n in range(9)))

    desk.describes("membership")
    desk.loads("membership", rebalanced("2026-02-20"))
    desk.loads("membership", rebalanced(moved_to))
    stays = desk.connection.execute(
        "SELECT DISTINCT valid_from FROM core.membership_as_known(?) WHERE ticker LIKE 'N%'", [LATER]
    ).fetchall()
    assert stays == [(date.fromisoformat(moved_to),)]


def test_the_newest_member_may_have_been_an_error_and_an_old_list_is_refused(desk: Desk) -> None:
    desk.describes("membership")
    came = [f"N{n},2026-0{n}-02," for n in (1, 2, 3)]
    desk.loads("membership", members(*came))
    desk.loads("membership", members(*came[:2]))
    assert "N3" not in desk.known("membership")
    desk.loads("membership", members(*came))
    desk.puts(members(*came[:1]))
    [refusal] = desk.night("membership").refused
    assert refusal.reason == (
        "SP500 is older than before: it ends on 2026-01-02, and lacks all who came from 2026-02-02 to 2026-03-02"
    )


def test_another_list_and_another_day_stay(desk: Desk) -> None:
    desk.describes("membership")
    desk.describes("membership", path="other/*.csv", entry=ENTRIES["membership"].replace("SP500", "R1000"))
    (desk.drop / "other").mkdir()
    desk.puts(members("AAA,2020-01-02,"), "other/file.csv")
    desk.loads("membership", members())
    assert "AAA" in desk.known("membership")
    desk.loads("membership", members("BBB,2020-01-02,"))
    desk.loads("membership", members())
    assert desk.known("membership") == {*NAMES, "AAA"}


# ---- series


def test_days_outside_the_file_stay(desk: Desk) -> None:
    desk.describes("policy_rate", more="keeps_at_least = 0.1")
    first, *_ = FILES["policy_rate"]
    desk.loads("policy_rate", first)
    head, *rows = first.splitlines()
    desk.loads("policy_rate", lines(head, *(row for row in rows[20:] if not row.startswith(DAYS[25]))))
    assert desk.known("policy_rate") == set(DAYS) - {DAYS[25]}


def test_a_panel_that_lost_a_name_takes_only_days_back(desk: Desk) -> None:
    desk.describes("security_level", more="keeps_at_least = 0.4")
    first, *_ = FILES["security_level"]
    desk.loads("security_level", first)
    only_aa = "".join(line for line in first.splitlines(keepends=True) if not line.startswith("BB"))
    desk.loads("security_level", without(only_aa, f"AA,{DAYS[3]}"))
    assert desk.known("security_level") == {f"{t} {day}" for t in ("AA", "BB") for day in DAYS} - {f"AA {DAYS[3]}"}


def test_a_series_in_yearly_files_is_corrected_in_one_of_them(desk: Desk) -> None:
    desk.describes("index_level")
    head, *rows = FILES["index_level"][0].splitlines()
    desk.puts(lines(head, *rows[:20]), "2025.csv")
    desk.loads("index_level", lines(head, *rows[20:]), "2026.csv")
    assert desk.known("index_level") == set(DAYS)
    desk.loads("index_level", lines(head, *rows[:20]).replace(f"{DAYS[5]},105", f"{DAYS[5]},105.5"), "2025.csv")
    desk.loads("index_level", without(lines(head, *rows[:20]), DAYS[6]), "2025.csv")
    assert desk.known("index_level") == set(DAYS) - {DAYS[6]}


# ---- filings


def test_a_filing_that_is_left_out_for_a_later_one_stays_and_a_wrong_one_goes(desk: Desk) -> None:
    def filed(*rows: str) -> str:
        others = [f"{n:010},F{n},2024-12-31,2025-02-20 21:00:00,100,50,USD" for n in range(2, 30)]
        return lines("c,f,e,a,r,u,cur", *others, *rows)

    old = "0000000001,OLD,2024-12-31,2025-03-01 21:00:00,100,40,USD"
    new = "0000000001,NEW,2025-12-31,2026-03-02 21:00:00,100,60,USD"
    wrong = "0000000001,WRONG,2025-12-31,2026-03-03 21:00:00,100,99,USD"
    desk.describes("revenue_geography")
    desk.loads("revenue_geography", filed(old))
    desk.loads("revenue_geography", filed(new, wrong))
    desk.loads("revenue_geography", filed(new))
    filings = desk.connection.execute(
        "SELECT filing FROM core.revenue_geography_as_known(?) WHERE company_id = '0000000001' ORDER BY ALL", [LATER]
    ).fetchall()
    assert filings == [("NEW",), ("OLD",)]


# ---- funds: a snapshot is a list of its newest day


def test_a_snapshot_takes_back_funds_of_its_day_and_of_its_place_only(desk: Desk) -> None:
    desk.describes("fund", path="a_*.csv")
    desk.describes("fund", path="b.csv")
    desk.puts(lines("f,d,n", "JPX,2026-03-10,Fund X"), "b.csv")
    desk.loads("fund", lines("f,d,n", *(f"JP{t},2026-03-09,Fund" for t in NAMES)), "a_1.csv")
    late = ["JPT00,2026-03-09,Fund"]
    desk.loads("fund", lines("f,d,n", *late, *(f"JP{t},2026-03-10,Fund" for t in NAMES[1:])), "a_2.csv")
    desk.loads("fund", lines("f,d,n", *late, *(f"JP{t},2026-03-10,Fund" for t in NAMES[2:])), "a_2.csv")
    days = desk.connection.execute(
        "SELECT valid.fund_id, list(valid.valuation_date::VARCHAR ORDER BY valid.valuation_date) "
        "FROM core.fund_as_known(?) AS valid GROUP BY ALL",
        [LATER],
    ).fetchall()
    found = dict(days)
    assert found["JPT00"] == ["2026-03-09"]
    assert found["JPT01"] == ["2026-03-09"], "the list of the day before said so, and still does"
    assert found["JPT02"] == ["2026-03-09", "2026-03-10"]
    assert found["JPX"] == ["2026-03-10"]


# ---- two files of one list


BOTH = {
    "index_level": ("A", DAYS[7]),
    "membership": ("SP500", "T07"),
    "holding": ("IJR", "2026-03-10, 30"),
    "eps_estimate": ("R2000", "T07"),
    "policy_rate": ("RATE", DAYS[7]),
    "fund_nav": ("JP1", DAYS[7]),
}


@pytest.mark.parametrize("dataset", sorted(BOTH))
def test_two_files_of_one_list_are_refused_by_name_in_whatever_night_they_come(desk: Desk, dataset: str) -> None:
    first, beginning, _ = FILES[dataset]
    desk.describes(dataset)
    desk.puts(first, "one.csv")
    desk.puts(without(first, beginning), "two.csv")
    name, where = BOTH[dataset]
    told = f"{name} came already in this run from file:one.csv, with other rows ("
    for night in range(2):  # the second one finds the first file unchanged
        [refusal] = desk.night(dataset).refused
        assert (refusal.url, refusal.reason[: len(told)]) == ("file:two.csv", told), night
        assert where in refusal.reason
    assert len(desk.known(dataset)) == len(first.splitlines()) - 1


@pytest.mark.parametrize("dataset", sorted(BOTH))
def test_two_files_that_say_the_same_are_no_fault(desk: Desk, dataset: str) -> None:
    first, *_ = FILES[dataset]
    desk.describes(dataset)
    desk.puts(first, "one.csv")
    desk.loads(dataset, first, "two.csv")
    assert len(desk.known(dataset)) == len(first.splitlines()) - 1


@pytest.mark.parametrize("dataset", ["membership", "eps_estimate", "company"])
def test_parts_of_one_list_complete_each_other_but_may_not_differ(desk: Desk, dataset: str) -> None:
    head, *rows = FILES[dataset][0].splitlines()
    desk.describes(dataset, more="complete = false\nkeeps_at_least = 0.1")
    desk.puts(lines(head, *rows[:20]), "one.csv")
    desk.loads(dataset, lines(head, *rows[20:]), "two.csv")
    assert len(desk.known(dataset)) == len(rows)
    other = (
        rows[3].replace("1996-01-02,", "1996-01-02,2001-01-02").replace(",11", ",12").replace("T03 Inc", "Other Inc")
    )
    assert other != rows[3]
    desk.puts(lines(head, *rows[20:], other), "two.csv")
    [refusal] = desk.night(dataset).refused
    assert "came already in this run from file:one.csv" in refusal.reason


def test_a_file_that_takes_anothers_place_takes_its_list_over(desk: Desk) -> None:
    first, beginning, gone = FILES["membership"]
    desk.describes("membership")
    desk.loads("membership", first, "one.csv")
    (desk.drop / "one.csv").unlink()
    desk.loads("membership", without(first, beginning), "two.csv")
    assert gone not in desk.known("membership")


# ---- a corrected file of another name

OWN_BY_FILE = ("fund", "revenue_geography", "security", "security_level")
"""Datasets of which a file of another name takes nothing over by its keys alone."""

WITHOUT_FILING = CSV.format(
    'company_id = "c", fiscal_period_end = "e", accepted_at = "a", revenue = "r", us_revenue = "u", currency = "cur"'
)

OTHER_VALUE = {
    "fund": ("JPT09,2026-03-10,Fund T09", "JPT09,2026-03-10,Other"),
    "revenue_geography": (",100,59,USD", ",100,49,USD"),
    "security": ("PT09,T09,", "PT09,OTHER,"),
    "security_level": (f"BB,{DAYS[9]},109", f"BB,{DAYS[9]},90"),
}
VALUES = {
    "fund": "fund_id || name",
    "revenue_geography": "company_id || us_revenue",
    "security": "security_id || ticker",
    "security_level": "security_id || date || level",
}


def values(desk: Desk, dataset: str) -> list[str]:
    rows = desk.connection.execute(f"SELECT {VALUES[dataset]} FROM core.{dataset}_as_known(?)", [LATER]).fetchall()
    return sorted(value for (value,) in rows)


def rebuilt_is_the_same(desk: Desk, dataset: str) -> bool:
    rows = desk.everything(dataset)
    desk.rebuild(dataset)
    return desk.everything(dataset) == rows


@pytest.mark.parametrize("stays_a_night", [False, True], ids=["instead", "beside it first"])
@pytest.mark.parametrize("dataset", OWN_BY_FILE)
def test_a_corrected_file_of_another_name_takes_a_row_back(desk: Desk, dataset: str, stays_a_night: bool) -> None:
    first, beginning, gone = FILES[dataset]
    desk.describes(dataset)
    before = desk.loads(dataset, first, "prices.csv")
    everything = desk.known(dataset)
    if not stays_a_night:
        (desk.drop / "prices.csv").unlink()
    desk.loads(dataset, without(first, beginning), "prices_corrected.csv")
    if stays_a_night:
        (desk.drop / "prices.csv").unlink()
        assert [one.reason for one in desk.night(dataset).refused] == []
    assert desk.known(dataset) == everything - {gone}
    assert len(values(desk, dataset)) == len(everything) - 1
    assert desk.known(dataset, before) == everything
    assert desk.connection.execute("SELECT replaces FROM meta.load ORDER BY known_at").fetchall()[-1] == (
        "file:prices.csv",
    )
    rows = desk.everything(dataset)
    desk.night(dataset)
    assert desk.everything(dataset) == rows, "the next night has nothing to say"
    assert rebuilt_is_the_same(desk, dataset)


@pytest.mark.parametrize("without_filing", [False, True])
@pytest.mark.parametrize("dataset", OWN_BY_FILE)
def test_a_corrected_file_of_another_name_changes_a_value_and_the_old_one_may_come_again(
    desk: Desk, dataset: str, without_filing: bool
) -> None:
    if without_filing and dataset != "revenue_geography":
        return
    first, *_ = FILES[dataset]
    if without_filing:
        first = "\n".join(
            ",".join(cell for n, cell in enumerate(line.split(",")) if n != 1) for line in first.split("\n")
        )
    desk.describes(dataset, entry=WITHOUT_FILING if without_filing else None)
    old, new = OTHER_VALUE[dataset]
    assert first.count(old) == 1
    desk.loads(dataset, first, "prices.csv")
    were = values(desk, dataset)
    (desk.drop / "prices.csv").unlink()
    desk.loads(dataset, first.replace(old, new), "prices_corrected.csv")
    are = values(desk, dataset)
    assert len(are) == len(were)
    assert len(set(were) - set(are)) == 1
    (desk.drop / "prices_corrected.csv").unlink()
    desk.loads(dataset, first, "prices.csv")
    assert values(desk, dataset) == were
    assert rebuilt_is_the_same(desk, dataset)


@pytest.mark.parametrize("dataset", OWN_BY_FILE)
def test_a_file_that_is_put_into_an_archive_takes_nothing_with_it(desk: Desk, dataset: str) -> None:
    """Neither where nothing comes, nor where files of other subjects or other days come."""
    head, *rows = FILES[dataset][0].splitlines()
    others = {
        "fund": [row.replace("2026-03-10", "2026-03-09") for row in rows],
        "revenue_geography": [row.replace("2025-12-31,2026-", "2024-12-31,2025-").replace(",F", ",E") for row in rows],
        "security": [row.replace("PT", "PU") for row in rows],
        "security_level": [row.replace(",2026-", ",2025-") for row in rows],
    }[dataset]
    desk.describes(dataset, more="keeps_at_least = 0.01")
    desk.loads(dataset, lines(head, *others), "2025.csv")
    desk.loads(dataset, lines(head, *rows), "2026.csv")
    both = values(desk, dataset)
    assert len(both) == 2 * len(rows)
    (desk.drop / "2025.csv").unlink()
    desk.night(dataset)
    assert values(desk, dataset) == both
    desk.loads(dataset, without(lines(head, *rows), FILES[dataset][1]), "2026_corrected.csv")
    (desk.drop / "2026.csv").unlink()
    desk.night(dataset)
    assert len(values(desk, dataset)) == len(both) - 1
    assert rebuilt_is_the_same(desk, dataset)


@pytest.mark.parametrize("dataset", OWN_BY_FILE)
def test_a_file_of_another_name_that_is_cut_short_is_refused_or_takes_nothing_back(desk: Desk, dataset: str) -> None:
    head, *rows = FILES[dataset][0].splitlines()
    desk.describes(dataset, more="keeps_at_least = 0.01")
    desk.loads(dataset, lines(head, *rows), "prices.csv")
    everything = desk.known(dataset)
    (desk.drop / "prices.csv").unlink()
    for kept in (rows[: len(rows) * 2 // 5], [rows[0], *rows[7:]]):
        desk.puts(lines(head, *kept), "prices_corrected.csv")
        refused = desk.night(dataset).refused
        assert desk.known(dataset) == everything
        assert all("standing for file:prices.csv, which is gone" in one.reason for one in refused)
    assert refused != [], "what lacks a quarter at most stands for the file"


def test_panels_that_continue_each_other_keep_the_day_on_which_they_are_joined(desk: Desk) -> None:
    def panel(days: list[str]) -> str:
        return lines("s,d,l", *(f"{t},{day},{100 + DAYS.index(day)}" for t in ("AA", "BB") for day in days))

    desk.describes("security_level")
    desk.loads("security_level", panel(DAYS[:20]), "january.csv")
    (desk.drop / "january.csv").unlink()
    desk.loads("security_level", panel(DAYS[15:]), "february.csv")
    kept = desk.connection.execute(
        "SELECT DISTINCT date::VARCHAR FROM core.security_level_as_known(?) WHERE source = 'january' ORDER BY ALL",
        [LATER],
    ).fetchall()
    assert [day for (day,) in kept] == DAYS[:16]


def test_two_lists_of_funds_of_one_day_are_no_versions_of_each_other(desk: Desk) -> None:
    desk.describes("fund", more="keeps_at_least = 0.01")
    desk.loads("fund", lines("f,d,n", *(f"JP{t},2026-03-10,Fund" for t in NAMES)), "trust.csv")
    (desk.drop / "trust.csv").unlink()
    desk.loads("fund", lines("f,d,n", "JPT00,2026-03-10,Fund", "JPX,2026-03-10,Fund X"), "bank.csv")
    assert len(desk.known("fund")) == len(NAMES) + 1


@pytest.mark.parametrize("is_known", [False, True], ids=["both new", "one known"])
@pytest.mark.parametrize("dataset", [*OWN_BY_FILE, "revenue_geography without filing"])
def test_two_versions_of_one_file_are_refused_by_both_names(desk: Desk, dataset: str, is_known: bool) -> None:
    dataset, _, without_filing = dataset.partition(" ")
    first, *_ = FILES[dataset]
    if without_filing:
        first = "\n".join(",".join(line.split(",")[:1] + line.split(",")[2:]) for line in first.splitlines()) + "\n"
    desk.describes(dataset, entry=WITHOUT_FILING if without_filing else None)
    if is_known:
        desk.loads(dataset, first, "prices.csv")
    else:
        desk.puts(first, "prices.csv")
    desk.puts(first.replace(*OTHER_VALUE[dataset]), "prices_corrected.csv")
    [refusal] = desk.night(dataset).refused
    assert refusal.url == "file:prices_corrected.csv"
    assert "came already in this run from file:prices.csv, with other" in refusal.reason
    assert len(values(desk, dataset)) == len(first.splitlines()) - 1
    (desk.drop / "prices.csv").unlink()
    assert desk.night(dataset).refused == []
    assert len(values(desk, dataset)) == len(first.splitlines()) - 1
    desk.loads(dataset, first.replace(*OTHER_VALUE[dataset]), "the_same.csv")


def test_panels_of_two_vendors_may_differ(desk: Desk) -> None:
    desk.describes("security_level")
    desk.loads("security_level", FILES["security_level"][0], "one.csv")
    other = lines("s,d,l", *(f"BB,{day},{99.5 + 1.01 * n}" for n, day in enumerate(DAYS)))
    desk.loads("security_level", other, "two.csv")
    assert len(values(desk, "security_level")) == 3 * len(DAYS)


# ---- complete, as drop.toml says it


@pytest.mark.parametrize(
    ("dataset", "more", "told"),
    [
        ("membership", 'complete = "yes"', "file.0.complete"),
        ("membership", "complete = 1", "file.0.complete"),
        ("fund", "complete = true\npage_of = true", "one page of several is a part"),
        ("policy_rate", "complete = true\nkeeps_at_least = 0", "leave one of them out"),
    ],
)
def test_complete_that_cannot_be_is_refused_when_drop_toml_is_read(
    desk: Desk, dataset: str, more: str, told: str
) -> None:
    desk.describes(dataset, more=more)
    with pytest.raises(DropError) as refused:
        read_drop(desk.drop)
    assert "drop.toml: file.0" in str(refused.value)
    assert told in str(refused.value)


@pytest.mark.parametrize("dataset", sorted(FILES))
def test_complete_may_be_said_of_every_dataset(desk: Desk, dataset: str) -> None:
    first, beginning, gone = FILES[dataset]
    desk.describes(dataset, more="complete = true")
    desk.loads(dataset, first)
    desk.loads(dataset, without(first, beginning))
    assert gone not in desk.known(dataset)
