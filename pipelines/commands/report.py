"""What a person reads after a run in the terminal.

Belongs here: wording the run record. Does not belong here: deciding anything.
"""

from __future__ import annotations

import sys
from datetime import date

import dagster as dg

from assets.home import Home
from assets.publish.run_record import CheckRecord, StudyRecord, read_record, record_file


def print_report(home: Home, result: dg.ExecuteInProcessResult) -> int:
    """Prints what became of the run; returns its exit status: 0, or 1 where the operator has to look."""
    record = read_record(record_file(home.runs, result.run_id))
    if record.error:
        _print_crash(result)
        return 1
    for session, study, said in record.studies():
        _print_session(study, session, said)
    _print_checks(record.checks)
    if record.succeeded and not result.success:
        print(
            "the run broke off after publishing; run it again, so that the readers' database follows", file=sys.stderr
        )
        return 1
    print(f"readers' database: {home.readers_database}")
    return 0 if record.succeeded else 1


def _print_session(study: str, session: date, said: StudyRecord) -> None:
    if said.release is None:
        print(f"{study} {session}: nothing published")
    else:
        state = "published" if said.is_new else "unchanged"
        print(f"{study} {session}: {state} {said.release} in {said.folder}")
    for withheld in said.withheld:
        check = f", check {withheld.check_name}" if withheld.check_name else ""
        named = f"{withheld.subject} of {withheld.figure}" if withheld.subject else withheld.figure
        print(f"  withheld {named} ({withheld.kind}{check}): {withheld.reason}")


def _print_checks(checks: list[CheckRecord]) -> None:
    failed = [check for check in checks if not check.passed]
    print(f"checks: {len(checks) - len(failed)} held, {len(failed)} did not")
    for check in failed:
        print(
            f"  {check.severity}: {check.check_name} on {check.table_name} "
            f"({check.study} {check.session or 'every session'}): {check.observed}; expected {check.expected}"
        )


def _print_crash(result: dg.ExecuteInProcessResult) -> None:
    print(
        f"run {result.run_id} broke off before it could publish; nothing published was changed",
        file=sys.stderr,
    )
    for event in result.all_events:
        if event.is_failure and event.is_step_event:
            error = event.step_failure_data.error
            cause = error.cause if error and error.cause else error
            print(f"  {event.step_key}: {cause.message if cause else event.message}".rstrip(), file=sys.stderr)
