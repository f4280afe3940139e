import json
import os
import signal
import socket
import threading
import webbrowser
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

import pytest
from typer.testing import CliRunner

from genesis_ray.cli.zones import app
from genesis_ray.errors import ConfigurationError, NotFoundError, SourceError

CONFIG = """\
cameras:
  - camera_id: hall   # downstairs
    source: 'synthetic:?people=2&seconds=2&width=320&height=240'
"""
TILL = {"kind": "zone", "name": "till", "corners": [[0.1, 0.5], [0.5, 0.5], [0.5, 1]]}


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "cameras.yaml"
    path.write_text(CONFIG)
    return path


@pytest.fixture
def edit(config):
    def run(*arguments: str) -> str:
        result = CliRunner().invoke(app, ["edit", str(config), *arguments])
        if result.exception:
            raise result.exception
        return result.stdout

    return run


@pytest.fixture
def browse(monkeypatch):
    """Has a user before the page that is opened, who does what he is told."""

    def with_user(act) -> None:
        def opening(address: str) -> None:
            threading.Thread(target=act, args=[address]).start()

        monkeypatch.setenv("DISPLAY", ":1")
        monkeypatch.setattr(webbrowser, "open", opening)

    return with_user


def ask(address: str, path: str, content: object = None) -> None:
    parts = urlsplit(address)
    request = Request(
        f"http://{parts.netloc}{path}",
        data=None if content is None else json.dumps(content).encode(),
        headers={"X-Genesis-Token": parse_qs(parts.query)["token"][0]},
    )
    with urlopen(request, timeout=30) as answer:
        assert answer.status == 200


def test_what_the_page_wrote_is_told_when_it_is_done(edit, browse, config):
    def act(address: str) -> None:
        ask(address, "/save", {"places": [TILL], "saved": []})
        ask(address, "/done", {})

    browse(act)
    told = edit("hall")
    assert "Draw at http://127.0.0.1:" in told
    assert f"{config}: zone till was added." in told
    assert "genesis apply" in told
    assert config.read_text().startswith(CONFIG)
    assert "zone_id: till" in config.read_text()


def test_ctrl_c_ends_it_too_and_says_that_nothing_was_written(edit, browse, config):
    def act(address: str) -> None:
        ask(address, "/state")
        os.kill(os.getpid(), signal.SIGINT)

    browse(act)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # is off in the background
    try:
        told = edit()
    finally:
        signal.signal(signal.SIGINT, before)
    assert f"Nothing was written into {config}." in told
    assert config.read_text() == CONFIG


@pytest.mark.parametrize(
    ("display", "arguments"), [("", []), (":1", ["--no-browser"])], ids=["no display", "unwanted"]
)
def test_no_browser_is_opened_unwanted_or_without_a_display(edit, monkeypatch, display, arguments):
    def stop(_self) -> None:
        """Nobody comes to a page that nobody opened."""

    def unwanted(address: str) -> None:
        pytest.fail("opened a browser")

    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(webbrowser, "open", unwanted)
    monkeypatch.setattr("genesis_ray.api.zone_editor.server.EditorServer.run", stop)
    assert "Draw at http://127.0.0.1:" in edit(*arguments)


def test_a_camera_that_is_not_there_is_refused_with_those_that_are(edit):
    with pytest.raises(NotFoundError, match="no camera is called yard; there are hall"):
        edit("yard")


def test_a_source_that_cannot_be_read_is_told_before_any_page(edit, config, tmp_path):
    config.write_text(f"cameras: [{{camera_id: hall, source: {tmp_path}/none.mp4}}]")
    with pytest.raises(SourceError, match=r"none\.mp4"):
        edit()


def test_a_port_that_is_taken_is_refused(edit):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"cannot listen on port {port}"):
            edit("--port", str(port))
