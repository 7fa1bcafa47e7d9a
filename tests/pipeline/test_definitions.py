"""What Dagster is told: loaded without the heavy libraries, and complete."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from pipelines.definitions import build_defs
from tests.support.night import REPOSITORY, Place
from warehouse.contract import contracts

DATASETS = (
    "correction",
    "index_level",
    "membership",
    "security",
    "security_level",
    "holding",
    "company",
    "revenue_geography",
    "eps_estimate",
    "fund",
    "fund_nav",
    "policy_rate",
)
ASSETS = {
    **{f"ingest/{dataset}": "ingest" for dataset in DATASETS},
    **{f"core/{dataset}": "core" for dataset in DATASETS},
    "figures/size_return": "figures",
    "figures/long_run": "figures",
    "publish/release": "publish",
}
TABLES = {
    **{f"core/{dataset}": f"core.{dataset}" for dataset in DATASETS},
    "figures/size_return": "figure.size_return",
    "figures/long_run": "figure.long_run",
}
PROBE = """
import json, sys
HEAVY = ("great_expectations", "vl_convert", "altair", "matplotlib", "fds", "openpyxl")
from assets.ingest.vendors import missing_variables
from pipelines.definitions import defs
definitions = defs()
missing_variables(["files"])  # imports every vendor's module
print(json.dumps({
    "jobs": [job.name for job in definitions.jobs],
    "heavy": [name for name in HEAVY if name in sys.modules],
}))
"""


@pytest.fixture(scope="module")
def repository(published: Place) -> dg.RepositoryDefinition:
    return build_defs(published.settings()).get_repository_def()


def test_the_code_location_loads_without_environment_or_heavy_libraries(tmp_path: Path) -> None:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment = {**kept, "PYTHONPATH": str(REPOSITORY), "PYTHONWARNINGS": "ignore"}
    ran = subprocess.run(
        [sys.executable, "-c", PROBE], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == {"jobs": ["nightly"], "heavy": []}
    assert list(tmp_path.iterdir()) == []


def test_assets_stand_in_the_group_of_their_layer(repository: dg.RepositoryDefinition) -> None:
    graph = repository.asset_graph
    found = {key.to_user_string(): graph.get(key).group_name for key in graph.materializable_asset_keys}
    assert found == ASSETS


def test_data_flows_one_way(repository: dg.RepositoryDefinition) -> None:
    graph = repository.asset_graph
    parents = {
        key.to_user_string(): {parent.to_user_string() for parent in graph.get(key).parent_keys}
        for key in graph.materializable_asset_keys
    }
    assert parents == {
        **{f"ingest/{dataset}": {"core/correction"} for dataset in DATASETS},
        "ingest/correction": set(),
        "ingest/revenue_geography": {"core/holding", "core/company", "core/correction"},
        "ingest/fund_nav": {"core/fund", "core/correction"},
        "ingest/security_level": {"core/membership", "core/holding", "core/company", "core/correction"},
        **{f"core/{dataset}": {f"ingest/{dataset}", "core/correction"} for dataset in DATASETS},
        "core/correction": {"ingest/correction"},
        "figures/size_return": {"core/index_level", "core/correction"},
        "figures/long_run": {"core/index_level", "core/correction"},
        "publish/release": {"figures/size_return", "figures/long_run"},
    }


@pytest.mark.parametrize("name", ASSETS)
def test_every_asset_has_an_owner_a_description_and_ranges(repository: dg.RepositoryDefinition, name: str) -> None:
    node = repository.asset_graph.get(dg.AssetKey(name.split("/")))
    assert node.owners == ["team:research-data"]
    assert node.description
    assert node.backfill_policy == dg.BackfillPolicy.single_run()
    assert node.partitions_def is not None
    assert node.pools == {"warehouse"}


@pytest.mark.parametrize(("name", "table"), TABLES.items())
def test_a_table_asset_shows_the_columns_of_its_contract(
    repository: dg.RepositoryDefinition, name: str, table: str
) -> None:
    schema = repository.asset_graph.get(dg.AssetKey(name.split("/"))).metadata["dagster/column_schema"]
    columns = schema.schema.columns if hasattr(schema, "schema") else schema.columns
    assert [(column.name, column.type) for column in columns] == [
        (column.name, column.type) for column in contracts()[table].column
    ]
    assert all(column.description for column in columns)


@pytest.mark.parametrize(
    ("figure", "inputs"),
    [
        ("constituent_return", {"core/membership", "core/security_level", "core/security"}),
        ("domestic_revenue_share", {"core/holding", "core/company", "core/revenue_geography"}),
        ("eps_growth", {"core/eps_estimate"}),
        ("event_return", {"core/index_level"}),
        ("fund_ranking", {"core/fund", "core/fund_nav"}),
    ],
)
def test_the_own_study_adds_its_figures(published: Place, figure: str, inputs: set[str]) -> None:
    settings = published.settings(studies=str(REPOSITORY / "pipelines" / "studies"))
    graph = build_defs(settings).get_repository_def().asset_graph
    node = graph.get(dg.AssetKey(["figures", figure]))
    assert {key.to_user_string() for key in node.parent_keys} == inputs | {"core/correction"}
    assert dg.AssetKey(["figures", figure]) in graph.get(dg.AssetKey(["publish", "release"])).parent_keys


def test_no_check_stops_the_night(repository: dg.RepositoryDefinition) -> None:
    """A blocking check of Dagster would keep every figure from being published."""
    checks = repository.asset_graph.asset_check_keys
    assert {"payloads_accepted", "index_level_daily_move", "size_return_recomputes", "long_run_starts_at_100"} <= {
        key.name for key in checks
    }
    assets = {id(one): one for one in repository.assets_defs_by_key.values()}.values()
    specs = [spec for one in assets for spec in one.check_specs]
    assert {spec.key for spec in specs} == set(checks)
    assert [spec.name for spec in specs if spec.blocking] == []


def test_the_job_takes_every_asset_and_the_schedule_is_on(repository: dg.RepositoryDefinition) -> None:
    job = repository.get_job("nightly")
    assert {key.to_user_string() for key in job.asset_layer.executable_asset_keys} == set(ASSETS)
    schedule = repository.get_schedule_def("nightly")
    assert schedule.job_name == "nightly"
    assert schedule.execution_timezone == "Asia/Tokyo"
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
    assert list(schedule.cron_schedule) == ["15 7 * * 2-6", "30 8 * * 2-6", "0 10 * * 2-6"]
