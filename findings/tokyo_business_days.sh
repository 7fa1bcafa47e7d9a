#!/usr/bin/env bash
# Four calendars of Tokyo, three of them wrong about some past day; funds' base dates and due dates hang on them.
# exchange_calendars 4.13.2 (XTKS) has no session on Wednesday 1998-05-06: the rule that a Sunday holiday in Golden Week moves to 6 May
#   is of 2007; in 1998 the substitute for Sunday 3 May was Monday 4 May.
# QuantLib 1.44 (Japan) has the equinoxes of 1998 and 1999 a day early, and closes on 2003-05-06 for the same reason.
# workalendar 17.0.0 (Japan) knows no substitute for a holiday on a Sunday: open on 2024-02-12 and some fifty other holidays.
# jpholiday 1.0.3, holidays 0.109 and pandas_market_calendars 5.5.0 (JPX) agree with each other, 1998 to November 2027.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check exchange_calendars==4.13.2 \
  pandas_market_calendars==5.5.0 jpholiday==1.0.3 holidays==0.109 QuantLib==1.44 workalendar==17.0.0 pandas==3.1.1
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
from datetime import date

import exchange_calendars
import holidays
import jpholiday
import pandas as pd
import pandas_market_calendars
import QuantLib
import workalendar.asia

first, last = "1998-01-05", "2027-11-30"
weekdays = [day.date() for day in pd.bdate_range(first, last)]
year_end = {(1, 1), (1, 2), (1, 3), (12, 31)}
outage = date(2020, 10, 1)  # a failure of the exchange's machines, no holiday
japan, quantlib, working = holidays.Japan(years=range(1998, 2028)), QuantLib.Japan(), workalendar.asia.Japan()


def open_days(is_open) -> set[date]:
    return {day for day in weekdays if (day.month, day.day) not in year_end and day != outage and is_open(day)}


market = {d.date() for d in pandas_market_calendars.get_calendar("JPX").valid_days(first, last)}
exchange = {d.date() for d in exchange_calendars.get_calendar("XTKS", start=first, end=last).sessions}
assert open_days(lambda d: d not in japan) == open_days(lambda d: not jpholiday.is_holiday(d)) == market
found = {
    "exchange_calendars": exchange,
    "QuantLib": open_days(lambda d: quantlib.isBusinessDay(QuantLib.Date(d.day, d.month, d.year))),
    "workalendar": open_days(working.is_working_day),
}
for name, days in found.items():
    wrongly_open, wrongly_closed = sorted(map(str, days - market)), sorted(map(str, market - days))
    print(f"{name}: wrongly open {len(wrongly_open)} {wrongly_open[-3:]}, wrongly closed {len(wrongly_closed)} {wrongly_closed}")
assert market ^ found["exchange_calendars"] == {date(1998, 5, 6)}
assert market - found["QuantLib"] == {date(1998, 3, 20), date(1998, 5, 6), date(1998, 9, 22), date(1999, 9, 22), date(2003, 5, 6)}
assert found["QuantLib"] - market == {date(1998, 9, 23), date(1999, 3, 22), date(1999, 9, 23)}
assert len(found["workalendar"] - market) == 50 and date(2024, 2, 12) in found["workalendar"]
PYTHON
echo "as stated"
