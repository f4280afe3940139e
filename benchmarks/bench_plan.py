"""Whether `genesis plan` is right: as many cameras as it says, live, then fewer and more.

    .venv/bin/python benchmarks/bench_plan.py [--fps 5] [--resolution 1280x720 | --video FILE]
        [--config FILE] [--minutes 2] [--factors 0.75 1 1.25 1.5] [--cameras N ...]

First the plan, on the video that the cameras then play: the film that the planner makes itself, or
FILE. Then `genesis run --realtime` with each number of cameras, one after another, all playing
that video over and over at the pace of its frames. A JSON line a number of cameras on stdout, the
table of all and the verdict on stderr. A run keeps up if it drops less than a hundredth of its
frames and does not fall behind: a recording whose decoder gets no time is not dropped, but late.
All cameras play the same video at the same time, so people, and their faces, come to all at once.

The plan is right if every number up to what it says keeps up, and one not far above does not.
The cores in use, of all processes, against what was planned tell which assumption to correct.
Let nothing else run meanwhile.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
import yaml
from harness import note, report_rate

_GENESIS = Path(sys.executable).with_name("genesis")
_KEPT_UP_DROPS = 0.01  # share of the frames
_KEPT_UP_LATE_S = 2.0  # frames under way at the end, and the log's last write
_FAR_ABOVE = 1.5  # a plan is too careful if so many times the cameras still keep up
_STEADY = (0.25, 0.9)  # of the time watched: without start-up and end
_SAMPLE_S = 1.0
_QUIET_CORES = 0.25  # that others may use

Sample = tuple[float, float]
"""Seconds since 1970, and core-seconds that all processes have used until then."""


@dataclass(frozen=True)
class Row:
    """What so many cameras did.

    Attributes:
        length_s: How long each camera plays.
        watching_s: From the first frame looked at to the last event in the log.
        cores: In use by all processes of the run, on average; None if not sampled often enough.
        planned_cores: What the plan says of that number.
    """

    cameras: int
    frames: int
    dropped: int
    length_s: float
    watching_s: float
    cores: float | None
    planned_cores: float

    @property
    def late_s(self) -> float:
        """How much longer watching took than the video is."""
        return self.watching_s - self.length_s

    @property
    def frames_per_s(self) -> float:
        """Looked at, of all cameras."""
        return self.frames / self.watching_s

    @property
    def dropped_share(self) -> float:
        """Of the frames that were to be looked at."""
        return self.dropped / max(1, self.frames + self.dropped)

    @property
    def keeps_up(self) -> bool:
        """Whether this is what an operator wants."""
        return self.dropped_share < _KEPT_UP_DROPS and self.late_s < _KEPT_UP_LATE_S


def main() -> None:
    """Plan, run, and print a line a number of cameras."""
    options = _options()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        video = options.video or _film(folder, options)
        answer = _plan(options, video)
        fits = answer["plan"]["fits"]
        note(f"planned: {fits} cameras; short is {answer['plan']['short']}")
        if (others := answer["measured"]["others"] or 0) > _QUIET_CORES:
            note(f"others used {others:.1f} cores meanwhile: this proves nothing")
        rows = []
        for cameras in options.cameras or counts(fits, options.factors):
            rows.append(_row(options, folder, video, cameras, answer))
            _report(rows[-1], options, answer)
    note(f"{'cameras':>8}{'dropped':>9}{'late s':>8}{'cores':>7}{'planned':>9}")
    for row in rows:
        cores = "" if row.cores is None else f"{row.cores:.2f}"
        note(
            f"{row.cameras:>8}{row.dropped_share:>9.1%}{row.late_s:>8.1f}{cores:>7}"
            f"{row.planned_cores:>9.2f}"
        )
    note(verdict(fits, rows))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--fps", type=float, default=5.0)
    parser.add_argument("--resolution", default="1280x720", help="of the film made")
    parser.add_argument("--video", type=lambda path: Path(path).resolve())
    parser.add_argument("--config", type=lambda path: Path(path).resolve())
    parser.add_argument("--minutes", type=float, default=2.0, help="of each run")
    parser.add_argument("--factors", type=float, nargs="+", default=[0.75, 1.0, 1.25, 1.5])
    parser.add_argument("--cameras", type=int, nargs="+", help="instead of the factors")
    parser.add_argument("--headroom", type=float, default=0.1)
    return parser.parse_args()


def counts(fits: int, factors: Sequence[float]) -> list[int]:
    """Return the numbers of cameras to run, each once, the planned one and the next included."""
    around = {max(1, round(factor * fits)) for factor in factors}
    return sorted(around | {max(1, fits), fits + 1})


def row_of(
    summary: Mapping[str, Any],
    samples: Sequence[Sample],
    *,
    length_s: float,
    planned_cores: float,
) -> Row:
    """Return what a run's run.json tells, and what `samples` tell of that time."""
    result = summary["result"]
    cameras = result["cameras"]
    begin = datetime.fromisoformat(summary["started_at"]).timestamp() + result["startup_s"]
    return Row(
        cameras=len(cameras),
        frames=sum(camera["frames"] for camera in cameras),
        dropped=sum(sum(camera["dropped"].values()) for camera in cameras),
        length_s=length_s,
        watching_s=result["watching_s"],
        cores=cores_used(samples, begin, begin + result["watching_s"]),
        planned_cores=planned_cores,
    )


def cores_used(samples: Sequence[Sample], begin: float, end: float) -> float | None:
    """Return the cores in use in the steady part of what was watched from `begin` to `end`."""
    first, last = (begin + share * (end - begin) for share in _STEADY)
    steady = [sample for sample in samples if first <= sample[0] <= last]
    if len(steady) < 2:
        return None
    return (steady[-1][1] - steady[0][1]) / (steady[-1][0] - steady[0][0])


def planned_cores(answer: Mapping[str, Any], cameras: int) -> float:
    """Return what a plan says that so many cameras use, from what `genesis plan --json` said."""
    from genesis_ray.domain.load.capacity import Load, processor
    from genesis_ray.domain.load.costs import Costs, LiveCosts, MemoryCosts

    costs = dict(answer["measured"]["costs"])
    costs["live"], costs["memory"] = LiveCosts(**costs["live"]), MemoryCosts(**costs["memory"])
    load = Load(**{**answer["plan"]["load"], "cameras": cameras})
    return sum(processor(load, Costs(**costs)).values())


def verdict(fits: int, rows: Sequence[Row]) -> str:
    """Say whether the plan was right."""
    wrong = [row.cameras for row in rows if row.cameras <= fits and not row.keeps_up]
    if wrong:
        return f"too bold: {fits} were planned, {min(wrong)} do not keep up"
    failing = min((row.cameras for row in rows if not row.keeps_up), default=None)
    kept = [row.cameras for row in rows if failing is None or row.cameras < failing]
    most = max(kept, default=0)
    if most > max(fits + 1, _FAR_ABOVE * fits):
        return f"too careful: {fits} were planned, {most} keep up"
    if failing is None or most < fits:
        return f"not known: {fits} were planned, {most} keep up, others were not run"
    return f"right: {fits} were planned, {most} keep up, {failing} do not"


def _film(folder: Path, options: argparse.Namespace) -> Path:
    from genesis_ray.running.planning.film import make_film

    width, height = map(int, options.resolution.split("x"))
    path = folder / "film.mp4"
    make_film(path, width=width, height=height, fps=max(25.0, options.fps))
    return path


def _plan(options: argparse.Namespace, video: Path) -> dict[str, Any]:
    command = ["plan", "--cameras", 1, "--fps", options.fps, "--video", video, "--json"]
    command += ["--headroom", options.headroom]
    if options.config:
        command += ["--config", options.config]
    answer: dict[str, Any] = json.loads(_genesis(command))
    return answer


def _row(
    options: argparse.Namespace,
    folder: Path,
    video: Path,
    cameras: int,
    answer: Mapping[str, Any],
) -> Row:
    """Run so many cameras live and return what became of their frames."""
    from genesis_ray.vision.decode import VideoFile

    file = VideoFile(video)
    video_s = (file.frame_count or 1) / file.fps
    file.close()
    loops = max(1, round(60 * options.minutes / video_s))
    config = yaml.safe_load(options.config.read_text()) if options.config else {}
    config["process_fps"] = options.fps
    config["cameras"] = [
        {"camera_id": f"camera-{number}", "source": [str(video)] * loops}
        for number in range(cameras)
    ]
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    out, data = folder / f"run-{cameras}", folder / f"data-{cameras}"
    note(f"{cameras} cameras for {loops * video_s:.0f} s")
    with _sampled() as samples:
        command = ["run", "--realtime", "--config", folder / "config.yaml"]
        _genesis([*command, "--out", out, "--data", data])
    return row_of(
        json.loads((out / "run.json").read_text()),
        samples,
        length_s=loops * video_s,
        planned_cores=planned_cores(answer, cameras),
    )


def _genesis(command: Sequence[object]) -> str:
    done = subprocess.run(
        [_GENESIS, *map(str, command)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"genesis {command[0]} left with {done.returncode}\n{done.stderr}")
    return done.stdout


@contextmanager
def _sampled() -> Iterator[list[Sample]]:
    """Note once a second what all processes that come of this one have used of the processor."""
    samples: list[Sample] = []
    known: dict[tuple[int, float], float] = {}  # of processes, ended ones too
    over = threading.Event()

    def sample() -> None:
        while not over.wait(_SAMPLE_S):
            for process in psutil.Process().children(recursive=True):
                try:
                    times = process.cpu_times()
                    known[process.pid, process.create_time()] = times.user + times.system
                except psutil.Error:  # it ended, or is ending
                    continue
            samples.append((time.time(), sum(known.values())))

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    try:
        yield samples
    finally:
        over.set()
        thread.join()


def _report(row: Row, options: argparse.Namespace, answer: Mapping[str, Any]) -> None:
    core_ms = None if row.cores is None else round(1000 * row.cores / row.frames_per_s, 1)
    report_rate(
        f"plan/{row.cameras}",
        [row.frames_per_s],
        of="frames",
        parameters=vars(options),
        planned=answer["plan"]["fits"],
        short=answer["plan"]["short"],
        dropped_share=round(row.dropped_share, 4),
        late_s=round(row.late_s, 2),
        keeps_up=row.keeps_up,
        core_ms_a_frame=core_ms,
        **asdict(row),
    )


if __name__ == "__main__":
    main()
