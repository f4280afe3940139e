"""How long a live system does without a process that was killed: `bench_faults.py VIDEO`.

Two cameras play the video, as fast as can be, while one process after the other is killed with
SIGKILL; a result is how long no frame came through, from detector to log. With --nodes the
system runs on a cluster of three nodes on this machine, and the node of the cameras is killed.
"""

import argparse
import os
import tempfile
import threading
import time
from itertools import pairwise
from pathlib import Path

import psutil
from harness import note, report_latency

from genesis_ray.cli.prepare import prepare_models
from genesis_ray.live.launch import run_live
from genesis_ray.running.assembly import input_shape
from genesis_ray.running.result import CameraProgress
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.settings import Settings
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.vision.sources import open_recording

PROCESSES = {
    "camera group": "CameraGroupActor",
    "resolver": "ResolverActor",
    "journal": "JournalActor",
    "detector replica": "ServeReplica:genesis-detector",
    "embedder replica": "ServeReplica:genesis-embedder",
}
NODE = "node of the cameras"

PLAYED = 60
"""Times that the video is played in a row: longer than all recoveries together."""

FRAMES_BETWEEN = 300
SETTLED_S = 25.0
"""After a kill, in which its stall shows."""


class Progress:
    """When frames came through, of all cameras together."""

    def __init__(self) -> None:
        self._frames: dict[str, int] = {}
        self.times: list[float] = []

    def take(self, camera: CameraProgress) -> None:
        """Note how far a camera is."""
        if camera.frames > self._frames.get(camera.camera_id, 0):
            self._frames[camera.camera_id] = camera.frames
            self.times.append(time.monotonic())

    def total(self) -> int:
        """Return the frames that came through so far."""
        return sum(self._frames.values())

    def longest_stall_s(self, since: float) -> float:
        """Return the longest time without a frame from `since` on."""
        times = [since, *(at for at in self.times if at > since)]
        return max(after - before for before, after in pairwise(times))


def main() -> None:
    """Watch, kill, and print how long each recovery took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("video")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--nodes", action="store_true", help="kill a node instead of processes")
    given = parser.parse_args()
    cameras = tuple(
        CameraSettings(camera_id=name, source=(given.video,) * PLAYED) for name in ("one", "two")
    )
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder) / "data", cameras=cameras)
        with open_recording(given.video, camera_id="", process_fps=None, start=None) as source:
            shapes = {input_shape(settings, source.width, source.height)}
        prepare_models(settings, shapes)
        if given.nodes:
            os.environ["RAY_ADDRESS"] = three_nodes()
        progress, stalls = Progress(), {}
        killing = threading.Thread(
            target=kill_all, args=(progress, given.repeats, given.nodes, stalls), daemon=True
        )
        killing.start()
        run_live(
            settings,
            RunFolder.create(Path(folder) / "run"),
            shapes=shapes,
            realtime=False,
            on_progress=progress.take,
        )
    for name, seconds in stalls.items():
        report_latency(
            f"recovery of {name}", seconds, parameters={"video": given.video, "cameras": 2}
        )


def kill_all(progress: Progress, repeats: int, nodes: bool, stalls: dict[str, list[float]]) -> None:
    """Kill one process after the other, then end the run as an operator would."""
    victims = {NODE: PROCESSES["camera group"]} if nodes else PROCESSES
    for name, title in [pair for _ in range(1 if nodes else repeats) for pair in victims.items()]:
        wanted = progress.total() + FRAMES_BETWEEN
        while progress.total() < wanted:
            time.sleep(0.1)
        victim = process_of(title)
        if nodes:
            victim = victim.parent()
        at = time.monotonic()
        victim.kill()
        time.sleep(SETTLED_S)
        stalls.setdefault(name, []).append(progress.longest_stall_s(at))
        note(f"{name}: {stalls[name][-1]:.1f} s")
    psutil.Process().send_signal(15)


def process_of(title: str) -> psutil.Process:
    """Return the process with this in its title, which Ray sets."""
    for process in psutil.Process().children(recursive=True):
        if title in " ".join(process.cmdline()[:1]):
            return process
    raise LookupError(f"no process is called {title}")


def three_nodes() -> str:
    """Start a head that has room for resolver and journal alone, and two nodes for the rest."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    for _ in range(2):
        cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    return str(cluster.address)


if __name__ == "__main__":
    main()
