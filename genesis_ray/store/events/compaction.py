"""Many small Parquet files of a partition become one."""

import logging
from pathlib import Path

import pyarrow as pa

from genesis_ray.errors import StoreError
from genesis_ray.store.disk import writing_to
from genesis_ray.store.events import parquet_file
from genesis_ray.store.events.event_folder import DataFile, data_file, live_files
from genesis_ray.store.events.rows import in_order

_log = logging.getLogger(__name__)

_LARGE_BYTES = 32 << 20
"""A file of this size is left alone: rewriting it would cost more than reading it as it is."""


def compact(partition: Path, schema: pa.Schema, *, at_least: int = 2) -> None:
    """Merge the newest small files of a partition when there are `at_least` so many.

    The new file is named by the range of segments it has. Until those it replaces are
    deleted they are covered by it and do not count, so a crash between duplicates nothing.
    A damaged file, and what is older than it, is left as it is.

    Raises:
        StoreError: The disk is full or refuses; the small files stay.
    """
    small = _newest_small(live_files(partition))
    if len(small) < max(at_least, 2):
        return
    merged = _readable(small, schema)
    if len(merged) < 2:
        return
    files = [file for file, _ in merged]
    rows = pa.concat_tables([rows for _, rows in merged])
    parquet_file.write(data_file(partition, files[0].first, files[-1].last), in_order(rows))
    with writing_to(partition):
        for file in files:
            file.path.unlink()


def _newest_small(files: list[DataFile]) -> list[DataFile]:
    """Return the files after the last large one: a merged range must have no gap."""
    sizes = [file.path.stat().st_size for file in files]
    large = [place for place, size in enumerate(sizes) if size >= _LARGE_BYTES]
    return files[large[-1] + 1 :] if large else files


def _readable(files: list[DataFile], schema: pa.Schema) -> list[tuple[DataFile, pa.Table]]:
    """Return the files after the last damaged one, with their rows.

    Merged with others it would be covered by the new file, and be deleted.
    """
    read: list[tuple[DataFile, pa.Table]] = []
    for file in reversed(files):
        try:
            read.append((file, parquet_file.read(file.path, schema)))
        except StoreError as error:
            _log.warning("%s; it is left as it is", error)
            break
    return read[::-1]
