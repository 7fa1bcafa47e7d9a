"""Sample payloads and pictures are the same bytes in another process, in another time zone, with other hashes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.support.bytes_made import digests


def test_bytes_repeat_in_another_process() -> None:
    elsewhere = os.environ | {"TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7"}
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "tests.support.bytes_made"]
    ran = subprocess.run(command, cwd=root, env=elsewhere, capture_output=True, text=True, check=True)
    other = json.loads(ran.stdout)
    here = digests()
    assert len(here) > 30
    assert other["digests"] == here
    assert other["slow"] == [], "loaded before anything is drawn: a run that only computes would wait for it"
