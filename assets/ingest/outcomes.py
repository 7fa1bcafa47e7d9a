"""The checks of an ingest asset: what came of the sources, as outcomes that the gate and the operator read.

Belongs here: their names, what they expect, and the outcome of each. Does not belong here: checking a payload
(guards.py, differences.py), keeping outcomes (checks/outcome.py).
"""

from __future__ import annotations

from datetime import date

import dagster as dg

from assets.ingest.ingest import Refusal
from checks.outcome import SAMPLE_ROWS, UNKNOWN_SUBJECT, Outcome

LEFT_OUT = "nothing_is_left_out"

CHECKS = {
    "payloads_accepted": "Every source gave a payload that is good",
    LEFT_OUT: "drop.toml says something of every file, optional sources gave a payload too, every entry was read",
}
"""The checks of Dagster with what they say. The first blocks publishing, the other shows all warnings."""


def check_specs(key: dg.AssetKey) -> list[dg.AssetCheckSpec]:
    """The checks of the asset, as Dagster is told."""
    return [dg.AssetCheckSpec(name, asset=key, description=description) for name, description in CHECKS.items()]


def check_payloads(dataset: str, refused: list[Refusal], study: str, session: date) -> Outcome:
    """Whether nothing was refused; by subject where every refusal can name what it concerns."""
    named = [refusal.subjects for refusal in refused if refusal.subjects is not None]
    subjects = {subject for names in named for subject in (names or (UNKNOWN_SUBJECT,))}
    is_about_all = len(named) < len(refused)
    return Outcome(
        check_name="payloads_accepted",
        table=f"landing.{dataset}",
        study=study,
        session=session,
        passed=not refused,
        blocking=True,
        expected="every source gives a payload in its format, no older and not much smaller than the one before",
        failing=len(refused),
        sample=_sample(refused),
        subjects=tuple(sorted(subjects)) if refused and not is_about_all else None,
    )


def check_drop_entries(dataset: str, unclaimed: list[str], study: str, session: date) -> Outcome:
    """Whether drop.toml says something of every file; ``unclaimed``: those of which it doesn't."""
    expected = "every file in the drop folder is named by an entry or ignored in drop.toml"
    sample = tuple({"file": name} for name in unclaimed[:SAMPLE_ROWS])
    return _warning("drop_folder_is_described", dataset, study, session, expected, len(unclaimed), sample)


def check_optional_sources(dataset: str, absent: list[Refusal], study: str, session: date) -> Outcome:
    """Whether every optional source had something."""
    expected = "every optional source gives a payload too; where one has none, another source stands in"
    return _warning("optional_sources_are_there", dataset, study, session, expected, len(absent), _sample(absent))


def check_entries_read(dataset: str, left_out: list[dict[str, str]], study: str, session: date) -> Outcome:
    """Whether accepted payloads were read whole."""
    expected = "every entry of a payload can be read; a few that can't be are left out, and more refuse the payload"
    sample = tuple(left_out[:SAMPLE_ROWS])
    return _warning("every_entry_is_read", dataset, study, session, expected, len(left_out), sample)


def _sample(refusals: list[Refusal]) -> tuple[dict[str, str], ...]:
    """The first of them, as a check shows them."""
    return tuple({"vendor": r.vendor, "url": r.url, "reason": r.reason} for r in refusals[:SAMPLE_ROWS])


def _warning(
    check_name: str,
    dataset: str,
    study: str,
    session: date,
    expected: str,
    failing: int,
    sample: tuple[dict[str, str], ...],
) -> Outcome:
    """A check of what landed that blocks nothing; it holds where nothing fails."""
    return Outcome(
        check_name=check_name,
        table=f"landing.{dataset}",
        study=study,
        session=session,
        passed=not failing,
        blocking=False,
        expected=expected,
        failing=failing,
        sample=sample,
        shown_in=LEFT_OUT,
    )
