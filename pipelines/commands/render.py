"""`make render SESSION=…`: pictures, note and page for a release that was published as data only.

Belongs here: which release is meant, putting the revision with pictures in place. Does not belong here: how its rows
are made again as known then (assets/publish/recompute.py), what is in the files (content.py).

A release is never rewritten, so the drawn one is the next revision, with equal rows. Nothing is fetched, and no check
runs again: lags, verdicts and results are those of the release.
"""

from __future__ import annotations

import sys
from datetime import date

from assets.publish.charts.style import load_style
from assets.publish.folder import Release, last_release, promote
from assets.publish.note import NoteError
from assets.publish.page.content import write_release_list
from assets.publish.readers import update_readers
from assets.publish.recompute import Recomputation, warehouse_copy
from assets.settings import Settings
from assets.study import Study


class NotRenderedError(ValueError):
    """A release that can't be drawn; nothing was written."""


def render(settings: Settings, session: date, study_name: str | None) -> int:
    """Draws the newest revision of the session, of one study or of each that has published it. Returns 0 where all of
    them have pictures then, else 1. Raises ValueError where there is none.
    """
    home = settings.home_folder()
    home.lock()
    studies = [study for study in settings.read_studies() if study_name in (None, study.study)]
    newest = [(study, last_release(home.published, study.study, session)) for study in studies]
    published = [(study, release) for study, release in newest if release]
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
            rendered = _render(settings, study, release)
        except (NotRenderedError, NoteError) as error:
            print(f"{name}: {release.folder.name} can't be drawn: {error}", file=sys.stderr)
            refused += 1
            continue
        with settings.warehouse() as connection:
            update_readers(connection, home, settings.read_studies())
        write_release_list(home, study, load_style(settings.style), is_sample=settings.read_profile().is_sample)
        print(f"{name}: {rendered.folder.name} is {release.folder.name} with pictures: {rendered.folder}")
    return 1 if refused else 0


def _render(settings: Settings, study: Study, release: Release) -> Release:
    """The next revision, in place: the release with pictures. Raises NotRenderedError and NoteError."""
    revision = release.revision + 1
    rendered = Release(study.study, release.session, revision, release.folder.with_name(f"r{revision}"))
    with warehouse_copy(settings.home_folder()) as connection:
        again = Recomputation.of_release(connection, settings, study, release)
        if not again.equals(release):
            raise NotRenderedError(
                "its rows come out different now, or study or method are of another version; "
                f"make run SESSION={release.session} publishes the session as it is today"
            )
        files = again.rendered_files(release)
    promote(rendered, files)
    return rendered
