"""The JSON files that a release and a run leave behind: one model a file, written and read through it.

Belongs here: bytes to a model and back, with errors that name the file and the key. Does not belong here: any one file
(descriptor.py, build_record.py, run_record.py, approval.py).

A key that a later version added is passed over; one that an earlier version did not write has a default in its model.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

import pydantic

from warehouse.contract import contracts
from warehouse.toml_file import validation_faults

Row = dict[str, Any]
"""A row of the table that the field names, column -> value, as JSON has it."""

IsoTime = Annotated[datetime, pydantic.PlainSerializer(datetime.isoformat)]
"""A time that is written as `2026-03-11T23:00:00+00:00`, not with pydantic's `Z`."""

Model = TypeVar("Model", bound="Document")


class DocumentError(ValueError):
    """A file that can't be read as what it should be: which file, which key, why."""


class Document(pydantic.BaseModel):
    """Base of the models. What was not stated is not written."""

    model_config = pydantic.ConfigDict(extra="ignore", frozen=True, populate_by_name=True)

    def content(self) -> Row:
        """The document as JSON values, in the order of the model's fields."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)

    def to_json(self) -> bytes:
        """The bytes of its file, for a person to read too."""
        return self.model_dump_json(by_alias=True, exclude_unset=True, indent=1).encode() + b"\n"


class TableRow(Document):
    """Base of the models of a row of ``table``, which its contract may rename columns of."""

    table: ClassVar[str]

    @pydantic.model_validator(mode="before")
    @classmethod
    def _with_current_names(cls, row: Any) -> Any:
        return contracts()[cls.table].with_current_names(row) if isinstance(row, dict) else row


def read_document(path: Path, model: type[Model]) -> Model:
    """A file as its model. Raises DocumentError."""
    try:
        return parse_document(str(path), path.read_bytes(), model)
    except OSError as error:
        raise DocumentError(f"{path}: can't be read: {error}") from None


def parse_document(name: str, data: bytes, model: type[Model]) -> Model:
    """Bytes as their model; ``name`` is what an error calls them. Raises DocumentError."""
    try:
        return model.model_validate(json.loads(data))
    except pydantic.ValidationError as error:
        raise DocumentError("\n".join(validation_faults(name, error))) from None
    except ValueError as error:
        raise DocumentError(f"{name}: not JSON: {error}") from None
