"""The graph of assets, as a person reviewed it: groups, what stands on what, checks, and which of them block."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assets.settings import Settings
from pipelines.definitions import build_defs
from tests.support.reviewed import assert_reviewed
from warehouse.contract import contracts

PIPELINES = Path(__file__).parents[2] / "pipelines"


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The graph of the shipped studies on the sample profile."""
    settings = Settings(
        home=str(tmp_path_factory.mktemp("home")),
        profile="sample",
        studies=str(PIPELINES / "studies"),
        profiles=str(PIPELINES / "profiles"),
    )
    return build_defs(settings).get_repository_def().asset_graph


def warnings_of(key: dg.AssetKey, names: set[str]) -> set[str]:
    """The checks of an asset that warn only: of a table what its contract says, of ingest all but one."""
    if key.path[0] == "ingest":
        return names - {"payloads_accepted"}
    layer = {"figures": "figure"}.get(key.path[0], key.path[0])
    contract = contracts().get(f"{layer}.{key.path[-1]}")
    return {check.name for check in contract.check if not check.blocking} if contract else set()


def test_the_graph_is_as_reviewed(graph: Any, request: pytest.FixtureRequest) -> None:
    found = {}
    for key in sorted(graph.get_all_asset_keys()):
        node = graph.get(key)
        names = {check.name for check in node.check_keys}
        found[key.to_user_string()] = {
            "group": node.group_name,
            "stands on": sorted(parent.to_user_string() for parent in node.parent_keys),
            "blocking": sorted(names - warnings_of(key, names)),
            "warning": sorted(names & warnings_of(key, names)),
        }
    assert_reviewed("asset_graph.json", found, request)
