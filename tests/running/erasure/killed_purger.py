"""Appends crossings and lets go of old ones until it is killed; says on stdout what it appended.

Run as `killed_purger.py RUN COLD FIRST_NUMBER`. A thread appends crossings of ever later times, one
an hour, to a log with tiny segments; purges into a cold folder follow, four days behind.
"""

import os
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from genesis_ray.domain.events import LineCrossed
from genesis_ray.running.erasure.retention import purge
from genesis_ray.settings import Settings
from genesis_ray.store.events import event_log
from genesis_ray.store.runs.run_folder import RunFolder

BEGIN = datetime(2026, 1, 5, 12, tzinfo=UTC)
DAYS = 4


def time_of(number: int) -> datetime:
    return BEGIN + timedelta(hours=number)


def crossed(number: int) -> LineCrossed:
    return LineCrossed(
        tenant_id="default", site_id="site", camera_id="door", occurred_at=time_of(number),
        track_id=number, line_id="door", direction="in",
    )  # fmt: skip


def kept(cold: Path) -> Settings:
    retention = {"raw_days": DAYS, "cold_folder": cold}
    return Settings(data_dir=cold.with_name("data"), retention=retention)


def main(run: RunFolder, cold: Path, number: int) -> None:
    event_log._COMMIT_CHECK_S = 0.01
    event_log._SMALL_FILES = 3
    with event_log.EventLog(run.events, segment_bytes=2_000) as log:
        reached = number

        def append() -> None:
            nonlocal reached
            while True:
                log.append([crossed(each) for each in range(reached, reached + 5)])
                reached += 5
                os.write(1, f"{reached}\n".encode())
                threading.Event().wait(0.02)

        threading.Thread(target=append, daemon=True).start()
        while True:
            purge(run, log, kept(cold), at=time_of(reached))


if __name__ == "__main__":
    main(RunFolder(Path(sys.argv[1])), Path(sys.argv[2]), int(sys.argv[3]))
