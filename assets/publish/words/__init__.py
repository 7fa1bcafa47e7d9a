"""The words of pictures, page and note: one file a language, ja.toml and en.toml, with the same keys.

Belongs here: reading them, and what is printed everywhere (days, lists). Does not belong here: words of a study (its
own file), names, colours and disclaimer of the house (charts/house_style.toml). A section is read by who prints it, as
a model of its keys: :func:`words_of`, or :func:`texts` where a template looks them up by name.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, get_args

from assets.study.series import Language, Text
from warehouse.toml_file import Model, Strict, TomlFileError, as_model

LANGUAGES: tuple[Language, ...] = get_args(Language)
WORD_FILES = tuple(Path(__file__).with_name(f"{language}.toml") for language in LANGUAGES)


class CommonWords(Strict):
    """Days, lists and signs. ``semicolon`` stands between parts that have commas; ``minus`` is read aloud."""

    day: str
    month: str
    month_end: str
    comma: str
    semicolon: str
    joint: str
    minus: str


def words_of(section: str, model: type[Model]) -> dict[Language, Model]:
    """A section of both files as a model of its keys. Raises TomlFileError."""
    return {language: as_model(_path(language), _files()[language][section], model) for language in LANGUAGES}


def texts(section: str) -> dict[str, Text]:
    """A section of plain strings by key, both languages together."""
    ja, en = (_files()[language][section] for language in ("ja", "en"))
    return {key: Text(ja=ja[key], en=en[key]) for key in ja}


def day_text(day: date, language: Language) -> str:
    """A day as it is printed."""
    return COMMON[language].day.format(day)


def month_text(day: date, language: Language) -> str:
    """The month of a day as it is printed."""
    return COMMON[language].month.format(day)


def _path(language: Language) -> Path:
    return Path(__file__).with_name(f"{language}.toml")


@cache
def _files() -> Mapping[Language, Mapping[str, Any]]:
    """Both files. Raises TomlFileError where one is no TOML, or has a key that the other lacks."""
    files: dict[Language, dict[str, Any]] = {}
    for language in LANGUAGES:
        try:
            files[language] = tomllib.loads(_path(language).read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise TomlFileError(f"{_path(language)}: not TOML: {error}") from None
    keys = {language: set(_keys(content)) for language, content in files.items()}
    every = set[str]().union(*keys.values())
    faults = [
        f"{_path(language)}: {key}: is missing, another language has it"
        for language in LANGUAGES
        for key in sorted(every - keys[language])
    ]
    if faults:
        raise TomlFileError("\n".join(faults))
    return files


def _keys(content: Mapping[str, Any], before: str = "") -> list[str]:
    """The dotted keys of a file's strings and lists."""
    return [
        key
        for name, value in content.items()
        for key in (_keys(value, f"{before}{name}.") if isinstance(value, dict) else [f"{before}{name}"])
    ]


COMMON = words_of("common", CommonWords)

WORDS = texts("page")
"""What the page's templates print, by name."""
