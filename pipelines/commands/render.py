"""`make render SESSION=…`: pictures, note and page for a release that was published as data only.

Belongs here: which release is meant, making its rows again as known then, putting the drawn revision in place. Does not
belong here: the night (the job `nightly`); how rows are made again (commands/as_known.py), what is in the files
(content.py).

A release is never rewritten, so the drawn one is the next revision, with equal rows. Nothing is fetched, and no check
runs again: lags, verdicts and results are those of the release.
"""

from __future__ import annotations

import sys
from datetime import date

from assets.figures.registry import FIGURES
from assets.publish.charts.style import load_style
from assets.publish.claims import CLAIMS
from assets.publish.content import Making
from assets.publish.folder import Release, last_release, promote
from assets.publish.note import NoteError
from assets.publish.page.content import write_release_list
from assets.publish.readers import update_readers
from assets.settings import Settings
from assets.study import Study
from pipelines.commands.as_known import Remaking, warehouse_copy


class NotRenderedError(ValueError):
    """A release that can't be drawn; nothing was written."""


def render(settings: Settings, session: date, study_name: str | None) -> int:
    """Draws the newest revision of the session, of one study or of each that has published it. Returns 0 where all of
    them have pictures then, else 1. Raises ValueError where there is none.
    """
    home = settings.home_folder()
    home.lock()
    asked = [one for one in settings.read_studies() if study_name in (None, one.study)]
    found = [(study, last_release(home.published, study.study, session)) for study in asked]
    published = [(study, release) for study, release in found if release]
    if not published:
        who = f"study {study_name}" if study_name else "any study"
        raise ValueError(f"there is no release of {who} for session {session} in {home.published}")
    refused = 0
    for study, release in published:
        name = f"{study.study} {session}"
        if release.build().rendered:
            print(f"{name}: {release.folder.name} has its pictures; nothing was written")
            continue
        try:
            drawn = _draw(settings, study, release)
        except (NotRenderedError, NoteError) as error:
            print(f"{name}: {release.folder.name} can't be drawn: {error}", file=sys.stderr)
            refused += 1
            continue
        with settings.warehouse() as connection:
            update_readers(connection, home, settings.read_studies())
        write_release_list(
            home.published, study, load_style(settings.style), is_sample=settings.read_profile().is_sample
        )
        print(f"{name}: {drawn.folder.name} is {release.folder.name} with pictures: {drawn.folder}")
    return 1 if refused else 0


def _draw(settings: Settings, study: Study, release: Release) -> Release:
    """The next revision, in place: the release with pictures. Raises NotRenderedError and NoteError."""
    home, said, build = settings.home_folder(), release.record(), release.build()
    as_then = settings.model_copy(update={"profile": said.profile})
    known_at = build.known_at
    revision = release.revision + 1
    drawn = Release(study.study, release.session, revision, release.folder.with_name(f"r{revision}"))
    with warehouse_copy(home) as connection:
        if not Remaking(connection, as_then, study, release.session, known_at).equals(release):
            raise NotRenderedError(
                "its rows come out different now, or study or method are of another version; "
                f"make run SESSION={release.session} publishes the session as it is today"
            )
        made = Making(connection, study, release.session, revision, as_then, build.run_id, known_at, drawn_from=release)
        tables = set(said.figures.values())
        figures = [figure for figure in (*FIGURES, CLAIMS) if figure.table in tables]
        notes = made.notes(figures, said.withheld) if study.note else {}
        files = made.files(figures, said.withheld, said.identity, release, True, notes)
    promote(home.published, drawn, files)
    return drawn
