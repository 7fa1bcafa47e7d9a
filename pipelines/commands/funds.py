"""Proposing funds for the reviewed list of figure 5.

Belongs here: the command `make funds`. Does not belong here: matching names (assets/figures/fund_candidates.py), the
decision, which a person writes into the study.
"""

from __future__ import annotations

import json

from assets.core.recovery import repair_home
from assets.figures.fund_candidates import Candidate, candidates
from assets.settings import Settings


def propose(settings: Settings) -> int:
    """Prints an entry for each fund in the data that looks like one of the figure and is not reviewed; returns 0."""
    for done in repair_home(settings.home_folder()):
        print(f"# {done}")
    with settings.warehouse() as connection:
        for study in settings.read_studies():
            ranking = study.figure.fund_ranking
            if ranking is None:
                continue
            reviewed = {fund.isin for fund in ranking.fund}
            proposed = [c for c in candidates(connection, ranking, settings.cut_off()) if c.fund_id not in reviewed]
            print(f"# {study.study}: {len(proposed)} funds look as if they belonged to the list and are not in it")
            for candidate in proposed:
                print(_entry(candidate, is_sample=settings.read_profile().is_sample))
    return 0


def _entry(candidate: Candidate, *, is_sample: bool) -> str:
    """The fund as the study file wants it; a person decides on style, hedging and sale."""
    lines = [
        "",
        f"# {candidate.manager or 'manager not stated'}; " + ("its name tells an index" if candidate.is_index else "?"),
        "[[figure.fund_ranking.fund]]",
        f'isin = "{candidate.fund_id}"',
        f"name = {json.dumps(candidate.name, ensure_ascii=False)}",
        *([f'association_code = "{candidate.association_code}"'] if candidate.association_code else []),
        f'style = "{"index" if candidate.is_index else "active"}"',
        "# hedged = true",
        "# sold_since = 2026-01-05",
        *(["is_sample = true"] if is_sample else []),
    ]
    return "\n".join(lines)
