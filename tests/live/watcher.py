"""A live run to be disturbed: `watcher.py [--realtime] RUN DATA SOURCE...`.

Prints `frames CAMERA N` as they are looked at, and at last `done EVENTS LATE`.
"""

import sys
from pathlib import Path

from genesis_ray.live.launch import run_live
from genesis_ray.running.result import CameraProgress
from genesis_ray.settings import Settings
from genesis_ray.store.run_folder import RunFolder


def settings_for(data: Path, sources: list[str], **more: object) -> Settings:
    return Settings(
        data_dir=data,
        detector={"model": "synthetic", "stack_frames": 4},
        faces={"embedder": "synthetic"},
        identity={"visitors": True},
        visit_gap_s=5,
        retry_delays_s=[0.1, 0.1, 0.1],
        cameras=[
            {
                "camera_id": f"camera-{number}",
                "source": source,
                "zones": [{"zone_id": "left", "outline": [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]}],
                "lines": [{"line_id": "middle", "start": [0.5, 0], "end": [0.5, 1]}],
            }
            for number, source in enumerate(sources)
        ],
        **more,
    )


def tell(camera: CameraProgress) -> None:
    print("frames", camera.camera_id, camera.frames, flush=True)


if __name__ == "__main__":
    realtime = sys.argv[1] == "--realtime"
    run, data, *sources = sys.argv[1 + realtime :]
    result = run_live(
        settings_for(Path(data), sources),
        RunFolder.create(Path(run)),
        shapes=[],
        realtime=realtime,
        on_progress=tell,
    )
    print("done", result.events, result.late, flush=True)
