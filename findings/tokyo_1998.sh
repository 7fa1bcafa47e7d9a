#!/usr/bin/env bash
# exchange_calendars 4.13.2 (XTKS) has no session on Wednesday 1998-05-06. Three others have the day open: pandas_market_calendars 5.5.0
# (JPX), jpholiday 1.0.3 and holidays 0.109. The rule that a Sunday holiday in Golden Week moves to 6 May is of 2007; in 1998
# the substitute for Sunday 3 May was Monday 4 May. It is the only day of 1998 to November 2027 on which
# exchange_calendars and pandas_market_calendars differ.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  exchange_calendars==4.13.2 pandas_market_calendars==5.5.0 jpholiday==1.0.3 holidays==0.109 pandas==3.1.1
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
from datetime import date

import exchange_calendars
import holidays
import jpholiday
import pandas_market_calendars

first, last = "1998-01-05", "2027-11-30"
exchange = {day.date() for day in exchange_calendars.get_calendar("XTKS", start=first, end=last).sessions}
market = {day.date() for day in pandas_market_calendars.get_calendar("JPX").valid_days(first, last)}
print(f"open in pandas_market_calendars alone: {sorted(map(str, market - exchange))}")
print(f"open in exchange_calendars alone: {sorted(map(str, exchange - market))}")
day = date(1998, 5, 6)
assert market - exchange == {day} and not exchange - market
assert not jpholiday.is_holiday(day) and day not in holidays.Japan(years=1998)
PYTHON
echo "as stated"
