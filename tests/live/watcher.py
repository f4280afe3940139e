"""A live run to be disturbed: `watcher.py [--realtime] RUN DATA SOURCE...`.

A source can be several that play in a row, with | between them. Prints `frames CAMERA N` as they
are looked at, and at last `done EVENTS LATE`. In real time footage is looked at ten times a second.
Files whose names begin with `synthetic` are films of synthetic people.
"""

import sys
from pathlib import Path

from genesis_ray.live.launch import run_live
from genesis_ray.running.result import CameraProgress
from genesis_ray.settings import Settings
from genesis_ray.store.runs.run_folder import RunFolder

SYNTHETIC = {
    "detector": {"model": "synthetic", "stack_frames": 4},
    "faces": {"embedder": "synthetic"},
}


def settings_for(
    data: Path, sources: list[str], *, process_fps: int = 30, **more: object
) -> Settings:
    """Return settings with synthetic models for synthetic films.

    Of footage every frame is looked at unless fewer are asked for, by the real ones.
    """
    is_synthetic = all(source.rpartition("/")[2].startswith("synthetic") for source in sources)
    return Settings(
        data_dir=data,
        **(SYNTHETIC if is_synthetic else {}),
        identity={"visitors": True},
        visit_gap_s=5,
        retry_delays_s=[0.1, 0.1, 0.1],
        cameras=[
            {
                "camera_id": f"camera-{number}",
                "source": source.split("|"),
                **({} if is_synthetic else {"process_fps": process_fps}),
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
    path, data, *sources = sys.argv[1 + realtime :]
    run = Path(path)
    result = run_live(
        settings_for(Path(data), sources, process_fps=10 if realtime else 30),
        RunFolder.open(run) if run.exists() else RunFolder.create(run),  # goes on where it was
        shapes=[],
        realtime=realtime,
        on_progress=tell,
    )
    print("done", result.events, result.late, flush=True)
