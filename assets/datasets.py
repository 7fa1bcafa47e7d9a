"""The datasets, one row each, in the order of the flow: the ingest and core assets are made from this table.

Belongs here: what differs from dataset to dataset and is no property of its table. Does not belong here: the table
(warehouse/contracts), what a guard compares (ingest/guards.py), which figure reads what (figures/).
"""

from __future__ import annotations

from dataclasses import dataclass

from assets.ingest.guards import (
    Guard,
    guard_estimates,
    guard_funds,
    guard_holdings,
    guard_index_level,
    guard_members,
    guard_rows,
    guard_tickers,
)
from assets.ingest.vendors.corrections import SOURCE
from assets.profile import Source
from assets.study_tables import (
    CheckInputs,
    fill_correction_tables,
    fill_policy_rate_tables,
    fill_security_level_tables,
    fill_session_tables,
    fill_study_tables,
)
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


_ROWS = (
    # a file of corrections that can't be read concerns every figure: nobody knows which of them it speaks of
    Dataset(
        "correction",
        row_subject="subject",
        may_be_announced=True,
        always=(SOURCE,),
        check_inputs=fill_correction_tables,
    ),
    Dataset(
        "index_level",
        guard_index_level,
        payload_subject="series_id",
        row_subject="series_id",
        check_inputs=fill_study_tables,
    ),
    Dataset("membership", guard_members, may_be_announced=True),
    Dataset("security", guard_rows(group="'all'"), may_be_announced=True),
    Dataset(
        "security_level",
        guard_rows(group="source"),
        payload_subject="security_id",
        alone=frozenset({"yahoo_chart_json"}),  # a file of one security: the others stay as they are
        after=("membership", "holding", "company"),
        check_inputs=fill_security_level_tables,
    ),
    Dataset("holding", guard_holdings),
    Dataset("company", guard_tickers),
    Dataset(
        "revenue_geography",
        payload_subject="company_id",
        alone=frozenset({"sec_ixbrl", "sec_xbrl"}),  # a single filing: the other companies stay as they are
        after=("holding", "company"),
    ),
    Dataset("eps_estimate", guard_estimates),
    Dataset(
        "policy_rate",
        guard_rows(),
        row_subject="series_id",
        check_inputs=fill_policy_rate_tables,
    ),
    Dataset("fund", guard_funds, row_subject="fund_id"),
    Dataset(
        "fund_nav",
        guard_rows(),
        payload_subject="fund_id",
        row_subject="fund_id",
        after=("fund",),
    ),
)

DATASETS = {dataset.name: dataset for dataset in _ROWS}
"""The datasets by name, in the order of the flow."""
