"""Rows that are older than a limit leave the tables: whole days, and rows of the day it cuts.

Call it with the tables to oneself (`EventLog.tables`). Every step leaves files that are whole, and
rows that are older than the limit or nothing: cut off at any point, the rest goes the next time.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from genesis_ray.store import parquet_file
from genesis_ray.store.disk import sync_folder, writing_to
from genesis_ray.store.event_folder import live_files

_DAY = timedelta(days=1)
_TIME = pa.timestamp("us", tz="UTC")
_TIMES = pa.schema([("occurred_at", _TIME)])

Keep = Callable[[pa.Table], None]
"""Is given rows before they are deleted."""


@dataclass(frozen=True, slots=True)
class Expired:
    """What is older than a limit in a partition.

    Attributes:
        rows: How many.
        whole_day: Whether that is all there is.
    """

    rows: int
    whole_day: bool


def is_concerned(partition: Path, limit: datetime) -> bool:
    """Tell whether a partition's day begins before a limit."""
    return _midnight(partition) < limit


def count_expired(partition: Path, limit: datetime) -> Expired:
    """Return what is older than a limit; nothing changes."""
    rows = 0
    for file in live_files(partition):
        times = parquet_file.read(file.path, _TIMES)
        rows += len(times.filter(pc.field("occurred_at") < pa.scalar(limit, _TIME)))
    return Expired(rows, _is_whole(partition, limit))


def expire(
    partition: Path, schema: pa.Schema, limit: datetime, *, keep: Keep | None = None
) -> Expired:
    """Delete what is older than a limit, after it was handed to `keep`.

    Raises:
        StoreError: A file is damaged, or the disk refuses; what was not deleted yet stays.
    """
    gone = 0
    files = live_files(partition)
    alive = {file.path for file in files}
    with writing_to(partition):
        for path in sorted(partition.glob("*.parquet")):
            if path not in alive:  # covered: it must not count once what covers it is gone
                path.unlink()
    for file in files:
        rows = parquet_file.read(file.path, schema)
        expired = rows.filter(pc.field("occurred_at") < pa.scalar(limit, _TIME))
        if not len(expired):
            continue
        if keep:
            keep(expired)
        if len(expired) == len(rows):
            with writing_to(partition):
                file.path.unlink()
        else:
            parquet_file.write(
                file.path, rows.filter(pc.field("occurred_at") >= pa.scalar(limit, _TIME))
            )
        gone += len(expired)
    with writing_to(partition):
        sync_folder(partition)
    with suppress(OSError):  # it is not empty
        partition.rmdir()
    return Expired(gone, _is_whole(partition, limit))


def _is_whole(partition: Path, limit: datetime) -> bool:
    return _midnight(partition) + _DAY <= limit


def _midnight(partition: Path) -> datetime:
    return datetime.fromisoformat(partition.name.removeprefix("day=")).replace(tzinfo=UTC)
