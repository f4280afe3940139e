"""Zones drawn in JupyterLab as a user draws them: the notebook's cells run, clicks, drags, Save."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from genesis_ray import settings_file
from tests.browser import browser, complaints
from tests.drawing_hand import Hand

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "zones.ipynb"
TOKEN = "token"  # of a server that only this machine reaches, for seconds
SHIFT, ENTER = "\ue008", "\ue007"  # as WebDriver writes the keys
LAB_SETTINGS = {
    "apputils-extension/notification": '{"fetchNews": "false"}',
    "notebook-extension/tracker": '{"windowingMode": "none"}',
}


@pytest.fixture
def folder(tmp_path) -> Path:
    """Where the server runs; with the notebook's cells up to the one that draws."""
    content = nbformat.read(NOTEBOOK, as_version=4)
    ids = [cell.id for cell in content.cells]
    content.cells = content.cells[: ids.index("zones-03") + 1]
    nbformat.write(content, tmp_path / "zones.ipynb")
    for name, text in LAB_SETTINGS.items():
        path = tmp_path / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True)
        path.write_text(text)
    return tmp_path


@pytest.fixture
def jupyter(folder) -> Iterator[str]:
    """The address of a Jupyter server that is starting, apart from any settings of the user."""
    pytest.importorskip("jupyterlab", reason="no JupyterLab: make setup")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {
        name: str(folder / name.lower())
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    }
    own |= {"JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"), "TMPDIR": str(folder)}
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1",
        f"--port={port}", f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={folder}",
    ]  # fmt: skip
    with (folder / "jupyter.log").open("w") as log:
        server = subprocess.Popen(command, env={**os.environ, **own}, stdout=log, stderr=log)
        yield f"http://127.0.0.1:{port}/doc/tree/zones.ipynb?token={TOKEN}"
        server.send_signal(signal.SIGTERM)  # it ends its kernels
        server.wait(timeout=30)


class NotebookHand(Hand):
    """A user before the notebook."""

    def open(self, address: str) -> None:
        """Open a notebook; its server may be starting still."""

        def is_open() -> bool:
            self.driver.get(address)
            return True

        self.until(is_open)
        self.until(lambda: self.one(".jp-Notebook-ExecutionIndicator[data-status=idle]"))

    def run_cell(self, number: int) -> None:
        """Run a code cell, again where Jupyter was not ready yet and did nothing."""

        def is_running() -> bool:
            cell = self.driver.find_elements("css selector", ".jp-Notebook .jp-CodeCell")[number]
            if re.search(r"\d|\*", cell.find_element("css selector", ".jp-InputPrompt").text):
                return True
            cell.find_element("css selector", ".cm-content").click()
            self.do().key_down(SHIFT).send_keys(ENTER).key_up(SHIFT).perform()
            return False

        self.until(is_running)


def test_what_is_drawn_with_a_mouse_is_in_the_configuration(jupyter, folder):
    with browser() as driver:
        hand = NotebookHand(driver)
        hand.open(jupyter)
        hand.run_cell(0)
        hand.run_cell(1)
        shown = hand.until(
            lambda: hand.one(".genesis-drawing svg, .jp-RenderedText[data-mime-type$=stderr]")
        )
        assert shown.text == "door"
        picture = hand.one(".genesis-drawing svg")
        driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", picture)
        (config,) = folder.glob("*/cameras.yaml")
        before = config.read_text()
        assert not hand.button("Save").is_enabled()
        assert not hand.button("Undo").is_enabled()

        hand.press("Zone")
        hand.click((0.1, 0.6), (0.3, 0.6), (0.45, 0.2))
        assert picture.value_of_css_property("cursor") == "crosshair"
        hand.press("Undo")  # the last one was wrong
        hand.click((0.3, 0.9), (0.1, 0.9), (0.1, 0.6))  # the first again closes it
        hand.keys("waiting\n")
        hand.press("Line")
        hand.click((0.45, 0.95), (0.4, 0.5))
        hand.keys("kerb\n")
        hand.click((0.65, 0.7))  # the door, to have its corners
        hand.drag((0.75, 0.5), (0.8, 0.4))
        assert config.read_text() == before
        hand.press("Save")
        hand.until(lambda: hand.one(".genesis-drawing .status").text.startswith("Saved in"))
        size = picture.rect
        assert not hand.button("Save").is_enabled()
        assert complaints(driver) == []

    (camera,) = settings_file.load(config).cameras
    door, waiting = camera.zones
    (kerb,) = camera.lines

    def where(*corners: tuple[float, float]) -> list[Any]:
        near = 2 / min(size["width"], size["height"])  # pixels: the mouse is on whole ones
        return [pytest.approx(corner, abs=near) for corner in corners]

    assert waiting.zone_id == "waiting"
    assert list(waiting.outline) == where((0.1, 0.6), (0.3, 0.6), (0.3, 0.9), (0.1, 0.9))
    assert kerb.line_id == "kerb"
    assert [kerb.start, kerb.end] == where((0.45, 0.95), (0.4, 0.5))
    assert list(door.outline) == where((0.55, 0.5), (0.8, 0.4), (0.75, 0.95), (0.55, 0.95))
    assert door.loiter_s == 30
    assert [line for line in before.splitlines() if "#" in line or "loiter" in line] == [
        line for line in config.read_text().splitlines() if "#" in line or "loiter" in line
    ]
