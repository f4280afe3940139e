"""The service from its start to its end, as an operator types it, on a cluster of its own."""

import json
import socket
from pathlib import Path

import httpx2 as httpx
import psutil
import pytest
import yaml

from genesis_ray.store.reader import RunTables
from tests.e2e.conftest import processes_of

pytestmark = [pytest.mark.e2e, pytest.mark.ray, pytest.mark.timeout(400)]

FILM = "synthetic:?people=2&seconds=600&fps=2&width=320&height=240"


def write_config(path: Path, data: Path, **cameras: dict[str, object]) -> None:
    models = {"detector": {"model": "synthetic"}, "faces": {"embedder": "synthetic"}}
    entries = [{"camera_id": name, "source": FILM, **own} for name, own in cameras.items()]
    path.write_text(yaml.safe_dump({"data_dir": str(data), **models, "cameras": entries}))


def test_up_status_and_down(genesis, tmp_path, ray_folder):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data, config = tmp_path / "data", tmp_path / "cameras.yaml"
    write_config(config, data, door={"role": "entrance"}, till={})
    films = tmp_path / "films.yaml"
    write_config(films, data, door={"source": FILM.replace("=600", "=2")})
    started = genesis("up", config, "--port", port)
    assert f"http://127.0.0.1:{port}/docs" in started.stdout
    assert httpx.get(f"http://127.0.0.1:{port}/ready").status_code == 200
    assert "runs on this cluster already" in genesis("up", config, expect=2).stderr
    status = json.loads(genesis("status", "--json").stdout)
    assert [camera["camera_id"] for camera in status["cameras"]] == ["door", "till"]
    (node,) = status["nodes"]
    assert {group["node"] for group in status["groups"]} == {node["node_id"]}
    assert status["replicas"] == {"api": 1, "detector": 1, "embedder": 1, "live": 1}
    assert status["missing"] == []
    beside = ("--out", tmp_path / "beside", "--data", tmp_path / "other", "--config", films)
    genesis("run", *beside)  # on a cluster of its own
    ended = genesis("down").stdout
    assert "the log is whole" in ended
    _, left = psutil.wait_procs(processes_of(ray_folder), timeout=20)  # workers, by themselves
    assert left == []
    rows = RunTables(data / "run" / "events")
    ends = [
        row["camera_id"] for row in rows["camera_states"].to_pylist() if row["state"] == "ended"
    ]
    assert sorted(ends) == ["door", "till"]
    assert len(rows["track_observations"])
    assert json.loads((data / "run" / "run.json").read_text())["state"] == "interrupted"
