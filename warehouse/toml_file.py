"""Reading a TOML file into a pydantic model, with errors that name the file, the key and the reason.

Belongs here: that one step. Does not belong here: any particular model.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, TypeVar

import pydantic

Model = TypeVar("Model", bound=pydantic.BaseModel)


class TomlFileError(ValueError):
    """A TOML file that can't be used; the message has a line for each fault: file, key, reason."""


class Strict(pydantic.BaseModel):
    """Base of every model read from TOML: unknown keys are errors, values don't change afterwards."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


def read_toml(path: Path, model: type[Model]) -> Model:
    """The file as a model. Raises TomlFileError."""
    try:
        with path.open("rb") as file:
            content = tomllib.load(file)
    except FileNotFoundError:
        raise TomlFileError(f"{path}: no such file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TomlFileError(f"{path}: not TOML: {error}") from None
    return as_model(path, content, model)


def as_model(path: Path, content: dict[str, Any], model: type[Model]) -> Model:
    """What was read from the file as a model. Raises TomlFileError."""
    try:
        return model.model_validate(content)
    except pydantic.ValidationError as error:
        raise TomlFileError("\n".join(validation_faults(str(path), error))) from None


def validation_faults(file: str, error: pydantic.ValidationError) -> list[str]:
    """A line for each fault that pydantic found in what a file says: file, key, reason, and the value."""
    faults = []
    for fault in error.errors(include_url=False):
        key = ".".join(str(part) for part in fault["loc"]) or "(whole file)"
        value = f" (found {fault['input']!r})" if fault["type"] not in ("missing", "value_error") else ""
        faults.append(f"{file}: {key}: {fault['msg']}{value}")
    return faults
