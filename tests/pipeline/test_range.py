"""A range of sessions in one run, as the command makes it: the same releases as night by night, and few events."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from assets.dagster_parts import layer_options, session_tags, sessions_of, tagged_sessions
from assets.publish.folder import releases
from pipelines import definitions
from pipelines.__main__ import run_sessions
from pipelines.partitions import session_partitions
from tests.support.night import FIRST, STUDY, Place, ask, run_night
from tests.support.places import make_place

SESSIONS = [date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1), date(2024, 3, 4)]


@pytest.fixture(scope="module")
def ranged(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A place where the command made a range; read it, don't change it."""
    place = make_place(tmp_path_factory.mktemp("ranged") / "place")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("checks.expectations._validate", lambda *rows: [])
        patch.setenv("DAGSTER_HOME", "")
        assert run_sessions(place.settings(), SESSIONS[0], SESSIONS[-1]) == 0
    return place


def record_of(place: Place) -> dict[str, dict[str, object]]:
    [path] = (place.home / "runs").glob("*.json")
    return json.loads(path.read_bytes())  # type: ignore[no-any-return]


def test_a_range_gives_the_releases_of_single_nights(ranged: Place, tmp_path: Path) -> None:
    single = Place(tmp_path / "single")
    for name in ("drop", "studies"):
        (single.folder / name).parent.mkdir(exist_ok=True)
        (single.folder / name).symlink_to(ranged.folder / name)
    for session in (SESSIONS[1], SESSIONS[-1]):
        assert run_night(single.settings(), session).status == 0
    made = {one.session: one for one in releases(ranged.home / "published")}
    assert list(made) == SESSIONS
    for one in releases(single.home / "published"):
        twin = made[one.session]
        assert one.record().identity == twin.record().identity
        for path in one.folder.glob("fig*"):
            assert path.read_bytes() == (twin.folder / path.name).read_bytes()
    assert (ranged.published / "latest").readlink() == Path(f"{SESSIONS[-1]}/r1")


def test_a_range_costs_dagster_no_event_a_session(ranged: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(ranged.home / "dagster"))
    with dg.DagsterInstance.get() as instance:
        [run] = instance.get_runs()
        made = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
    assert run.job_name == "nightly"
    assert len(made) == len({event.dagster_event.asset_key for event in made if event.dagster_event})
    assert tagged_sessions(run.tags) == SESSIONS, "what the sensor reads where a run breaks off"


def test_a_range_from_the_ui_is_one_partition_with_its_first_and_last_session_as_tags() -> None:
    made: list[list[date]] = []

    @dg.asset(**layer_options("figures", "thing", session_partitions))
    def thing(context) -> None:  # type: ignore[no-untyped-def]  # Dagster reads the annotation, which is text here
        made.append(sessions_of(context, frozenset()))

    tags = session_tags(SESSIONS[0], SESSIONS[-1])
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize([thing], partition_key=f"{SESSIONS[-1]}", tags=tags, instance=instance)
    assert made == [SESSIONS]
    events = result.get_asset_materialization_events()
    assert [event.partition for event in events] == [f"{SESSIONS[-1]}"], "and no event for each session"


def test_the_record_says_once_what_holds_for_every_session(ranged: Place) -> None:
    record = record_of(ranged)
    assert list(record["sessions"]) == [session.isoformat() for session in SESSIONS]
    assert {check["session"] for check in record["checks"] if check["passed"]} == {None}
    recorded = ask(
        ranged.readers_database,
        "SELECT check_name, count(DISTINCT session), count(*) FROM meta.check_result GROUP BY check_name, table_name",
    )
    assert {(sessions, rows) for _, sessions, rows in recorded} == {(len(SESSIONS), len(SESSIONS))}


def test_a_range_that_ends_after_the_newest_closed_session_is_refused(new_place: Place) -> None:
    tags = session_tags(FIRST, date(2030, 1, 2))
    job = definitions.build_defs(new_place.settings(), partitions=None).resolve_job_def("nightly")
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(instance=instance, tags=tags, raise_on_error=False)
    assert not result.success
    assert not (new_place.home / "published" / STUDY).exists()
