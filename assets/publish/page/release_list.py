"""The list of a study's releases: published/<study>/index.html, the one published file that is made anew.

Belongs here: what the list says of each release. Does not belong here: looking releases up (folder.py), the page of
one release (page.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from assets.publish.charts.style import HouseStyle
from assets.publish.page.page import document
from assets.study import Language, Text


@dataclass(frozen=True)
class ListedRelease:
    """A release: what it has, what it withholds, who approved it. ``path`` leads from the list to its page or folder.

    ``figures`` and ``withheld`` are short names as they are printed ("1", "2"); ``approved_at`` is in UTC.
    """

    session: date
    revision: int
    is_sample: bool
    figures: tuple[str, ...]
    withheld: tuple[str, ...]
    path: str
    approved_by: str | None = None
    approved_at: datetime | None = None


@dataclass(frozen=True)
class _Row(ListedRelease):
    is_superseded: bool = False


def release_list(
    title: Text, releases: Sequence[ListedRelease], style: HouseStyle, languages: tuple[Language, ...] = ("ja", "en")
) -> bytes:
    """The bytes of the list: the newest session first, of a session its newest revision first."""
    newest: dict[date, int] = {}
    for release in releases:
        newest[release.session] = max(release.revision, newest.get(release.session, 0))
    ordered = sorted(releases, key=lambda release: (release.session, release.revision), reverse=True)
    rows = [_Row(**vars(release), is_superseded=release.revision < newest[release.session]) for release in ordered]
    return document("release_list.html.jinja", style, languages, "", title=title, releases=rows)
