"""What the page of a release says, looked up: from figures, files, checks and other releases to page.PageContent.

Belongs here: collecting. Does not belong here: how it is shown (page.py), the files of the figures (content.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from assets.figures.figure import Figure
from assets.files import write_atomically
from assets.publish.approval import approved_releases
from assets.publish.charts import fund_ranking
from assets.publish.charts.pictures import (
    DRAW,
    SAMPLE_MARK,
    TABLES,
    Drawing,
    chart,
    headline_rows,
    index_labels,
    printed_title,
    source_lines,
)
from assets.publish.charts.style import HouseStyle
from assets.publish.claims import Verdict, reasons_without_verdict
from assets.publish.folder import Release, releases
from assets.publish.page.page import PageChanges, PageClaim, PageContent, PageEvent, PageFigure, PageWithheld
from assets.publish.page.release_list import ListedRelease, release_list
from assets.publish.page.table import Table, headline_table
from assets.publish.reasons import withheld_reason
from assets.study import DomesticRevenueShare, EpsGrowth, EventReturn, NumberedFigure, Study, Text
from checks.gate import Withheld
from warehouse.contract import contracts


@dataclass(frozen=True)
class Drawn:
    """A figure that goes out: what its picture is made of, all rows of its main table, the names of its files."""

    figure: Figure
    drawing: Drawing
    rows: pa.Table
    files: dict[str, bytes]


@dataclass(frozen=True)
class Around:
    """What else the page tells: what is withheld, claims and their verdicts before, checks, changes, older releases."""

    withheld: list[Withheld]
    claims: list[dict[str, Any]]
    before: list[Verdict]
    checks: list[dict[str, Any]]
    changes: list[PageChanges]
    earlier: list[Release]
    corrections: Sequence[Mapping[str, Any]] = ()


def page_content(
    study: Study, session: date, revision: int, profile: str, drawn: Sequence[Drawn], around: Around, style: HouseStyle
) -> PageContent:
    """The content of index.html."""
    is_sample = any(one.drawing.is_sample for one in drawn)
    return PageContent(
        study=study.study,
        title=study.title,
        session=session,
        revision=revision,
        is_sample=is_sample,
        profile=profile,
        figures=[_figure(study, one, style) for one in drawn],
        withheld=[_withheld(study, one, around.earlier) for one in around.withheld],
        claims=_claims(study, session, around, style),
        changes=around.changes,
        checks=around.checks,
        corrections=around.corrections,
        event=_next_event(study, session),
        dictionary=[contracts()[table] for one in drawn for table in one.figure.tables],
        languages=study.languages,
    )


def write_release_list(published: Path, study: Study, style: HouseStyle, *, is_sample: bool) -> None:
    """Makes published/<study>/index.html anew: every release with its figures, revisions and approval.

    It looks at names of files only, so that thousands of releases are listed in a moment.
    """
    approved = {release.folder: approval for release, approval in approved_releases(published)}
    numbers = {
        getattr(study.figure, name).number
        for name in study.figure_names()
        if isinstance(getattr(study.figure, name), NumberedFigure)
    }
    listed = []
    for release in releases(published, study.study):
        made = {number for number in numbers if (release.folder / f"fig{number}.parquet").is_file()}
        approval = approved.get(release.folder)
        listed.append(
            ListedRelease(
                session=release.session,
                revision=release.revision,
                is_sample=is_sample,
                figures=tuple(str(number) for number in sorted(made)),
                withheld=tuple(str(number) for number in sorted(numbers - made)),
                path=f"{release.session}/{release.folder.name}/{_page_of(release)}",
                approved_by=approval.by if approval else None,
                approved_at=approval.at if approval else None,
            )
        )
    if listed:
        content = release_list(study.title, listed, style, study.languages)
        file = published / study.study / "index.html"
        if not file.is_file() or file.read_bytes() != content:
            write_atomically(file, content)


def _figure(study: Study, drawn: Drawn, style: HouseStyle) -> PageFigure:
    asked = getattr(study.figure, drawn.figure.name)
    drawing = drawn.drawing
    if isinstance(asked, DomesticRevenueShare):
        every = drawn.rows.to_pandas(date_as_object=False)
        drawing = replace(drawing, sensitivity=every[every["method"] == asked.method])
    number = asked.number if isinstance(asked, NumberedFigure) else None
    specs = None
    if drawn.figure.name in DRAW and drawn.figure.name not in TABLES:
        specs = {language: chart(drawing, style, language) for language in study.languages}
    description = contracts()[drawn.figure.table].description
    how = asked.how or Text(ja=description, en=description)
    return PageFigure(
        name=drawn.figure.name,
        number=number,
        title=asked.title,
        as_of=drawing.as_of,
        alt={
            language: specs[language]["description"] if specs else asked.title[language] for language in study.languages
        },
        table=_table(study, drawn, style),
        source={language: source_lines(drawing, language) for language in study.languages},
        method={language: how[language] for language in study.languages},
        specs=specs,
        svg={language: drawn.files[f"fig{number}.{language}.svg"].decode() for language in study.languages}
        if specs
        else None,
        downloads=tuple(sorted(name for name in drawn.files if not name.endswith(".vl.json"))),
    )


def _table(study: Study, drawn: Drawn, style: HouseStyle) -> Table | dict[Any, str]:
    if drawn.figure.name not in TABLES:
        labels = index_labels(study) | {str(code): label for code, label in study.period_label.items()}
        labels |= {event.id: event.label for event in study.event}
        return headline_table(contracts()[drawn.figure.table], headline_rows(drawn.rows), labels, style.negative_sign)
    rows = headline_rows(drawn.rows).sort_values("rank")
    words = {"ja": fund_ranking.JA, "en": fund_ranking.EN}
    return {
        language: fund_ranking.fund_table_html(
            rows,
            words[language],
            language,
            printed_title(drawn.drawing, language),
            style.negative_sign,
            sample_mark=SAMPLE_MARK[language] if drawn.drawing.is_sample else None,
        )
        for language in study.languages
    }


def _withheld(study: Study, withheld: Withheld, earlier: list[Release]) -> PageWithheld:
    asked = getattr(study.figure, withheld.figure, None)
    title = asked.title if isinstance(asked, NumberedFigure | EpsGrowth | EventReturn) else None
    if withheld.subject is not None:
        name = study.subject_name(withheld.subject)
        return PageWithheld(
            title=Text(ja=f"{title.ja}：{name}", en=f"{title.en}: {name}") if title else Text(ja=name, en=name),
            number=asked.number if isinstance(asked, NumberedFigure) else None,
            kind=withheld.kind,
            reason=withheld_reason(withheld),
            is_part=True,
        )
    table = f"figure.{withheld.figure}"
    last = next((one for one in earlier if _has(one, table)), None)
    return PageWithheld(
        title=title or Text(ja=withheld.figure, en=withheld.figure),
        number=asked.number if isinstance(asked, NumberedFigure) else None,
        kind=withheld.kind,
        reason=withheld_reason(withheld),
        last_good=last.session if last else None,
        last_path=f"../../{last.session}/{last.folder.name}/{_page_of(last)}" if last else None,
    )


def _has(release: Release, table: str) -> bool:
    return any(one.startswith(table) for one in release.record().figures.values())


def _page_of(release: Release) -> str:
    return "index.html" if (release.folder / "index.html").is_file() else ""


def _claims(study: Study, session: date, around: Around, style: HouseStyle) -> list[PageClaim]:
    """The claims in the order in which the study tells them, without those that speak of a day to come."""
    due = [claim for claim in study.claim if claim.is_due(session)]
    order = {claim.id: place for place, claim in reversed(list(enumerate(due)))}
    units = {claim.id: claim.unit for claim in due}
    said = {(one.claim_id, one.variant): one.holds for one in around.before}
    reasons = reasons_without_verdict(study, around.withheld)
    found = []
    shown = [row for row in around.claims if row["claim_id"] in order]
    for row in sorted(shown, key=lambda one: order[one["claim_id"]]):
        earlier = said.get((row["claim_id"], row["variant"]))
        turned = earlier is not None and row["holds"] is not None and earlier != row["holds"]
        found.append(
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
    return found


def _next_event(study: Study, session: date) -> PageEvent | None:
    event = study.next_event(session)
    return PageEvent(event.label, event.start, event.end) if event else None
