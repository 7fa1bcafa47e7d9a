"""The decision of the schedule, tick by tick, on home folders made by hand.

Belongs here: what ``nightly`` asks for and what it says. Does not belong here: running the job.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from typing import cast
from uuid import uuid4

import dagster as dg
import pytest
from dagster._utils.schedules import schedule_execution_time_iterator

from assets.deadline import TOKYO, deadline_of, is_overdue
from assets.home import Home
from assets.publish.run_record import SessionResult, make_run_record
from checks.gate import Kind, Withheld
from pipelines.commands.status import look
from pipelines.partitions import session_partitions
from pipelines.pending import Pending, closed_sessions, read_backlog
from pipelines.schedules import build_nightly_schedule

STUDY = "us_small_caps"
OTHER = "us_large_caps"

# The last ten sessions at 07:15 on Thursday 2026-03-12 in Tokyo.
TEN = ["2026-02-26", "2026-02-27", "2026-03-02", "2026-03-03", "2026-03-04"]
TEN += ["2026-03-05", "2026-03-06", "2026-03-09", "2026-03-10", "2026-03-11"]

Tick = Callable[[str], dg.RunRequest | str]


def tokyo(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=TOKYO)


def publish(home: Path, *sessions: str, study: str = STUDY, revision: str = "r1") -> None:
    for session in sessions:
        folder = home / "published" / study / session / revision
        folder.mkdir(parents=True)
        (folder / "datapackage.json").write_text("{}", encoding="utf-8")


def record(
    home: Path,
    session: str,
    finished_at: str,
    *kinds: str,
    study: str = STUDY,
    release: str | None = None,
    run_id: str | None = None,
) -> None:
    """A run record; ``finished_at`` is Tokyo time, ``kinds`` those of the figures it withheld."""
    withheld = [
        Withheld(f"fig{number}", cast(Kind, kind), "too old", "levels_are_fresh")
        for number, kind in enumerate(kinds, start=1)
    ]
    result = SessionResult(study, date.fromisoformat(session), release=release, withheld=withheld)
    finished = tokyo(finished_at).astimezone(UTC)
    make_run_record(run_id or str(uuid4()), "sample", [result], [], finished_at=finished).write(home / "runs")


@dg.asset(partitions_def=session_partitions)
def release() -> None:
    """Stands for everything a night makes."""


def build_schedule(home: Path, studies: list[str]) -> tuple[dg.ScheduleDefinition, dg.RepositoryDefinition]:
    job = dg.define_asset_job("nightly", selection=[release])
    schedule = build_nightly_schedule(job, lambda: home, lambda: studies)
    definitions = dg.Definitions(assets=[release], jobs=[job], schedules=[schedule])
    return schedule, definitions.get_repository_def()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def tick(home: Path) -> Tick:
    """Evaluates one tick, given in Tokyo time: the request, or the words of the skip."""
    schedule, repository = build_schedule(home, [STUDY])

    def evaluate(text: str) -> dg.RunRequest | str:
        context = dg.build_schedule_context(scheduled_execution_time=tokyo(text), repository_def=repository)
        result = schedule.evaluate_tick(context)
        if result.run_requests:
            assert len(result.run_requests) == 1
            return result.run_requests[0]
        assert result.skip_message
        return result.skip_message

    return evaluate


def asked(result: dg.RunRequest | str) -> str:
    """The session of a request; a skip fails the test with its words."""
    assert isinstance(result, dg.RunRequest), result
    assert result.partition_key
    return result.partition_key


def skipped(result: dg.RunRequest | str) -> str:
    assert isinstance(result, str), result
    return result


# When it ticks


def test_the_schedule_is_on_and_targets_the_job(home: Path) -> None:
    schedule, _ = build_schedule(home, [STUDY])

    assert (schedule.name, schedule.job_name) == ("nightly", "nightly")
    assert schedule.execution_timezone == "Asia/Tokyo"
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING


def test_ticks_are_three_a_morning_from_tuesday_to_saturday_japanese_holidays_too(home: Path) -> None:
    schedule, _ = build_schedule(home, [STUDY])
    start, end = tokyo("2026-02-08T00:00"), tokyo("2026-02-15T00:00")
    assert schedule.execution_timezone

    ticks = takewhile(
        lambda tick: tick < end,
        schedule_execution_time_iterator(start.timestamp(), schedule.cron_schedule, schedule.execution_timezone),
    )

    mornings = ["2026-02-10", "2026-02-11", "2026-02-12", "2026-02-13", "2026-02-14"]  # the 11th is a holiday
    expected = [tokyo(f"{day}T{hour}") for day in mornings for hour in ("07:15", "08:30", "10:00")]
    assert list(ticks) == expected


def test_every_tick_comes_after_the_close_and_before_the_deadline() -> None:
    for session in (date(2026, 1, 15), date(2026, 7, 15)):  # winter and summer time in New York
        morning = session + timedelta(days=1)
        first, last = tokyo(f"{morning}T07:15"), tokyo(f"{morning}T10:00")

        assert closed_sessions(first)[-1] == session
        assert last < deadline_of(session)


# What it asks for


def test_a_normal_morning_asks_for_last_nights_session(home: Path, tick: Tick) -> None:
    publish(home, *TEN[:-1])

    request = tick("2026-03-12T07:15")

    assert asked(request) == "2026-03-11"
    assert isinstance(request, dg.RunRequest)
    assert request.tags["dagster/partition"] == "2026-03-11"
    assert request.tags["zuhyo/reason"] == "no_release"
    assert request.tags["zuhyo/overdue"] == "false"
    assert "zuhyo/given_up" not in request.tags


def test_saturday_asks_for_fridays_session(home: Path, tick: Tick) -> None:
    publish(home, *TEN)

    assert asked(tick("2026-03-14T07:15")) == "2026-03-12"
    publish(home, "2026-03-12")
    assert asked(tick("2026-03-14T08:30")) == "2026-03-13"


def test_a_tick_while_the_newest_session_is_out_skips_and_says_so(home: Path, tick: Tick) -> None:
    publish(home, *TEN)

    reason = skipped(tick("2026-03-12T08:30"))

    assert "Nothing is missing" in reason
    assert "2026-02-26" in reason
    assert "2026-03-11" in reason


def test_after_a_holiday_in_new_york_there_is_nothing_new(home: Path, tick: Tick) -> None:
    friday = closed_sessions(tokyo("2026-02-14T07:15"))
    assert friday[-1] == date(2026, 2, 13)
    publish(home, *(session.isoformat() for session in friday))

    assert "2026-02-13, the newest" in skipped(tick("2026-02-17T07:15"))  # Monday was Presidents' Day


def test_a_japanese_holiday_is_an_ordinary_morning(home: Path, tick: Tick) -> None:
    publish(home, *(s.isoformat() for s in closed_sessions(tokyo("2026-02-10T07:15"))))

    assert asked(tick("2026-02-11T07:15")) == "2026-02-10"


def test_an_outage_of_three_days_is_caught_up_in_one_morning_oldest_first(home: Path, tick: Tick) -> None:
    publish(home, *TEN[:-3])
    done = []

    for hour in ("07:15", "08:30", "10:00"):
        request = tick(f"2026-03-12T{hour}")
        assert isinstance(request, dg.RunRequest)
        done.append((asked(request), request.tags["zuhyo/overdue"]))
        publish(home, asked(request))

    assert done == [("2026-03-09", "true"), ("2026-03-10", "true"), ("2026-03-11", "false")]
    assert read_backlog(tokyo("2026-03-12T10:01"), home, [STUDY]).pending is None


def test_a_gap_between_published_sessions_is_filled(home: Path, tick: Tick) -> None:
    publish(home, *TEN[:4], *TEN[5:])

    assert asked(tick("2026-03-12T07:15")) == TEN[4]


def test_a_session_before_the_last_ten_is_not_asked_for(home: Path, tick: Tick) -> None:
    publish(home, "2026-02-24", *TEN)  # 2026-02-25 is missing

    assert "Nothing is missing" in skipped(tick("2026-03-12T07:15"))


def test_an_early_close_counts_from_its_own_hour() -> None:
    assert closed_sessions(datetime(2025, 11, 28, 17, 59, tzinfo=UTC))[-1] == date(2025, 11, 26)
    assert closed_sessions(datetime(2025, 11, 28, 18, 0, tzinfo=UTC))[-1] == date(2025, 11, 28)


def test_a_new_home_asks_for_the_newest_session_first(home: Path, tick: Tick) -> None:
    assert not home.exists()
    assert asked(tick("2026-03-12T07:15")) == "2026-03-11"

    record(home, "2026-03-11", "2026-03-12T07:20", "failed")
    assert asked(tick("2026-03-12T08:30")) == "2026-03-11"

    publish(home, "2026-03-11")
    record(home, "2026-03-11", "2026-03-12T08:35", release="r1")
    assert "Nothing is missing" in skipped(tick("2026-03-12T10:00"))


def test_sessions_before_the_first_published_one_are_history(home: Path, tick: Tick) -> None:
    publish(home, TEN[4], TEN[6])
    assert asked(tick("2026-03-12T07:15")) == TEN[5]


# Sessions that fail


def test_a_session_withheld_as_failed_is_asked_for_until_it_is_cured(home: Path, tick: Tick) -> None:
    publish(home, *TEN)
    record(home, TEN[-1], "2026-03-12T07:20", "not_served", "failed", release="r1", run_id="z-first")
    request = tick("2026-03-12T08:30")
    assert asked(request) == TEN[-1]
    assert isinstance(request, dg.RunRequest)
    assert request.tags["zuhyo/reason"] == "withheld_failed"

    # The run that finished last counts, not the last by name.
    record(home, TEN[-1], "2026-03-12T08:35", "not_served", release="r2", run_id="a-second")
    publish(home, TEN[-1], revision="r2")
    assert "Nothing is missing" in skipped(tick("2026-03-12T10:00"))


def test_what_is_not_served_or_not_covered_is_no_reason_to_run_again(home: Path, tick: Tick) -> None:
    publish(home, *TEN)
    record(home, TEN[-1], "2026-03-12T07:20", "not_served", "not_covered", release="r1")

    assert "Nothing is missing" in skipped(tick("2026-03-12T08:30"))


def test_a_session_that_keeps_failing_is_tried_once_after_its_deadline_then_given_up(home: Path, tick: Tick) -> None:
    publish(home, "2026-02-25", *TEN[:-2])
    for hour in ("07:15", "08:30", "10:00"):
        assert asked(tick(f"2026-03-11T{hour}")) == "2026-03-10"
        record(home, "2026-03-10", f"2026-03-11T{hour}", "failed")

    late = tick("2026-03-12T07:15")
    assert asked(late) == "2026-03-10"
    assert isinstance(late, dg.RunRequest)
    assert late.tags["zuhyo/overdue"] == "true"
    record(home, "2026-03-10", "2026-03-12T07:20", "failed")

    after = tick("2026-03-12T08:30")
    assert asked(after) == "2026-03-11"
    assert isinstance(after, dg.RunRequest)
    assert after.tags["zuhyo/given_up"] == "2026-03-10"
    publish(home, "2026-03-11")

    reason = skipped(tick("2026-03-12T10:00"))
    assert "2026-03-10" in reason
    assert "Given up" in reason
    assert "Nothing is missing" not in reason


def test_a_session_that_was_given_up_and_cured_by_hand_is_no_longer_named(home: Path, tick: Tick) -> None:
    publish(home, *TEN[:-2], TEN[-1])
    record(home, "2026-03-10", "2026-03-12T07:20", "failed")
    assert "Given up" in skipped(tick("2026-03-12T08:30"))

    publish(home, "2026-03-10")
    record(home, "2026-03-10", "2026-03-12T09:00", release="r1")
    assert "Given up" not in skipped(tick("2026-03-12T10:00"))


def test_a_run_that_left_no_release_and_no_failed_figure_is_an_attempt(home: Path, tick: Tick) -> None:
    publish(home, *TEN[:-2], TEN[-1])
    record(home, "2026-03-10", "2026-03-12T07:20")

    assert "Given up" in skipped(tick("2026-03-12T08:30"))


def test_the_newest_session_is_never_given_up(home: Path, tick: Tick) -> None:
    published = closed_sessions(tokyo("2026-02-14T07:15"))[:-1]
    publish(home, *(session.isoformat() for session in published))
    record(home, "2026-02-13", "2026-02-14T12:00", "failed")  # Saturday, after the deadline

    assert asked(tick("2026-02-17T07:15")) == "2026-02-13"  # Monday was a holiday: still the newest


def test_tags_stay_legal_when_many_sessions_are_given_up(home: Path, tick: Tick) -> None:
    publish(home, "2026-01-05")
    for session in TEN[:-1]:
        record(home, session, "2026-03-12T01:00", "failed")

    request = tick("2026-03-12T07:15")

    assert asked(request) == TEN[-1]
    assert isinstance(request, dg.RunRequest)
    assert request.tags["zuhyo/given_up"] == "2026-02-26_and_8_more"
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]{1,63}", value) for value in request.tags.values())


# Run keys


def test_each_tick_has_its_own_run_key_and_always_the_same(home: Path, tick: Tick) -> None:
    hours = ("07:15", "08:30", "10:00")
    publish(home, *TEN[:-1])

    first = [tick(f"2026-03-12T{hour}") for hour in hours]
    again = [tick(f"2026-03-12T{hour}") for hour in hours]

    keys = [request.run_key for request in first if isinstance(request, dg.RunRequest)]
    assert keys == ["2026-03-11_20260312T0715", "2026-03-11_20260312T0830", "2026-03-11_20260312T1000"]
    assert keys == [request.run_key for request in again if isinstance(request, dg.RunRequest)]


# Reading the home folder


def test_a_session_waits_until_every_study_has_it(home: Path) -> None:
    publish(home, *TEN)
    publish(home, *TEN[:-1], study=OTHER)

    found = read_backlog(tokyo("2026-03-12T07:15"), home, [STUDY, OTHER]).pending

    assert found == Pending(date(2026, 3, 11), (OTHER,), "no_release", overdue=False)


@pytest.mark.parametrize("tried", [False, True])
def test_a_study_that_is_added_later_starts_with_the_newest_session_for_schedule_and_status(
    home: Path, tried: bool
) -> None:
    publish(home, *TEN)
    if tried:
        record(home, TEN[-3], "2026-03-10T07:20", "failed", study=OTHER)
    now = tokyo("2026-03-12T11:00")
    schedule, repository = build_schedule(home, [STUDY, OTHER])

    context = dg.build_schedule_context(scheduled_execution_time=now, repository_def=repository)
    result = schedule.evaluate_tick(context)
    status = look(Home(home), [STUDY, OTHER], True, now)

    missing = TEN[-3:] if tried else TEN[-1:]
    assert result.run_requests
    assert result.run_requests[0].partition_key == missing[0]
    listed = [fault.split()[2].rstrip(",") for fault in status.faults if fault.startswith(f"missing: {OTHER} ")]
    assert listed == missing


def test_a_study_that_was_not_tried_late_keeps_its_session_alive(home: Path) -> None:
    publish(home, *TEN[:-2], TEN[-1])
    publish(home, *TEN[:-2], TEN[-1], study=OTHER)
    record(home, "2026-03-10", "2026-03-12T07:20", "failed")

    found = read_backlog(tokyo("2026-03-12T08:30"), home, [STUDY, OTHER])

    assert found.given_up == ()
    assert found.pending == Pending(date(2026, 3, 10), (STUDY, OTHER), "no_release", overdue=True)


def test_half_a_release_is_no_release(home: Path, tick: Tick) -> None:
    publish(home, *TEN[:-1])
    session = home / "published" / STUDY / TEN[-1]
    (session / "r1").mkdir(parents=True)
    publish(home, TEN[-1], revision="r1.part")

    assert asked(tick("2026-03-12T07:15")) == TEN[-1]


def test_an_unreadable_run_record_is_logged_and_left_out(
    home: Path, tick: Tick, caplog: pytest.LogCaptureFixture
) -> None:
    publish(home, *TEN)
    record(home, TEN[-1], "2026-03-12T07:20", "failed", release="r1")
    (home / "runs" / "half.json").write_text('{"run_id": "half", "fin', encoding="utf-8")
    (home / "runs" / "list.json").write_text("[]", encoding="utf-8")

    assert asked(tick("2026-03-12T08:30")) == TEN[-1]
    assert "half.json" in caplog.text
    assert "list.json" in caplog.text


def test_a_naive_time_is_refused(home: Path) -> None:
    with pytest.raises(ValueError, match="aware"):
        read_backlog(datetime(2026, 3, 12, 7, 15), home, [STUDY])


# Deadlines


@pytest.mark.parametrize(
    ("session", "deadline"),
    [
        (date(2026, 3, 11), datetime(2026, 3, 12, 1, 30, tzinfo=UTC)),
        (date(2026, 3, 6), datetime(2026, 3, 7, 1, 30, tzinfo=UTC)),  # Friday: Saturday in Tokyo
        (date(2025, 12, 31), datetime(2026, 1, 1, 1, 30, tzinfo=UTC)),
    ],
)
def test_deadline_is_half_past_ten_in_tokyo_on_the_next_day(session: date, deadline: datetime) -> None:
    assert deadline_of(session) == deadline
    assert deadline_of(session).tzinfo == UTC


def test_overdue_begins_after_the_deadline() -> None:
    session = date(2026, 3, 11)

    assert not is_overdue(session, tokyo("2026-03-12T10:30:00"))
    assert is_overdue(session, tokyo("2026-03-12T10:30:01"))
