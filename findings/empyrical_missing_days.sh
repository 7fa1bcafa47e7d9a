#!/usr/bin/env bash
# empyrical-reloaded 0.7.1: a day without a return counts as a day on which nothing was earned, in some of its ratios. With
# every second return missing, annual_return and cagr divide by all rows (6.5 % for 13.4 %), while beta leaves the pair of days out.
# capture of a fund that equals its benchmark, but for one day that the fund lacks, is not 1.0; up_capture and beta are.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check empyrical-reloaded==0.7.1 pandas==2.3.3 numpy==2.4.6
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import empyrical
import numpy as np
import pandas as pd

days = pd.bdate_range("2023-01-02", "2025-12-31")
steady = pd.Series(0.0005, index=days)
thinned = steady.copy()
thinned.iloc[::2] = np.nan
whole, half = empyrical.annual_return(steady), empyrical.annual_return(thinned)
print(f"annual_return: {whole:.4f} of every day, {half:.4f} of the same with every second day missing")
assert round(whole, 4) == 0.1342 and round(half, 4) == 0.0649
assert empyrical.cagr(thinned) == half
benchmark = pd.Series(np.random.default_rng(0).normal(0, 0.01, len(days)), index=days)
fund = benchmark.copy()
fund.iloc[10] = np.nan
ratios = [round(ratio(fund, benchmark), 4) for ratio in (empyrical.capture, empyrical.up_capture, empyrical.beta)]
print("capture, up_capture and beta of a fund that lacks one day:", ratios)
assert ratios[0] < 0.98 and ratios[1:] == [1.0, 1.0], ratios
PYTHON
echo "as stated"
