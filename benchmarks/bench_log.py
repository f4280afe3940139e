"""How many events a second the log takes, durably, while it commits and compacts.

    .venv/bin/python benchmarks/bench_log.py [--seconds 120] [--batch 500] [--cameras 50]
        [--segment-mb 8] [--folder DIR]

One thread appends what the cameras tell: of a hundred events eighty-four are sights of tracks, five
are crossings of zones, one is of a line, nine are faces, and one is a visit. Appended means handed
to the operating system; the log's own thread makes it durable every half second, and another
commits segments to Parquet and compacts. A sample is the rate over five seconds: the last ones of
a long run are as good as the first only if commits keep up. Beside them the longest wait of an
append, processor time a thousand events, peak memory and what is on the disk. Event ids are made
in it too, as in a system.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
from harness import note, report_rate

from genesis_ray.domain.events import (
    Event,
    FaceRecognized,
    FaceScored,
    LineCrossed,
    TrackObserved,
    VisitStarted,
    ZoneCrossed,
)
from genesis_ray.store.events.event_folder import EventFolder, live_files
from genesis_ray.store.events.event_log import EventLog

_SAMPLE_S = 5.0
_NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def main() -> None:
    """Measure, and print one line."""
    options = _options()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        _measure(Path(folder), options)


def _measure(folder: Path, options: argparse.Namespace) -> None:
    batches = _batches(options.cameras, options.batch)
    process = psutil.Process()
    rates, longest_s, total, most_mb = [], 0.0, 0, 0.0
    with EventLog(folder, segment_bytes=options.segment_mb << 20) as log:
        began, processor_began = time.perf_counter(), time.process_time()
        sample_began, in_sample = began, 0
        while (now := time.perf_counter()) - began < options.seconds:
            log.append(next(batches))
            longest_s = max(longest_s, time.perf_counter() - now)
            in_sample += options.batch
            if (sampled_s := time.perf_counter() - sample_began) >= _SAMPLE_S:
                rates.append(in_sample / sampled_s)
                most_mb = max(most_mb, process.memory_info().rss / 1e6)
                note(f"{rates[-1]:,.0f} events/s, {most_mb:,.0f} MB")
                total, in_sample, sample_began = total + in_sample, 0, time.perf_counter()
        closing = time.perf_counter()
    closed_s = time.perf_counter() - closing
    files = [path for each in EventFolder(folder).partitions() for path in live_files(each)]
    report_rate(
        "event log",
        rates,
        of="events",
        parameters=vars(options),
        longest_append_s=round(longest_s, 3),
        close_s=round(closed_s, 1),
        processor_ms_a_thousand=round((time.process_time() - processor_began) * 1e6 / total, 1),
        peak_memory_mb=round(most_mb),
        files=len(files),
        disk_bytes_an_event=round(sum(f.path.stat().st_size for f in files) / total, 1),
    )


def _batches(cameras: int, size: int) -> Iterator[list[Event]]:
    """Yield batches of events in order of time, for ever; fifty cameras see a person a second."""
    number = 0
    while True:
        batch: list[Event] = []
        while len(batch) < size:
            batch.append(_event(number, cameras))
            number += 1
        yield batch


def _event(number: int, cameras: int) -> Event:
    at = _NOON + timedelta(milliseconds=number // 20)
    track_id = number // 6000
    envelope = {
        "tenant_id": "default",
        "site_id": "default",
        "camera_id": f"camera-{number % cameras:02}",
        "occurred_at": at,
    }
    match number % 100:
        case kind if kind < 84:
            x = (number % 977) / 1000
            return TrackObserved(
                **envelope, track_id=track_id + number % 7, frame_index=number // 50,
                x1=x, y1=0.2, x2=x + 0.05, y2=0.4, confidence=0.5 + x / 4,
            )  # fmt: skip
        case kind if kind < 89:
            direction = "enter" if number % 2 else "exit"
            return ZoneCrossed(
                **envelope, zone_id=f"zone-{kind}", track_id=number, direction=direction
            )
        case 89:
            return LineCrossed(**envelope, line_id="door", track_id=number, direction="in")
        case kind if kind < 95:
            return FaceScored(
                **envelope, track_id=track_id, face_index=number, quality=0.7, embedder="fused",
                candidate_ids=(f"{number}", f"{number + 1}", f"{number + 2}"),
                similarities=(0.7, 0.3, 0.2), verdict="voted", weight=1.0,
            )  # fmt: skip
        case kind if kind < 99:
            return FaceRecognized(
                **envelope, track_id=number, identity_id=f"{number}", decision="named",
                similarity=0.7, runner_up_similarity=0.3, threshold=0.48, votes=3, quality=0.7,
                gate="", is_new=False, embedder="fused", face_indices=(1, 2, 3),
                qualities=(0.7, 0.7, 0.7), similarities=(0.7, 0.7, 0.7),
            )  # fmt: skip
        case _:
            return VisitStarted(
                **envelope, visit_id=f"{number}", identity_id=f"{number}", started_at=at
            )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--batch", type=int, default=500, help="events an append")
    parser.add_argument("--cameras", type=int, default=50)
    parser.add_argument("--segment-mb", type=int, default=8)
    parser.add_argument("--folder", type=Path, help="where the log is made  [temporary]")
    return parser.parse_args()


if __name__ == "__main__":
    main()
