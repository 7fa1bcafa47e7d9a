"""Serves every replayed vendor until Ctrl-C: ``python -m tests.support.replay --data FOLDER [--session DAY] [--port N]
[--fault NAME=VENDOR]``.

Belongs here: the command line. Does not belong here: serving (server.py), what vendors answer (their modules).
"""

from __future__ import annotations

import argparse
import pkgutil
import threading
from collections.abc import Callable
from datetime import date
from importlib import import_module
from pathlib import Path
from types import ModuleType

import tests.support.replay
from assets import calendar
from tests.support.replay.faults import Fault, named
from tests.support.replay.route import Route
from tests.support.replay.server import environment, replay


def vendor_modules() -> dict[str, ModuleType]:
    """The modules beside this one that have ``routes``, by name."""
    names = [module.name for module in pkgutil.iter_modules(tests.support.replay.__path__) if module.name != "__main__"]
    modules = {name: import_module(f"tests.support.replay.{name}") for name in names}
    return {name: module for name, module in modules.items() if hasattr(module, "routes")}


DATED: dict[str, Callable[[date], date]] = {"ishares": calendar.session_before, "toushin": lambda session: session}
"""The day of these vendors' newest data on the morning after a session. Others have the days that their files have."""


def all_routes(data: Path, session: date | None = None) -> list[Route]:
    """What every vendor answers; with ``session`` those of DATED as on the morning after it."""
    return [
        route
        for name, module in vendor_modules().items()
        for route in module.routes(data, *([DATED[name](session)] if session and name in DATED else []))
    ]


def fault_at(text: str, modules: dict[str, ModuleType]) -> tuple[str, Fault]:
    """Where a fault is put, and the fault, from ``NAME=VENDOR`` or ``NAME=/VENDOR/path``. Raises ValueError."""
    name, _, place = text.partition("=")
    vendor = place.strip("/").partition("/")[0]
    if vendor not in modules:
        raise ValueError(f"--fault {text}: no replayed vendor {vendor!r}; there are: {', '.join(modules)}")
    return place, named(name, getattr(modules[vendor], "CHANGES", {}))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.support.replay", description="Replays vendors on loopback.")
    parser.add_argument("--data", type=Path, required=True, help="folder of real vendor files")
    parser.add_argument(
        "--session", type=date.fromisoformat, help="holdings and funds are dated as on its morning after"
    )
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--fault", action="append", default=[], metavar="NAME=VENDOR", help="or NAME=/VENDOR/path")
    asked = parser.parse_args()
    if not asked.data.is_dir():
        parser.error(f"--data {asked.data}: no such folder")
    modules = vendor_modules()
    try:
        faults = dict(fault_at(text, modules) for text in asked.fault)
    except ValueError as error:
        parser.error(str(error))
    with replay(all_routes(asked.data, asked.session), faults, asked.port) as server:
        for name, address in environment(server).items():
            print(f"export {name}={address}", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print(f"requests: {dict(server.calls)}; bytes of bodies: {dict(server.sent)}")


if __name__ == "__main__":
    main()
