"""The house style: colours, fonts, sizes, the sign of a negative, the broker's name and disclaimer.

Belongs here: the shape of house_style.toml and reading it. Does not belong here: drawing (charts/canvas.py) and the
words of a study (its own file).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, PositiveInt, StringConstraints

from warehouse.toml_file import Strict, read_toml

NEGATIVE = re.compile(r"(?<![0-9A-Za-z-])-(?=[0-9.])")
HOUSE_STYLE = Path(__file__).with_name("house_style.toml")

Language = Literal["ja", "en"]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9A-Fa-f]{6}$")]
FontName = Annotated[str, StringConstraints(pattern=r"^[\w -]+$")]
FontNames = Annotated[list[FontName], Field(min_length=1)]


class Colours(Strict):
    """Colours as #RRGGBB."""

    small: Colour
    large: Colour
    small_text: Colour
    large_text: Colour
    text: Colour
    muted: Colour
    grid: Colour
    zero: Colour
    event: Colour
    background: Colour
    sample: Colour
    turned: Colour
    holds: Colour
    fails: Colour


class Fonts(Strict):
    """Font families by language, the preferred one first."""

    ja: FontNames
    en: FontNames

    def family(self, language: str) -> str:
        """The CSS font-family of a language; names with a space are quoted."""
        names = self.ja if language == "ja" else self.en
        return ", ".join(f"'{name}'" if " " in name else name for name in names)


class Sizes(Strict):
    """Sizes in logical pixels."""

    width: PositiveInt
    plot_height: PositiveInt
    margin: PositiveInt
    title: PositiveFloat
    subtitle: PositiveFloat
    label: PositiveFloat
    axis: PositiveFloat
    footer: PositiveFloat


class Disclaimer(Strict):
    """The standard disclaimer, printed on the page and under the note."""

    ja: str
    en: str


class HouseStyle(Strict):
    """Everything in house_style.toml."""

    broker: str = ""
    negative_sign: Literal["-", "▲"] = "-"
    colours: Colours
    fonts: Fonts
    page_fonts: Fonts
    sizes: Sizes
    disclaimer: Disclaimer

    def printed(self, sentence: str) -> str:
        """A sentence whose numbers have the house's negative sign; in the tables, which programs read, it is `-`."""
        return NEGATIVE.sub(self.negative_sign, sentence)


def load_style(path: str | Path = "") -> HouseStyle:
    """A style file, the project's own where none is named. Raises TomlFileError."""
    return read_toml(Path(path or HOUSE_STYLE), HouseStyle)
