"""What makes a revision: the digest of everything that a release says.

Belongs here: the digest and the version of the method. Does not belong here: files of a release (folder.py).
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from datetime import date

import pyarrow as pa
import pyarrow.csv

from assets.study import Study
from checks.gate import Withheld
from warehouse.contract import Contract

METHOD_VERSION = "2"
"""Goes up when the definition of a number changes, so that equal inputs make a new revision, named as such."""


def rows_digest(rows: pa.Table, contract: Contract, columns: Sequence[str] | None = None) -> str:
    """sha256 of a figure's rows of a session (tables.session_rows), as CSV without the revision.

    ``columns``: those of a release, as an earlier version of the contract had and named them, by default today's.
    """
    chosen = {name: today for name, today in contract.names_today(columns).items() if name != "revision"}
    buffer = io.BytesIO()
    pa.csv.write_csv(rows.select(list(chosen.values())).rename_columns(list(chosen)), buffer)
    return hashlib.sha256(buffer.getbuffer()).hexdigest()


def release_identity(study: Study, session: date, digests: dict[str, str], withheld: list[Withheld]) -> str:
    """The digest of a release: published rows, what is withheld and why, study and method."""
    said = {
        "study": study.study,
        "study_version": study.version,
        "method_version": METHOD_VERSION,
        "session": session.isoformat(),
        "figures": digests,
        # the note follows from rows, study and method, and is made after this
        "withheld": [
            [w.figure, w.kind, w.check_name, w.reason, *([w.subject] if w.subject else [])]
            for w in withheld
            if w.figure != "note"
        ],
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
