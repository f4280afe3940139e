"""A real browser for tests: Debian's Chromium, which selenium drives without showing a window.

The driver is of the same Debian package as the browser, so they fit whatever their version is.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")


@contextmanager
def browser(*, width: int = 1280, height: int = 1200) -> Iterator["Chrome"]:
    """A browser with a window of that size; skips the test where there is none."""
    if not CHROMIUM or not DRIVER:
        pytest.skip("no browser: on Debian, apt install chromium chromium-driver")
    webdriver = pytest.importorskip("selenium.webdriver", reason="no selenium: make setup")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    options.add_argument("--headless=new")
    options.add_argument(f"--window-size={width},{height}")
    options.add_argument("--force-device-scale-factor=1")
    options.add_argument("--disable-dev-shm-usage")  # which is small in many containers
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium has none for root
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    try:
        yield driver
    finally:
        driver.quit()


def complaints(driver: "Chrome") -> list[str]:
    """What a page wrote into the console as an error, and has not been asked for yet."""
    return [line["message"] for line in driver.get_log("browser") if line["level"] == "SEVERE"]


def opened(driver: "Chrome", page: Path) -> None:
    """Open a file."""
    driver.get(page.resolve().as_uri())
