"""Why a figure is not published or a claim can't be tested, for readers of both languages.

Belongs here: the words. Does not belong here: the verdicts (checks/gate.py, claims.py). What a check found or a table
lacks is told in English, as the database keeps it; Japanese words introduce it.
"""

from __future__ import annotations

from collections.abc import Sequence

from assets.publish.words import WORDS
from assets.study import Claim, Study, Text
from checks.gate import Withheld

INTRODUCED = {
    "not_served": "必要なデータの取得元が設定されていない",
    "not_covered": "この日の図表を作るためのデータがそろっていない",
    "failed": "データの取得か検査で問題が見つかった",
}
"""What a kind of withheld figure means."""

NO_VALUE = Text(ja="判定に使うデータにこの日の値がない", en="the data behind it has no value for this day")


def withheld_reason(withheld: Withheld) -> Text:
    """Why a figure is not published."""
    return Text(ja=f"{INTRODUCED[withheld.kind]}（詳細：{withheld.reason}）", en=withheld.reason)


def too_early(claim: Claim) -> Text:
    """Why a claim has no verdict on a session before the day of which it speaks."""
    return Text(ja=f"{claim.since}以降についての記述", en=f"speaks of {claim.since} and later")


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
                ja=f"判定に使う「{title.ja}」を掲載していない（{WORDS[one.kind].ja}）",
                en=f"{one.figure} is withheld ({one.kind})",
            )
    return None
