"""Every question of `genesis ask`, cold and warm, beside the same in polars over the same files.

    .venv/bin/python benchmarks/bench_analytics.py --folder RUN

makes RUN where it is missing: 100 million observations and 1 million visits of 90 days and 50
cameras, and their rollups, which takes minutes and 4 GB, once. Ranges: `day`, an ordinary day by
the hour (metrics by the minute); `days`, all 90 by the day (metrics by the hour) as tables with
rollups answer; `raw`, the same range from the events alone.

Each question is put both ways, ours and polars, in turns, in a process of its own: cold (its first,
after the imports, with the disk's cache dropped) and then warm. One JSON line a question, range and
way: seconds, processor seconds, and the most memory the process ever had. What needs longer than
--longest warm is not asked again. `attendances`, which puts together the tracks of who keeps still,
has no counterpart in polars. What fails is told, and the others go on.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from analytics_data import Amount, write_run
from harness import note, report_latency

from genesis_ray.running.upkeep.rollups import RunRollups
from genesis_ray.store.runs.run_folder import RunFolder

TIME_ZONE = "UTC"
START = datetime(2026, 1, 5, tzinfo=UTC)
DAY = timedelta(days=1)
FLOOR = ((8.0, 1.0, 0.0), (0.5, 9.0, 0.0), (0.0, 0.2, 1.0))
"""A homography, to metres."""
ROLLED_UP = ("footfall", "entries", "occupancy", "dwell-histogram", "tracks")
"""Questions that rollups answer; `days` asks no others, since they are those of `raw`."""


def questions(bucket: str, bucket_s: int) -> dict[str, dict[str, Any]]:
    """Return what each question is asked with, beside its range."""
    even = {"time_zone": TIME_ZONE, "bucket": bucket}
    return {
        "metrics": {"bucket_s": bucket_s, "queue_zone_ids": ["zone-0"]},
        "current-metrics": {"queue_zone_ids": ["zone-0"]},
        "anomalies": {"bucket_s": bucket_s, "queue_zone_ids": ["zone-0"]},
        "tracks": even,
        "attendances": {},
        "footfall": even,
        "line-people": even,
        "entries": even,
        "occupancy": even,
        "dwell": {},
        "dwell-histogram": {},
        "queue": {**even, "queue_zone_id": "zone-0", "service_zone_id": "zone-1"},
        "heat": {"camera_id": "camera-00"},
        "floor-heat": {"homographies": {f"camera-{number:02}": FLOOR for number in range(4)}},
        "transitions": {},
        "journeys": {},
        "returning": even,
        "cohorts": {"time_zone": TIME_ZONE},
        "visits": {},
        "visit-distribution": {"time_zone": TIME_ZONE, "by": "hour"},
        "uptime": even,
        "identification": {},
        "timeline": {"identity_id": "visitor-0000003"},
    }


def ours(run: RunFolder, name: str, range_: str, days: int) -> Callable[[], object]:
    """Return the question as `genesis ask` puts it."""
    from genesis_ray.analytics.catalogue import QUESTIONS
    from genesis_ray.running.questions.history import present_tables
    from genesis_ray.settings import Settings
    from genesis_ray.store.events.reader import RunTables

    tables = present_tables(run.events, Settings(), "default")
    asked_of = RunTables(run.events, "default") if range_ == "raw" else tables
    since, until = _span(range_, days)
    is_day = range_ == "day"
    given = questions("hour", 60) if is_day else questions("day", 3600)
    ask = QUESTIONS[name].ask
    return lambda: ask(asked_of, since=since, until=until, **given[name])


def in_polars(run: RunFolder, name: str, range_: str, days: int) -> Callable[[], object]:
    """Return the question as somebody who knows polars would write it."""
    from polars_questions import QUESTIONS, Lake

    since, until = _span(range_, days)
    if name in ("metrics", "anomalies"):
        every = "1m" if range_ == "day" else "1h"
    else:
        every = "1h" if range_ == "day" else "1d"
    lake = Lake(run.events, since, until, TIME_ZONE, every)
    return lambda: QUESTIONS[name](lake).collect(engine="streaming")


WAYS = {"ours": ours, "polars": in_polars}
NOT_IN_POLARS = {"attendances"}


def ask_once_cold_then_warm(
    way: str, run: RunFolder, name: str, range_: str, days: int, warm: int, longest_s: float
) -> None:
    """Ask in this process, once told to on stdin; print what it took."""
    ask = WAYS[way](run, name, range_, days)
    print("ready", flush=True)
    sys.stdin.readline()
    taken = [_timed(ask)]
    while len(taken) <= warm and taken[-1][0] <= longest_s:
        taken.append(_timed(ask))
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"taken": taken, "peak_mb": round(peak_mb)}), flush=True)


def measure(
    run: RunFolder, name: str, range_: str, days: int, warm: int, longest_s: float, rounds: int
) -> dict[str, list[dict[str, Any]]]:
    """Return what the processes of each way said, which take turns."""
    ways = [way for way in WAYS if way == "ours" or name not in NOT_IN_POLARS]
    said: dict[str, list[dict[str, Any]]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            command = [
                sys.executable, __file__, "--folder", str(run.path), "--ask", way, name, range_,
                "--days", str(days), "--warm", str(warm), "--longest", str(longest_s),
            ]  # fmt: skip
            with subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            ) as process:
                if not process.stdout or process.stdout.readline() != "ready\n":
                    raise SystemExit(f"{way} failed to begin: {name} {range_}")
                drop_cache(run)
                answer, _ = process.communicate("go\n")
                if process.returncode:
                    note(f"{way} failed: {name} {range_}")
                    ways = [each for each in ways if each != way]
                    continue
                said[way].append(json.loads(answer.splitlines()[-1]))
        if (
            max((each["taken"][0][0] for own in said.values() for each in own), default=0)
            > longest_s
        ):
            break
    return said


def drop_cache(run: RunFolder) -> str:
    """Make the disk be read again, and say how: all of its cache goes where this is root."""
    os.sync()
    if os.geteuid() == 0:
        try:
            Path("/proc/sys/vm/drop_caches").write_text("3")
        except OSError:
            pass
        else:
            return "dropped"
    for path in run.path.rglob("*.parquet"):
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return "dropped of the run's files"


def _span(range_: str, days: int) -> tuple[datetime, datetime]:
    if range_ == "day":
        return START + days * 2 // 3 * DAY, START + (days * 2 // 3 + 1) * DAY
    return START, START + days * DAY


def _timed(ask: Callable[[], object]) -> tuple[float, float]:
    """Return seconds and processor seconds."""
    begun, before = time.perf_counter(), time.process_time()
    ask()
    return time.perf_counter() - begun, time.process_time() - before


def _report(
    name: str, range_: str, said: dict[str, list[dict[str, Any]]], parameters: dict[str, object]
) -> None:
    for way, processes in said.items():
        for kind in ("cold", "warm"):
            taken = [
                each
                for process in processes
                for each in (process["taken"][:1] if kind == "cold" else process["taken"][1:])
            ]
            if taken:
                report_latency(
                    f"analytics/{name}/{range_}/{way}/{kind}",
                    [seconds for seconds, _ in taken],
                    parameters=parameters,
                    processor_s=round(sorted(each[1] for each in taken)[len(taken) // 2], 4),
                    peak_mb=max(process["peak_mb"] for process in processes),
                )


def main() -> None:
    """Make the run where it is missing, and ask."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--folder", type=Path, help="the run, kept; by default made for this time")
    parser.add_argument("--observations", type=float, default=1e8)
    parser.add_argument("--visits", type=float, default=1e6)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--questions", nargs="*", help="by default all")
    parser.add_argument("--ranges", nargs="*", default=["day", "days", "raw"])
    parser.add_argument("--warm", type=int, default=7, help="times a process asks again")
    parser.add_argument("--rounds", type=int, default=3, help="processes of each way")
    parser.add_argument("--longest", type=float, default=1.5, help="s, to be asked again")
    parser.add_argument("--ask", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.ask:
        way, name, range_ = given.ask
        run = RunFolder(given.folder)
        ask_once_cold_then_warm(way, run, name, range_, given.days, given.warm, given.longest)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary) / "run"
        if not folder.exists():
            note(f"making {folder}")
            amount = Amount(
                observations=int(given.observations), visits=int(given.visits), days=given.days
            )
            write_run(folder, amount)
        run = RunFolder(folder)
        note("bringing rollups up to date")
        RunRollups(run).update()
        parameters = {
            "folder_mb": round(sum(p.stat().st_size for p in folder.rglob("*.parquet")) / 1e6),
            "days": given.days,
            "cache": drop_cache(run),
        }
        for range_ in given.ranges:
            for name in given.questions or questions("hour", 60):
                if range_ == "days" and name not in ROLLED_UP:
                    continue
                note(f"{name}, {range_}")
                said = measure(
                    run, name, range_, given.days, given.warm, given.longest, given.rounds
                )
                _report(name, range_, said, parameters)


if __name__ == "__main__":
    main()
