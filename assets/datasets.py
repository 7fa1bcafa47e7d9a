"""The datasets, one row each, in the order of the flow: the ingest and core assets are made from this table.

Belongs here: what differs from dataset to dataset and is no property of its table. Does not belong here: the table
(warehouse/contracts), what a guard compares (ingest/guards.py), which figure reads what (figures/).
"""

from __future__ import annotations

from assets.ingest.dataset import Dataset
from assets.ingest.guards import (
    guard_estimates,
    guard_funds,
    guard_holdings,
    guard_index_level,
    guard_members,
    guard_rows,
    guard_tickers,
)
from assets.ingest.vendors.corrections import SOURCE
from assets.study_tables import (
    fill_correction_tables,
    fill_policy_rate_tables,
    fill_security_level_tables,
    fill_study_tables,
)

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
