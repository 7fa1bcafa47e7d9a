"""Both files of words: the same keys, the same words in braces, and nothing that nobody prints."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assets.publish import words
from assets.publish.words import texts, words_of
from warehouse.toml_file import Strict, TomlFileError

OTHER_FIELDS = {"reasons.figure_withheld", "note.oku"}
"""A figure's title or its name, 億 or billions."""


def strings(content: Any, key: str = "") -> dict[str, str]:
    """Every string of a file by its dotted key; an item of a list by its place."""
    if isinstance(content, str):
        return {key: content}
    items = content.items() if isinstance(content, dict) else enumerate(content)
    return {k: v for name, value in items for k, v in strings(value, f"{key}.{name}".lstrip(".")).items()}


def fields(template: str) -> set[str]:
    return {name.split(".")[0] for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def test_both_languages_have_the_same_keys_and_words_in_braces() -> None:
    ja, en = (strings(words._files()[language]) for language in ("ja", "en"))
    assert list(ja) == list(en), "keys in the same order, so that an editor sees both side by side"
    assert {key for key in ja if fields(ja[key]) != fields(en[key])} == OTHER_FIELDS


def test_no_japanese_is_left_in_english() -> None:
    en = strings(words._files()["en"])
    assert not [key for key, text in en.items() if re.search("[\u3040-\u30ff\u4e00-\u9fff]", text)]


def test_every_word_of_the_page_is_printed() -> None:
    folder = Path(words.__file__).parents[1]
    sources = [file for kind in ("*.py", "*.jinja") for file in folder.rglob(kind)]
    named = set(re.findall(r"\w+", " ".join(file.read_text(encoding="utf-8") for file in sources)))
    assert set(texts("page")) - named == {"changes_before", "changes_approved"}, "these are changes_<since>"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of both files that a test may change."""
    for language in words.LANGUAGES:
        file = words._path(language)
        (tmp_path / file.name).write_bytes(file.read_bytes())
    monkeypatch.setattr(words, "_path", lambda language: tmp_path / f"{language}.toml")
    words._files.cache_clear()
    yield tmp_path
    words._files.cache_clear()


def test_a_key_that_one_language_lacks_is_named(folder: Path) -> None:
    file = folder / "en.toml"
    file.write_text(file.read_text(encoding="utf-8").replace('joint = " and "\n', "", 1), encoding="utf-8")
    with pytest.raises(TomlFileError, match=r"en\.toml: common\.joint: is missing"):
        texts("page")


def test_a_key_that_a_figure_wants_is_named(folder: Path) -> None:
    class More(Strict):
        base: str
        title: str

    with pytest.raises(TomlFileError, match=r"ja\.toml: alt: Extra inputs"):
        words_of("long_run", More)
