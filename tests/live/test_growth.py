"""Load adds nodes and replicas, on a cluster that Ray's autoscaler sizes; without it they go."""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from genesis_ray.store.events.reader import RunTables
from tests.live.watched import Watched
from tests.processes import titled

pytestmark = [pytest.mark.e2e, pytest.mark.ray, pytest.mark.timeout(600)]

HERE = Path(__file__).parent

DETECTOR = "ServeReplica:genesis-detector"
GROUP = "CameraGroupActor"

SIZES = {
    "GROUPS__CAMERAS": 1,
    "GROUPS__NUM_CPUS": 0.5,
    "DETECTOR__NUM_CPUS": 0.4,
    "DETECTOR__MAX_REPLICAS": 3,
    "DETECTOR__UPSCALE_DELAY_S": 1,
    "DETECTOR__DOWNSCALE_DELAY_S": 2,
    # Requests of one frame each, one at a time: so little work that requests are most of it.
    "DETECTOR__STACK_FRAMES": 1,
    "DETECTOR__STACKS_IN_FLIGHT": 1,
    # Each waits for others that do not come: that keeps a replica busy, and no processor.
    "DETECTOR__BATCH_WAIT_TIMEOUT_S": 0.15,
}
"""Three groups, replicas and nodes of one processor: nothing has room beside all the others."""

FPS = 10
SHORT, LONG = 250, 700
"""Frames of a film: there are so few a second that they take over half a minute, and over one."""


@pytest.fixture
def folder() -> Iterator[str]:
    """Where Ray keeps what the cluster needs; its processes are known by it."""
    # Not below pytest's folder: Ray's sockets lie in it, whose paths have to be short.
    folder = tempfile.mkdtemp(prefix="genesis-")
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def environment(folder: str) -> Iterator[dict[str, str]]:
    """That of a process which belongs to a cluster of four nodes at most, and a head."""
    environment = {
        **os.environ,
        "RAY_TMPDIR": folder,
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(),
        "RAY_SERVE_HANDLE_AUTOSCALING_METRIC_PUSH_INTERVAL_S": "1",
        **{f"GENESIS_{name}": str(value) for name, value in SIZES.items()},
    }
    with subprocess.Popen(
        [sys.executable, str(HERE / "growing.py"), "1", "4"],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as growing:
        address = growing.stdout.readline()
        assert address.startswith("address"), "the cluster did not start"
        yield {**environment, "RAY_ADDRESS": address.split()[1]}
        growing.stdin.close()


def raylets(folder: str) -> list[psutil.Process]:
    """The cluster's nodes, the head among them."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.name() == "raylet" and folder in " ".join(process.cmdline()):
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.fixture
def watched(environment, folder, tmp_path) -> Iterator[Watched]:
    """Three cameras, of which two end soon."""
    films = [
        f"synthetic:?people=2&fps={FPS}&width=320&height=240&seconds={frames / FPS}"
        for frames in (SHORT, SHORT, LONG)
    ]
    command = [sys.executable, str(HERE / "watcher.py"), str(tmp_path / "live")]
    process = subprocess.Popen(
        [*command, str(tmp_path / "data"), *films],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )

    def of_cluster(title: str) -> list[psutil.Process]:
        return [each for raylet in raylets(folder) for each in titled(raylet.pid, title)]

    yield Watched(process, of_cluster)
    process.kill()
    process.communicate()


def test_nodes_and_replicas_follow_the_load_and_cameras_move_when_a_node_goes(
    watched, folder, tmp_path
):
    assert len(raylets(folder)) == 1
    watched.wait_for_frames(50)
    assert len(raylets(folder)) >= 3
    while len(watched.titled(DETECTOR)) < 3:
        watched.read()
    assert len(raylets(folder)) >= 4
    victim = watched.titled(GROUP)[0].parent()
    victim.kill()
    while sum(count < SHORT for count in watched.frames.values()) > 1:
        watched.read()
    while len(watched.titled(DETECTOR)) > 1:
        watched.read()
    assert watched.done is None
    watched.wait_until_done()
    assert watched.frames == {"camera-0": SHORT, "camera-1": SHORT, "camera-2": LONG}
    states = RunTables(tmp_path / "live" / "events")["system_states"].to_pylist()
    assert any(
        row["component"].startswith("cameras-") and row["state"] == "restarted" for row in states
    )
    deadline = time.monotonic() + 60
    while len(raylets(folder)) > 1:
        assert time.monotonic() < deadline, "nodes that nobody needs stay"
        time.sleep(0.5)
