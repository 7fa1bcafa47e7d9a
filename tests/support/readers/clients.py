"""Readers that are not this environment's DuckDB: older clients, the command line, Node's, R.

Belongs here: having them, or saying that they are missing. Does not belong here: what is read with them.

Packages are kept in `.venv/clients`, from their index; where it can't be reached tests skip and say so, or fail with
``ZUHYO_CLIENTS=required``, as `.ci/run` has it. Programs (Node, R) are the machine's own; without them tests skip.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

CLIENTS = Path(sys.prefix) / "clients"
READ_EVERYTHING = Path(__file__).with_name("read_everything.py")
OLD_CLIENTS = ("1.2.2", "1.3.2", "1.4.5", "1.5.6")
"""The last one of each minor version since the oldest that opens the readers' database."""

COMMAND_LINE = "1.5.6"
NODE_PACKAGES = ("tableschema@1.12.6", "frictionless.js@0.13.4")


def lacking(reason: str) -> NoReturn:
    """Skips, or fails where every client is required."""
    if os.environ.get("ZUHYO_CLIENTS") == "required":
        pytest.fail(f"{reason}, and ZUHYO_CLIENTS=required")
    pytest.skip(reason)


@cache
def _installed(package: str, version: str) -> Path | str:
    """The folder of a package of its own, or why there is none."""
    folder = CLIENTS / f"{package}-{version}"
    if (folder / "complete").is_file():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    asked = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-deps", "--target", str(folder)]
    done = subprocess.run([*asked, f"{package}=={version}"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return f"{package} {version} can't be installed: {done.stderr.strip()[-300:]}"
    (folder / "complete").touch()
    return folder


def _folder(package: str, version: str) -> Path:
    found = _installed(package, version)
    return found if isinstance(found, Path) else lacking(found)


def run_old_client(version: str, script: Path, *arguments: str) -> str:
    """What a script prints that runs with an older DuckDB."""
    environment = os.environ | {"PYTHONPATH": str(_folder("duckdb", version)), "PYTHONDONTWRITEBYTECODE": "1"}
    return _run([sys.executable, str(script), *arguments], environment)


def command_line_folder() -> Path:
    """A folder with the program ``duckdb``."""
    folder = _folder("duckdb-cli", COMMAND_LINE)
    program = folder / "program" / "duckdb"
    if not program.exists():
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/bin/sh\nPYTHONPATH="{folder}" exec "{sys.executable}" -m duckdb_cli "$@"\n')
        program.chmod(0o755)
    return program.parent


def run_node(script: str, *arguments: str) -> str:
    """What a script prints that runs in Node beside the packages of ``NODE_PACKAGES``."""
    program, installer = shutil.which("node"), shutil.which("npm")
    if program is None or installer is None:
        pytest.skip("there is no node with npm")
    folder = CLIENTS / "node"
    if not (folder / "complete").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        asked = [installer, "install", "--silent", "--no-save", "--ignore-scripts", *NODE_PACKAGES]
        done = subprocess.run(asked, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            lacking(f"{', '.join(NODE_PACKAGES)} can't be installed: {done.stderr.strip()[-300:]}")
        (folder / "complete").touch()
    return _run([program, "-e", script, *arguments], os.environ | {"NODE_PATH": str(folder / "node_modules")})


def r_program(name: str) -> str:
    """``R`` or ``Rscript``."""
    return shutil.which(name) or pytest.skip(f"there is no {name}")


def _run(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout
