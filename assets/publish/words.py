"""The fixed words of the page of a release and of the list of releases, in both languages.

Belongs here: headings, labels and verdicts. Does not belong here: words of a study (its own file), words of a
picture (pictures.py).
"""

from __future__ import annotations

from assets.study import Text


def _words(ja: str, en: str) -> Text:
    return Text(ja=ja, en=en)


WORDS: dict[str, Text] = {
    "skip": _words("本文へ移動", "Skip to the content"),
    "language": _words("表示する言語", "Language"),
    "contents": _words("目次", "Contents"),
    "session": _words("取引日", "Session"),
    "revision": _words("版", "Revision"),
    "profile": _words("データの種類", "Profile of the data"),
    "as_of": _words("基準日", "As of"),
    "as_of_differs": _words("基準日（図表別）", "As of, by figure"),
    "sample": _words("サンプルデータ（架空）", "SAMPLE DATA (invented)"),
    "sample_told": _words(
        "このページの数値は動作確認用の架空のものです。引用や公表はできません。",
        "The numbers on this page are invented to try the pipeline. Do not quote or publish them.",
    ),
    "event": _words("次の予定", "Next on the calendar"),
    "turned": _words("判定が変わった記述", "Statements whose verdict has changed"),
    "turned_told": _words("本文を見直す必要があるかもしれません。", "The text of the note may need another look."),
    "before": _words("前回", "Before"),
    "now": _words("今回", "Now"),
    "figures": _words("図表", "Figures"),
    "other_figures": _words("本文の数値", "Numbers of the text"),
    "zoom": _words("図を拡大・縮小", "Enlarge or shrink the chart"),
    "table": _words("数値の表", "The numbers as a table"),
    "method": _words("計算方法", "Method"),
    "downloads": _words("ダウンロード", "Downloads"),
    "claims": _words("記述の検証", "Statements put to the test"),
    "claims_told": _words(
        "レポートの記述を最新のデータで判定した結果です。", "Each statement of the note, tested on the newest data."
    ),
    "no_claims": _words("検証する記述はありません。", "There is no statement to test."),
    "claim": _words("記述", "Statement"),
    "verdict": _words("判定", "Verdict"),
    "value": _words("値", "Value"),
    "threshold": _words("基準値", "Threshold"),
    "reason": _words("理由", "Reason"),
    "holds": _words("成り立つ", "holds"),
    "fails": _words("成り立たない", "does not hold"),
    "untestable": _words("判定不可", "not testable"),
    "withheld": _words("掲載を見合わせた図表", "Figures withheld"),
    "nothing_withheld": _words("掲載を見合わせた図表はありません。", "No figure is withheld."),
    "figure": _words("図表", "Figure"),
    "kind": _words("区分", "Kind"),
    "last_good": _words("直近の掲載", "Last published"),
    "never": _words("なし", "none"),
    "not_served": _words("データ源なし", "no source for its data"),
    "not_covered": _words("対象期間のデータなし", "data does not reach the date"),
    "failed": _words("検査に不合格", "failed"),
    "changes": _words("変更点", "What changed"),
    "changes_before": _words("直前の版からの変更", "Since the release before"),
    "changes_approved": _words("最後に承認された版からの変更", "Since the last approved release"),
    "no_changes": _words("値の変更はありません。", "No value has changed."),
    "no_release_before": _words("比較する版がまだありません。", "There is no release to compare with yet."),
    "values_changed": _words("変更された値", "The values that changed"),
    "table_name": _words("表", "Table"),
    "key": _words("行", "Row"),
    "column": _words("列", "Column"),
    "old": _words("変更前", "Old"),
    "new": _words("変更後", "New"),
    "cause": _words("原因", "Cause"),
    "whole_row": _words("行全体", "the whole row"),
    "restated": _words("データの訂正", "data restated"),
    "new_data": _words("新しいデータ", "new data"),
    "method_cause": _words("計算方法の変更", "method changed"),
    "first": _words("初めての掲載", "published for the first time"),
    "checks": _words("検査の結果", "Checks"),
    "check": _words("検査", "Check"),
    "result": _words("結果", "Result"),
    "severity": _words("重要度", "Severity"),
    "observed": _words("検査で分かったこと", "Observed"),
    "expected": _words("満たすべき条件", "Expected"),
    "passed": _words("合格", "passed"),
    "not_passed": _words("不合格", "failed"),
    "blocking": _words("不合格なら掲載しない", "blocks publication"),
    "warning": _words("警告のみ", "warning only"),
    "passed_checks": _words("合格した検査の一覧", "The checks that passed"),
    "failed_checks": _words("不合格の検査", "Checks that failed"),
    "no_checks": _words("検査の記録がありません。", "No check is recorded."),
    "corrections": _words("データに関する既知の訂正", "Known corrections"),
    "corrections_told": _words(
        "担当者が記録した事項です。データ提供元の値は変更せずに残しています。",
        "What a person stated of the data behind these figures. The vendors' own values are kept as they came.",
    ),
    "statement": _words("記録", "Statement"),
    "speaks_of": _words("対象", "Of"),
    "stated_by": _words("記録者と日付", "By, and when"),
    "dictionary": _words("データの説明", "Data dictionary"),
    "dictionary_told": _words(
        "ダウンロードできる表の列です（説明は英語）。", "The columns of the tables that can be downloaded."
    ),
    "meaning": _words("意味", "Meaning"),
    "unit": _words("単位", "Unit"),
    "disclaimer": _words("ご注意", "Disclaimer"),
    "releases": _words("掲載一覧", "Releases"),
    "release_list": _words("掲載一覧へ", "All releases"),
    "no_releases": _words("まだ掲載がありません。", "Nothing has been published yet."),
    "published_figures": _words("掲載した図表", "Figures published"),
    "approval": _words("承認", "Approval"),
    "not_approved": _words("未承認", "not approved"),
    "mark": _words("備考", "Remark"),
    "newest": _words("最新", "newest"),
    "superseded": _words("改版済み", "superseded"),
    "sample_short": _words("サンプル", "sample"),
}
"""What the templates print, by name."""
