"""Why a figure is not published or a claim can't be tested, for readers of both languages.

Belongs here: which words. Does not belong here: the words (publish/words), the verdicts (checks/gate.py, claims.py).
What a check found or a table lacks is in English, as the database keeps it; Japanese words introduce it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from assets.publish.words import WORDS, words_of
from assets.study import Claim, Study, Text
from checks.gate import Withheld
from warehouse.toml_file import Strict


class ReasonWords(Strict):
    """The printed words of one language; ``withheld`` goes by kind."""

    no_value: str
    too_early: str
    figure_withheld: str
    withheld: Mapping[str, str]


REASONS = words_of("reasons", ReasonWords)

NO_VALUE = Text(ja=REASONS["ja"].no_value, en=REASONS["en"].no_value)


def withheld_reason(withheld: Withheld) -> Text:
    """Why a figure is not published."""
    return _in_both(lambda words: words.withheld[withheld.kind].format(reason=withheld.reason))


def too_early(claim: Claim) -> Text:
    """Why a claim has no verdict on a session before the day of which it speaks."""
    return _in_both(lambda words: words.too_early.format(since=claim.since))


def untestable_reason(study: Study, claim: Claim, withheld: Sequence[Withheld]) -> Text | None:
    """Why a claim can't be tested whatever the data says; None where its evidence can be asked."""
    if claim.untestable is not None:
        return claim.untestable
    for one in withheld:
        if one.figure == "claim" and one.subject == claim.id:
            return withheld_reason(one)
        if one.figure in claim.figures and one.subject is None:
            title = getattr(study.figure, one.figure).title
            return Text(
                ja=REASONS["ja"].figure_withheld.format(title=title.ja, kind=WORDS[one.kind].ja),
                en=REASONS["en"].figure_withheld.format(figure=one.figure, code=one.kind),
            )
    return None


def _in_both(fill: Callable[[ReasonWords], str]) -> Text:
    return Text(ja=fill(REASONS["ja"]), en=fill(REASONS["en"]))
