"""`genesis zones edit` as a user has it: the page of the command, clicks, drags, Save, Done."""

import subprocess
import sys
from typing import Any

import pytest

from genesis_ray import settings_file
from tests.browser import browser, complaints
from tests.drawing_hand import Hand

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

CONFIG = """\
cameras:
  - camera_id: hall   # downstairs
    source: 'synthetic:?people=2&seconds=2&width=1280&height=720'
    zones:
      - zone_id: sofa
        outline: [[0.55, 0.5], [0.75, 0.5], [0.75, 0.95], [0.55, 0.95]]
        loiter_s: 60   # a minute
"""


def test_what_is_drawn_on_the_page_is_in_the_configuration(tmp_path):
    config = tmp_path / "cameras.yaml"
    config.write_text(CONFIG)
    command = [sys.executable, "-c", "from genesis_ray.cli.main import main; main()"]
    with (
        browser() as driver,
        subprocess.Popen(
            [*command, "zones", "edit", str(config), "--no-browser"],
            stdout=subprocess.PIPE, text=True,
        ) as editor,
    ):  # fmt: skip
        try:
            assert editor.stdout
            _, _, address = editor.stdout.readline().rpartition(" ")
            hand = Hand(driver)
            driver.get(address.strip())
            hand.until(lambda: driver.execute_script(
                "return document.querySelector('.genesis-drawing img').naturalWidth == 1280"
            ))  # fmt: skip
            size = hand.one(".genesis-drawing svg").rect
            hand.press("Zone")
            hand.click((0.1, 0.6), (0.3, 0.6), (0.3, 0.9), (0.1, 0.9), (0.1, 0.6))
            hand.keys("waiting\n")
            hand.press("Line")
            hand.click((0.2, 0.2), (0.8, 0.2))
            hand.click((0.65, 0.7))  # the sofa, to have its corners
            hand.drag((0.75, 0.5), (0.8, 0.4))
            assert config.read_text() == CONFIG
            hand.press("Save")
            hand.until(lambda: hand.one(".genesis-drawing .status").text.startswith("Saved in"))
            assert not hand.button("Save").is_enabled()

            hand.press("Mask")
            hand.click(
                (0.9, 0.1), (0.95, 0.1), (0.9, 0.3), (0.95, 0.3), (0.9, 0.1)
            )  # crosses itself
            hand.press("Save")
            reason = hand.until(lambda: hand.one(".genesis-drawing .status.failed").text)
            assert "mask mask-1: its outline crosses itself" in reason
            hand.one("#done").click()
            driver.switch_to.alert.accept()  # to end without the mask
            hand.until(lambda: "You can close this page." in hand.one("#note").text)
            assert [line for line in complaints(driver) if "422" not in line] == []
            told = editor.communicate(timeout=60)[0]
        finally:
            editor.kill()

    assert editor.returncode == 0
    for place in ("zone waiting was added", "line line-1 was added", "zone sofa was changed"):
        assert f"{config}: {place}." in told
    assert "mask" not in config.read_text()
    near = 2 / min(size["width"], size["height"])  # pixels: the mouse is on whole ones

    def where(*corners: tuple[float, float]) -> list[Any]:
        return [pytest.approx(corner, abs=near) for corner in corners]

    (camera,) = settings_file.load(config).cameras
    sofa, waiting = camera.zones
    assert list(waiting.outline) == where((0.1, 0.6), (0.3, 0.6), (0.3, 0.9), (0.1, 0.9))
    assert list(sofa.outline) == where((0.55, 0.5), (0.8, 0.4), (0.75, 0.95), (0.55, 0.95))
    assert sofa.loiter_s == 60
    (line,) = camera.lines
    assert [line.start, line.end] == where((0.2, 0.2), (0.8, 0.2))
    assert "# downstairs" in config.read_text()
    assert "loiter_s: 60   # a minute" in config.read_text()
