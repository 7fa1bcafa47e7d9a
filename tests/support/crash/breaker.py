"""Runs commands in forked processes and breaks them: the parent has imported everything, so that a try costs its work.

Belongs here: the way between a test and the warm process. Does not belong here: choosing points, judging what is left.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.support.night import Place

SOURCE = Path(__file__).with_name("operations.c")
HOW = {"count": 0, "killed": 1, "cut": 2, "EIO": 3, "ENOSPC": 3, "EACCES": 3}
"""What is done at the n-th operation, and its number in operations.c; ``cut`` is half of a write, or just after another
operation.
"""


@dataclass(frozen=True)
class Broken:
    """What became of a try: its exit status (137: killed), the operations that were counted, and the one that broke."""

    status: int
    operations: int
    operation: str


class Breaker:
    """A warm process, for the length of a with block; ``run`` forks it."""

    def __init__(self, library: Path) -> None:
        self.library = library

    def __enter__(self) -> Breaker:
        environment = os.environ | {"LD_PRELOAD": str(self.library), "ZUHYO_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.support.crash.breaker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(60)

    def run(self, command: str, place: Place, how: str = "count", at: int = 0) -> Broken:
        """Runs a command of COMMANDS in a place, and breaks it there."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(
            json.dumps({"command": command, "place": str(place.folder), "how": how, "at": at}) + "\n"
        )
        self._process.stdin.flush()
        return Broken(**json.loads(self._process.stdout.readline()))


def compiler() -> str | None:
    """The machine's C compiler."""
    return shutil.which((sysconfig.get_config_var("CC") or "cc").split()[0]) or shutil.which("cc")


def build_library(folder: Path) -> Path:
    """Compiles operations.c."""
    library = folder / "operations.so"
    command = [compiler() or "cc", "-O1", "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-ldl"]
    subprocess.run(command, check=True)
    return library


def _commands() -> dict[str, Callable[[Any], int]]:
    from pipelines.commands import approval, upkeep
    from pipelines.commands.render import render
    from tests.support.night import FIRST, NEXT, run_night

    ask = approval.ApprovalRequest
    return {
        "night": lambda settings: run_night(settings, NEXT).status,
        "range": lambda settings: run_night(settings, date(2024, 3, 11), NEXT).status,
        "render": lambda settings: render(settings, FIRST, None),
        "approve": lambda settings: approval.approve(settings, ask(FIRST, "Somebody", because="a test")),
        "rebuild": upkeep.rebuild,
        "verify": upkeep.verify,
    }


def main() -> None:
    """Reads tries, a line of JSON each, and answers each with what became of it."""
    commands = _commands()
    native = ctypes.CDLL(None)
    native.crash_count.restype = ctypes.c_long
    native.crash_operation.restype = ctypes.c_char_p
    for line in sys.stdin:
        asked = json.loads(line)
        place = Place(Path(asked["place"]))
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            status = 99
            log = (place.folder / "log.txt").open("a")
            number = getattr(errno, asked["how"], 0)
            native.crash_start(str(place.home).encode(), ctypes.c_long(asked["at"]), HOW[asked["how"]], number)
            with contextlib.redirect_stdout(log), contextlib.redirect_stderr(log):
                try:
                    status = commands[asked["command"]](place.settings(git_sha="a" * 40))
                except BaseException as error:
                    print(f"{type(error).__name__}: {error}")
                    status = 2
            log.flush()
            os.write(writer, json.dumps([native.crash_count(), native.crash_operation().decode()]).encode())
            os._exit(status)
        os.close(writer)
        with os.fdopen(reader) as said:
            counted = json.loads(said.read() or '[0, ""]')
        _, waited = os.waitpid(child, 0)
        print(json.dumps(asdict(Broken(os.waitstatus_to_exitcode(waited), *counted))), flush=True)


if __name__ == "__main__":
    main()
