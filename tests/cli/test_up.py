from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from typer.testing import CliRunner

from genesis_ray import app
from genesis_ray.cli import prepare, up
from genesis_ray.errors import ModelError
from genesis_ray.live import deploying
from genesis_ray.running.live_state import LiveState
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
