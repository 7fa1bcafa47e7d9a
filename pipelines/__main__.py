"""The commands behind the Makefile: ``python -m pipelines run``.

Belongs here: arguments, calling the job, and what a person reads afterwards. Does not belong here: any work on
data.
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from assets import calendar
from assets.calendar import Closed
from assets.home import HomeError
from assets.ingest.payload import FetchError
from assets.ingest.vendors import missing_variables
from assets.publish.run_record import record_crash
from assets.settings import Settings
from pipelines.resources import PIPELINES, settings_from_environment
from warehouse.toml_file import TomlFileError

if TYPE_CHECKING:
    from pipelines.commands.approval import ApprovalRequest


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m pipelines", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="the nightly run for one session, or for a range of them")
    run.add_argument("--session", help="YYYY-MM-DD; default: the newest closed session")
    run.add_argument("--to", help="last session of a range that starts at --session")
    approve = commands.add_parser("approve", help="records that a person approved a release")
    approve.add_argument("--session", help="YYYY-MM-DD")
    approve.add_argument("--by", default="", help="who approves")
    approve.add_argument("--study", help="default: the only one that has the session")
    approve.add_argument("--revision", help="like 2 or r2; default: the newest")
    approve.add_argument("--because", help="why, where a payload's licence lacks may_publish = true")
    render = commands.add_parser("render", help="draws a release that was published as data only")
    render.add_argument("--session", help="YYYY-MM-DD")
    render.add_argument("--study", help="default: every study that has published the session")
    commands.add_parser("status", help="what is published, how fresh, what fails")
    commands.add_parser("verify", help="rehashes every release against its descriptor")
    commands.add_parser("rebuild", help="throws the warehouse away and makes it again")
    example = commands.add_parser("example", help="copies the newest sample release, for docs/example")
    example.add_argument("target", type=Path)
    commands.add_parser("funds", help="proposes funds for the reviewed list of figure 5")
    commands.add_parser("home", help="prepares the home folder for the Dagster UI and prints its DAGSTER_HOME")
    chosen = parser.parse_args(arguments)
    warnings.filterwarnings("ignore")
    try:
        settings = settings_from_environment()
        if chosen.command == "run":
            return run_sessions(settings, *resolve_sessions(chosen.session, chosen.to, settings.closed_days()))
        if settings.known_at:
            raise ValueError(f"KNOWN_AT belongs to make run and make backfill, not to make {chosen.command}")
        if chosen.command == "home":
            print(prepare_dagster_home(settings))
            return 0
        from pipelines.commands import approval, funds, status, upkeep  # they need not wait for Dagster's job

        if chosen.command == "approve":
            return approval.approve(settings, _approval_request(chosen))
        if chosen.command == "render":
            from pipelines.commands.render import render as draw

            _print_faults(settings)
            return draw(settings, _day(chosen.session or os.environ.get("ZUHYO_SESSION") or ""), chosen.study or None)
        if chosen.command == "example":
            return upkeep.example(settings, chosen.target)
        if chosen.command in ("rebuild", "funds"):
            _print_faults(settings)
        plain = {
            "verify": upkeep.verify,
            "rebuild": upkeep.rebuild,
            "funds": funds.propose,
            "status": status.print_report,
        }
        return plain[chosen.command](settings)
    except (TomlFileError, HomeError, FetchError, ValueError) as error:
        print(f"zuhyo: {error}", file=sys.stderr)
        return 2


def _print_faults(settings: Settings) -> None:
    """Names the studies that can't be read; the command goes on without them."""
    for fault in settings.study_faults().values():
        print(f"zuhyo: a study can't be read, the others are: {fault}", file=sys.stderr)


def run_sessions(settings: Settings, first: date, last: date) -> int:
    """Runs the job for the sessions from ``first`` to ``last`` in one run, and prints what became of them."""
    if settings.known_at:
        from pipelines.commands.as_known import run_as_known

        return run_as_known(settings, calendar.sessions(first, last, settings.closed_days()))
    check_needs(settings)
    home = settings.home_folder()
    os.environ["DAGSTER_HOME"] = str(prepare_dagster_home(settings))
    import dagster as dg

    from assets.dagster_parts import session_tags
    from pipelines.commands.report import print_report
    from pipelines.definitions import build_defs
    from pipelines.partitions import session_partitions

    is_range = first != last
    job = build_defs(settings, partitions=None if is_range else session_partitions).resolve_job_def("nightly")
    with dg.DagsterInstance.get() as instance:
        result = job.execute_in_process(
            instance=instance,
            partition_key=None if is_range else first.isoformat(),
            tags={"zuhyo/profile": settings.profile} | (session_tags(first, last) if is_range else {}),
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            raise_on_error=False,
        )
    if not result.success:
        record_crash(
            home.runs,
            result.run_id,
            settings.profile,
            settings.read_studies(),
            calendar.sessions(first, last, settings.closed_days()),
            "see the run in the UI",
        )
    return print_report(home, result)


def _approval_request(chosen: argparse.Namespace) -> ApprovalRequest:
    """The approval that the arguments ask for. Raises ValueError."""
    from pipelines.commands.approval import ApprovalRequest

    revision = (chosen.revision or "").removeprefix("r")
    if revision and not revision.isdecimal():
        raise ValueError(f"a revision is a number like 2 (found {chosen.revision!r})")
    session = chosen.session or os.environ.get("ZUHYO_SESSION") or ""
    return ApprovalRequest(
        session=_day(session),
        by=chosen.by,
        study=chosen.study or None,
        revision=int(revision) if revision else None,
        because=chosen.because,
    )


def check_needs(settings: Settings) -> None:
    """What the profile can't do without: a drop folder, its vendors' variables. Raises ValueError naming all of it."""
    profile = settings.read_profile()
    lacking = []
    if profile.needs_drop and not settings.drop:
        lacking.append("reads a drop folder; name it: make run DROP=path/to/folder")
    missing = missing_variables(entry.vendor for entry in profile.source)
    if missing:
        lacking.append(f"needs environment variables: {'; '.join(missing)}")
    if lacking:
        raise ValueError(f"profile {settings.profile!r} {'; it '.join(lacking)}")


def prepare_dagster_home(settings: Settings) -> Path:
    """DAGSTER_HOME inside the home folder, with the instance's settings (telemetry off)."""
    folder = (Path(settings.home) / "dagster").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    settings_of_dagster = (PIPELINES / "dagster.yaml").read_text(encoding="utf-8")
    (folder / "dagster.yaml").write_text(settings_of_dagster.replace("$DAGSTER_HOME", str(folder)), encoding="utf-8")
    return folder


def resolve_sessions(first: str | None, last: str | None, closed: Closed) -> tuple[date, date]:
    """The first and last session that are asked for, checked against the calendar. Raises ValueError."""
    newest = calendar.newest_closed_session(datetime.now(UTC), closed)
    if last is not None:
        inside = calendar.sessions(_day(first or ""), min(_day(last), newest), closed)
        if not inside:
            raise ValueError(f"no closed session of the exchange from {first} to {last}")
        return inside[0], inside[-1]
    session = _session(first or os.environ.get("ZUHYO_SESSION") or newest.isoformat(), newest, closed)
    return session, session


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"a session is a date like 2026-03-11 (found {text!r})") from None


def _session(text: str, newest: date, closed: Closed) -> date:
    day = _day(text)
    if not calendar.is_session(day):
        raise ValueError(f"{day} is no session of the exchange ({calendar.EXCHANGE}): a weekend or a holiday")
    if day in closed:
        raise ValueError(
            f"{day} is no session of the exchange: corrections.toml or pipelines/corrections state a closure"
        )
    if day > newest:
        raise ValueError(f"session {day} has not closed yet; the newest closed one is {newest}")
    return day


if __name__ == "__main__":
    sys.exit(main())
