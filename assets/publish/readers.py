"""Bringing the readers' database up to date with what is on disk.

Belongs here: release folders and run records as rows. Does not belong here: the database itself
(warehouse/readers.py).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import duckdb

from assets import calendar
from assets.corrections import known_closed_days
from assets.home import Home
from assets.publish.approval import approved_releases, descriptor_sha256
from assets.publish.folder import Release, releases
from assets.publish.run_record import as_rows, read_records
from assets.study import Study
from warehouse import readers
from warehouse.database import connect, create_from_frame
from warehouse.readers import ReleaseRows


def update_readers(
    connection: duckdb.DuckDBPyConnection, home: Home, studies: list[Study], *, is_new: bool = False
) -> None:
    """Adds every release, run and core row that the readers' database lacks (all of them to an empty one where
    ``is_new``, or where an earlier version made it); replaces it in one step.
    """
    is_new = is_new or readers.is_outdated(home.readers_database)
    source = connection.execute("SELECT current_database()").fetchall()[0][0]
    with readers.readers_database(connection, home.readers_database, is_new=is_new):
        known = readers.known_releases(connection)
        missing = [r for r in releases(home.published) if (r.study, r.session, r.revision) not in known]
        readers.add_releases(connection, [_release_rows(release, home) for release in missing])
        readers.set_approvals(connection, _approvals(home))
        readers.add_runs(connection, map(as_rows, read_records(home.runs, readers.known_runs(connection))))
        readers.add_core(connection, source)
        readers.replace_rows(connection, "meta.series", [row for study in studies for row in _series(study)])
        add_sessions(connection)
        readers.describe_columns(connection)


def update_approvals(home: Home) -> None:
    """Brings the approvals in the readers' database up to date with what is on disk; replaces it in one step.

    Where there is no readers' database yet, the next run makes it with them.
    """
    if not home.readers_database.exists():
        return
    with connect() as connection, readers.readers_database(connection, home.readers_database):
        readers.set_approvals(connection, _approvals(home))


def _approvals(home: Home) -> list[dict[str, Any]]:
    return [
        {
            "study": release.study,
            "session": release.session,
            "revision": release.revision,
            "descriptor_sha256": approval.descriptor_sha256,
            "approved_by": approval.by,
            "approved_at": _naive(approval.at),
        }
        for release, approval in approved_releases(home.published)
    ]


def _release_rows(release: Release, home: Home) -> ReleaseRows:
    said, build = release.record(), release.build()
    key = {"study": release.study, "session": release.session, "revision": release.revision}
    return ReleaseRows(
        release={
            **key,
            "published_at": _naive(build.published_at),
            "known_at": _naive(build.known_at),
            "profile": said.profile,
            "is_sample": said.is_sample,
            "rendered": build.rendered,
            "git_sha": build.git_sha,
            "run_id": build.run_id,
            "path": str(release.folder.relative_to(home.published)),
            "descriptor_sha256": descriptor_sha256(release),
        },
        payloads=[{**dict(payload), "retrieved_at": _naive(payload.retrieved_at)} for payload in build.payloads],
        changes=[{**key, **change} for change in build.changes],
        figures={table: release.folder / f"{name}.parquet" for name, table in said.figures.items()},
    )


def _series(study: Study) -> list[dict[str, Any]]:
    return [
        {
            "study": study.study,
            "index_id": index.id,
            "series_id": series.id,
            "size": index.size,
            "label_ja": series.label.ja,
            "label_en": series.label.en,
            "provider": series.provider,
            "stands_for": index.id if series.is_proxy else None,
            "is_proxy": series.is_proxy,
        }
        for index in study.index
        for series in index.series
    ]


def add_sessions(connection: duckdb.DuckDBPyConnection) -> None:
    """The exchange's sessions since they are known, without the days on which it stayed closed; those to come are
    refreshed.
    """
    now = datetime.now(UTC).replace(tzinfo=None)
    closes = calendar.closes(calendar.KNOWN_FROM, known_closed_days(connection, now))
    create_from_frame(connection, "TEMP TABLE exchange_session", closes)
    connection.execute(
        """
        DELETE FROM meta.session
        WHERE session >= ? OR session NOT IN (SELECT CAST(session AS DATE) FROM exchange_session);
        """,
        [now.date()],
    )
    connection.execute(
        """
        INSERT INTO meta.session
        SELECT session, closes_at FROM exchange_session
        WHERE CAST(session AS DATE) NOT IN (SELECT session FROM meta.session)
        ORDER BY session
        """
    )


def _naive(stated: datetime) -> datetime:
    return stated.astimezone(UTC).replace(tzinfo=None) if stated.tzinfo else stated
