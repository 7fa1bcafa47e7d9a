"""The page of the example release, and a browser that looks at it.

Belongs here: making the page from the example's own rows, starting the browser. Does not belong here: expectations.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from assets.publish.charts.style import load_style
from assets.publish.page.page import javascript_bundle as make_bundle
from assets.publish.page.page import page
from tests.support.example_page import example_content


@dataclass
class Watched:
    """A tab with what it asked of the network and what it complained of."""

    tab: Any
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    bundle = make_bundle(Path(os.environ.get("ZUHYO_BUNDLE_CACHE", folder)))
    file = folder / "index.html"
    file.write_bytes(page(example_content(), load_style(), bundle))
    return file


def cannot(reason: str) -> None:
    """Skips where no browser is; fails where one is required."""
    if os.environ.get("ZUHYO_BROWSER") == "required":
        pytest.fail(f"{reason}, and ZUHYO_BROWSER=required")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        cannot("playwright is not installed")
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        cannot("no chromium on this machine")
    with sync_playwright() as started:
        found = started.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def watch(browser: Any, page_file: Path) -> Iterator[Any]:
    """Opens the page: ``watch(width=…, path="#en", javascript=…)``."""
    contexts = []

    def opened(width: int = 1200, path: str = "", javascript: bool = True, file: Path = page_file) -> Watched:
        context = browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=javascript)
        contexts.append(context)
        watched = Watched(context.new_page())
        watched.tab.on("console", lambda said: watched.errors.append(said.text) if said.type == "error" else None)
        watched.tab.on("pageerror", lambda error: watched.errors.append(str(error)))

        def asked(route: Any) -> None:
            url = route.request.url
            if url.startswith(file.as_uri()):
                route.continue_()
            else:
                watched.requests.append(url)
                route.abort()

        watched.tab.route("**/*", asked)
        watched.tab.goto(file.as_uri() + path)
        if javascript:
            watched.tab.wait_for_function(
                "() => [...document.querySelectorAll('.picture[data-spec]')]"
                ".filter(p => p.offsetParent).every(p => ['yes', 'no'].includes(p.dataset.live))"
            )
        return watched

    yield opened
    for context in contexts:
        context.close()
