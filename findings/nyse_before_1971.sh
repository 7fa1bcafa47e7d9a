#!/usr/bin/env bash
# Four calendars of the New York Stock Exchange, no two of them alike before 1971.
# exchange_calendars 4.13.2 (XNYS) has sessions on 182 weekdays from 1950 to 1969 on which the exchange was closed: Thanksgiving
# and Christmas 1969, Independence Day, Good Friday of some years, Memorial Day 1969. pandas_market_calendars 5.5.0
# (NYSE) has them right, and the Saturdays on which the exchange traded until 1952. holidays 0.109 (NYSE) closes on
# Friday 1970-05-29, when the exchange traded; so does QuantLib 1.44, which also closes on five Wednesdays of
# 1968 too many: the exchange caught up with its paper on Wednesdays, but not in weeks that had another holiday. From 1971 on the four agree on every weekday to mid-2027.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  exchange_calendars==4.13.2 pandas_market_calendars==5.5.0 holidays==0.109 QuantLib==1.44 pandas==3.1.1
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
from datetime import date

import exchange_calendars
import holidays
import pandas as pd
import pandas_market_calendars
import QuantLib

first, last = "1950-01-03", "2027-06-30"
weekdays = [day.date() for day in pd.bdate_range(first, last)]
closed = holidays.financial_holidays("NYSE", years=range(1950, 2028))
exchange = {day.date() for day in exchange_calendars.get_calendar("XNYS", start=first, end=last).sessions}
market = {day.date() for day in pandas_market_calendars.get_calendar("NYSE").valid_days(first, last)}
financial = {day for day in weekdays if day not in closed}
new_york = QuantLib.UnitedStates(QuantLib.UnitedStates.NYSE)
quantlib = {day for day in weekdays if new_york.isBusinessDay(QuantLib.Date(day.day, day.month, day.year))}
saturdays = {day for day in market if day.weekday() == 5}
only_exchange = sorted(exchange - market)
print(f"exchange_calendars open, pandas_market_calendars closed: {len(only_exchange)}, the last {only_exchange[-1]}")
print(f"  among them {', '.join(str(day) for day in only_exchange if day.year == 1969)}")
print(f"Saturdays that pandas_market_calendars alone has: {len(saturdays)}, the last {max(saturdays)}")
print(f"holidays closed, both others open, since 1969: {sorted(d for d in exchange & market - financial if d.year > 1968)}")
only_quantlib = sorted(quantlib - market)
print(f"QuantLib open, pandas_market_calendars closed: {len(only_quantlib)}; the other way round: {sorted(map(str, {d for d in market if d.weekday() < 5} - quantlib))[-6:]}")
since = {day for day in weekdays if day.year >= 1971}
assert len(only_exchange) == 182, len(only_exchange)
assert {date(1969, 11, 27), date(1969, 12, 25), date(1969, 5, 30)} <= set(only_exchange)
assert date(1970, 5, 29) in exchange & market and date(1970, 5, 29) not in financial
assert exchange & since == market & since == financial & since == quantlib & since
PYTHON
echo "as stated"
