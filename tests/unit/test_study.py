"""Study files: what a faulty one is told, and the look-ups on a good one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assets.study import PERIODS, Study, read_studies, read_study_folder
from assets.study import figures as study_figures
from tests.support.helpers import PARTS, STUDY, make_study, study_content
from warehouse.contract import contracts
from warehouse.toml_file import TomlFileError

OWN_STUDIES = Path(__file__).parents[2] / "pipelines" / "studies"

Change = Callable[[dict[str, Any]], object]


def as_toml(content: dict[str, Any]) -> str:
    """Tables as inline tables: enough for a test."""
    return "".join(f"{key} = {_value(value)}\n" for key, value in content.items())


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f'"{key}" = {_value(one)}' for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def write(folder: Path, content: dict[str, Any], name: str = STUDY) -> Path:
    path = folder / f"{name}.toml"
    path.write_text(as_toml(content), encoding="utf-8")
    return path


def test_the_own_studies_are_good() -> None:
    studies = read_studies(OWN_STUDIES)
    assert "us_small_caps" in {study.study for study in studies}
    for study in studies:
        assert study.figure_names()


def test_a_good_file_gives_the_study(tmp_path: Path) -> None:
    write(tmp_path, study_content())
    assert read_studies(tmp_path) == [make_study()]


def _size_return(content: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = content["figure"]["size_return"]
    return found


FAULTS: dict[str, tuple[Change, str, str]] = {
    "unknown key": (
        lambda c: c.update(colour="red"),
        "colour",
        "Extra inputs are not permitted (found 'red')",
    ),
    "unknown key below": (
        lambda c: c["index"][1]["series"][0].update(colour="red"),
        "index.1.series.0.colour",
        "Extra inputs are not permitted",
    ),
    "unknown figure": (
        lambda c: c["figure"].update(nothing={}),
        "figure",
        "there is no figure nothing",
    ),
    "wrong type": (
        lambda c: c["figure"]["long_run"].update(years="thirty"),
        "figure.long_run.years",
        "Input should be a valid integer",
    ),
    "wrong type of a flag": (
        lambda c: c["index"][0]["series"][0].update(is_proxy="perhaps"),
        "index.0.series.0.is_proxy",
        "Input should be a valid boolean",
    ),
    "too many years": (
        lambda c: c["figure"]["long_run"].update(years=91),
        "figure.long_run.years",
        "90 (found 91)",
    ),
    "unknown code": (lambda c: c["index"][0].update(size="tiny"), "index.0.size", "'small' or 'large'"),
    "unknown period": (
        lambda c: _size_return(c).update(periods=["1M", "2Y"]),
        "figure.size_return.periods.1",
        "(found '2Y')",
    ),
    "unknown basis": (
        lambda c: c["index"][0]["series"][0].update(return_basis="total"),
        "index.0.series.0.return_basis",
        "(found 'total')",
    ),
    "missing key": (lambda c: c["index"][0].pop("label"), "index.0.label", "Field required"),
    "missing language": (lambda c: c["title"].pop("ja"), "title.ja", "Field required"),
    "no series": (lambda c: c["index"][0].update(series=[]), "index.0.series", "at least 1 item"),
    "one index": (lambda c: c["index"].pop(), "index", "at least 2 items"),
    "bad name": (lambda c: c.update(study="Small-Caps"), "study", "String should match pattern"),
    "same index twice": (
        lambda c: c["index"][1].update(id="R2000"),
        "(whole file)",
        "index ids are not unique: R2000, R2000",
    ),
    "same series twice": (
        lambda c: c["index"][0]["series"][1].update(id="SMALL"),
        "(whole file)",
        "series of R2000 are not unique: SMALL, SMALL, SMALL_OTHER",
    ),
    "same series in both indices": (
        lambda c: c["index"][1]["series"][1].update(id="SMALL"),
        "(whole file)",
        "SMALL",
    ),
    "same number twice": (lambda c: c["figure"]["long_run"].update(number=1), "figure", "number"),
    "drawn period not made": (
        lambda c: _size_return(c).update(periods=["1M"], headline_periods=["1M", "5Y", "10Y"]),
        "figure.size_return",
        "headline_periods has periods that are not in periods: 5Y, 10Y",
    ),
    "drawn period without a name": (
        lambda c: c["period_label"].pop("YTD"),
        "(whole file)",
        "period_label lacks a name for the headline periods YTD",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_file_is_told_by_file_key_and_reason(tmp_path: Path, fault: str) -> None:
    change, key, reason = FAULTS[fault]
    content = study_content()
    change(content)
    path = write(tmp_path, content)
    with pytest.raises(TomlFileError) as refused:
        read_studies(tmp_path)
    [line] = [line for line in str(refused.value).splitlines() if reason in line]
    assert line.startswith(f"{path}: {key}")


def test_every_fault_has_its_line(tmp_path: Path) -> None:
    write(tmp_path, study_content(colour="red", languages=["ja", "fr"]))
    with pytest.raises(TomlFileError) as refused:
        read_studies(tmp_path)
    assert [line.split(": ")[1] for line in str(refused.value).splitlines()] == ["languages.1", "colour"]


def test_the_name_must_be_the_files(tmp_path: Path) -> None:
    path = write(tmp_path, study_content(), name="another")
    with pytest.raises(TomlFileError, match="study: must be the file's name, 'another'") as refused:
        read_studies(tmp_path)
    assert str(path) in str(refused.value)
    assert STUDY in str(refused.value)


@pytest.mark.parametrize("content", [b"study = \n", b'study = "\xff"\n'], ids=["no TOML", "no UTF-8"])
def test_a_file_that_is_no_toml(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(content)
    with pytest.raises(TomlFileError, match="not TOML") as refused:
        read_studies(tmp_path)
    assert str(path) in str(refused.value)


def test_a_folder_without_studies(tmp_path: Path) -> None:
    with pytest.raises(TomlFileError, match="no study") as refused:
        read_studies(tmp_path)
    assert str(tmp_path) in str(refused.value)


def test_the_version_changes_with_what_the_file_says_only(tmp_path: Path) -> None:
    write(tmp_path, study_content())
    [study] = read_studies(tmp_path)
    commented = tmp_path / "small_study.toml"
    commented.write_text("# a comment\n" + commented.read_text(encoding="utf-8"), encoding="utf-8")
    assert read_studies(tmp_path)[0].version == study.version
    assert make_study(years=3).version != study.version
    assert make_study(base_rule="next").version != study.version


def test_the_periods_of_a_study_are_those_of_the_contract() -> None:
    [period] = [column for column in contracts()["figure.size_return"].column if column.name == "period"]
    assert period.allowed == PERIODS


def test_figures_that_are_absent_are_not_made() -> None:
    content = study_content()
    assert Study.model_validate(content).figure_names() == ["size_return", "long_run"]
    del content["figure"]["size_return"]
    assert Study.model_validate(content).figure_names() == ["long_run"]


def test_a_series_is_named_in_both_languages() -> None:
    study = make_study()
    assert study.series_label("SMALL_FUND", "en") == "SMALL_FUND"
    assert study.series_label("SMALL_FUND", "ja") == "SMALL_FUND（和文）"
    assert study.series_label("STRANGER", "ja") == "STRANGER"
    assert [series.id for series in study.index[0].series] == list(PARTS["R2000"])


# One small and one large


def with_indices(*sizes: str) -> dict[str, Any]:
    """The small study with so many indices, each with a series of its own."""
    content = study_content()
    first = content["index"][0]
    content["index"] = [
        first | {"id": f"I{number}", "size": size, "series": [first["series"][0] | {"id": f"S{number}"}]}
        for number, size in enumerate(sizes)
    ]
    return content


@pytest.mark.parametrize(
    ("sizes", "found"),
    [
        (("small", "large", "large"), "I0 (small), I1 (large), I2 (large)"),
        (("small", "small"), "I0 (small), I1 (small)"),
        (("large", "large"), "I0 (large), I1 (large)"),
    ],
)
def test_a_study_compares_one_small_and_one_large_index(tmp_path: Path, sizes: tuple[str, ...], found: str) -> None:
    path = write(tmp_path, with_indices(*sizes))
    with pytest.raises(TomlFileError) as refused:
        read_studies(tmp_path)
    assert str(path) in str(refused.value)
    assert f"index: a study compares one small and one large index (found {found})" in str(refused.value)


@pytest.mark.parametrize("sizes", [("small", "small"), ("large", "large"), ("small", "large", "large")])
def test_figure_3_compares_one_small_and_one_large_index(tmp_path: Path, sizes: tuple[str, ...]) -> None:
    content = study_content()
    words = {"ja": "三", "en": "three"}
    content["figure"]["domestic_revenue_share"] = {
        "number": 3, "title": words, "unit": words, "revenue_source": words, "thresholds": [0.8],
        "side": [
            {"index": f"I{at}", "size": size, "label": words, "members": [{"series_id": "X", "label": words}]}
            for at, size in enumerate(sizes)
        ],
    }  # fmt: skip
    write(tmp_path, content)
    with pytest.raises(
        TomlFileError, match=r"figure\.domestic_revenue_share\.side: a study compares one small"
    ) as refused:
        read_studies(tmp_path)
    assert ", ".join(f"I{at} ({size})" for at, size in enumerate(sizes)) in str(refused.value)


def test_figure_4_has_each_index_once() -> None:
    side = {"index": "R2000", "members": [{"series_id": "X", "label": {"ja": "一", "en": "one"}}]}
    content = study_content()
    content["figure"]["constituent_return"] = {
        "number": 4, "title": {"ja": "四", "en": "four"}, "unit": {"ja": "%", "en": "%"},
        "survivors_note": {"ja": "生", "en": "alive"}, "side": [side, side],
    }  # fmt: skip
    with pytest.raises(ValueError, match=r"figure\.constituent_return\.side.*R2000 \(small\), R2000 \(small\)"):
        Study.model_validate(content)
    content["figure"]["constituent_return"]["side"] = [side, side | {"index": "R1000"}]
    assert Study.model_validate(content).figure.constituent_return is not None


# One study's fault


@pytest.mark.parametrize(
    "content", ["study = ", 'study = "broken"', 'study = "another"'], ids=["no TOML", "no study", "another name"]
)
def test_a_study_that_cannot_be_read_is_named_and_the_others_are_read(tmp_path: Path, content: str) -> None:
    write(tmp_path, study_content())
    broken = tmp_path / "broken.toml"
    broken.write_text(content, encoding="utf-8")
    found = read_study_folder(tmp_path)
    assert [study.study for study in found.studies] == [STUDY] == [study.study for study in read_studies(tmp_path)]
    assert found.faults.keys() == {"broken"}
    assert str(broken) in found.faults["broken"]


def test_a_template_that_is_missing_is_that_studys_fault(tmp_path: Path) -> None:
    write(tmp_path, study_content())
    write(tmp_path, study_content(study="told", note={"en": "gone.md"}), name="told")
    found = read_study_folder(tmp_path)
    assert [study.study for study in found.studies] == [STUDY]
    assert "gone.md" in found.faults["told"]


def test_where_no_study_can_be_read_every_fault_is_told(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.toml").write_text("study = ", encoding="utf-8")
    with pytest.raises(TomlFileError, match=r"(?s)one\.toml.*two\.toml"):
        read_study_folder(tmp_path)


def with_figure(name: str, **settings: Any) -> dict[str, Any]:
    content = study_content()
    words = {"ja": "図", "en": "figure"}
    plain = {"number": 9, "title": words, "unit": words}
    return content | {"figure": content["figure"] | {name: plain | settings}}


def test_a_figure_without_settings_of_its_own_needs_no_class(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study_figures, "has_sql", lambda name: name == "fall_coverage")
    study = Study.model_validate(with_figure("fall"))
    assert study.figure_names() == ["size_return", "long_run", "fall"]
    assert Study.model_validate_json(study.model_dump_json()) == study
    assert study.version != make_study().version


@pytest.mark.parametrize(
    ("name", "settings", "says"),
    [
        ("fal", {}, "there is no figure fal: a figure is one of size_return, "),
        ("claim", {}, "there is no figure claim: "),
        ("fall", {"years": 3}, "figure.fall.years: Extra inputs are not permitted"),
        ("fall", {"number": 2}, "two figures have the same number: 1, 2, 2"),
    ],
)
def test_a_figure_that_is_not_there_or_asks_what_it_has_not_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, settings: dict[str, Any], says: str
) -> None:
    monkeypatch.setattr(study_figures, "has_sql", lambda file: file == "fall_coverage")
    path = write(tmp_path, with_figure(name, **settings))
    with pytest.raises(TomlFileError) as refused:
        read_studies(path.parent)
    assert says in str(refused.value)
