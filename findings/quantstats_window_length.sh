#!/usr/bin/env bash
# quantstats 0.0.86: the windows 3M, 6M and 1Y of reports.metrics are one session longer than from anniversary to end: they take the
# returns *on and after* the anniversary, and the return of the anniversary's own day starts the session before. "1Y" to
# 2026-03-11 starts at the level of 2025-03-10, although 2025-03-11 was a session. MTD and YTD start where one expects it.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check quantstats==0.0.86 pandas==3.1.1 exchange_calendars==4.13.2
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import math

import exchange_calendars
import numpy as np
import pandas as pd
import quantstats

sessions = exchange_calendars.get_calendar("XNYS", start="2015-01-02").sessions
sessions = sessions[sessions <= "2026-03-11"]
# one per cent a session, so that a printed return tells how many sessions it spans
prices = pd.Series(1.01 ** np.arange(len(sessions)), index=sessions)
table = quantstats.reports.metrics(prices.pct_change().dropna(), mode="full", display=False, prepare_returns=False)
printed = {str(name).strip(): values.iloc[0] for name, values in table.iterrows()}
base = {}
for window in ("MTD", "3M", "6M", "YTD", "1Y"):
    spans = math.log1p(float(printed[window])) / math.log(1.01)
    base[window] = f"{sessions[-1 - round(spans)]:%Y-%m-%d}"
    print(f"{window}: printed {printed[window]}, so it starts at the level of {base[window]}")
expected = {"MTD": "2026-02-27", "3M": "2025-12-10", "6M": "2025-09-10", "YTD": "2025-12-31", "1Y": "2025-03-10"}
assert base == expected, f"changed: expected {expected}"
assert pd.Timestamp("2025-03-11") in sessions
PYTHON
echo "as stated"
