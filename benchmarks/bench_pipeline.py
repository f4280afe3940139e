"""Frames a second from a video to its events, next to the bare model and to `yolo track`.

    .venv/bin/python benchmarks/bench_pipeline.py VIDEO [--loops 3] [--repeats 3] [--only live ...]

Five ways through the same frames take turns, so that a machine that slows down does so for
all of them; ratios are medians of the ratios within a turn:

    raw      the detector's engine alone, on stacks of frames decoded and scaled before
    live     genesis run VIDEO --capacity       (Ray)
    local    genesis run VIDEO --local          (one process)
    archive  genesis reprocess VIDEO            (Ray Data)
    yolo     ultralytics' own tracking with ByteTrack on torch, the same weights

Rates are of the steady state, without start-up. Memory comes from a further turn of its own,
as reading it takes processor time.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from importlib.util import find_spec
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import yaml
from harness import note, peak_memory_mb, report_rate

_GENESIS = Path(sys.executable).with_name("genesis")
_RAW_FRAMES = 400  # of the video: they are held in memory
_RAW_STACK = 64  # long, as between two stacks the engine's requests run dry
_UNPACED = {"GENESIS_PROCESS_FPS": "60"}  # every frame of the video is looked at


@dataclass(frozen=True)
class Job:
    """What is measured."""

    video: Path
    loops: int
    model: str


@dataclass(frozen=True)
class Turn:
    """What one way through the video measured.

    Attributes:
        frames_per_s: Of the steady state.
        details: Seconds by stage, and from the start of the process to the first frame, to the
            first event and to the end; where the way tells.
    """

    frames_per_s: float
    frames: int
    details: dict[str, Any] = field(default_factory=dict)


def raw(job: Job) -> Turn:
    """Run the detector's engine on frames that are ready in memory."""
    return _in_process_of_its_own(_raw, job)


def yolo(job: Job) -> Turn:
    """Track with ultralytics, as its documentation says."""
    return _in_process_of_its_own(_yolo, job)


def live(job: Job) -> Turn:
    """Run the live system on Ray."""
    return _genesis(job, ["run", "--capacity"])


def local(job: Job) -> Turn:
    """Run the same in one process."""
    return _genesis(job, ["run", "--local"])


def archive(job: Job) -> Turn:
    """Run the archive on Ray Data."""
    return _genesis(job, ["reprocess"])


WAYS: dict[str, Callable[[Job], Turn]] = {
    "raw": raw,
    "live": live,
    "local": local,
    "archive": archive,
    "yolo": yolo,
}


def main() -> None:
    """Measure, and print a line a way."""
    options = _options()
    job = Job(options.video.resolve(), options.loops, options.model)
    turns: dict[str, list[Turn]] = {name: [] for name in options.only}
    for repeat in range(options.repeats):
        for name in options.only:
            turns[name].append(WAYS[name](job))
            note(f"{repeat + 1}/{options.repeats} {name}: {turns[name][-1].frames_per_s:.1f}")
    for name, measured in turns.items():
        more: dict[str, Any] = {"ratio_to": _ratios(name, turns)}
        if name in ("live", "local", "archive"):
            more |= _details(measured, turns.get("raw"))
        if name != "raw" and options.memory:
            note(f"memory of {name}")
            more["memory_mb"] = peak_memory_mb(partial(WAYS[name], job))
        report_rate(
            f"pipeline/{name}",
            [turn.frames_per_s for turn in measured],
            of="frames",
            parameters=vars(job) | {"frames": measured[-1].frames},
            **more,
        )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("video", type=Path)
    parser.add_argument("--loops", type=int, default=3, help="how often the video is played")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--model", default="yolov8n")
    parser.add_argument("--only", nargs="+", choices=WAYS, default=list(WAYS), metavar="WAY")
    parser.add_argument("--no-memory", dest="memory", action="store_false")
    options = parser.parse_args()
    if "yolo" in options.only and not find_spec("lap"):
        parser.error(
            "yolo's ByteTrack needs the package lap: install it, or leave yolo out (--only)"
        )
    return options


def _ratios(name: str, turns: dict[str, list[Turn]]) -> dict[str, float]:
    """Return the median ratio of a way's rate to each other's in the same turn."""
    return {
        other: round(
            statistics.median(
                own.frames_per_s / its.frames_per_s
                for own, its in zip(turns[name], measured, strict=True)
            ),
            3,
        )
        for other, measured in turns.items()
        if other != name
    }


def _details(turns: list[Turn], raw_turns: list[Turn] | None) -> dict[str, Any]:
    """Return the medians of what the runs tell of themselves.

    Stages overlap: their milliseconds are busy time of one thread each, while the overhead
    is what a frame takes longer on the clock than in the bare engine.
    """
    stages = {stage for turn in turns for stage in turn.details["stage_s"]}
    details: dict[str, Any] = {
        "stage_ms_a_frame": {
            stage: _median(
                1000 * turn.details["stage_s"].get(stage, 0) / turn.frames for turn in turns
            )
            for stage in sorted(stages)
        },
        "startup_s": _median(turn.details["startup_s"] for turn in turns),
        "whole_s": _median(turn.details["whole_s"] for turn in turns),
    }
    if raw_turns:
        details["stage_ms_a_frame"]["overhead"] = _median(
            1000 / turn.frames_per_s - 1000 / bare.frames_per_s
            for turn, bare in zip(turns, raw_turns, strict=True)
        )
    first_events = [turn.details["first_event_s"] for turn in turns]
    if None not in first_events:
        details["first_event_s"] = _median(first_events)
    return details


def _median(values: Iterable[float]) -> float:
    return round(float(statistics.median(values)), 3)


def _in_process_of_its_own(measure: Callable[[Job], Turn], job: Job) -> Turn:
    """Run something that loads a model, so that nothing of it stays."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(measure, job).result()


def _raw(job: Job) -> Turn:
    import numpy as np

    from genesis_ray.vision import engines
    from genesis_ray.vision.letterbox import Letterbox
    from genesis_ray.vision.sources import open_source

    with open_source(str(job.video), camera_id="video", process_fps=None, start=None) as source:
        letterbox = Letterbox.fit(source.width, source.height)
        frames = islice(source, _RAW_FRAMES)
        inputs = np.stack([letterbox.apply(frame.image) for frame in frames])
    run = engines.load(job.model, letterbox.shape)
    run(inputs[:_RAW_STACK])
    begun = time.perf_counter()
    for _ in range(job.loops):
        for first in range(0, len(inputs), _RAW_STACK):
            run(inputs[first : first + _RAW_STACK])
    count = job.loops * len(inputs)
    return Turn(count / (time.perf_counter() - begun), count)


def _yolo(job: Job) -> Turn:
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "YOLO_CONFIG_DIR": folder,
            "YOLO_AUTOINSTALL": "false",
            "YOLO_VERBOSE": "false",
        }
        from ultralytics import YOLO

        from genesis_ray.vision import models

        playlist = Path(folder, "videos.txt")
        playlist.write_text(f"{job.video}\n" * job.loops)
        results = YOLO(models.weights(job.model)).track(
            str(playlist),
            stream=True,
            tracker="bytetrack.yaml",
            classes=[0],
            imgsz=640,
            verbose=False,
        )
        next(results)
        begun = time.perf_counter()
        frames = sum(1 for _ in results)
        return Turn(frames / (time.perf_counter() - begun), frames + 1)


def _genesis(job: Job, command: list[str]) -> Turn:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        camera = {"camera_id": "video", "source": [str(job.video)] * job.loops}
        config = {"detector": {"model": job.model}, "cameras": [camera]}
        (folder / "config.yaml").write_text(yaml.safe_dump(config))
        out, data = folder / "run", folder / "data"
        begun_at = time.time()
        done = subprocess.run(
            [_GENESIS, *command, "--config", folder / "config.yaml", "--out", out, "--data", data],
            capture_output=True,
            text=True,
            env=os.environ | _UNPACED,
            check=False,
        )
        whole_s = time.time() - begun_at
        if done.returncode:
            raise SystemExit(f"genesis {command[0]} left with {done.returncode}\n{done.stderr}")
        summary = json.loads((out / "run.json").read_text())
    result = summary["result"]
    imports_s = datetime.fromisoformat(summary["started_at"]).timestamp() - begun_at
    first_event_s = result["first_event_s"]
    return Turn(
        result["frames"] / result["watching_s"],
        result["frames"],
        {
            "stage_s": result["stage_s"],
            "startup_s": imports_s + result["startup_s"],
            "first_event_s": None if first_event_s is None else imports_s + first_event_s,
            "whole_s": whole_s,
        },
    )


if __name__ == "__main__":
    main()
