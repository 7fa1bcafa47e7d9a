"""Why something is missing, in both languages: the English is what the database keeps."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from assets.publish.claims import reasons_without_verdict
from assets.publish.reasons import NO_VALUE, withheld_reason
from assets.study import Study
from checks.gate import Kind, Withheld
from tests.support.claims import claim, study_with


def reasons(withheld: list[Withheld], **changes: object) -> dict[tuple[str, str], tuple[str, str]]:
    study: Study = study_with(claim(**changes))
    return {key: (text.ja, text.en) for key, text in reasons_without_verdict(study, withheld).items()}


@pytest.mark.parametrize("kind", get_args(Kind))
def test_japanese_words_introduce_what_the_gate_says(kind: Kind) -> None:
    told = withheld_reason(Withheld("long_run", kind, "R1000: too old"))
    assert told.en == "R1000: too old"
    assert re.fullmatch(r"[^a-z]{10,}（詳細：R1000: too old）", told.ja)


def test_what_the_study_says_comes_first() -> None:
    said = {"ja": "データがない", "en": "no data"}
    withheld = [Withheld("size_return", "failed", "it broke")]
    assert reasons(withheld, evidence=None, untestable=said) == {("it", "main"): ("データがない", "no data")}


def test_a_figure_that_is_not_published_is_named_by_its_title() -> None:
    withheld = [Withheld("long_run", "failed", "another"), Withheld("size_return", "not_served", "no source")]
    [(ja, en)] = reasons(withheld, figures=["size_return"]).values()
    assert en == "size_return is withheld (not_served)"
    assert ja.startswith("判定に使う「")
    assert ja.endswith("」を掲載していない（データ源なし）")
    assert "size_return" not in ja


def test_otherwise_it_is_the_data_and_each_variant_has_its_reason() -> None:
    told = (NO_VALUE.ja, NO_VALUE.en)
    each = {"size": ["small", "large"]}
    assert reasons([], variant="v", each=each) == {("it", "v small"): told, ("it", "v large"): told}
