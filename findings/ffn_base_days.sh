#!/usr/bin/env bash
# ffn 1.4.1: one table of returns, two rules for the base day. Where the anniversary is no session, `one_year` starts at the
# session before it, `three_year` and `five_year` at the session after it. A three-year return to 2026-03-11 (2023-03-11 was a
# Saturday) therefore leaves out Monday 2023-03-13, a day on which the Russell 2000 fell with the regional banks.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check ffn==1.4.1 pandas==3.1.1
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import ffn
import numpy as np
import pandas as pd

days = pd.bdate_range("2018-01-01", "2026-12-31")
steps = np.random.default_rng(0).normal(0, 0.01, len(days))
prices = pd.Series(100 * np.exp(steps.cumsum()), index=days, name="fund")


def base_of(end: str, field: str, years: int) -> str:
    """The day whose price gives the printed return, cumulative for one year and annualised on days above it."""
    window = prices[:end]
    printed = getattr(ffn.PerformanceStats(window), field)
    anniversary = window.index[-1] - pd.DateOffset(years=years)
    for day in window[anniversary - pd.Timedelta(days=6) : anniversary + pd.Timedelta(days=6)].index:
        growth = window.iloc[-1] / window[day]
        power = 1 if years == 1 else 365.25 / (window.index[-1] - day).days
        if abs(growth**power - 1 - printed) < 1e-12:
            return f"{day:%a %Y-%m-%d}"
    return "none near the anniversary"


found = {
    "one_year to 2025-03-10 (anniversary Sun 2024-03-10)": base_of("2025-03-10", "one_year", 1),
    "three_year to 2026-03-11 (anniversary Sat 2023-03-11)": base_of("2026-03-11", "three_year", 3),
    "five_year to 2025-03-14 (anniversary Sat 2020-03-14)": base_of("2025-03-14", "five_year", 5),
}
for window, day in found.items():
    print(f"{window}: base {day}")
expected = ["Fri 2024-03-08", "Mon 2023-03-13", "Mon 2020-03-16"]
assert list(found.values()) == expected, f"changed: expected {expected}"
PYTHON
echo "as stated"
