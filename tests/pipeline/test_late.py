"""A late night: a live vendor that lacks the newest session at first, and how often the run asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo

import pytest

from assets.ingest import assets as asset_module
from assets.ingest import vendors
from assets.ingest.fetching import FetchContext, payload_from
from assets.ingest.payload import Answer, FetchError, Payload
from assets.profile import Source
from assets.settings import Settings
from pipelines.commands import upkeep
from tests.support.drop import fred_until
from tests.support.night import FIRST, NEXT, Night, Place, ask, run_night

LATE, ON_TIME, ENDED = "RU2000TR", "RU1000TR", "RU2000PR"
SITE = "https://acme.example"
MORNING = datetime(2024, 3, 14, 22, 15, tzinfo=UTC)
"""07:15 in Tokyo on the day after the session."""

PROFILE = """\
profile = "live"
description = "One vendor that is asked"

[late]
tries = 2
wait_minutes = 0
"""
ENTRY = """
[[source]]
vendor = "acme"
dataset = "index_level"
series_id = "{series}"
return_basis = "{basis}"
currency = "USD"
{more}
"""
AWAITS = 'awaits = "session"'


class Acme:
    """A live vendor: what it says when it is asked for a series the first time, the second and so on."""

    def __init__(self) -> None:
        self.says: dict[str, list[bytes | FetchError]] = {
            LATE: [fred_until(LATE, NEXT)],
            ON_TIME: [fred_until(ON_TIME, NEXT)],
            ENDED: [fred_until(ENDED, FIRST)],
        }
        self.asked: list[str] = []

    def fetch(self, source: Source, context: FetchContext) -> Iterator[Payload]:
        series = source.options["series_id"]
        said = self.says[series][min(self.asked.count(series), len(self.says[series]) - 1)]
        self.asked.append(series)
        if isinstance(said, FetchError):
            raise said
        place = f"{SITE}/{series}.csv"
        yield payload_from(source, Answer(f"{place}?to={context.session}", place, said, "text/csv"), "fred_csv")


@pytest.fixture
def acme(monkeypatch: pytest.MonkeyPatch) -> Acme:
    """The vendor, on the morning after the session."""
    vendor = Acme()
    monkeypatch.setitem(vendors._fetches(), "acme", vendor.fetch)
    stand_at(monkeypatch, MORNING)
    return vendor


def stand_at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    """The clock by which the night decides whether to ask again."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return moment.astimezone(tz)

    monkeypatch.setattr(asset_module, "datetime", Clock)


def live(place: Place, more: str = "") -> Settings:
    entries = [(LATE, "gross", AWAITS), (ON_TIME, "gross", AWAITS), (ENDED, "price", "")]
    text = PROFILE + more + "".join(ENTRY.format(series=s, basis=b, more=m) for s, b, m in entries)
    folder = place.folder / "profiles"
    folder.mkdir()
    (folder / "live.toml").write_text(text, encoding="utf-8")
    return place.settings(profile="live", profiles=str(folder), drop="")


def retries(night: Night) -> int:
    return sum(event.event_type_value == "STEP_UP_FOR_RETRY" for event in night.result.all_events)


def metadata(night: Night, name: str) -> object:
    [made] = night.result.asset_materializations_for_node("ingest__index_level")
    return made.metadata[name].value


@pytest.mark.parametrize("first", ["day before", "no answer"])
def test_what_comes_at_the_second_try_is_published(place: Place, acme: Acme, first: str) -> None:
    answers: dict[str, bytes | FetchError] = {
        "day before": fred_until(LATE, FIRST),
        "no answer": FetchError("acme does not answer"),
    }
    acme.says[LATE].insert(0, answers[first])
    settings = live(place)

    night = run_night(settings, NEXT)

    assert night.status == 0
    assert night.result.success
    assert retries(night) == 1
    assert acme.asked == [LATE, ON_TIME, ENDED] * 2
    assert (night.said(NEXT)["release"], night.said(NEXT)["withheld"]) == ("r1", [])
    assert night.checks()["payloads_accepted"] is True
    assert metadata(night, "late") == "none"
    landed = {path.read_bytes() for path in (place.home / "landing" / "acme" / "index_level").glob("*.csv")}
    assert landed == {
        fred_until(LATE, NEXT),
        fred_until(ON_TIME, NEXT),
        fred_until(ENDED, FIRST),
        *(said for said in [answers[first]] if isinstance(said, bytes)),
    }
    newest = ask(place.readers_database, "SELECT DISTINCT session, as_of FROM latest.size_return")
    assert newest == [(NEXT, NEXT)]
    assert upkeep.rebuild(settings) == 0


def test_after_the_last_try_the_night_goes_on_and_a_later_tick_asks_again(place: Place, acme: Acme) -> None:
    acme.says[LATE] = [fred_until(LATE, FIRST)] * 3 + [fred_until(LATE, NEXT)]
    settings = live(place)

    night = run_night(settings, NEXT)

    assert (retries(night), acme.asked.count(LATE)) == (2, 3)
    assert metadata(night, "late") == LATE
    assert night.status == 1  # no figure is left
    assert {one["kind"] for one in night.withheld(NEXT).values()} == {"not_covered"}
    assert f"{LATE} {FIRST}" in night.withheld(NEXT)["size_return"]["reason"]
    assert night.checks()["payloads_accepted"] is True

    again = run_night(settings, NEXT)

    assert (again.status, retries(again), again.said(NEXT)["release"]) == (0, 0, "r1")
    assert metadata(again, "unchanged") == 2


@pytest.mark.parametrize(
    ("moment", "more"),
    [
        (datetime(2024, 3, 15, 1, 31, tzinfo=UTC), ""),  # 10:31 in Tokyo
        (datetime(2024, 3, 15, 22, 15, tzinfo=UTC), ""),  # another session has closed since
        (MORNING, '[lag]\nindex_level = "1 day"\n'),
    ],
    ids=["after the deadline", "an older session", "may lag"],
)
def test_what_nobody_waits_for_is_asked_for_once(
    place: Place, acme: Acme, monkeypatch: pytest.MonkeyPatch, moment: datetime, more: str
) -> None:
    stand_at(monkeypatch, moment)
    acme.says[LATE] = [fred_until(LATE, FIRST)]
    night = run_night(live(place, more), NEXT, selection=["ingest/index_level"])
    assert (retries(night), acme.asked.count(LATE)) == (0, 1)
