"""The table of datasets beside the contracts: one row a core table, and columns that the table has.

Belongs here: the table itself. Does not belong here: the assets that are made from it (test_definitions.py).
"""

from __future__ import annotations

from typing import get_args

import pytest

from assets.datasets import DATASETS
from assets.ingest.vendors import parser_for
from assets.profile import Dataset as ProfileDataset
from warehouse.contract import contracts


def test_every_core_table_has_its_row() -> None:
    assert {f"core.{name}" for name in DATASETS} == {table for table in contracts() if table.startswith("core.")}


def test_a_profile_can_name_a_source_of_each_but_of_what_people_state() -> None:
    assert set(get_args(ProfileDataset)) == set(DATASETS) - {"correction"}


@pytest.mark.parametrize("name", DATASETS)
def test_a_row_names_what_there_is(name: str) -> None:
    dataset, contract = DATASETS[name], contracts()[f"core.{name}"]
    assert {dataset.payload_subject, dataset.row_subject} - {None} <= set(contract.column_names)
    assert set(dataset.after) <= set(DATASETS)
    assert [form for form in dataset.alone or () if not parser_for(form)] == []
    assert {source.dataset for source in dataset.always} <= {name}
