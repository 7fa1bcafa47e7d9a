"""What DuckDB may use of the machine: memory, threads, and disk for what memory can't hold.

Belongs here: the variables that set it, the defaults, the error of what does not fit. Does not belong here: opening a
database (database.py), which sets them on each connection. What Python holds, as parsers do, is not under them.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from warehouse.contract import quoted

VARIABLES = {"memory_limit": "ZUHYO_MEMORY", "threads": "ZUHYO_THREADS", "max_temp_directory_size": "ZUHYO_TEMP_SIZE"}
"""DuckDB's setting and the environment variable that sets it, in DuckDB's own spelling."""

EXAMPLES = {"memory_limit": "2GB or 25%", "threads": "2", "max_temp_directory_size": "50GB"}
TEMP = "ZUHYO_TEMP"
MOST_MEMORY, MOST_THREADS = 2_000_000_000, 4
"""Defaults: a quarter of the memory and every core, at most these. Each thread holds a piece of what it works on."""


class LimitError(ValueError):
    """What DuckDB was asked does not fit into its limits, or a limit can't be read."""


def set_limits(connection: duckdb.DuckDBPyConnection, spill_to: Path | None) -> None:
    """Sets what the environment states, or the defaults. ``spill_to``: the folder for what memory can't hold; without
    it nothing is put on disk. Raises LimitError where a variable can't be read.
    """
    for setting, value in _values().items():
        try:
            connection.execute(f"SET {setting} = {quoted(value)}")
        except duckdb.Error as error:
            raise LimitError(
                f"{VARIABLES[setting]} is written like {EXAMPLES[setting]} (found {value!r}): {_first_line(error)}"
            ) from None
    if spill_to:
        spill_to.parent.mkdir(parents=True, exist_ok=True)
    folder = str(spill_to or "")
    # another connection to the same database may have used it, and then it can't be set, not even to what it is
    if connection.execute("SELECT current_setting('temp_directory')").fetchall() != [(folder,)]:
        connection.execute(f"SET temp_directory = {quoted(folder)}")


def temp_folder(home: Path) -> Path:
    """Where a run puts what it throws away: inside the home, or inside ZUHYO_TEMP under a name of the home's own, so
    that several homes may share that. A run empties it before it begins.
    """
    stated = _stated_folder()
    if not stated:
        return home / "temp"
    return stated / f"zuhyo_{hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:12]}"


def scratch_folder() -> TemporaryDirectory[str]:
    """A folder for a parser, which knows of no home: in ZUHYO_TEMP, or else where the system has such folders."""
    stated = _stated_folder()
    if stated:
        stated.mkdir(parents=True, exist_ok=True)
    return TemporaryDirectory(prefix="zuhyo_", dir=stated)


def _stated_folder() -> Path | None:
    stated = os.environ.get(TEMP, "").strip()
    return Path(stated).resolve() if stated else None


def explained(error: Exception) -> Exception:
    """The error; or, where DuckDB came to a limit, one that names the limits and what to do."""
    if not isinstance(error, duckdb.OutOfMemoryException):
        return error
    values = {"max_temp_directory_size": "90% of the free disk"} | _values()
    reached = "max_temp_directory_size" if "max_temp_directory_size" in str(error) else "memory_limit"
    return LimitError(
        f"{VARIABLES[reached]}={values[reached]} is too little: {_first_line(error)}. Nothing of it was stored. Run it "
        f"again with more, or with fewer {VARIABLES['threads']} than {values['threads']}"
    )


def _values() -> dict[str, str]:
    stated = {setting: os.environ.get(variable, "").strip() for setting, variable in VARIABLES.items()}
    return _defaults() | {setting: value for setting, value in stated.items() if value}


@cache
def _defaults() -> dict[str, str]:
    """Of the memory and the cores that DuckDB finds: a container's, where it has limits."""
    with duckdb.connect(config={"memory_limit": "25%"}) as connection:
        [(quarter, cores)] = connection.execute(
            "SELECT parse_formatted_bytes(current_setting('memory_limit')), current_setting('threads')"
        ).fetchall()
    return {
        "memory_limit": f"{min(quarter, MOST_MEMORY) // 1_000_000}MB",
        "threads": str(min(cores, MOST_THREADS)),
    }


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0].rstrip(".")
