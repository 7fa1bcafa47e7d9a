"""Specimens of tables that a mapping describes, one a dataset."""

from __future__ import annotations

from tests.support.specimens import LEVELS, Specimen


def _specimen(dataset: str, header: str, row: str, **options: object) -> Specimen:
    """A table whose columns have our names in capitals: two lines, header and row."""
    columns = {name: name.upper() for name in header.split(",")}
    content = f"{header.upper()}\n{row}\n".encode()
    return Specimen("csv", dataset, content, {"dataset": dataset, "columns": columns, **options})


SPECIMENS = (
    _specimen("index_level", "date,level", "2026-03-11,7207.07", **LEVELS),
    _specimen("membership", "series_id,ticker,valid_from,valid_to", "SP500,AAA,1996-01-02,2001-05-07"),
    _specimen("security", "security_id,ticker_from,ticker", "1,1996-01-02,AAA"),
    _specimen(
        "security_level", "security_id,date,level,return_basis,currency", "1,2026-03-11,10.5,gross,USD", source="made"
    ),
    _specimen(
        "holding",
        "series_id,as_of,ticker,name,asset_class,market_value_usd,weight",
        "IWM,2026-03-10,AAA,MADE UP CO,Equity,1000.50,0.01",
    ),
    _specimen("company", "ticker,as_of,company_id,name", "AAA,2026-03-11,320193,MADE UP CO"),
    _specimen(
        "revenue_geography",
        "company_id,filing,fiscal_period_end,accepted_on,revenue,us_revenue,currency",
        "0000320193,A-1,2025-12-31,2026-02-20,100,60,USD",
    ),
    _specimen(
        "eps_estimate",
        "index_id,fiscal_year,source_date,eps_base,eps_target,source",
        "R2000,2026,2026-03-01,10.5,12.5,made",
    ),
    _specimen("policy_rate", "series_id,date,rate", "DFEDTARU,2026-03-11,0.0375"),
    _specimen(
        "fund",
        "fund_id,valuation_date,name,manager,net_assets_jpy,nav_jpy",
        "JP90C0000001,2026-03-10,Made Fund,Made,5000000,10000",
    ),
    _specimen("fund_nav", "fund_id,date,nav_jpy", "JP90C0000001,2026-03-10,10000"),
)
