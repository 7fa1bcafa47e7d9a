"""What the page of a release says, looked up: from figures, files, checks and other releases to page.PageContent.

Belongs here: collecting. Does not belong here: how it is shown (page.py), the files of the figures (content.py).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pyarrow as pa

from assets.figures.figure import Figure
from assets.files import write_atomically
from assets.home import Home
from assets.publish.approval import approved_releases
from assets.publish.charts.caption import index_labels
from assets.publish.charts.figure_chart import ChartInput, headline_rows
from assets.publish.charts.fund_ranking import FundTable
from assets.publish.charts.pictures import chart_spec, figure_chart, footer_lines
from assets.publish.charts.style import HouseStyle
from assets.publish.claims import Verdict, reasons_without_verdict
from assets.publish.folder import Release, releases
from assets.publish.page.page import (
    PAGE_FILES,
    PageChanges,
    PageClaim,
    PageContent,
    PageEvent,
    PageFigure,
    PageWithheld,
)
from assets.publish.page.release_list import ListedRelease, release_list
from assets.publish.page.table import Table, headline_table
from assets.publish.reasons import withheld_reason
from assets.publish.words import WORDS
from assets.study import Language, NumberedFigure, Study, Text
from checks.gate import Withheld
from warehouse.contract import contracts


@dataclass(frozen=True)
class RenderedFigure:
    """A figure that goes out: what it is drawn from, all rows of its main table, its files by name."""

    figure: Figure
    chart_input: ChartInput
    rows: pa.Table
    files: dict[str, bytes]


@dataclass(frozen=True)
class PageContext:
    """What else the page says: what is withheld, claims and their verdicts before, checks, changes, older releases."""

    withheld: list[Withheld]
    claims: list[dict[str, Any]]
    before: list[Verdict]
    checks: list[dict[str, Any]]
    changes: list[PageChanges]
    earlier: list[Release]
    corrections: Sequence[Mapping[str, Any]] = ()


def page_content(
    study: Study,
    session: date,
    revision: int,
    profile: str,
    rendered: Sequence[RenderedFigure],
    context: PageContext,
    style: HouseStyle,
) -> PageContent:
    """The content of index.html."""
    is_sample = any(figure.chart_input.is_sample for figure in rendered)
    return PageContent(
        study=study.study,
        title=study.title,
        session=session,
        revision=revision,
        is_sample=is_sample,
        profile=profile,
        figures=[_figure(study, figure, style) for figure in rendered],
        withheld=[_withheld(study, withheld, context.earlier) for withheld in context.withheld],
        claims=_claims(study, session, context, style),
        changes=context.changes,
        checks=context.checks,
        corrections=context.corrections,
        event=_next_event(study, session),
        dictionary=[contracts()[table] for figure in rendered for table in figure.figure.tables],
        languages=study.languages,
    )


def write_release_list(home: Home, study: Study, style: HouseStyle, *, is_sample: bool) -> None:
    """Makes published/<study>/index.html anew where it differs: every release with its figures, revisions and approval.

    It looks at names of files only, so that thousands of releases are listed in a moment.
    """
    approved = {release.folder: approval for release, approval in approved_releases(home.published, study.study)}
    numbers = {
        getattr(study.figure, name).number
        for name in study.figure_names()
        if isinstance(getattr(study.figure, name), NumberedFigure)
    }
    listed = []
    for release in releases(home.published, study.study):
        files = set(os.listdir(release.folder))
        made = {number for number in numbers if f"fig{number}.parquet" in files}
        approval = approved.get(release.folder)
        listed.append(
            ListedRelease(
                session=release.session,
                revision=release.revision,
                is_sample=is_sample,
                figures=tuple(str(number) for number in sorted(made)),
                withheld=tuple(str(number) for number in sorted(numbers - made)),
                path=f"{release.session}/{release.folder.name}/{'index.html' if 'index.html' in files else ''}",
                approved_by=approval.by if approval else None,
                approved_at=approval.at if approval else None,
            )
        )
    if not listed:
        return
    file, kept = home.published / study.study / "index.html", home.cache / "lists" / f"{study.study}.sha256"
    made_of = [study.title, study.languages, style, listed, *(path.read_bytes() for path in PAGE_FILES)]
    digest = hashlib.sha256(repr(made_of).encode()).hexdigest()
    if file.is_file() and kept.is_file() and kept.read_text() == digest:
        return
    content = release_list(study.title, listed, style, study.languages)
    if not file.is_file() or file.read_bytes() != content:
        write_atomically(file, content)
    write_atomically(kept, digest.encode())


def _figure(study: Study, rendered: RenderedFigure, style: HouseStyle) -> PageFigure:
    settings = getattr(study.figure, rendered.figure.name)
    number = settings.number if isinstance(settings, NumberedFigure) else None
    chart_input = replace(rendered.chart_input, all_rows=rendered.rows.to_pandas(date_as_object=False))
    specs = None
    if not figure_chart(rendered.figure.name).own_table:
        drawn = {language: chart_spec(chart_input, style, language) for language in study.languages}
        specs = {language: spec for language, spec in drawn.items() if spec} or None
    description = contracts()[rendered.figure.table].description
    how = settings.how or Text(ja=description, en=description)
    return PageFigure(
        name=rendered.figure.name,
        number=number,
        title=settings.title,
        as_of=chart_input.as_of,
        alt={
            language: specs[language]["description"] if specs else settings.title[language]
            for language in study.languages
        },
        table=_table(study, rendered, style),
        source={language: footer_lines(chart_input, language) for language in study.languages},
        method={language: how[language] for language in study.languages},
        specs=specs,
        svg={language: rendered.files[f"fig{number}.{language}.svg"].decode() for language in study.languages}
        if specs
        else None,
        downloads=tuple(sorted(name for name in rendered.files if not name.endswith(".vl.json"))),
    )


def _table(study: Study, rendered: RenderedFigure, style: HouseStyle) -> Table | dict[Language, FundTable]:
    chart = figure_chart(rendered.figure.name)
    if chart.own_table:
        return {language: chart.own_table(rendered.chart_input, style, language) for language in study.languages}
    labels = index_labels(study) | {str(code): label for code, label in study.period_label.items()}
    labels |= {event.id: event.label for event in study.event}
    contract = contracts()[rendered.figure.table]
    return headline_table(contract, chart.table, headline_rows(rendered.rows), labels, style.negative_sign)


def _withheld(study: Study, withheld: Withheld, earlier: list[Release]) -> PageWithheld:
    settings = getattr(study.figure, withheld.figure, None)
    title = settings.title if settings else None
    if withheld.subject is not None:
        name = study.subject_name(withheld.subject)
        return PageWithheld(
            title=Text(ja=f"{title.ja}{WORDS['colon'].ja}{name}", en=f"{title.en}{WORDS['colon'].en}{name}")
            if title
            else Text(ja=name, en=name),
            number=settings.number if isinstance(settings, NumberedFigure) else None,
            kind=withheld.kind,
            reason=withheld_reason(withheld),
            is_part=True,
        )
    table = f"figure.{withheld.figure}"
    last = next((release for release in earlier if _has(release, table)), None)
    return PageWithheld(
        title=title or Text(ja=withheld.figure, en=withheld.figure),
        number=settings.number if isinstance(settings, NumberedFigure) else None,
        kind=withheld.kind,
        reason=withheld_reason(withheld),
        last_good=last.session if last else None,
        last_path=f"../../{last.session}/{last.folder.name}/{_page_of(last)}" if last else None,
    )


def _has(release: Release, table: str) -> bool:
    return any(name.startswith(table) for name in release.record().figures.values())


def _page_of(release: Release) -> str:
    return "index.html" if (release.folder / "index.html").is_file() else ""


def _claims(study: Study, session: date, context: PageContext, style: HouseStyle) -> list[PageClaim]:
    """The claims in the order in which the study tells them, without those that speak of a day to come."""
    due = [claim for claim in study.claim if claim.is_due(session)]
    order = {claim.id: place for place, claim in reversed(list(enumerate(due)))}
    units = {claim.id: claim.unit for claim in due}
    before = {(verdict.claim_id, verdict.variant): verdict.holds for verdict in context.before}
    reasons = reasons_without_verdict(study, context.withheld)
    claims = []
    shown = [row for row in context.claims if row["claim_id"] in order]
    for row in sorted(shown, key=lambda row: order[row["claim_id"]]):
        earlier = before.get((row["claim_id"], row["variant"]))
        turned = earlier is not None and row["holds"] is not None and earlier != row["holds"]
        claims.append(
            PageClaim(
                **{name: row[name] for name in ("claim_id", "variant", "holds", "value", "threshold")},
                unit=units[row["claim_id"]],
                text_ja=style.printed(row["text_ja"]),
                text_en=style.printed(row["text_en"]),
                reason=reasons[row["claim_id"], row["variant"]] if row["holds"] is None else None,
                turned=turned,
                before=earlier,
            )
        )
    return claims


def _next_event(study: Study, session: date) -> PageEvent | None:
    event = study.next_event(session)
    return PageEvent(event.label, event.start, event.end) if event else None
