"""The ingest asset of a dataset: runs the intake, stages accepted rows, reports what was refused.

Belongs here: what every ingest asset does. Does not belong here: what differs from dataset to dataset
(assets/datasets.py), when late data is asked for again (late.py), appending to core (core/).
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg

from assets.dagster_parts import Partitions, layer_options, sessions_of
from assets.datasets import Dataset
from assets.drop import DropError, read_drop, unclaimed_files
from assets.ingest.fetch_targets import with_fetch_targets
from assets.ingest.fetching import fetch_context
from assets.ingest.ingest import Intake, Refusal, take_in
from assets.ingest.landing import Landing
from assets.ingest.late import ask_again
from assets.settings import Settings
from checks.outcome import SAMPLE_ROWS, UNKNOWN_SUBJECT, Outcome, as_dagster_results, record
from warehouse.records import record_materialization
from warehouse.staging import stage_payloads


def build_ingest(dataset: Dataset, partitions: Partitions) -> dg.AssetsDefinition:
    """The asset ingest/<dataset>, partitioned by session.

    It never fails for a vendor's fault: the last good data stays, and the failed check is what the gate reads.
    """
    name = dataset.name
    key = dg.AssetKey(["ingest", name])

    @dg.asset(
        **layer_options("ingest", name, partitions),
        # what people state comes first: a history that is restated on purpose is let in by it
        deps=[
            dg.AssetKey(["core", table])
            for table in (*(() if name == "correction" else ("correction",)), *dataset.after)
        ],
        kinds={"python", "pandas"},
        description=f"Payloads of {name}: fetched, landed as they came, parsed, guarded, and staged for core.",
        check_specs=[
            dg.AssetCheckSpec("payloads_accepted", asset=key, description="Every source gave a payload that is good"),
            dg.AssetCheckSpec(
                "drop_folder_is_described",
                asset=key,
                description="drop.toml names or ignores every file of its folder",
            ),
            dg.AssetCheckSpec(
                "optional_sources_are_there",
                asset=key,
                description="Also the vendors that may have nothing gave a payload",
            ),
            dg.AssetCheckSpec(
                "every_entry_is_read",
                asset=key,
                description="No entry of a payload had to be left out of it",
            ),
        ],
    )
    def ingest(context: dg.AssetExecutionContext, settings: Settings) -> Iterator[dg.MaterializeResult]:
        sessions = sessions_of(context, settings.closed_days())
        read = settings.read_studies()
        studies = [study.study for study in read]
        profile = settings.read_profile()
        with settings.warehouse() as connection:
            fetch = with_fetch_targets(connection, fetch_context(settings, sessions[-1]), read, settings.cut_off())
            landing = Landing(settings.home_folder().landing)
            sources = [*dataset.always, *profile.sources(name)]
            intake = take_in(connection, landing, sources, fetch, dataset.guard, dataset.payload_subject, dataset.alone)
            stage_payloads(connection, name, intake.payloads_to_load(), is_again=context.retry_number > 0)
            if settings.read_lag(name) is None:
                ask_again(intake.late, profile.late, sessions[-1], context.retry_number, datetime.now(UTC))
            undescribed = _undescribed(fetch.drop) if profile.needs_drop else []
            outcomes = [
                outcome
                for study in studies
                for session in sessions
                for outcome in (
                    _accepted(name, intake.refused, study, session),
                    _described(name, undescribed, study, session),
                )
            ]
            left_out = _left_out(intake)
            read_whole = [_read_whole(name, left_out, study, session) for study in studies for session in sessions]
            there = [_there(name, intake.absent, study, session) for study in studies for session in sessions]
            record(connection, context.run_id, outcomes)
            if any(source.optional for source in sources):  # where none is, the check says nothing
                record(connection, context.run_id, there)
            if left_out:
                record(connection, context.run_id, read_whole)
            table = f"landing.{name}"
            record_materialization(connection, context.run_id, table, studies, sessions, settings.cut_off())
        yield dg.MaterializeResult(
            metadata={
                "payloads": intake.payloads,
                "unchanged": len(intake.unchanged),
                "refused": len(intake.refused),
                "absent": len(intake.absent),
                "late": ", ".join(intake.late) or "none",
                "rows parsed": sum(len(rows) for _, rows in intake.accepted),
                "rows left out": sum(rows.attrs.get("rejected_rows", 0) for _, rows in intake.accepted),
            },
            check_results=as_dagster_results(key, [*outcomes, *there, *read_whole]),
        )

    return ingest


def _undescribed(drop: Path | None) -> list[str]:
    try:
        return [] if drop is None else unclaimed_files(drop, read_drop(drop))
    except DropError:
        return []  # the folder itself is at fault, and payloads_accepted says so


def _accepted(dataset: str, refused: list[Refusal], study: str, session: date) -> Outcome:
    named = [refusal.subjects for refusal in refused if refusal.subjects is not None]
    subjects = {subject for one in named for subject in (one or (UNKNOWN_SUBJECT,))}
    is_about_all = len(named) < len(refused)
    return Outcome(
        check_name="payloads_accepted",
        table=f"landing.{dataset}",
        study=study,
        session=session,
        passed=not refused,
        blocking=True,
        expected="every source gives a payload in its format, no older and not much smaller than the one before",
        failing=len(refused),
        sample=_shown(refused),
        subjects=tuple(sorted(subjects)) if refused and not is_about_all else None,
    )


def _there(dataset: str, absent: list[Refusal], study: str, session: date) -> Outcome:
    expected = "every optional source gives a payload too; where one has none, another source stands in"
    return _warning("optional_sources_are_there", dataset, study, session, expected, len(absent), _shown(absent))


def _left_out(intake: Intake) -> list[dict[str, str]]:
    """What parsers left out of payloads that were accepted: where it came from, and which entry."""
    return [
        {"url": retrieval.payload.url, "entry": entry}
        for retrieval, rows in intake.accepted
        for entry in rows.attrs.get("left_out", ())
    ]


def _read_whole(dataset: str, left_out: list[dict[str, str]], study: str, session: date) -> Outcome:
    expected = "every entry of a payload can be read; a few that can't be are left out, and more refuse the payload"
    sample = tuple(left_out[:SAMPLE_ROWS])
    return _warning("every_entry_is_read", dataset, study, session, expected, len(left_out), sample)


def _shown(refusals: list[Refusal]) -> tuple[dict[str, str], ...]:
    """The first of them, as a check shows them."""
    return tuple({"vendor": r.vendor, "url": r.url, "reason": r.reason} for r in refusals[:SAMPLE_ROWS])


def _described(dataset: str, undescribed: list[str], study: str, session: date) -> Outcome:
    expected = "every file in the drop folder is named by an entry or ignored in drop.toml"
    sample = tuple({"file": name} for name in undescribed[:SAMPLE_ROWS])
    return _warning("drop_folder_is_described", dataset, study, session, expected, len(undescribed), sample)


def _warning(
    check_name: str,
    dataset: str,
    study: str,
    session: date,
    expected: str,
    failing: int,
    sample: tuple[dict[str, str], ...],
) -> Outcome:
    """A check of what landed that blocks nothing; it holds where nothing fails."""
    return Outcome(
        check_name=check_name,
        table=f"landing.{dataset}",
        study=study,
        session=session,
        passed=not failing,
        blocking=False,
        expected=expected,
        failing=failing,
        sample=sample,
    )
