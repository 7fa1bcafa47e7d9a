"""What a person reads after a run in the terminal.

Belongs here: wording the run record. Does not belong here: deciding anything.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import dagster as dg

from assets.home import Home


def tell(home: Home, result: dg.ExecuteInProcessResult) -> int:
    """Prints what became of the run; returns its exit status: 0, or 1 where the operator has to look."""
    record = json.loads((home.runs / f"{result.run_id}.json").read_bytes())
    if record["error"]:
        _tell_crash(result)
        return 1
    for session, one in record["sessions"].items():
        for study, said in one["studies"].items():
            _tell_session(study, session, said)
    _tell_checks(record)
    if record["succeeded"] and not result.success:
        print(
            "the run broke off after publishing; run it again, so that the readers' database follows", file=sys.stderr
        )
        return 1
    print(f"readers' database: {home.readers_database}")
    return 0 if record["succeeded"] else 1


def _tell_session(study: str, session: str, said: dict[str, Any]) -> None:
    if said["release"] is None:
        print(f"{study} {session}: nothing published")
    else:
        state = "published" if said["is_new"] else "unchanged"
        print(f"{study} {session}: {state} {said['release']} in {said['folder']}")
    for one in said["withheld"]:
        check = f", check {one['check_name']}" if one["check_name"] else ""
        named = f"{one['subject']} of {one['figure']}" if one.get("subject") else one["figure"]
        print(f"  withheld {named} ({one['kind']}{check}): {one['reason']}")


def _tell_checks(record: dict[str, Any]) -> None:
    failed = [check for check in record["checks"] if not check["passed"]]
    print(f"checks: {len(record['checks']) - len(failed)} held, {len(failed)} did not")
    for check in failed:
        print(
            f"  {check['severity']}: {check['check_name']} on {check['table_name']} "
            f"({check['study']} {check['session'] or 'every session'}): {check['observed']}; "
            f"expected {check['expected']}"
        )


def _tell_crash(result: dg.ExecuteInProcessResult) -> None:
    print(
        f"run {result.run_id} broke off before it could publish; nothing published was changed",
        file=sys.stderr,
    )
    for event in result.all_events:
        if event.is_failure and event.is_step_event:
            error = event.step_failure_data.error
            cause = error.cause if error and error.cause else error
            print(f"  {event.step_key}: {cause.message if cause else event.message}".rstrip(), file=sys.stderr)
