"""Appends numbered events until it is killed; says on stdout what it has appended and flushed.

Run as `killed_writer.py FOLDER FIRST_NUMBER SEED`. Segments are tiny and committed and compacted
all the time, so that a kill often hits one or the other.
"""

import os
import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from genesis_ray.domain.events import TrackObserved
from genesis_ray.store.events import event_log

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def observed(number: int) -> TrackObserved:
    return TrackObserved(
        tenant_id=f"tenant{number % 2}",
        site_id="site",
        camera_id="door",
        occurred_at=NOON + timedelta(milliseconds=number),
        track_id=number,
        frame_index=number,
        x1=0.1,
        y1=0.2,
        x2=0.3,
        y2=0.4,
        confidence=0.5,
    )


def main(folder: Path, number: int, seed: int) -> None:
    chance = random.Random(seed)
    event_log._COMMIT_CHECK_S = 0.01
    event_log._SMALL_FILES = 3
    with event_log.EventLog(folder, flush_interval_s=0.05, segment_bytes=10_000) as log:
        while True:
            end = number + chance.randint(1, 20)
            log.append([observed(each) for each in range(number, end)])
            number = end
            os.write(1, f"appended {number}\n".encode())
            if chance.random() < 0.2:
                log.flush()
                os.write(1, f"flushed {number}\n".encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
