import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from typer.testing import CliRunner

from genesis_ray import app
from genesis_ray.cli import prepare, up
from genesis_ray.errors import ModelError
from genesis_ray.figures import Figures
from genesis_ray.live import deploying, remote
from genesis_ray.live.remote import SystemStatus
from genesis_ray.running.live_state import LiveState
from genesis_ray.running.result import CameraProgress
from genesis_ray.vision import models

COMMAND = typer.Typer()
COMMAND.command()(up.up)


@pytest.mark.parametrize("is_there", [True, False])
def test_a_cluster_that_is_there_is_looked_at_and_another_started_once_all_is_well(
    monkeypatch, tmp_path, is_there
):
    steps: list[str] = []

    def step(name: str, answer: object = None):
        def take(*_: object, **__: object) -> object:
            steps.append(name)
            return answer

        return take

    system = SimpleNamespace(state=LiveState, close=step("close"))
    monkeypatch.setattr(prepare, "prepare_models", step("prepare"))
    monkeypatch.setattr(deploying, "connect_if_there", step("connect", is_there))
    monkeypatch.setattr(deploying, "start_cluster", step("start"))
    monkeypatch.setattr(deploying, "deploy_system", step("deploy", system))
    monkeypatch.setattr(app, "build", step("build"))
    monkeypatch.setenv("GENESIS_DATA_DIR", str(tmp_path / "data"))
    config = tmp_path / "cameras.yaml"
    config.write_text("cameras: [{camera_id: door, source: 'synthetic:'}]\n")
    result = CliRunner().invoke(COMMAND, [str(config)], catch_exceptions=False)
    assert result.exit_code == 0
    started = [] if is_there else ["start"]
    assert steps == ["prepare", "connect", "build", *started, "deploy", "close"]


def test_a_model_that_cannot_be_fetched_ends_it_before_anything_starts(monkeypatch, tmp_path):
    def unreachable(path: Path, **_: object) -> None:
        raise ModelError(f"no source has {path.name}: put the file there")

    monkeypatch.setenv("GENESIS_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("GENESIS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(models, "fetch", unreachable)
    monkeypatch.setattr(deploying, "connect_if_there", lambda _: pytest.fail("it went on"))
    config = tmp_path / "cameras.yaml"
    config.write_text("cameras: [{camera_id: door, source: 'rtsp://door/1'}]\n")
    with pytest.raises(ModelError, match=r"no source has yolov8n\.pt: put the file there"):
        CliRunner().invoke(COMMAND, [str(config)], catch_exceptions=False)


ONLINE = CameraProgress(camera_id="door", frames=7, state="online")
REFUSED = CameraProgress(camera_id="hall", state="connecting", reason="refused")


@pytest.fixture
def ask_status(monkeypatch):
    """Ask for the status of a system with these cameras; return the exit code and the output."""

    def ask(*cameras: CameraProgress, **said: object) -> tuple[int, str]:
        state = LiveState(is_open=True, figures=Figures(cameras=cameras), **said)
        status = SystemStatus(state=state, nodes=[], replicas={}, fps={})
        system = SimpleNamespace(status=lambda: status, close=lambda: None)
        monkeypatch.setattr(remote, "RemoteSystem", lambda **_: system)
        asking = typer.Typer()
        asking.command()(up.status)
        result = CliRunner().invoke(asking, ["--json"], catch_exceptions=False)
        return result.exit_code, result.stdout

    return ask


@pytest.mark.parametrize(
    ("cameras", "said", "code"),
    [
        ([ONLINE], {}, 0),
        ([ONLINE, CameraProgress(camera_id="hall")], {}, 0),  # nothing is known of it yet
        ([ONLINE, replace(REFUSED, is_done=True)], {}, 0),
        ([ONLINE, replace(ONLINE, state="black", reason="dark")], {}, 0),
        ([ONLINE, REFUSED], {}, 1),
        ([replace(ONLINE, state="stalled", reason="no_frames")], {}, 1),
        ([replace(ONLINE, is_done=True, problem="truncated")], {}, 1),
        ([ONLINE], {"missing": ("no replica of the detector is up",)}, 1),
        ([ONLINE], {"failure": "the disk is full"}, 1),
    ],
)
def test_status_leaves_with_1_where_not_all_that_is_to_be_watched_is(
    ask_status, cameras, said, code
):
    assert ask_status(*cameras, **said)[0] == code


def test_status_tells_programs_why_a_camera_is_away(ask_status):
    (told,) = json.loads(ask_status(REFUSED)[1])["cameras"]
    assert (told["state"], told["reason"]) == ("connecting", "refused")
