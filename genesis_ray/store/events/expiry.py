"""Rows that are older than a limit leave the tables: whole days, and rows of the day it cuts.

Call it with the tables to oneself (`EventLog.tables`). Every step leaves files that are whole, and
rows that are older than the limit or nothing: cut off at any point, the rest goes the next time.
"""

import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from genesis_ray.errors import StoreError
from genesis_ray.store.disk import sync_folder, writing_to
from genesis_ray.store.events import parquet_file
from genesis_ray.store.events.event_folder import live_files

_DAY = timedelta(days=1)
_TIME = pa.timestamp("us", tz="UTC")
_TIMES = pa.schema([("occurred_at", _TIME)])

_log = logging.getLogger(__name__)


class Cold(Protocol):
    """Takes what is going to be deleted."""

    def keep_rows(self, rows: pa.Table) -> None:
        """Store rows."""

    def keep_damaged(self, path: Path) -> None:
        """Store a file that cannot be read."""


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
        try:
            times = parquet_file.read(file.path, _TIMES)
        except StoreError:  # its rows cannot be counted
            continue
        rows += len(times.filter(pc.field("occurred_at") < pa.scalar(limit, _TIME)))
    return Expired(rows, _is_whole(partition, limit))


def expire(
    partition: Path, schema: pa.Schema, limit: datetime, *, cold: Cold | None = None
) -> Expired:
    """Delete what is older than a limit, after it was handed to `cold`.

    A damaged file goes with the whole day.

    Raises:
        StoreError: A disk is full or refuses; what was not deleted yet stays.
    """
    gone = 0
    is_whole = _is_whole(partition, limit)
    for file in live_files(partition):
        try:
            rows = parquet_file.read(file.path, schema)
        except StoreError as error:
            _log.warning("%s; it goes with its whole day, uncounted", error)
            if is_whole:
                if cold:
                    cold.keep_damaged(file.path)
                _delete(file.path)
            continue
        expired = rows.filter(pc.field("occurred_at") < pa.scalar(limit, _TIME))
        if not len(expired):
            continue
        if cold:
            cold.keep_rows(expired)
        if len(expired) == len(rows):
            _delete(file.path)
        else:
            parquet_file.write(
                file.path, rows.filter(pc.field("occurred_at") >= pa.scalar(limit, _TIME))
            )
        gone += len(expired)
    with suppress(OSError):  # it is not empty
        partition.rmdir()
    return Expired(gone, is_whole)


def _delete(path: Path) -> None:
    with writing_to(path.parent):
        path.unlink()
        sync_folder(path.parent)


def _is_whole(partition: Path, limit: datetime) -> bool:
    return _midnight(partition) + _DAY <= limit


def _midnight(partition: Path) -> datetime:
    return datetime.fromisoformat(partition.name.removeprefix("day=")).replace(tzinfo=UTC)
