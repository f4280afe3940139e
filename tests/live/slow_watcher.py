"""A live run beside a slow detector: `slow_watcher.py FRAMES_A_SECOND RUN DATA ROLE=SOURCE...`.

Each camera is watched by a process of its own. Prints `dropped CAMERA FRAMES SEEN` at the end, then
`done`. The detector is one replica that finds nobody, and takes no processor for it.
"""

import asyncio
import sys
from pathlib import Path

import numpy as np
from ray import serve
from ray.serve import Application

from genesis_ray.domain.tracking.detections import Detections
from genesis_ray.live.launch import run_live
from genesis_ray.serving import detector
from genesis_ray.serving.detector import Found
from genesis_ray.settings import Settings
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.vision.memory_guard import MemoryState


class SlowReplica:
    """Takes stacks as they come, and its time."""

    def __init__(self, frames_a_second: float) -> None:
        self._seconds = 1 / frames_a_second
        self._turn = asyncio.Lock()

    async def detect(self, images: np.ndarray) -> Found:
        async with self._turn:
            await asyncio.sleep(self._seconds * len(images))
        return Found([Detections.none() for _ in images], 0.0, "slow", MemoryState())


def bind(*_: object) -> Application:
    slow = serve.deployment(SlowReplica).options(name=detector.NAME, max_ongoing_requests=12)
    return slow.bind(fps)


if __name__ == "__main__":
    fps, run, data, *cameras = sys.argv[1:]
    fps = float(fps)
    detector.bind = bind
    settings = Settings(
        data_dir=Path(data),
        detector={"model": "synthetic", "input_size": 320, "stack_frames": 1},
        faces={"embedder": "synthetic", "enabled": False},
        groups={"cameras": 1},
        process_fps=30,
        cameras=[
            {"camera_id": role, "source": source, "role": role, "process_fps": 30}
            for role, source in (camera.split("=", 1) for camera in cameras)
        ],
    )
    result = run_live(
        settings, RunFolder.create(Path(run)), shapes=[], realtime=True, on_progress=lambda _: None
    )
    for camera in result.cameras:
        print("dropped", camera.camera_id, sum(camera.dropped.values()), camera.frames, flush=True)
    print("done", flush=True)
