"""What event files hold, told so that it can be compared after they were merged or cut."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq

from genesis_ray.store.events.event_folder import data_file_at
from genesis_ray.store.events.parquet_file import reading


class Content(NamedTuple):
    """What a partition's files hold.

    Attributes:
        segments: Of the write-ahead log, whose rows they have.
        rows: How many.
    """

    segments: frozenset[int]
    rows: int


def rows_in(files: Iterable[Path]) -> dict[Path, int]:
    """Return how many rows files have, by their footers.

    Raises:
        FileNotFoundError: A compaction has replaced one meanwhile.
        StoreError: One is damaged.
    """
    found = {}
    for path in files:
        with reading(path):
            found[path] = pq.read_metadata(path).num_rows
    return found


def contents_of(events: Path, files: Mapping[Path, int]) -> dict[str, Content]:
    """Return what files of so many rows hold, by their partition's path in a folder of events."""
    found: dict[str, Content] = {}
    for path, rows in files.items():
        file = data_file_at(path)
        partition = str(path.parent.relative_to(events))
        before = found.get(partition, Content(frozenset(), 0))
        segments = before.segments.union(range(file.first, file.last + 1))
        found[partition] = Content(segments, before.rows + rows)
    return found


def has_more(present: Mapping[str, Content], known: Mapping[str, Content]) -> bool:
    """Tell whether all that was known is there, and further rows.

    What was merged is there. Where rows are fewer they were let go of, or stood there twice.
    """
    for partition, before in known.items():
        now = present.get(partition)
        if now is None or not now.segments >= before.segments or now.rows < before.rows:
            return False
    return sum(each.rows for each in present.values()) > sum(each.rows for each in known.values())
