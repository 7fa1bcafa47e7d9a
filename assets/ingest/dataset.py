"""What a dataset is, as the ingest and core assets are made from it.

Belongs here: the type of a row of assets/datasets.py. Does not belong here: the rows.
"""

from __future__ import annotations

from dataclasses import dataclass

from assets.ingest.guards import Guard
from assets.profile import Source
from assets.study_tables import CheckInputs, fill_session_tables
from warehouse.contract import contracts


@dataclass(frozen=True)
class Dataset:
    """What the assets ingest/<name> and core/<name> are made from, beside the contract of core.<name>.

    ``guard``: compares a parsed payload with what is known, beyond what is done for all of them.
    ``payload_subject``: the column by which a refused payload concerns some figures only; None: all that stand on the
    dataset. ``alone``: the formats of which that is true; None: all of them. ``row_subject``: the same column for a
    failing row of the core table.
    ``may_be_announced``: a row may be of a day to come. ``after``: the core tables that tell what to ask vendors for
    (ingest/fetch_targets.py), so that the same run's are known. ``always``: sources that every profile has without
    naming them. ``check_inputs``: fills the temporary tables that the checks of the table read.
    """

    name: str
    guard: Guard | None = None
    payload_subject: str | None = None
    alone: frozenset[str] | None = None
    row_subject: str | None = None
    may_be_announced: bool = False
    after: tuple[str, ...] = ()
    always: tuple[Source, ...] = ()
    check_inputs: CheckInputs = fill_session_tables

    @property
    def day(self) -> str | None:
        """The column that says of which day a row is, and that of no day to come; None where one may be announced."""
        return None if self.may_be_announced else contracts()[f"core.{self.name}"].day
