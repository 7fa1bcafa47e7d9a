#!/usr/bin/env bash
# Two calendars of Hong Kong, each of them open on days on which a storm kept the exchange shut.
# exchange_calendars 4.13.2 (XHKG) has sessions on 2023-09-01 (typhoon Saola) and 2023-09-08 (rainstorm). pandas_market_calendars 5.5.0
# (HKEX) knows these two, and has sessions on 2020-10-13, 2021-10-13 and 2024-09-06 (typhoons) and on 2021-04-06 (a
# holiday). It closes at 16:00 on every day since 2011: the half days before Christmas, New Year and Lunar New Year, which
# exchange_calendars has, are missing. Its calendar of Sydney (ASX) trades on Good Friday and Easter Monday of 2010.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  exchange_calendars==4.13.2 pandas_market_calendars==5.5.0 pandas==3.1.1
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import exchange_calendars
import pandas_market_calendars

first, last = "2010-01-04", "2026-11-25"


def closes(code: str, name: str) -> tuple:
    """Closing times by day of the two libraries, in UTC."""
    own = exchange_calendars.get_calendar(code, start=first, end=last).closes
    other = pandas_market_calendars.get_calendar(name).schedule(first, last, tz="UTC")["market_close"]
    return own, other


def days(index) -> list[str]:
    """Days as text."""
    return [str(day.date()) for day in index]


own, other = closes("XHKG", "HKEX")
only_own, only_other = days(own.index.difference(other.index)), days(other.index.difference(own.index))
print("Hong Kong, sessions of exchange_calendars alone:", only_own)
print("Hong Kong, sessions of pandas_market_calendars alone:", only_other)
assert only_own == ["2023-09-01", "2023-09-08"], only_own
assert only_other == ["2020-10-13", "2021-04-06", "2021-10-13", "2024-09-06"], only_other
eve = "2025-12-24"
print(f"close on {eve}:", own[eve].tz_convert("Asia/Hong_Kong").time(), other[eve].tz_convert("Asia/Hong_Kong").time())
assert own[eve].tz_convert("Asia/Hong_Kong").hour == 12 and other[eve].tz_convert("Asia/Hong_Kong").hour == 16
own, other = closes("XASX", "ASX")
extra = days(other.index.difference(own.index))
print("Sydney, sessions of pandas_market_calendars alone:", extra)
assert {"2010-04-02", "2010-04-05"} <= set(extra) and len(own.index.difference(other.index)) == 0, extra
PYTHON
echo "as stated"
