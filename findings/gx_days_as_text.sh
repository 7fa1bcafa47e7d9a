#!/usr/bin/env bash
# Great Expectations 1.24.1 with pandas 3.1.1: a bound written as a day ("2026-03-10") on a column of timestamps raises inside
# ExpectColumnValuesToBeBetween, so that the expectation fails with no row counted; written with its midnight it works. On a
# column of Python dates the day works and its midnight raises. A suite in JSON has to know which of the two a column holds.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check great-expectations==1.24.1 pandas==3.1.1
cd "$folder"
"$folder/venv/bin/python" -W ignore - 2> "$folder/log" <<'PYTHON'
import logging
from datetime import date

import great_expectations as gx
import great_expectations.expectations as gxe
import pandas as pd

logging.disable(logging.CRITICAL)
context = gx.get_context(mode="ephemeral")
asset = context.data_sources.add_pandas("own").add_dataframe_asset("levels")
batches = asset.add_batch_definition_whole_dataframe("all")


def outcome(days: pd.Series, bound: str) -> str:
    """What the expectation makes of a column whose days are all on or after the bound."""
    batch = batches.get_batch(batch_parameters={"dataframe": pd.DataFrame({"day": days})})
    result = batch.validate(gxe.ExpectColumnValuesToBeBetween(column="day", min_value=bound))
    return "passes" if result.success else "raises" if not result.result else "fails"


stamps = pd.Series(pd.to_datetime(["2026-03-10", "2026-03-11"]))
plain = pd.Series([date(2026, 3, 10), date(2026, 3, 11)], dtype="object")
found = {
    (name, bound): outcome(days, bound)
    for name, days in (("timestamps", stamps), ("dates", plain))
    for bound in ("2026-03-10", "2026-03-10T00:00:00")
}
for (name, bound), came in found.items():
    print(f"{name}, bound {bound}: {came}")
assert list(found.values()) == ["raises", "passes", "passes", "raises"], found
PYTHON
echo "as stated"
