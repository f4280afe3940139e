"""A live system whose data folder is on a disk that fills up, on a real cluster."""

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from genesis_ray.store.events.reader import RunTables
from genesis_ray.store.giving_way import wait_until
from tests.live.watched import Watched
from tests.processes import titled

pytestmark = [pytest.mark.e2e, pytest.mark.ray, pytest.mark.timeout(300)]

HERE = Path(__file__).parent
SECONDS, FPS = 20, 10
FILM = f"synthetic:?people=2&seconds={SECONDS}&fps={FPS}&width=320&height=240"
KEEPERS_AND_CAMERAS = ("CameraGroupActor", "ResolverActor", "JournalActor")
HELD_S = 4.0
"""For which the disk stays full after it was told: longer than cameras and keepers try again."""


@pytest.fixture
def nodes() -> Iterator[tuple[str, int]]:
    """The address of a cluster of one node."""
    command = [sys.executable, str(HERE / "nodes.py"), "2"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        address = process.stdout.readline()
        assert address.startswith("address"), "the cluster did not start"
        yield address.split()[1], process.pid
        process.stdin.close()


@pytest.fixture
def watched(nodes, small_disk, tmp_path) -> Iterator[Watched]:
    """A system that plays recordings like cameras, whose data is on a small disk."""
    small_disk.grow()
    address, node = nodes
    command = [sys.executable, str(HERE / "watcher.py"), "--realtime"]
    folders = [str(small_disk.path / "run"), str(small_disk.path / "data")]
    with (tmp_path / "stderr").open("w") as stderr:
        process = subprocess.Popen(
            [*command, *folders, FILM, FILM],
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            env={**os.environ, "RAY_ADDRESS": address},
        )
        yield Watched(process, partial(titled, node))
        process.kill()
        process.communicate()


def test_cameras_stay_while_the_disk_is_full_and_events_go_on_when_it_is_not(
    watched, small_disk, tmp_path
):
    said = tmp_path / "stderr"
    watched.wait_for_frames(40)
    processes = [watched.find(title).pid for title in KEEPERS_AND_CAMERAS]

    def is_told() -> bool:
        small_disk.fill()  # again and again: a new state of a keeper makes room for a moment
        return "waits for room" in said.read_text()

    # Not by what it prints of frames: it may have looked at the last one for now.
    assert wait_until(is_told, within_s=60)
    wait_until(small_disk.fill, within_s=HELD_S)  # which is never so
    small_disk.free()
    assert [watched.find(title).pid for title in KEEPERS_AND_CAMERAS] == processes
    watched.wait_until_done()
    tables = RunTables(small_disk.path / "run" / "events")
    states = [(row["component"], row["state"]) for row in tables["system_states"].to_pylist()]
    assert ("journal", "degraded") in states
    assert ("journal", "recovered") in states
    assert not [state for _, state in states if state in ("restarted", "failed")]
    for camera in ("camera-0", "camera-1"):
        seen, ends, drops = (
            [row for row in tables[name].to_pylist() if row["camera_id"] == camera]
            for name in ("track_observations", "camera_states", "frame_drops")
        )
        assert len(seen) == len({(row["frame_index"], row["track_id"]) for row in seen})
        assert max(row["frame_index"] for row in seen) > (SECONDS - 3) * FPS
        assert ends[-1]["state"] == "ended"
        dropped = sum(count for row in drops for _, count in row["by_reason"])
        assert watched.frames[camera] + dropped == SECONDS * FPS
