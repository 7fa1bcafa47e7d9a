#!/usr/bin/env bash
# quantstats 0.0.86: aggregate_returns(returns, "W") puts the last days of December into the first week of the same year, eleven months
# earlier: it groups by calendar year and ISO week number, and 2024-12-30 and -31 belong to ISO week 1 of 2025. So the
# "first week of 2024" has the returns of six sessions, two of them from its December, and the last week of the year has none.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check quantstats==0.0.86 pandas==3.1.1
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import math

import pandas as pd
import quantstats

days = pd.bdate_range("2024-01-02", "2024-12-31").difference(pd.to_datetime(["2024-12-25"]))
weeks = quantstats.utils.aggregate_returns(pd.Series(0.01, index=days), "W")
sessions = {week: round(math.log1p(value) / math.log(1.01)) for (_, week), value in weeks.items()}
january = sum(day <= pd.Timestamp("2024-01-05") for day in days)
print(f"sessions in January's first week: {january}; in week 1 as aggregated: {sessions[1]}")
print(f"last week that is there: {max(sessions)}, of {sessions[max(sessions)]} sessions; the year's last two days are in week 1")
assert january == 4 and sessions[1] == 6, sessions
assert max(sessions) == 52 and pd.Timestamp("2024-12-30").isocalendar().week == 1
PYTHON
echo "as stated"
