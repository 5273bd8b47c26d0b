"""A headless Chromium for tests, with a profile of its own that is deleted afterwards."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

# The browser shall do nothing by itself, least of all call anybody.
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--window-size=1400,1600",
)  # fmt: skip


@contextlib.contextmanager
def browser() -> Iterator[webdriver.Chrome]:
    """Within: a browser. Skips the test without Chromium; with REQUIRE_BROWSER set, fails it."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if program is None or driver is None:
        text = "no Chromium is installed (Debian: chromium, chromium-driver; see tests/debian.sh)"
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail(text)
        pytest.skip(text)
    options = webdriver.ChromeOptions()
    options.binary_location = program
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        for flag in (*_FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        chromium = webdriver.Chrome(options=options, service=Service(driver))
        try:
            yield chromium
        finally:
            chromium.quit()


def complaints(chromium: webdriver.Chrome) -> list[dict[str, Any]]:
    """Errors and warnings in the console so far."""
    log: list[dict[str, Any]] = chromium.get_log("browser")  # type: ignore[no-untyped-call]
    return [entry for entry in log if entry["level"] in ("SEVERE", "WARNING")]
