#!/usr/bin/env bash
# PyPortfolioOpt 1.6.0: a fund priced on every second day beside one priced daily has an expected return of exactly 0.0, without a
# warning: a return needs two rows that follow each other, there is none, and an empty product is 1. So do funds valued monthly
# in a table with daily index levels. The same prices in a table of their own give 28.7 %: 252 periods a year are assumed.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check PyPortfolioOpt==1.6.0 pandas==2.3.3 packaging==26.0
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import numpy as np
import pandas as pd
from pypfopt import expected_returns

days = pd.bdate_range("2023-01-02", "2025-12-31")
index = pd.Series(100 * 1.0005 ** np.arange(len(days)), index=days)
fund = index.iloc[::2]
together = expected_returns.mean_historical_return(pd.DataFrame({"index": index, "fund": fund}))
alone = expected_returns.mean_historical_return(fund.to_frame("fund"))
print("in one table:", together.round(4).to_dict(), "alone:", alone.round(4).to_dict())
assert together["fund"] == 0.0 and round(together["index"], 4) == 0.1342
assert round(alone["fund"], 4) == 0.2865
PYTHON
echo "as stated"
