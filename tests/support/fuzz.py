"""Parsers under atheris: changes of every specimen, led by what of the code they reach (`make fuzz`).

Belongs here: one process a specimen, its limits, and the count a format. Does not belong here: the changes themselves
(mutations.py), the kinds that were found (tests/component/test_any_bytes.py has one test each).
"""

from __future__ import annotations

import argparse
import logging
import re
import subprocess
import sys
import warnings
from collections import Counter
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

LIMITS = ("-timeout=10", "-malloc_limit_mb=512", "-rss_limit_mb=1536", "-max_len=200000", "-print_final_stats=1")
"""Seconds an input; MB in one piece, and of the whole process, of which the libraries take half a gigabyte."""


def main() -> int:
    """Fuzzes every specimen, or those of one format; returns how many of them raised what is no refusal."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=20_000, help="inputs a specimen")
    options.add_argument("--format", help="only this format")
    options.add_argument("--specimen", type=int, help=argparse.SUPPRESS)
    asked = options.parse_args()
    if asked.specimen is not None:
        _fuzz(asked.specimen, asked.runs)
    from tests.support.specimens import all_specimens

    tried: Counter[str] = Counter()
    failed = []
    for number, specimen in enumerate(all_specimens()):
        if asked.format in (None, specimen.format):
            command = [sys.executable, "-m", "tests.support.fuzz", "--specimen", str(number), "--runs", str(asked.runs)]
            ended = subprocess.run(command, capture_output=True, text=True, check=False)
            executed = re.search(r"number_of_executed_units: (\d+)", ended.stderr) or re.search(
                r"Done (\d+) runs", ended.stderr
            )
            tried[specimen.format] += int(executed[1]) if executed else 0
            if ended.returncode:
                failed.append(specimen.format)
                print(f"{specimen.format}: {ended.stderr[-3000:]}", file=sys.stderr)
    for format, count in sorted(tried.items()):
        print(f"| {format} | {count:,} |")
    print(f"| all | {sum(tried.values()):,} |")
    return len(failed)


def _fuzz(number: int, runs: int) -> None:
    import atheris

    with atheris.instrument_imports(include=["assets"]):
        from assets.ingest.payload import PayloadError
        from assets.ingest.vendors import parser_for
        from tests.support.mutations import mutate
        from tests.support.specimens import all_specimens

        specimen = all_specimens()[number]
        parse = parser_for(specimen.format)
    warnings.filterwarnings("ignore")
    logging.disable()

    def try_input(content: bytes) -> None:
        try:
            parse(content, dict(specimen.options))
        except PayloadError as refusal:
            str(refusal).encode()

    def change(content: bytes, largest: int, seed: int) -> bytes:
        random = Random(seed)
        return mutate(content, random)[:largest] if random.random() < 0.7 else atheris.Mutate(content, largest)

    with TemporaryDirectory() as folder:
        seed = Path(folder) / "seed"
        seed.write_bytes(specimen.content)
        artifacts = f"-artifact_prefix={folder}/"
        atheris.Setup([sys.argv[0], folder, artifacts, f"-runs={runs}", *LIMITS], try_input, custom_mutator=change)
        atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
