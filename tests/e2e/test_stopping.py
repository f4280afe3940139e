"""A run of recordings that play like cameras, and of a stream that hangs, is told to stop."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest
import yaml

from genesis_ray.store.events.reader import RunTables
from tests.e2e.conftest import processes_of
from tests.vision.film_server import film

pytestmark = [pytest.mark.e2e, pytest.mark.ray, pytest.mark.timeout(400)]

FPS = 4
RECORDING = f"synthetic:?people=3&seconds=900&fps={FPS}&width=320&height=240"
CAMERAS = {"door", "till", "hangs"}

STOPPED_WITHIN_S = 15.0
"""From the word to stop until all is recorded; the process and Ray's may need longer."""


class Camera(ThreadingHTTPServer):
    """Sends a film, and then nothing more, while the connection stays."""

    def __init__(self, film: bytes) -> None:
        self.film = film
        self.is_over = threading.Event()
        super().__init__(("127.0.0.1", 0), _Answer)


class _Answer(BaseHTTPRequestHandler):
    server: Camera

    def log_message(self, *_) -> None:
        pass

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.server.film)
        self.server.is_over.wait()


@pytest.fixture
def config(tmp_path) -> Iterator[Path]:
    path = tmp_path / "cameras.yaml"
    with Camera(film(tmp_path / "film.ts", width=160, height=120)) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        hangs = f"http://127.0.0.1:{server.server_port}"
        cameras = [
            {"camera_id": name, "source": hangs if name == "hangs" else RECORDING}
            for name in sorted(CAMERAS)
        ]
        models = {"detector": {"model": "synthetic"}, "faces": {"embedder": "synthetic"}}
        path.write_text(
            yaml.safe_dump({"data_dir": str(tmp_path / "data"), **models, "cameras": cameras})
        )
        try:
            yield path
        finally:
            server.is_over.set()
            server.shutdown()
            serving.join()


@contextmanager
def running(config: Path, run: Path) -> Iterator[subprocess.Popen[str]]:
    genesis = str(Path(sys.executable).with_name("genesis"))
    with subprocess.Popen(
        [genesis, "run", "--config", str(config), "--out", str(run), "--realtime"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_until(is_so: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    while not is_so():
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)


def told(run: Path, state: str) -> dict[str, datetime]:
    """Return when each camera came into a state, of those of which the log says so."""
    if not (run / "events").is_dir():
        return {}
    rows = RunTables(run / "events")["camera_states"].to_pylist()
    return {row["camera_id"]: row["occurred_at"] for row in rows if row["state"] == state}


def recorded_at(run: Path) -> float:
    """Return when the log was written last, by its own files."""
    return max(path.stat().st_mtime for path in (run / "events").rglob("*.parquet"))


def test_what_is_under_way_is_finished_and_no_process_is_left(config, tmp_path, ray_folder):
    run, began_at = tmp_path / "run", datetime.now(UTC)
    with running(config, run) as process:
        wait_until(lambda: told(run, "online").keys() == CAMERAS, process)
        told_to_stop_at = time.time()
        process.terminate()
        said, _ = process.communicate(timeout=120)
    assert process.returncode == 130, said
    assert "Interrupted: not watched to the end: door, till." in said
    assert all(at > began_at for at in told(run, "online").values())  # recordings, too
    assert (
        told(run, "ended").keys() == CAMERAS
    )  # none was cut off, as it is where it takes too long
    assert recorded_at(run) - told_to_stop_at < STOPPED_WITHIN_S
    assert list((run / "events" / "wal").iterdir()) == []
    result = json.loads((run / "run.json").read_text())["result"]
    for camera in result["cameras"]:  # recordings played at their own pace
        if camera["camera_id"] != "hangs":
            shown = camera["frames"] + sum(camera["dropped"].values())
            assert 0 < shown < FPS * (result["watching_s"] + 2)
    _, left = psutil.wait_procs(processes_of(ray_folder), timeout=20)  # workers, by themselves
    assert left == []


def test_a_run_that_is_still_starting_takes_what_it_started_down(config, tmp_path, ray_folder):
    run = tmp_path / "run"
    with running(config, run) as process:
        wait_until((run / "state" / "journal").is_dir, process)  # models are made meanwhile
        process.terminate()
        said, _ = process.communicate(timeout=120)
    assert process.returncode == 130, said
    _, left = psutil.wait_procs(processes_of(ray_folder), timeout=20)
    assert left == []
