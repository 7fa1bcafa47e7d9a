"""What every measurement here shares: size, turns, processes of their own, ratios, Markdown tables and the machine.

Belongs here: how something is measured and printed. Does not belong here: what is measured (a script a part, which
``make bench`` runs one after the other).
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import multiprocessing
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

SIZES = ("small", "medium", "full")
ROUNDS = 5
LIBRARIES = ("duckdb", "pandas", "numpy", "pyarrow", "polars", "quantstats", "ffn", "dagster", "great-expectations")


@dataclass(frozen=True)
class Cost:
    """What a process of its own took: seconds of wall and of CPU, peak of resident memory in MB; and its answer."""

    seconds: float
    cpu: float
    peak_mb: float
    answer: Any = None


def size() -> str:
    """SIZE in the environment: small (the default), medium or full. Exits where it is another word."""
    asked = os.environ.get("SIZE") or SIZES[0]
    if asked not in SIZES:
        sys.exit(f"SIZE is one of {', '.join(SIZES)} (found {asked!r})")
    return asked


def in_turns(calls: Mapping[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Seconds of each call, by its name, one a round; each round calls all of them in their order, so that what else
    the machine does meets all alike.
    """
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def ratio(seconds: Sequence[float], reference: Sequence[float]) -> float:
    """How many times the reference something took: the median of the ratios within a round."""
    return statistics.median(one / other for one, other in zip(seconds, reference, strict=True))


def in_own_process(call: Callable[..., Any], *arguments: object) -> Cost:
    """A call of a module's function in a fresh process: seconds are the call's own, the peak is the whole process's,
    imports included. Function, arguments and answer have to be picklable.
    """
    context = multiprocessing.get_context("spawn")
    with context.Pool(1, _be_silent) as pool:
        return pool.apply(_measured, (call, arguments))


def run(command: Sequence[str | Path], folder: Path | None = None, **environment: str) -> Cost:
    """A command as a process, from its start to its end; the answer is what it printed. The peak is that process's,
    without its children's. Raises RuntimeError with the end of what it printed where it fails.
    """
    before, start, peak = _children_cpu(), time.perf_counter(), 0.0
    with TemporaryFile("w+", encoding="utf-8") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=os.environ | environment, stdout=output, stderr=subprocess.STDOUT
        )
        while process.poll() is None:
            peak = max(peak, peak_mb(process.pid))
            time.sleep(0.02)
        seconds = time.perf_counter() - start
        output.seek(0)
        printed = output.read()
    if process.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))} exits with {process.returncode}:\n{printed[-2_000:]}")
    return Cost(seconds, _children_cpu() - before, peak, printed)


def peak_mb(process: int | str = "self") -> float:
    """The peak of a running process's resident memory so far; 0 once it has ended. Not ``ru_maxrss``, which a child
    process takes over from its parent.
    """
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0.0)


def table(rows: Sequence[Mapping[str, object]]) -> str:
    """Rows as a Markdown table whose columns are the first row's keys: numbers with three digits that count."""
    header = list(rows[0])
    cells = [header, ["---"] * len(header), *([_printed(row.get(name)) for name in header] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in cells)


def report(title: str, rows: Sequence[Mapping[str, object]], *notes: str) -> str:
    """A measurement as Markdown: its table, what is to be said of it, and the machine."""
    return "\n\n".join([f"### {title}", table(rows), *notes, machine(), ""])


def machine() -> str:
    """The machine and the versions that were measured, as a line of Markdown."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = [f"{name} {importlib.metadata.version(name)}" for name in LIBRARIES if _is_installed(name)]
    cores = len(os.sched_getaffinity(0))
    what = [f"{_cpu()}, {cores} cores, {memory:.0f} GB", f"Python {platform.python_version()}", *versions]
    return f"Measured with `SIZE={size()}` on {', '.join(what)}."


def _measured(call: Callable[..., Any], arguments: tuple[object, ...]) -> Cost:
    start, cpu = time.perf_counter(), time.process_time()
    answer = call(*arguments)
    return Cost(time.perf_counter() - start, time.process_time() - cpu, peak_mb(), answer)


def _be_silent() -> None:
    """DuckDB takes a spawned process for a person's session and draws progress bars."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _printed(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _is_installed(library: str) -> bool:
    return importlib.util.find_spec(library.replace("-", "_")) is not None


def _cpu() -> str:
    """The processor's name, where Linux tells it."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
