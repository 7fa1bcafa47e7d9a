"""Profile public: each of its sources is asked for, answers with what its format reads, and serves what studies want.

Belongs here: index levels, holdings, members, prices and the policy rate. Does not belong here: the vendors' formats
(test_*_live.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from werkzeug import Request

from assets.ingest.fetching import FetchContext
from assets.ingest.payload import Payload
from assets.ingest.vendors import fetch_for, parser_for
from assets.profile import read_profile
from assets.study import Study
from tests.support.fake_http import Call, FakeHttp
from tests.support.replay import fja05680, fred, ishares, kenneth_french, yahoo
from warehouse.toml_file import read_toml

PIPELINES = Path(__file__).parents[2] / "pipelines"
PROFILE = read_profile(PIPELINES / "profiles", "public")
STUDIES = [read_toml(PIPELINES / "studies" / f"{name}.toml", Study) for name in ("us_small_caps", "us_size_french")]


@pytest.fixture(scope="module")
def web(shared_data: Path) -> FakeHttp:
    routes = [
        route for vendor in (fja05680, fred, ishares, kenneth_french, yahoo) for route in vendor.routes(shared_data)
    ]

    def answer(call: Call) -> bytes:
        found = [
            route for route in routes if call.url.endswith(route.path) and route.query.items() <= call.params.items()
        ]
        best = max(found, key=lambda route: len(route.query))
        return best.body if isinstance(best.body, bytes) else best.body(Request({}))

    return FakeHttp({(route.method, route.path): answer for route in routes})


def frames(web: FakeHttp, dataset: str) -> Iterator[tuple[Payload, pd.DataFrame]]:
    context = FetchContext(date(2026, 3, 11), http=web, securities=lambda members, held, count: ["AAPL", "AIR"])
    for source in PROFILE.sources(dataset):
        for payload in fetch_for(source.vendor)(source, context):
            yield payload, parser_for(payload.format)(payload.content, payload.options)


def test_levels_of_every_series_that_a_study_wants(web: FakeHttp) -> None:
    served = {}
    for payload, frame in frames(web, "index_level"):
        assert set(payload.subjects) <= set(frame["series_id"])
        for series, levels in frame.groupby("series_id"):
            assert series not in served
            served[series] = (levels["return_basis"].iloc[0], levels["currency"].iloc[0])
    for study in STUDIES:
        for series in (series for index in study.index for series in index.series):
            assert served[series.id] == (series.return_basis, series.currency)


def test_holdings_of_every_fund_that_stands_for_an_index(web: FakeHttp) -> None:
    funds = {frame["series_id"].iloc[0]: len(frame) for _, frame in frames(web, "holding")}
    assert sorted(funds) == ["IJR", "IVV", "IWM"]
    assert all(count > 500 for count in funds.values())


def test_the_members_of_thirty_years_ago(web: FakeHttp) -> None:
    [(payload, frame)] = frames(web, "membership")
    assert set(frame["series_id"]) == {"SP500"}
    assert frame["valid_from"].min() < pd.Timestamp("1996-02-29")
    assert payload.may_publish


def test_prices_of_members_and_of_what_the_funds_hold(web: FakeHttp) -> None:
    [source] = PROFILE.sources("security_level")
    assert source.options["members_of"] == ["SP500"]
    held_by = {source.options["series_id"] for source in PROFILE.sources("holding")}
    assert set(source.options["held_by"]) <= held_by, "only what the profile asks for is known"
    levels = {frame["security_id"].iloc[0]: frame for _, frame in frames(web, "security_level")}
    assert sorted(levels) == ["AAPL", "AIR"]
    assert all(frame["date"].min() < pd.Timestamp("1996-02-29") for frame in levels.values())


def test_the_policy_rate(web: FakeHttp) -> None:
    [(payload, frame)] = frames(web, "policy_rate")
    assert set(frame["series_id"]) == {"DFEDTARU"}
    assert payload.may_publish


def test_only_what_is_free_for_all_may_be_published() -> None:
    for dataset in ("index_level", "holding", "membership", "security_level", "policy_rate"):
        for source in PROFILE.sources(dataset):
            assert source.licence
            assert source.may_publish == (source.licence == "MIT" or "public domain" in source.licence)


def test_what_fred_may_have_withdrawn_is_optional() -> None:
    optional = {source.options.get("series_id") for source in PROFILE.sources("index_level") if source.optional}
    assert optional == {"RU2000TR", "RU1000TR", "RU3000TR", "RU2000PR", "RU1000PR"}
