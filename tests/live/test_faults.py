import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pyarrow as pa
import pytest

from genesis_ray.running.local import run_local
from genesis_ray.store.reader import RunTables
from genesis_ray.store.run_folder import RunFolder
from tests.live.watcher import settings_for

WATCHER = Path(__file__).with_name("watcher.py")

PROCESSES = (
    "CameraGroupActor",
    "ResolverActor",
    "JournalActor",
    "ServeReplica:genesis-detector",
    "ServeReplica:genesis-embedder",
    "CameraGroupActor",
)
"""Whose titles have these in them."""


@dataclass
class Watched:
    """A live run in a process of its own, whose actors can be killed.

    Attributes:
        frames: Looked at, by camera.
        done: What it said at its end.
    """

    process: subprocess.Popen[str]
    frames: dict[str, int] = field(default_factory=dict)
    done: list[str] | None = None

    def read(self) -> None:
        """Take in what it says next."""
        line = self.process.stdout.readline()
        assert line, f"ended with {self.process.wait()} before its time"
        word, *rest = line.split()
        if word == "done":
            self.done = rest
        elif word == "frames":
            self.frames[rest[0]] = int(rest[1])

    def wait_for_frames(self, count: int) -> None:
        while sum(self.frames.values()) < count:
            self.read()

    def wait_until_done(self) -> None:
        while self.done is None:
            self.read()

    def kill(self, title: str) -> None:
        """Kill the process of an actor or a replica."""
        (victim,) = self.processes(title)
        victim.kill()
        victim.wait(10)

    def processes(self, title: str) -> list[psutil.Process]:
        found = []
        for process in psutil.Process(self.process.pid).children(recursive=True):
            try:
                if process.cmdline()[:1] and title in process.cmdline()[0]:
                    found.append(process)
            except psutil.NoSuchProcess:
                continue
        return found


@pytest.fixture
def watch(tmp_path) -> Iterator:
    """Start a live run over sources."""
    opened = []

    def watch(*sources: str) -> Watched:
        command = [sys.executable, str(WATCHER), str(tmp_path / "live"), str(tmp_path / "data")]
        process = subprocess.Popen([*command, *sources], stdout=subprocess.PIPE, text=True)
        opened.append(process)
        return Watched(process)

    yield watch
    for process in opened:
        process.kill()
        process.communicate()


def tables(run: Path) -> dict[str, pa.Table]:
    return dict(RunTables(run / "events"))


@pytest.mark.e2e
@pytest.mark.ray
@pytest.mark.timeout(300)
def test_whatever_is_killed_no_frame_is_lost_and_no_event_doubled(watch, tmp_path):
    films = [f"synthetic:?people=3&seconds=50&fps=10&width={width}" for width in (320, 400)]
    watched = watch(*films)
    for number, victim in enumerate(PROCESSES, start=1):
        watched.wait_for_frames(150 * number)
        watched.kill(victim)
    watched.wait_until_done()
    assert watched.frames == {"camera-0": 500, "camera-1": 500}
    local = RunFolder.create(tmp_path / "local")
    run_local(settings_for(tmp_path / "local-data", films), local, on_progress=lambda _: None)
    undisturbed = tables(local.path)
    assert {name: len(rows) for name, rows in undisturbed.items() if len(rows)}.keys() >= {
        "track_observations", "zone_crossings", "line_crossings", "face_recognitions", "visits"
    }  # fmt: skip
    disturbed = tables(tmp_path / "live")
    assert [name for name, rows in undisturbed.items() if not rows.equals(disturbed[name])] == []
    assert watched.done == [str(sum(map(len, undisturbed.values()))), "0"]
    assert list((tmp_path / "live" / "state").glob("*/*")) == []
