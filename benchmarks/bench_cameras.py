"""Many cameras in real time: `bench_cameras.py VIDEO --cameras 4 8 --fps 5 --seconds 60`.

Each camera plays the video at its own pace, as the live system watches them all. For each number
of cameras a line: frames dropped after the warm-up, seconds from capture to the log, the memory of
the camera processes, and the processor time of each kind of process; at last what a further camera
in a process takes. With `--config FILE` all settings but cameras and `process_fps` are that file's.
"""

import argparse
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from harness import memory_by_process, note, processor_s, report_quantiles

from genesis_ray.cli.prepare import prepare_models
from genesis_ray.live.launch import run_live
from genesis_ray.running.assembly import input_shape
from genesis_ray.running.result import CameraProgress, RunResult
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.settings import Settings
from genesis_ray.settings_file import load
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.vision.sources import open_recording

LEAST_CORES = 0.005
"""What takes less is not told."""

WARM_UP_S = 15.0
"""From the first frame: models settle, caches fill."""

LOOKS = 30
"""At the memory, in the time measured, at least two seconds apart: each costs processor time."""


@dataclass
class Watched:
    """What is seen of a run from outside.

    Attributes:
        began: When the first frame was looked at.
        dropped: Frames by camera, when the warm-up was over.
        groups_mb: Memory of the camera processes (PSS), now and then after the warm-up.
        all_mb: That of all processes.
        by_process_mb: What each kind of process has, at the end.
        cores: What each kind of process took of the processor after the warm-up, in cores.
    """

    began: float | None = None
    progress: dict[str, CameraProgress] = field(default_factory=dict)
    dropped: dict[str, int] | None = None
    groups_mb: list[float] = field(default_factory=list)
    all_mb: list[float] = field(default_factory=list)
    by_process_mb: dict[str, float] = field(default_factory=dict)
    cores: dict[str, float] = field(default_factory=dict)

    def take(self, camera: CameraProgress) -> None:
        """Note how far a camera is."""
        self.progress[camera.camera_id] = camera
        if camera.frames:
            self.began = self.began or time.monotonic()
        if self.dropped is None and self.began and time.monotonic() - self.began > WARM_UP_S:
            self.dropped = drops(self.progress)

    def look(self, seconds: float) -> None:
        """Weigh the processes until the time is over, then end the run."""
        while self.dropped is None:
            time.sleep(0.5)
        before, began = processor_s(), time.monotonic()
        while time.monotonic() < began + seconds:
            time.sleep(max(2.0, seconds / LOOKS))
            groups, everything = memory_mb()
            self.groups_mb.append(groups)
            self.all_mb.append(everything)
        taken, measured_s = processor_s() - before, time.monotonic() - began
        self.cores = {name: round(s / measured_s, 3) for name, s in taken.most_common()}
        self.by_process_mb = {name: round(mb) for name, mb in memory_by_process().most_common()}
        psutil.Process().send_signal(15)


def drops(progress: dict[str, CameraProgress]) -> dict[str, int]:
    """Return the frames that were dropped, by camera."""
    return {name: sum(camera.dropped.values()) for name, camera in progress.items()}


def memory_mb() -> tuple[float, float]:
    """Return the memory of the camera processes and of all, PSS in MB."""
    groups = everything = 0.0
    for process in psutil.Process().children(recursive=True):
        try:
            pss = process.memory_full_info().pss / 1e6
            everything += pss
            if "CameraGroupActor" in " ".join(process.cmdline()[:1]):
                groups += pss
        except psutil.Error:  # it ended, or is ending
            continue
    return groups, everything


def run(
    video: str, cameras: int, fps: float, seconds: float, config: Path | None
) -> tuple[Watched, RunResult]:
    """Watch for so many seconds after the warm-up."""
    with open_recording(video, camera_id="", process_fps=None, start=None) as source:
        length_s = (source.frame_count or 1) / source.fps
        shape = source.height, source.width
    plays = int((seconds + 4 * WARM_UP_S) / length_s) + 2
    with tempfile.TemporaryDirectory() as folder:
        own = {
            "data_dir": Path(folder) / "data",
            "process_fps": fps,
            "cameras": tuple(
                CameraSettings(camera_id=f"camera-{n}", source=(video,) * plays)
                for n in range(cameras)
            ),
        }
        settings = (load(config) if config else Settings()).model_copy(update=own)
        shapes = {input_shape(settings, shape[1], shape[0])}
        prepare_models(settings, shapes)
        watched = Watched()
        threading.Thread(target=watched.look, args=(seconds,), daemon=True).start()
        result = run_live(
            settings,
            RunFolder.create(Path(folder) / "run"),
            shapes=shapes,
            realtime=True,
            on_progress=watched.take,
        )
    return watched, result


def main() -> None:
    """Measure each number of cameras and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("video")
    parser.add_argument("--cameras", type=int, nargs="+", default=[4, 8])
    parser.add_argument("--fps", type=float, default=5.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--config", type=Path)
    given = parser.parse_args()
    groups_mb: dict[int, float] = {}
    for cameras in given.cameras:
        watched, result = run(given.video, cameras, given.fps, given.seconds, given.config)
        after = drops(watched.progress)
        lost = sum(after.values()) - sum((watched.dropped or {}).values())
        half = len(watched.all_mb) // 2
        groups_mb[cameras] = max(watched.groups_mb)
        figures = {
            "frames": result.frames,
            "dropped_after_warm_up": lost,
            "groups_mb": round(groups_mb[cameras], 1),
            "all_mb": round(max(watched.all_mb), 1),
            "by_process_mb": watched.by_process_mb,
            "all_mb_over_time": [round(mb) for mb in watched.all_mb],
            "cores": {name: cores for name, cores in watched.cores.items() if cores >= LEAST_CORES},
            "growth_mb": round(
                sum(watched.all_mb[half:]) / max(1, len(watched.all_mb) - half)
                - sum(watched.all_mb[:half]) / max(1, half),
                1,
            ),
        }
        note(f"{cameras} cameras: {figures}, latency {dict(result.latency_s)}")
        report_quantiles(
            "capture to log",
            result.latency_s,
            count=result.frames,
            parameters={
                "video": given.video,
                "cameras": cameras,
                "fps": given.fps,
                "seconds": given.seconds,
                "config": given.config,
            },
            **figures,
        )
    few, many = min(groups_mb), max(groups_mb)
    if many > few:
        each = (groups_mb[many] - groups_mb[few]) / (many - few)
        note(f"a further camera in a process: {each:.0f} MB")


if __name__ == "__main__":
    main()
