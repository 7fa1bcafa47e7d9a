#!/usr/bin/env bash
# arch 8.0.0: the Fama-French factors that ship with it (arch.data.frenchdata) come back with every date on the first of January 1970:
# the file writes months as 192607, and the loader reads that number as nanoseconds. 1,109 months, one day; no warning.
# Whoever joins them with dated returns joins nothing. (The order of the rows is right.)
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check arch==8.0.0 pandas==3.1.1
"$folder/venv/bin/python" -W error::UserWarning - <<'PYTHON'
import arch.data.frenchdata
import arch.data.sp500

factors, index = arch.data.frenchdata.load(), arch.data.sp500.load()
days = {f"{day:%Y-%m-%d}" for day in factors.index}
print(f"{len(factors)} months of factors, first {factors.index[0]}, last {factors.index[-1]}; days among them: {days}")
print(f"months in common with the index data of the same package: {len(factors.index.intersection(index.index))}")
assert days == {"1970-01-01"} and len(factors) > 1000
assert [str(stamp)[-6:] for stamp in factors.index[[0, -1]]] == ["192607", "201811"]
PYTHON
echo "as stated"
