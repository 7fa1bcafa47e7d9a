"""The resources of the code location, from environment variables.

Belongs here: which variable sets what, and the defaults. Does not belong here: what the settings mean
(assets/settings.py). Nothing is read when this module is imported: a code location must load without any.
"""

from __future__ import annotations

import os
import subprocess
from contextlib import ExitStack
from pathlib import Path

import dagster as dg
import pydantic

from assets.core.recovery import repair_home
from assets.home import Home
from assets.settings import Settings
from warehouse.database import connect

PIPELINES = Path(__file__).parent
ROOT = PIPELINES.parent


class RunSettings(Settings):
    """The settings in a run of the job, which finds a warehouse of today's contracts at its first step, and keeps it
    open until its last: opening it takes longer than most steps.
    """

    _open: ExitStack = pydantic.PrivateAttr(default_factory=ExitStack)

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Repairs what a dead run or a disk did to the home, and brings a warehouse that an earlier version made up to
        date. Raises HomeError.
        """
        if self.known_at:
            return
        for done in repair_home(Home(Path(self.home))):
            print(done)
            if context.log:
                context.log.warning(done)
        super().setup_for_execution(context)
        self._open.enter_context(self.warehouse())

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """Closes the warehouse."""
        self._open.close()


def settings_from_environment(**overrides: str) -> Settings:
    """Settings from ZUHYO_HOME, _PROFILE, _DROP, _KNOWN_AT, _CONTACT, _STYLE and RENDER; ``overrides`` come first.

    Raises LimitError where a variable of DuckDB's limits (warehouse/limits.py) can't be read.
    """
    with connect():
        pass
    profile = overrides.get("profile") or os.environ.get("ZUHYO_PROFILE") or "sample"
    drop, style = os.environ.get("ZUHYO_DROP", ""), os.environ.get("ZUHYO_STYLE", "")
    values = {
        "home": os.environ.get("ZUHYO_HOME") or str(default_home(profile)),
        "profile": profile,
        "drop": str(Path(drop).resolve()) if drop else "",
        "style": str(Path(style).resolve()) if style else "",
        "render": "always" if os.environ.get("RENDER") == "1" else "single",
        "studies": str(PIPELINES / "studies"),
        "profiles": str(PIPELINES / "profiles"),
        "corrections": str(PIPELINES / "corrections"),
        "git_sha": _git_sha(),
        "known_at": os.environ.get("ZUHYO_KNOWN_AT", "").strip(),
        "contact": os.environ.get("ZUHYO_CONTACT", "").strip(),
    }
    return Settings(**{**values, **overrides})


def default_home(profile: str) -> Path:
    """.zuhyo/sample for invented data, .zuhyo/data for all other; never both in one folder."""
    return ROOT / ".zuhyo" / ("sample" if profile == "sample" else "data")


def _git_sha() -> str:
    try:
        process = subprocess.run(
            ["git", "-C", str(ROOT), "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
            check=False,
            timeout=5,
        )
    except OSError:
        return ""
    return process.stdout.strip()
